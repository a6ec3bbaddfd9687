"""Networks to train, by name: own small ones, torchvision's, timm's, and any callable of the user's.

Nothing here loads torch before a network is asked for.
"""

from trichotomy.models.building import build, names
from trichotomy.models.cost import multiply_adds, parameters
from trichotomy.models.packages import require_torch

__all__ = ["build", "multiply_adds", "names", "parameters", "require_torch"]
