"""Which items carry the agreement of two representations: shares by groups of items, such as classes of difficulty."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trichotomy.errors import InputError
from trichotomy.estimators.agreement import Floats
from trichotomy.estimators.intervals import Seed
from trichotomy.estimators.pair_matrices import compare, matrix, prepare, row_sums
from trichotomy.estimators.similarity import similarity

PAIRED = ("rsa", "cka")
"""Measures that are sums over pairs of items in feature space."""


@dataclass(frozen=True, slots=True, eq=False)
class Carried:
    """How the agreement of two representations divides among G groups of items.

    Attributes
    ----------
    shares
        float64[G]: each group's share of the measure's numerator, half of every pair for each of its two items. They
        sum to 1, and can be negative or larger: a group whose pairs disagree.
    pairs
        float64[G, G]: the same by the groups of both items; all entries sum to 1. NaN for measures that are no sums
        over pairs in feature space.
    replicates, pair_replicates
        float64[F, G], float64[F, G, G]: the shares without each of F random folds of the items.
    """

    shares: Floats
    pairs: Floats
    replicates: Floats
    pair_replicates: Floats


def carried(
    x: ArrayLike,
    y: ArrayLike,
    groups: ArrayLike,
    *,
    count: int,
    measure: str = "rsa",
    debiased: bool = True,
    folds: int = 20,
    rng: Seed = 0,
) -> Carried:
    """Shares of representational agreement that groups of items carry.

    Parameters
    ----------
    x, y
        float[N, D1], float[N, D2]: features of the same N items.
    groups
        int[N] in 0..count-1.
    measure, debiased
        As in ``similarity``.
    folds
        Of a jackknife over items, each fold with the groups' shares; 0 for none. The groups are taken as given.

    Returns
    -------
    Carried
        NaN where the similarity is undefined or 0.
    """
    features, group = (matrix(x), matrix(y)), np.asarray(groups)
    N = len(group)
    if any(len(m) != N for m in features) or not ((group >= 0) & (group < count)).all():
        msg = f"{N} items are given groups 0..{count - 1}, but features have {len(features[0])} and {len(features[1])}"
        raise InputError(msg)
    fold = _folds(group, max(folds, 1), rng)
    options: dict[str, Any] = {"count": count, "measure": measure, "debiased": debiased}
    whole = _shares(features[0], features[1], group, **options)
    parts = [
        _shares(features[0][kept], features[1][kept], group[kept], **options)
        for kept in (fold != k for k in range(folds))
    ]
    return Carried(
        *whole,
        np.array([shares for shares, _ in parts]).reshape(folds, count),
        np.array([pairs for _, pairs in parts]).reshape(folds, count, count),
    )


def pair_shares(groups: ArrayLike, count: int) -> Floats:
    """float64[G, G]: share of all pairs of different items that falls between two groups; all entries sum to 1."""
    n = np.bincount(np.asarray(groups), minlength=count).astype(float)
    pairs = np.outer(n, n) - np.diag(n)
    with np.errstate(invalid="ignore"):
        return np.asarray(pairs / pairs.sum())


def jackknife_error(replicates: Floats) -> Floats:
    """Delete-a-group jackknife standard error over the first axis; NaN without replicates (Shao & Wu 1989)."""
    F = len(replicates)
    if F < 2:
        return np.full(replicates.shape[1:], np.nan)
    return np.asarray(np.sqrt((F - 1) * replicates.var(axis=0)))


def _folds(group: NDArray[np.int64], count: int, rng: Seed) -> NDArray[np.int64]:
    """int64[N]: random folds of the items, each with the same share of every group."""
    shuffled = np.random.default_rng(rng).permutation(len(group))
    order = shuffled[np.argsort(group[shuffled], kind="stable")]
    fold = np.empty(len(group), dtype=np.int64)
    fold[order] = np.arange(len(group)) % count
    return fold


def _shares(
    x: NDArray[np.float64], y: NDArray[np.float64], group: NDArray[np.int64], *, count: int, measure: str,
    debiased: bool,
) -> tuple[Floats, Floats]:  # fmt: skip
    member = group == np.arange(count)[:, None]
    options = {"debiased": debiased} if measure == "cka" else {}
    if measure not in PAIRED:
        found = similarity(x, y, measure, **options)
        return _of(member @ found.contributions), np.full((count, count), np.nan)
    a, b = (prepare(m, measure, **options) for m in (x, y))
    defined = np.isfinite(compare(a, b).value)
    sums = np.stack([row_sums(a, b, among=items) for items in member], axis=1)
    block = _of(member @ sums if defined else np.full((count, count), np.nan))
    return block.sum(axis=1), block


def _of(sums: Floats) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(sums / sums.sum())
