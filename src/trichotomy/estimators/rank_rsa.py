"""RSA by ranks: Spearman between the upper triangles of two RDMs, in tiles.

Ranks need every pair of items, but not at once: pairs are met tile by tile, and ranks come from counts in fine bins, so
memory does not grow with the number of pairs. Pairs in one bin count as tied.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trichotomy.errors import InputError
from trichotomy.estimators.agreement import Floats
from trichotomy.estimators.pair_matrices import Similarity, prepare

TILE = 512
BINS = 2**16
"""Over the range of correlations that occur. The error of the ties that they make is about 1e-7 at 500 items."""


@dataclass(frozen=True, slots=True, eq=False)
class RankMatrix:
    """The ranks of the correlations of all pairs of items, as a function of bins of correlation.

    Attributes
    ----------
    z
        float64[N, K], rows whose inner products are correlations.
    low, high
        Smallest and largest correlation of two items.
    ranks
        float64[BINS]: mid-rank of each bin, less the mean rank, such that the squares over all pairs sum to 1; NaN
        where all pairs are alike.
    scale
        What the ranks were divided by.
    """

    z: Floats
    low: float
    high: float
    ranks: Floats
    scale: float

    def bins(self, i: slice, j: slice) -> NDArray[np.intp]:
        """Bins of the correlations of some items with others."""
        c = self.z[i] @ self.z[j].T
        c -= self.low
        c *= (BINS - 1) / (self.high - self.low)
        c += 0.5
        np.clip(c, 0, BINS - 1, out=c)
        return c.astype(np.intp)


def rank_rsa(x: ArrayLike, y: ArrayLike) -> Similarity:
    """Spearman between the upper triangles of two RDMs (1 - Pearson of features); O(N^2 D) time.

    Parameters
    ----------
    x, y
        float[N, D1], float[N, D2]: features of the same N items, in the same order.

    Returns
    -------
    Similarity
        As of ``rsa``. The influence accounts for the ranks being estimated, too.

    References
    ----------
    Kriegeskorte, Mur, Bandettini 2008; Nili et al. 2014.
    """
    return compare_ranks(rank_matrix(x), rank_matrix(y))


def rank_matrix(x: ArrayLike) -> RankMatrix:
    """Rank the correlations of all pairs of items: two passes over the pairs."""
    z = prepare(x, "rsa").rows[:, :-2]
    if not np.isfinite(z).all():
        return RankMatrix(z, 0, 1, np.full(BINS, np.nan), np.nan)
    low, high = np.inf, -np.inf
    for i, j in tiles(len(z)):
        c = z[i] @ z[j].T
        if i == j:
            c = c[np.triu_indices(len(c), 1)]
        if c.size:
            low, high = min(low, float(c.min())), max(high, float(c.max()))
    if high - low < 1e-14:
        return RankMatrix(z, 0, 1, np.full(BINS, np.nan), np.nan)
    found = RankMatrix(z, low, high, np.empty(0), np.nan)
    count = np.zeros(BINS, dtype=np.int64)
    for i, j in tiles(len(z)):
        count += np.bincount(found.bins(i, j)[_counted(z, i, j)], minlength=BINS)
    ranks = count.cumsum() - count / 2 - count.sum() / 2
    scale = float(np.sqrt(count @ np.square(ranks)))
    return RankMatrix(z, low, high, np.asarray(ranks / scale), scale)


def compare_ranks(a: RankMatrix, b: RankMatrix) -> Similarity:
    """Correlation of two matrices of ranks: two passes over the pairs."""
    N = len(a.z)
    if len(b.z) != N:
        msg = f"features of {N} and of {len(b.z)} items are not of the same items; give the same to both"
        raise InputError(msg)
    if not np.isfinite(a.scale * b.scale):
        undefined = np.full(N, np.nan)
        return Similarity(float("nan"), undefined, undefined)
    rows = np.zeros(N)
    sums = np.zeros((2, BINS))
    for i, j in tiles(N):
        counted, one, other = _counted(a.z, i, j), a.bins(i, j), b.bins(i, j)
        r, s = a.ranks[one] * counted, b.ranks[other] * counted
        _add(rows, i, j, r * s)
        sums[0] += np.bincount(one.ravel(), weights=s.ravel(), minlength=BINS)
        sums[1] += np.bincount(other.ravel(), weights=r.ravel(), minlength=BINS)
    contributions = rows / 2
    # a pair raises by one the rank of every pair above it, and so shifts what these add
    shift = [(its[::-1].cumsum()[::-1] - its / 2) / m.scale for its, m in zip(sums, (a, b), strict=True)]
    effect = np.zeros(N)
    for i, j in tiles(N):
        one, other = a.bins(i, j), b.bins(i, j)
        _add(effect, i, j, (shift[0][one] + shift[1][other]) * _counted(a.z, i, j))
    projected = rows + effect
    return Similarity(float(contributions.sum()), contributions, N * (projected - projected.mean()))


def tiles(n: int) -> Iterator[tuple[slice, slice]]:
    """Slices of rows and columns that cover the upper triangle of an n x n matrix; those on the diagonal are equal."""
    parts = [slice(start, min(start + TILE, n)) for start in range(0, n, TILE)]
    return ((i, j) for k, i in enumerate(parts) for j in parts[k:])


def _counted(z: Floats, i: slice, j: slice) -> NDArray[np.bool_]:
    """Which entries of a tile are above the diagonal."""
    whole = np.ones((len(z[i]), len(z[j])), dtype=bool)
    return np.triu(whole, 1) if i == j else whole


def _add(rows: Floats, i: slice, j: slice, tile: Floats) -> None:
    """Add the entries of a tile to both items of each pair."""
    rows[i] += tile.sum(axis=1)
    rows[j] += tile.sum(axis=0)
