"""Data sets for the controlled study: labelled images by name, as bytes, with ids that stay.

``load`` is the way in and ``names`` lists what it knows. A data set of one's own is a ``Dataset`` made of two splits
(``ArraySplit`` holds arrays; anything with the attributes of ``Split`` will do), named as ``module:attribute``.
"""

from trichotomy.datasets.arrays import ArraySplit
from trichotomy.datasets.augment import Augmentation, draws
from trichotomy.datasets.cached import cached
from trichotomy.datasets.dataset import Dataset, Progress, Split
from trichotomy.datasets.loading import load, names
from trichotomy.datasets.selection import Selection
from trichotomy.datasets.threads import processors

__all__ = [
    "ArraySplit",
    "Augmentation",
    "Dataset",
    "Progress",
    "Selection",
    "Split",
    "cached",
    "draws",
    "load",
    "names",
    "processors",
]
