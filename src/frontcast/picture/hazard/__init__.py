"""How likely each cell near the line is to change hands, from all that is known around it."""

from frontcast.picture.hazard.evidence import Evidence, Sightings, gather
from frontcast.picture.hazard.hazard import HazardModel, Outlook, Trees, grow, shipped_trees
from frontcast.picture.hazard.surroundings import VARIANTS, Surroundings, Surveyor

__all__ = [
    "VARIANTS",
    "Evidence",
    "HazardModel",
    "Outlook",
    "Sightings",
    "Surroundings",
    "Surveyor",
    "Trees",
    "gather",
    "grow",
    "shipped_trees",
]
