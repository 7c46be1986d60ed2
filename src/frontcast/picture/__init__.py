"""Assimilation: from observations to the picture a forecast starts from."""

from frontcast.picture.movement import History, flot_distances, processors
from frontcast.picture.picture import Picture, make_picture
from frontcast.picture.prior import PushPrior, Tempo, load_prior

__all__ = ["History", "Picture", "PushPrior", "Tempo", "flot_distances", "load_prior", "make_picture", "processors"]
