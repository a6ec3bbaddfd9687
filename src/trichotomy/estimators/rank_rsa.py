"""RSA by ranks: Spearman between the upper triangles of two RDMs, in tiles.

Ranks need every pair of items, but not at once: pairs are met tile by tile, and ranks come from counts in fine bins, so
memory does not grow with the number of pairs. Pairs in one bin count as tied.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trichotomy.errors import InputError
from trichotomy.estimators.agreement import Floats
from trichotomy.estimators.pair_matrices import Similarity, prepare

TILE = 1024
BINS = 2**20
"""Bins over the range of correlations that occur; a rank is off by half the pairs of its bin at most."""


def rank_rsa(x: ArrayLike, y: ArrayLike) -> Similarity:
    """Spearman between the upper triangles of two RDMs (1 - Pearson of features); O(N^2 D) time.

    Parameters
    ----------
    x, y
        float[N, D1], float[N, D2]: features of the same N items, in the same order.

    Returns
    -------
    Similarity
        As of ``rsa``. The influence accounts for the ranks being estimated.

    References
    ----------
    Kriegeskorte, Mur, Bandettini 2008; Nili et al. 2014.
    """
    a, b = prepare(x, "rsa"), prepare(y, "rsa")
    z = a.rows[:, :-2], b.rows[:, :-2]
    N = len(z[0])
    if len(z[1]) != N:
        msg = f"features of {N} and of {len(z[1])} items are not of the same items; give the same to both"
        raise InputError(msg)
    undefined = np.full(N, np.nan)
    if not all(np.isfinite(m).all() for m in z):
        return Similarity(float("nan"), undefined, undefined)
    edges = tuple(_range(m) for m in z)
    counts = [np.zeros(BINS, dtype=np.int64) for _ in z]
    for _, _, keys, counted in _tiles(z, edges):
        for count, key in zip(counts, keys, strict=True):
            count += np.bincount(key[counted], minlength=BINS)
    ranks = [_centred_ranks(count) for count in counts]
    norms = [float(count @ np.square(rank)) for count, rank in zip(counts, ranks, strict=True)]
    if min(norms) <= 0:
        return Similarity(float("nan"), undefined, undefined)
    u = [rank / np.sqrt(norm) for rank, norm in zip(ranks, norms, strict=True)]
    rows = np.zeros(N)
    above = [np.zeros(BINS), np.zeros(BINS)]
    for i, j, keys, counted in _tiles(z, edges):
        r, s = u[0][keys[0]], u[1][keys[1]]
        both = np.where(counted, r * s, 0.0)
        rows[i] += both.sum(axis=1)
        rows[j] += both.sum(axis=0)
        above[0] += np.bincount(keys[0][counted], weights=s[counted], minlength=BINS)
        above[1] += np.bincount(keys[1][counted], weights=r[counted], minlength=BINS)
    contributions = rows / 2
    value = float(contributions.sum())
    return Similarity(value, contributions, _influence(z, edges, u, norms, above))


def _influence(
    z: tuple[Floats, ...], edges: tuple[tuple[float, float], ...], u: list[Floats], norms: list[float],
    above: list[Floats],
) -> Floats:  # fmt: skip
    """Projections of the items: of the products of ranks, and of the ranks themselves, which every pair shifts."""
    N = len(z[0])
    shift = []
    for sums, norm in zip(above, norms, strict=True):
        later = sums[::-1].cumsum()[::-1]  # a pair raises the rank of every pair above it by one
        shift.append((later - sums / 2) / np.sqrt(norm))
    rows = np.zeros(N)
    for i, j, keys, counted in _tiles(z, edges):
        effect = u[0][keys[0]] * u[1][keys[1]] + shift[0][keys[0]] + shift[1][keys[1]]
        effect = np.where(counted, effect, 0.0)
        rows[i] += effect.sum(axis=1)
        rows[j] += effect.sum(axis=0)
    return np.asarray((rows - rows.mean()) * N)


def _tiles(
    z: tuple[Floats, ...], edges: tuple[tuple[float, float], ...]
) -> Iterator[tuple[slice, slice, list[NDArray[np.int64]], NDArray[np.bool_]]]:
    """Rows, columns, bins of both matrices and which entries count (above the diagonal), tile by tile."""
    starts = range(0, len(z[0]), TILE)
    for top in starts:
        i = slice(top, min(top + TILE, len(z[0])))
        for left in starts[top // TILE :]:
            j = slice(left, min(left + TILE, len(z[0])))
            keys = [
                np.clip((m[i] @ m[j].T - low) * ((BINS - 1) / (high - low)) + 0.5, 0, BINS - 1).astype(
                    np.int64
                )
                for m, (low, high) in zip(z, edges, strict=True)
            ]
            counted = np.ones(keys[0].shape, dtype=bool)
            yield i, j, keys, np.triu(counted, 1) if top == left else counted


def _range(z: Floats) -> tuple[float, float]:
    """Smallest and largest correlation of two different items."""
    low, high = np.inf, -np.inf
    for top in range(0, len(z), TILE):
        for left in range(top, len(z), TILE):
            c = z[top : top + TILE] @ z[left : left + TILE].T
            if top == left:
                c = c[np.triu_indices(len(c), 1)]
            if c.size:
                low, high = min(low, float(c.min())), max(high, float(c.max()))
    return low, high if high > low else low + 1


def _centred_ranks(count: NDArray[np.int64]) -> Floats:
    """Mid-rank of each bin less the mean rank."""
    return np.asarray(count.cumsum() - count / 2 - count.sum() / 2)
