"""Trivial, impossible, in-between: the partition of items, how it settles and who decides it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trichotomy.errors import InputError
from trichotomy.estimators.agreement import Floats

IMPOSSIBLE, IN_BETWEEN, TRIVIAL = 0, 1, 2
CATEGORIES = ("impossible", "in-between", "trivial")


def number_right(correct: ArrayLike) -> NDArray[np.int64]:
    """s_i, the number of observers right on each item: int64[N] from bool[M, N] (no missing decisions)."""
    c = np.asarray(correct)
    if c.dtype != np.bool_ and c.size and c.min() < 0:
        msg = "the partition needs items that all observers answered; leave out those with missing decisions"
        raise InputError(msg)
    return np.asarray(c.sum(axis=0, dtype=np.int64))


def histogram(correct: ArrayLike) -> NDArray[np.int64]:
    """Number of items that 0, 1, ..., M observers get right: int64[M + 1]."""
    return np.bincount(number_right(correct), minlength=np.shape(correct)[0] + 1)


def partition(right: ArrayLike, observers: int, *, tolerance: int = 0) -> NDArray[np.int8]:
    """Class of difficulty of each item (Meding et al. 2022): int8[N] of 0 impossible, 1 in-between, 2 trivial.

    Parameters
    ----------
    right
        int[N], number of observers right on each item.
    observers
        M.
    tolerance
        t: trivial where at most t observers are wrong, impossible where at most t are right.
    """
    check_tolerance(tolerance, observers)
    s = np.asarray(right)
    category = np.full(s.shape, IN_BETWEEN, dtype=np.int8)
    category[s <= tolerance] = IMPOSSIBLE
    category[s >= observers - tolerance] = TRIVIAL
    return category


def check_tolerance(tolerance: int, observers: int) -> None:
    """Refuse a tolerance that would make an item both trivial and impossible."""
    if tolerance < 0 or 2 * tolerance >= observers:
        msg = (
            f"tolerance {tolerance} does not fit {observers} observers: an item would be trivial and impossible "
            f"at once; the largest tolerance is {max(0, (observers - 1) // 2)}"
        )
        raise InputError(msg)


def extreme_shares(counts: ArrayLike, *, tolerance: int = 0) -> tuple[float, float]:
    """Trivial and impossible shares of a histogram over 0..M observers right (counts or probabilities)."""
    h = np.asarray(counts, dtype=float)
    check_tolerance(tolerance, len(h) - 1)
    total = h.sum()
    if not total:
        return np.nan, np.nan
    return float(h[len(h) - 1 - tolerance :].sum() / total), float(h[: tolerance + 1].sum() / total)


def rarefaction(counts: ArrayLike, sizes: ArrayLike, *, tolerance: int = 0) -> tuple[Floats, Floats]:
    """Expected trivial and impossible shares among random subsets of the observers; exact, no simulation.

    Parameters
    ----------
    counts
        int[M + 1], histogram of the number of observers right.
    sizes
        Subset sizes k; NaN comes out where 2 * tolerance >= k.

    Returns
    -------
    trivial, impossible
        float64 of the sizes' shape: at tolerance 0, mean_i C(s_i, k) / C(M, k) and its mirror (Hurlbert 1971).
    """
    h = np.asarray(counts, dtype=float)
    M, k = len(h) - 1, np.atleast_1d(np.asarray(sizes, dtype=np.int64))
    if k.size and (k.min() < 1 or k.max() > M):
        msg = f"subsets must have between 1 and {M} observers; got {k.min()} to {k.max()}"
        raise InputError(msg)
    if tolerance < 0:
        check_tolerance(tolerance, M)
    if not h.sum():
        return np.full(k.shape, np.nan), np.full(k.shape, np.nan)
    share = h / h.sum()
    s = np.arange(M + 1)
    trivial, impossible = np.zeros(k.shape), np.zeros(k.shape)
    for j in range(tolerance + 1):
        trivial += _hypergeometric(k[:, None] - j, s, M, k[:, None]) @ share
        impossible += _hypergeometric(np.full_like(k, j)[:, None], s, M, k[:, None]) @ share
    settled = 2 * tolerance < k
    return np.where(settled, trivial, np.nan), np.where(settled, impossible, np.nan)


def influence(correct: ArrayLike, *, tolerance: int = 0) -> tuple[Floats, Floats]:
    """Trivial and impossible shares without observer m, for every m: float64[M] each."""
    c = np.asarray(correct) == 1
    M, N = c.shape
    check_tolerance(tolerance, M - 1)
    s = number_right(correct)
    right, wrong = c.astype(np.float64), (~c).astype(np.float64)

    def share(extreme_if_right: NDArray[np.bool_], extreme_if_wrong: NDArray[np.bool_]) -> Floats:
        return np.asarray((right @ extreme_if_right + wrong @ extreme_if_wrong) / N)

    # without m, s - c_m of M - 1 observers are right
    trivial = share(s >= M - tolerance, s >= M - 1 - tolerance)
    impossible = share(s <= tolerance + 1, s <= tolerance)
    return trivial, impossible


def _hypergeometric(x: NDArray[Any], right: NDArray[Any], M: int, k: NDArray[Any]) -> Floats:
    """P(x of k drawn observers are right | ``right`` of M are)."""
    from scipy.special import gammaln

    def log_choose(n: NDArray[Any], r: NDArray[Any]) -> Floats:
        possible = (r >= 0) & (r <= n)
        r_ = np.where(possible, r, 0)
        return np.where(possible, gammaln(n + 1) - gammaln(r_ + 1) - gammaln(n - r_ + 1), -np.inf)

    return np.exp(log_choose(right, x) + log_choose(M - right, k - x) - log_choose(np.asarray(M), k))
