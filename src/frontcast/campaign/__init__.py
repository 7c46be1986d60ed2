"""The campaign model: state, terms and step, as pure functions on arrays."""

from frontcast.campaign.impulse import threshold
from frontcast.campaign.mesh import Layout, lay_mesh
from frontcast.campaign.parameters import Scalar, load_parameters, parameter_table
from frontcast.campaign.randomness import SPIN_UP_DAY, Purpose, draw_noise, key_for
from frontcast.campaign.step import make_step
from frontcast.campaign.types import Forcing, Mesh, Noise, Parameters, Speeds, State, StepFn

__all__ = [
    "SPIN_UP_DAY",
    "Forcing",
    "Layout",
    "Mesh",
    "Noise",
    "Parameters",
    "Purpose",
    "Scalar",
    "Speeds",
    "State",
    "StepFn",
    "draw_noise",
    "key_for",
    "lay_mesh",
    "load_parameters",
    "make_step",
    "parameter_table",
    "threshold",
]
