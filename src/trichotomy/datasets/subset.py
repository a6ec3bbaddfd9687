"""Subsets: which items of a split, as many of each class as can be, whatever order they came in."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trichotomy.datasets.checks import check_count
from trichotomy.datasets.streams import stream
from trichotomy.errors import InputError


def stratified(
    labels: NDArray[np.int64], count: int, *, seed: int, split: int, what: str = "count"
) -> NDArray[np.int64]:
    """Choose ``count`` items, equally many of each class as far as its items go.

    A function of the seed, the split and the labels; of two counts the smaller one's items are among the larger
    one's. Where classes cannot have equally many, which of them get one more is drawn too.

    Parameters
    ----------
    labels
        int64[N], of the items sorted by id.
    count
        How many items.
    seed, split
        What the choice is drawn from; 0 for the training and 1 for the test split.
    what
        What the count is called in messages.

    Returns
    -------
    int64[count]
        Positions, increasing.

    Raises
    ------
    InputError
        A count below 1 or above N.
    """
    check_count(what, count)
    if count > len(labels):
        msg = f"{what} is {count}, but there are {len(labels)} items; ask for fewer, or leave it out for all"
        raise InputError(msg)
    rng = np.random.Generator(stream("subset", seed, split))
    rank = ranks(labels, rng.random(len(labels)))
    classes, dense = np.unique(labels, return_inverse=True)
    turn = rng.random(len(classes))[dense]
    return np.sort(np.lexsort((turn, rank))[:count])


def ranks(labels: NDArray[np.int64], keys: NDArray[np.float64]) -> NDArray[np.int64]:
    """int64[N]: the place of each item within its class, 0 for the smallest key."""
    order = np.lexsort((keys, labels))
    grouped = labels[order]
    starts = np.searchsorted(grouped, grouped)
    rank = np.empty(len(labels), np.int64)
    rank[order] = np.arange(len(labels)) - starts
    return rank
