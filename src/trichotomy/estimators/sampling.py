"""Choosing items with known probabilities, so that what a subset says about all items is known too.

An item is drawn with probability pi and counts with weight 1 / pi. The weighted mean is then right on average for any
observer whatever, seen or not, however the probabilities were found (Horvitz & Thompson 1952).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trichotomy.errors import InputError
from trichotomy.estimators.agreement import Floats


def difference_allocation(correct: ArrayLike) -> Floats:
    """Importance of each item for differences of accuracy: sqrt(p (1 - p)), float64[N].

    Drawing items in proportion to this gives the smallest mean squared error of a difference between two observers of
    the population (Neyman 1934). The share right p is (s + 1/2) / (M + 1), so no item is ever impossible to draw.

    Parameters
    ----------
    correct
        bool[M, N].
    """
    c = np.asarray(correct)
    p = (c.sum(axis=0) + 0.5) / (len(c) + 1)
    return np.asarray(np.sqrt(p * (1 - p)))


def inclusion_probabilities(importance: ArrayLike, size: int) -> Floats:
    """Probabilities proportional to importance that add up to ``size``, none above 1: float64[N].

    Raises
    ------
    InputError
        Importance that is negative, not finite or all zero, or a size outside 1..N.
    """
    weight = np.asarray(importance, dtype=float)
    if not 1 <= size <= len(weight):
        msg = f"a subset of {size} items cannot be drawn from {len(weight)}"
        raise InputError(msg)
    if not (np.isfinite(weight).all() and (weight >= 0).all() and np.count_nonzero(weight) >= size):
        msg = f"importance must be finite and not negative, and positive for {size} items or more"
        raise InputError(msg)
    sure = np.zeros(len(weight), dtype=bool)
    while True:
        pi = np.where(sure, 1.0, 0.0)
        left = size - np.count_nonzero(sure)
        if left:
            pi[~sure] = left * weight[~sure] / weight[~sure].sum()
        above = (pi >= 1) & ~sure
        if not above.any():
            return pi
        sure |= above


def systematic_sample(probabilities: ArrayLike, rng: np.random.Generator) -> NDArray[np.intp]:
    """Positions drawn with given probabilities, evenly along the order of the items (Madow 1949).

    Parameters
    ----------
    probabilities
        float[N] that add up to a whole number n. Neighbours in the order are seldom drawn together, so what the items
        are sorted by is represented evenly.

    Returns
    -------
    intp[n], increasing.
    """
    reach = np.cumsum(np.asarray(probabilities, dtype=float))
    n = round(float(reach[-1]))
    points = np.minimum((np.arange(n) + rng.random()) * (reach[-1] / n), np.nextafter(reach[-1], 0))
    return np.asarray(np.searchsorted(reach, points, side="right"))


def weighted_accuracy(correct: ArrayLike, weights: ArrayLike) -> tuple[Floats, Floats]:
    """Accuracy on all items, estimated from a sample of them, and its standard error: float64[M] each.

    One less the weighted share of errors, which errs less than the weighted share of right answers, since the items
    drawn seldom, and weighted most, are those that hardly anybody gets wrong.

    Parameters
    ----------
    correct
        bool[M, n], in the order of the draw.
    weights
        float[n], 1 / (N pi).

    Notes
    -----
    The standard error is that of successive differences (Wolter 2007, ch. 8), for samples drawn evenly along an order.
    """
    wrong = ~np.asarray(correct, dtype=bool) * np.asarray(weights, dtype=float)
    n = wrong.shape[1]
    if n < 2:
        return 1 - wrong.sum(axis=1), np.full(len(wrong), np.nan)
    steps = np.diff(wrong, axis=1)
    return 1 - wrong.sum(axis=1), np.sqrt(n / (2 * (n - 1)) * (steps**2).sum(axis=1))
