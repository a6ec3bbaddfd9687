"""Resampling both the people and the items that they answered (the pigeonhole bootstrap).

Who was asked and what was shown are both samples; an interval over one of them alone is too narrow. Owen's (2007)
bootstrap draws people and items independently, and an answer counts as often as its person times its item.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trichotomy.estimators.agreement import Floats
from trichotomy.estimators.intervals import Seed


def crossed_weights(
    people: int, items: int, *, strata: ArrayLike | None = None, draws: int = 1000, rng: Seed = 0
) -> tuple[Floats, Floats]:
    """How often each person and each item is drawn, float64[draws, people] and float64[draws, items].

    Parameters
    ----------
    strata
        int[items] or str[items]: items are drawn within these groups, so that each keeps its number.
    draws, rng
        Number of resamples, and the seed or generator.

    Notes
    -----
    A single person cannot be resampled and has weight 1: intervals are then over items alone.

    References
    ----------
    Owen 2007, *Ann. Appl. Stat.* 1.
    """
    generator = np.random.default_rng(rng)
    drawn_people = (
        generator.multinomial(people, np.full(people, 1 / people), size=draws).astype(float)
        if people > 1
        else np.ones((draws, people))
    )
    drawn_items = np.zeros((draws, items))
    groups = np.zeros(items, dtype=int) if strata is None else np.unique(strata, return_inverse=True)[1]
    for group in np.unique(groups):
        own = np.flatnonzero(groups == group)
        drawn_items[:, own] = generator.multinomial(len(own), np.full(len(own), 1 / len(own)), size=draws)
    return drawn_people, drawn_items


def crossed_mean(values: ArrayLike, person: ArrayLike, item: ArrayLike) -> Floats:
    """Mean of the answers under each pair of weights, float64[draws]; NaN where nothing is left.

    Parameters
    ----------
    values
        float[M, N], NaN where a person did not answer an item.
    person, item
        float[draws, M] and float[draws, N].
    """
    x = np.asarray(values, dtype=float)
    w = np.asarray(item, dtype=float)
    total, n = item_totals(x, person)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray((total * w).sum(axis=1) / (n * w).sum(axis=1))


def item_totals(values: ArrayLike, person: ArrayLike) -> tuple[Floats, Floats]:
    """Sum of the answers to each item and how many there are, people weighted; float64[draws, N] each.

    Parameters
    ----------
    values
        float[M, N], NaN where a person did not answer an item.
    person
        float[draws, M].
    """
    x, p = np.asarray(values, dtype=float), np.asarray(person, dtype=float)
    known = ~np.isnan(x)
    return p @ np.where(known, x, 0.0), p @ known.astype(float)


def percentile_bounds(drawn: ArrayLike, estimate: ArrayLike, *, level: float = 0.95) -> tuple[Floats, Floats]:
    """Percentile interval of each quantity over its draws; NaN where the estimate, or all draws, are undefined.

    Parameters
    ----------
    drawn
        float[draws, ...]; undefined draws are left out.
    estimate
        float[...].
    """
    x: NDArray[Any] = np.asarray(drawn, dtype=float)
    value = np.asarray(estimate, dtype=float)
    flat = x.reshape(len(x), -1)
    bounds = np.full((2, flat.shape[1]), np.nan)
    for k, column in enumerate(flat.T):
        defined = column[np.isfinite(column)]
        if defined.size:
            bounds[:, k] = np.quantile(defined, [(1 - level) / 2, (1 + level) / 2])
    lower, upper = bounds.reshape(2, *value.shape)
    return np.where(np.isnan(value), np.nan, lower), np.where(np.isnan(value), np.nan, upper)
