"""How two ordered quantities of items go together: rank correlations from the table of their values, with intervals.

Ties are the rule here (the number of observers right has few values), so all is computed from the contingency table
of the distinct values; resampling items is resampling that table.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trichotomy.errors import InputError
from trichotomy.estimators.agreement import Floats
from trichotomy.estimators.intervals import Seed

_CELLS_AT_ONCE = 4_000_000


class RankAssociation(NamedTuple):
    """Rank correlations of y with x, each in [-1, 1]; NaN where x or y does not vary.

    Attributes
    ----------
    spearman
        Pearson correlation of mid-ranks (Spearman 1904).
    kendall
        Tau-b: concordant minus discordant pairs, over those tied in neither (Kendall 1945; geometric mean).
    somers
        D of y given x: concordant minus discordant among the pairs that differ in x (Somers 1962).
    """

    spearman: float
    kendall: float
    somers: float


def rank_association(x: ArrayLike, y: ArrayLike) -> RankAssociation:
    """Spearman's rho, Kendall's tau-b and Somers' d of y given x.

    Parameters
    ----------
    x, y
        float[N]; items where either is NaN are left out.

    References
    ----------
    Spearman 1904; Kendall 1945; Somers 1962.
    """
    table = _table(x, y)
    return RankAssociation(*(float(v) for v in _statistics(table[None].astype(float))[0]))


def rank_association_interval(
    x: ArrayLike, y: ArrayLike, *, level: float = 0.95, draws: int = 1000, rng: Seed = 0
) -> tuple[RankAssociation, RankAssociation]:
    """Percentile bootstrap interval over items of each of the three (lower, upper); NaN where undefined.

    Parameters
    ----------
    x, y
        float[N], as in ``rank_association``. The cost of a draw is the number of cells, distinct x times distinct y.
    draws, rng
        Resamples of the items, and the seed or generator.
    """
    table = _table(x, y)
    n, cells = int(table.sum()), np.flatnonzero(table)
    found = np.full((draws, 3), np.nan)
    generator = np.random.default_rng(rng)
    at_once = max(1, _CELLS_AT_ONCE // max(table.size, 1))
    for start in range(0, draws, at_once) if n else ():
        size = min(at_once, draws - start)
        drawn = np.zeros((size, table.size))
        drawn[:, cells] = generator.multinomial(n, table.ravel()[cells] / n, size=size)
        found[start : start + size] = _statistics(drawn.reshape(size, *table.shape))
    bounds = np.full((2, 3), np.nan)
    for k, column in enumerate(found.T):
        defined = column[~np.isnan(column)]
        if defined.size:
            bounds[:, k] = np.quantile(defined, [(1 - level) / 2, (1 + level) / 2])
    bounds[:, np.isnan(_statistics(table[None].astype(float))[0])] = np.nan
    return RankAssociation(*bounds[0].tolist()), RankAssociation(*bounds[1].tolist())


def _table(x: ArrayLike, y: ArrayLike) -> NDArray[np.int64]:
    """Items by distinct x (rows) and distinct y, both rising."""
    a, b = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    if a.shape != b.shape or a.ndim != 1:
        msg = f"an association needs two values per item; got shapes {a.shape} and {b.shape}"
        raise InputError(msg)
    known = ~(np.isnan(a) | np.isnan(b))
    rows, i = np.unique(a[known], return_inverse=True)
    columns, j = np.unique(b[known], return_inverse=True)
    counts = np.bincount(i * len(columns) + j, minlength=len(rows) * len(columns))
    return counts.reshape(len(rows), len(columns))


def _statistics(tables: Floats) -> Floats:
    """float64[K, 3] of K tables float64[K, rows, columns]."""
    row, column = tables.sum(axis=2), tables.sum(axis=1)
    n = row.sum(axis=1)
    below = np.cumsum(np.cumsum(tables, axis=1), axis=2)  # items at most as large in both
    upto = np.zeros_like(tables)
    upto[:, 1:, 1:] = below[:, :-1, :-1]
    beside = np.zeros_like(tables)  # smaller in x, larger in y
    beside[:, 1:] = below[:, :-1, -1:] - below[:, :-1]
    excess = np.einsum("kij,kij->k", tables, upto - beside)
    untied_x = (n**2 - (row**2).sum(axis=1)) / 2
    untied_y = (n**2 - (column**2).sum(axis=1)) / 2
    rank_x, rank_y = _centred_ranks(row, n), _centred_ranks(column, n)
    covariance = np.einsum("kij,ki,kj->k", tables, rank_x, rank_y, optimize=True)
    spread = np.sqrt((row * rank_x**2).sum(axis=1) * (column * rank_y**2).sum(axis=1))
    varies = (untied_x > 0) & (untied_y > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        values = np.stack(
            [covariance / spread, excess / np.sqrt(untied_x * untied_y), excess / untied_x], axis=1
        )
    return np.where(varies[:, None], values, np.nan)


def _centred_ranks(totals: Floats, n: Floats) -> Floats:
    """Mid-ranks less their mean."""
    return np.asarray(np.cumsum(totals, axis=1) - totals / 2 - n[:, None] / 2)
