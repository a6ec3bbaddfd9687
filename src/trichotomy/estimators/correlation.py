"""Correlations of two quantities of items, each item with a weight."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from trichotomy.errors import InputError
from trichotomy.estimators.agreement import Floats


def weighted_pearson(x: ArrayLike, y: ArrayLike, weights: ArrayLike | None = None) -> Floats:
    """Pearson correlation over the last axis; NaN where x or y does not vary.

    Parameters
    ----------
    x, y
        float[..., N]; items where either is NaN are left out.
    weights
        float[..., N], not negative; equal by default. A whole number counts an item so often.
    """
    a, b, w = _broadcast(x, y, weights)
    total = w.sum(axis=-1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        a = a - (w * a).sum(axis=-1, keepdims=True) / total
        b = b - (w * b).sum(axis=-1, keepdims=True) / total
        own_a, own_b = (w * a * a).sum(axis=-1), (w * b * b).sum(axis=-1)
        value = (w * a * b).sum(axis=-1) / np.sqrt(own_a * own_b)
    flat = (own_a <= _nothing(x, w)) | (own_b <= _nothing(y, w))
    return np.asarray(np.where(flat, np.nan, np.clip(value, -1, 1)))


def weighted_spearman(x: ArrayLike, y: ArrayLike, weights: ArrayLike | None = None) -> Floats:
    """Spearman correlation over the last axis: Pearson of weighted mid-ranks; NaN where x or y does not vary.

    Parameters
    ----------
    x, y, weights
        As for ``weighted_pearson``.
    """
    a, b, w = _broadcast(x, y, weights)
    shape = a.shape
    rows = [v.reshape(-1, shape[-1]) for v in (a, b, w)]
    ranked = [[_mid_ranks(u, s), _mid_ranks(v, s)] for u, v, s in zip(*rows, strict=True)]
    ranks = np.array(ranked, dtype=float).reshape(len(ranked), 2, shape[-1])
    return weighted_pearson(ranks[:, 0].reshape(shape), ranks[:, 1].reshape(shape), w)


def _mid_ranks(x: Floats, weights: Floats) -> Floats:
    _, place = np.unique(x, return_inverse=True)
    total = np.bincount(place, weights=weights)
    return np.asarray((np.cumsum(total) - total / 2)[place])


def _broadcast(x: ArrayLike, y: ArrayLike, weights: ArrayLike | None) -> tuple[Floats, Floats, Floats]:
    a, b = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    if not a.ndim or not b.ndim or a.shape[-1] != b.shape[-1]:
        msg = f"a correlation needs two values per item; got shapes {a.shape} and {b.shape}"
        raise InputError(msg)
    w = np.ones(a.shape[-1]) if weights is None else np.asarray(weights, dtype=float)
    a, b, w = np.broadcast_arrays(a, b, w)
    known = ~(np.isnan(a) | np.isnan(b))
    return np.where(known, a, 0.0), np.where(known, b, 0.0), np.where(known, w, 0.0)


def _nothing(values: ArrayLike, w: Floats) -> Floats:
    """What rounding alone leaves of a sum of squares."""
    size = np.nanmax(np.abs(np.asarray(values, dtype=float)), axis=-1, initial=0.0)
    return np.asarray(w.sum(axis=-1) * (1e-13 * size) ** 2)
