"""The odds ratio of a 2x2 table with its exact interval."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from trichotomy.errors import InputError
from trichotomy.estimators.agreement import Floats

_WIDEST = 80.0
"""Log odds ratios are searched in plus or minus this; counts below 10**15 stay well inside."""


class OddsRatio(NamedTuple):
    """Conditional maximum-likelihood estimate and exact interval; 0 and infinity where a cell is empty."""

    estimate: float
    lower: float
    upper: float


def odds_ratio(
    flagged_in: int, flagged_out: int, others_in: int, others_out: int, *, level: float = 0.95
) -> OddsRatio:
    """Odds of being in a group among flagged items, over those among the others.

    Conditional on the margins the first cell is Fisher's noncentral hypergeometric; the estimate is its maximum of
    likelihood, the interval inverts two one-sided exact tests (Cornfield 1956). The same as SciPy's
    ``contingency.odds_ratio(kind="conditional")``, at a cost that allows tables of many thousands.

    Parameters
    ----------
    flagged_in, flagged_out, others_in, others_out
        The four counts: flagged items inside and outside the group, and the same of the items that are not flagged.

    Returns
    -------
    Estimate NaN and interval [0, infinity] where a margin is empty, so that the table says nothing.

    Raises
    ------
    InputError
        A negative count.
    """
    counts = (flagged_in, flagged_out, others_in, others_out)
    if min(counts) < 0:
        msg = f"an odds ratio needs counts of items; got {counts}"
        raise InputError(msg)
    flagged, others, inside = flagged_in + flagged_out, others_in + others_out, flagged_in + others_in
    least, most = max(0, inside - others), min(flagged, inside)
    if least == most:
        return OddsRatio(np.nan, 0.0, np.inf)
    x = np.arange(least, most + 1, dtype=float)
    log_ways = _log_choose(flagged, x) + _log_choose(others, inside - x)

    def distribution(log_ratio: float) -> Floats:
        p = log_ways + x * log_ratio
        p = np.exp(p - p.max())
        return np.asarray(p / p.sum())

    at, tail = flagged_in - least, (1 - level) / 2
    estimate = _root(lambda r: float(distribution(r) @ x) - flagged_in) if least < flagged_in < most else None
    lower = _root(lambda r: float(distribution(r)[at:].sum()) - tail) if flagged_in > least else 0.0
    upper = _root(lambda r: tail - float(distribution(r)[: at + 1].sum())) if flagged_in < most else np.inf
    return OddsRatio(
        estimate if estimate is not None else (0.0 if flagged_in == least else np.inf), lower, upper
    )


def _root(rising: Callable[[float], float]) -> float:
    from scipy.optimize import brentq

    return float(np.exp(brentq(rising, -_WIDEST, _WIDEST, xtol=1e-10)))


def _log_choose(n: int, k: Floats) -> Floats:
    from scipy.special import gammaln

    return np.asarray(gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1))
