"""Data sets for the controlled study: labelled images by name, as bytes, with ids that stay.

``load`` is the way in and ``names`` lists what it knows. A data set of one's own is a ``Dataset`` made of two splits
(``ArraySplit`` holds arrays; anything with the attributes of ``Split`` will do), named as ``module:attribute``.
"""

from trichotomy.datasets.arrays import ArraySplit
from trichotomy.datasets.augment import Augmentation, draws
from trichotomy.datasets.dataset import Dataset, Split
from trichotomy.datasets.loading import load, names

__all__ = ["ArraySplit", "Augmentation", "Dataset", "Split", "draws", "load", "names"]
