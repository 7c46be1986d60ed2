"""The engagement kernel: what a battle of the past with these numbers would have come to, with what uncertainty."""

from frontcast.campaign.engagement.battles import Battles, read_battles
from frontcast.campaign.engagement.kernel import OUTCOMES, Kernel, Prediction, load_kernel

__all__ = ["OUTCOMES", "Battles", "Kernel", "Prediction", "load_kernel", "read_battles"]
