"""One observer's share right against chance: exact p-values, and the exact interval."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trichotomy.errors import UnknownNameError
from trichotomy.estimators.agreement import Floats

_TIE = 1e-7
"""Outcomes as likely as the one seen, but for rounding, count as extreme (as SciPy has it)."""


def clopper_pearson(successes: ArrayLike, n: ArrayLike, *, level: float = 0.95) -> tuple[Floats, Floats]:
    """Exact interval of a proportion (Clopper & Pearson 1934); NaN where n = 0.

    It never covers less than ``level`` and is wider than Wilson's.

    Parameters
    ----------
    successes, n
        Whole numbers.
    """
    from scipy.special import betaincinv

    k, n_ = np.broadcast_arrays(np.asarray(successes, dtype=float), np.asarray(n, dtype=float))
    tail = (1 - level) / 2
    low = np.where(k > 0, betaincinv(np.maximum(k, 1), n_ - k + 1, tail), 0.0)
    high = np.where(k < n_, betaincinv(k + 1, np.maximum(n_ - k, 1), 1 - tail), 1.0)
    return np.where(n_ > 0, low, np.nan), np.where(n_ > 0, high, np.nan)


def binomial_log_p(
    successes: ArrayLike,
    n: ArrayLike,
    *,
    chance: float = 0.5,
    alternative: str = "two-sided",
    mid_p: bool = False,
) -> Floats:
    """Exact binomial test of each observer against chance: natural logarithm of the p-value, NaN where n = 0.

    Parameters
    ----------
    successes, n
        int[...], whole numbers.
    alternative
        ``two-sided`` (outcomes at most as likely as the one seen), ``greater`` or ``less``.
    mid_p
        Count the outcome seen, and those as likely, by half (Lancaster 1961): less conservative, no longer exact.

    Raises
    ------
    UnknownNameError
        Another alternative.
    """
    if alternative not in ("two-sided", "greater", "less"):
        raise UnknownNameError("alternative", alternative, ["two-sided", "greater", "less"])
    k, n_ = np.broadcast_arrays(np.asarray(successes, dtype=int), np.asarray(n, dtype=int))
    values = [
        _log_p(int(a), int(b), chance, alternative, mid_p=mid_p)
        for a, b in zip(k.ravel(), n_.ravel(), strict=True)
    ]
    return np.array(values, dtype=np.float64).reshape(k.shape)


def _log_p(k: int, n: int, chance: float, alternative: str, *, mid_p: bool) -> float:
    from scipy.special import logsumexp

    if n == 0:
        return float("nan")
    log_pmf = _log_pmf(n, chance)
    at = np.arange(n + 1)
    if alternative == "greater":
        more, same = at > k, at == k
    elif alternative == "less":
        more, same = at < k, at == k
    else:
        same = np.abs(log_pmf - log_pmf[k]) <= _TIE
        more = (log_pmf < log_pmf[k]) & ~same
    weight = np.where(more, 1.0, np.where(same, 0.5 if mid_p else 1.0, 0.0))
    return min(float(logsumexp(log_pmf, b=weight)), 0.0)


def _log_pmf(n: int, chance: float) -> NDArray[np.float64]:
    from scipy.special import gammaln, xlog1py, xlogy

    k = np.arange(n + 1)
    choose = gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)
    return np.asarray(choose + xlogy(k, chance) + xlog1py(n - k, -chance))
