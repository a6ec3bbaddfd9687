"""Scikit-learn's handwritten digits: 1,797 real images of 8x8 pixels that need no download."""

from __future__ import annotations

from importlib import import_module

import numpy as np

from trichotomy.datasets.arrays import ArraySplit
from trichotomy.datasets.dataset import Dataset, Loading
from trichotomy.datasets.streams import stream
from trichotomy.datasets.subset import ranks
from trichotomy.errors import InputError, MissingExtraError

LARGEST_VALUE = 16
"""Pixels count the dark points of 4x4 fields (Alpaydin and Kaynak 1998)."""
MEAN, STD = 0.305, 0.376
"""Of all pixels of the 1,797 images, over 16."""


def digits(loading: Loading, *, test_share: float = 0.3) -> Dataset:
    """Load the digits and split them at random, within each class.

    Parameters
    ----------
    loading
        What was asked of ``load``; its seed is the split's too.
    test_share
        Share of each class that is for testing, above 0 and below 1.

    Raises
    ------
    MissingExtraError
        Scikit-learn is not installed.
    """
    if isinstance(test_share, bool) or not isinstance(test_share, int | float) or not 0 < test_share < 1:
        msg = f"test_share of the data set digits is {test_share!r}; give a number above 0 and below 1"
        raise InputError(msg)
    try:
        datasets = import_module("sklearn.datasets")
    except ImportError as error:
        feature = "the digits data set"
        raise MissingExtraError(feature, "train") from error
    found = datasets.load_digits()
    images = np.rint(found.images[:, None] * (255 / LARGEST_VALUE)).astype(np.uint8)
    labels = found.target.astype(np.int64)
    rank = ranks(labels, np.random.Generator(stream("digits", loading.seed)).random(len(labels)))
    testing = rank < np.rint(np.bincount(labels) * test_share)[labels]
    splits = []
    for split, mine in (("train", ~testing), ("test", testing)):
        members = np.flatnonzero(mine)
        members = members[loading.chosen(split, labels[members])]
        splits.append(ArraySplit(images[members], labels[members], [f"{split}/{i:04d}" for i in members]))
    options = {"test_share": float(test_share), "seed": int(loading.seed)}
    train, test = splits
    return Dataset(loading.name, tuple(str(i) for i in range(10)), train, test, (MEAN,), (STD,), options)
