"""Do observers learn items in the same order? Spearman's correlation of learning times, with intervals over items.

Times have few distinct values (epochs), so a pair is the contingency table of its times: its ranks, its correlation and
how much each item moves that correlation all come from the table.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trichotomy.errors import InputError
from trichotomy.estimators.agreement import Floats

_VALUES_AT_ONCE = 4_000_000


def order_agreement(learned: ArrayLike, *, never: int, known: ArrayLike | None = None) -> Floats:
    """Spearman's rank correlation of the observers' learning order: float64[M, M] from int[M, N].

    Parameters
    ----------
    learned
        Position of the epoch at which each observer learned each item, -1 if never.
    never
        The position (number of epochs) that stands for an item never learned, so that all these are tied, last.
    known
        bool[M, N]; a pair uses the items known for both. Default: all.

    Returns
    -------
    NaN where an observer of the pair learned all its items at once, or no item is known for both.

    References
    ----------
    Spearman 1904; ties have their mid-rank.
    """
    codes, levels = _codes(learned, never, known)
    M = len(codes)
    result = np.full((M, M), np.nan)
    for a, others, tables in _tables(codes, np.triu(np.ones((M, M), dtype=bool)), levels):
        rho = _spearman(tables)
        result[a, others] = result[others, a] = rho
    return result


def order_influence(
    learned: ArrayLike, weights: ArrayLike, *, never: int, known: ArrayLike | None = None
) -> tuple[float, Floats, int]:
    """A weighted mean of the pairs' correlations and the influence of each item on it.

    Parameters
    ----------
    learned, never, known
        As in ``order_agreement``.
    weights
        float[M, M], symmetric; the upper triangle counts. Undefined pairs are left out and the others' weights scaled
        up.

    Returns
    -------
    value, influence, pairs
        float, float64[N], int: the mean, how much each item moves it (they sum to about 0, and the sum of their squares
        estimates its variance over items), and the number of pairs. NaN and zeros where no pair is defined.

    References
    ----------
    Infinitesimal jackknife (Efron 1982); the influence function of Spearman's rho is that of Croux & Dehon 2010, here
    with mid-ranks.
    """
    w = np.triu(np.asarray(weights, dtype=float), 1)
    codes, levels = _codes(learned, never, known)
    N = codes.shape[1]
    value, total, pairs, influence = 0.0, 0.0, 0, np.zeros(N)
    for a, others, tables in _tables(codes, w != 0, levels):
        own, rho = w[a, others], _spearman(tables)
        counted = ~np.isnan(rho)
        if not counted.any():
            continue
        own, rho, tables, others = own[counted], rho[counted], tables[counted], others[counted]
        value, total, pairs = value + float(own @ rho), total + float(own.sum()), pairs + len(own)
        slopes = _slopes(tables, rho) * (own / tables.sum(axis=(1, 2)))[:, None, None]
        cells, there = _cells(codes, a, others, levels)
        moved = np.take_along_axis(slopes.reshape(len(own), -1), np.where(there, cells, 0), axis=1)
        influence += np.where(there, moved, 0.0).sum(axis=0)
    if not pairs or not total:
        return np.nan, np.zeros(N), 0
    return value / total, influence / total, pairs


def _codes(learned: ArrayLike, never: int, known: ArrayLike | None) -> tuple[NDArray[np.int64], int]:
    """Times as int64[M, N] of 0..levels - 1, -1 where unknown; and levels."""
    times = np.asarray(learned)
    if times.ndim != 2:
        msg = f"a learning order needs times of observers by items; got an array of shape {times.shape}"
        raise InputError(msg)
    times = np.where(times < 0, never, times)
    codes = times if known is None else np.where(np.asarray(known), times, -1)
    return codes.astype(np.int64), int(times.max(initial=0)) + 1


def _tables(
    codes: NDArray[np.int64], pairs: NDArray[np.bool_], levels: int
) -> Iterator[tuple[int, NDArray[np.intp], Floats]]:
    """Each row with those that it is paired with, bool[M, M], some at a time: float64[K, levels, levels] of counts."""
    size = levels * levels
    at_once = max(1, _VALUES_AT_ONCE // max(codes.shape[1], size, 1))
    for a, row in enumerate(pairs):
        partners = np.flatnonzero(row)
        for start in range(0, len(partners), at_once):
            others = partners[start : start + at_once]
            cells, there = _cells(codes, a, others, levels)
            cells = cells + size * np.arange(len(others))[:, None]
            counts = np.bincount(cells[there], minlength=size * len(others)).astype(float)
            yield a, others, counts.reshape(len(others), levels, levels)


def _cells(
    codes: NDArray[np.int64], a: int, others: NDArray[np.intp], levels: int
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Cell of each item in the table of each pair, int64[K, N], and where there is one."""
    return codes[a] * levels + codes[others], (codes[a] >= 0) & (codes[others] >= 0)


def _spearman(tables: Floats) -> Floats:
    """float64[K] of K tables; NaN where a side does not vary."""
    c, a, b, _, _ = _moments(tables)
    with np.errstate(divide="ignore", invalid="ignore"):
        rho = c / np.sqrt(a * b)
    return np.where((a > 1e-12) & (b > 1e-12), np.clip(rho, -1, 1), np.nan)


def _moments(tables: Floats) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """Covariance and variances of the mid-ranks (as shares, centred), and these: u float64[K, L], v."""
    with np.errstate(divide="ignore", invalid="ignore"):
        p = tables / tables.sum(axis=(1, 2), keepdims=True)
    row, column = p.sum(axis=2), p.sum(axis=1)
    u = np.cumsum(row, axis=1) - row / 2 - 0.5
    v = np.cumsum(column, axis=1) - column / 2 - 0.5
    c = np.einsum("kij,ki,kj->k", p, u, v, optimize=True)
    return c, (row * u**2).sum(axis=1), (column * v**2).sum(axis=1), u, v


def _slopes(tables: Floats, rho: Floats) -> Floats:
    """Influence of an item in each cell on the correlation, ranks included: float64[K, L, L]."""
    p = tables / tables.sum(axis=(1, 2), keepdims=True)
    c, a, b, u, v = _moments(tables)
    row, column = p.sum(axis=2), p.sum(axis=1)
    from_rows = _above(np.einsum("kij,kj->ki", p, v))
    from_columns = _above(np.einsum("kij,ki->kj", p, u))
    on_c = u[:, :, None] * v[:, None, :] + from_rows[:, :, None] + from_columns[:, None, :]
    on_a, on_b = u**2 + 2 * _above(row * u), v**2 + 2 * _above(column * v)
    scale = np.sqrt(a * b)[:, None, None]
    ratio = (rho / 2)[:, None, None]
    on_c = (on_c - 3 * c[:, None, None]) / scale
    relative_a = ((on_a - 3 * a[:, None]) / a[:, None])[:, :, None]
    relative_b = ((on_b - 3 * b[:, None]) / b[:, None])[:, None, :]
    return np.asarray(on_c - ratio * (relative_a + relative_b))


def _above(mass: Floats) -> Floats:
    """What lies at later levels plus half of what lies at the same: an item at a level lifts the ranks of those."""
    return np.asarray(np.cumsum(mass[:, ::-1], axis=1)[:, ::-1] - mass / 2)
