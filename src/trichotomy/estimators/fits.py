"""The two difficulty distributions of the paper's appendix A.9, fitted to a histogram by maximum likelihood."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from trichotomy.estimators.agreement import Floats
from trichotomy.estimators.nulls import (
    A9_BETA,
    A9_SLOPE,
    GRID,
    binomial,
    sigmoid_difficulty,
    sigmoid_shift,
)

_SMALLEST = 1e-300


def fit_beta_difficulty(counts: ArrayLike) -> tuple[float, float]:
    """Alpha and beta of the Beta distribution on the authors' grid (Meding et al. 2022, A.9).

    Parameters
    ----------
    counts
        int[M + 1], items by the number of observers right.

    Returns
    -------
    NaN where they are not defined: fewer than two observers, or every item alike. The grid ends at .01 and .99; a value
    near 0 (3e-4 at least) says that the histogram has more at an end than the grid can give.
    """
    h = np.asarray(counts, dtype=float)
    if not _informative(h):
        return np.nan, np.nan
    at_grid = np.array([binomial(len(h) - 1, p) for p in GRID])  # only the weights change in the search
    logs = np.stack([np.log(GRID), np.log1p(-GRID)])

    def model(x: Floats) -> Floats:
        log_weight = (np.exp(x) - 1) @ logs
        weight = np.exp(log_weight - log_weight.max())
        return np.asarray(weight / weight.sum() @ at_grid)

    x = _best(h, model, starts=[np.log(A9_BETA), np.log([2.0, 1.5])], bounds=[(-8.0, 8.0)] * 2)
    return float(np.exp(x[0])), float(np.exp(x[1]))


def fit_sigmoid_difficulty(counts: ArrayLike) -> tuple[float, float]:
    """Slope (negative) and shift of the logistic over the authors' grid (Meding et al. 2022, A.9).

    The grid is symmetric, so that slope and -slope describe the same population; the negative one is returned.

    Parameters
    ----------
    counts
        int[M + 1], items by the number of observers right.

    Returns
    -------
    NaN where they are not defined: fewer than two observers, or every item alike.
    """
    h = np.asarray(counts, dtype=float)
    if not _informative(h):
        return np.nan, np.nan
    mean = float(h @ np.arange(len(h)) / (h.sum() * (len(h) - 1)))
    starts = [np.array([np.log(-s), sigmoid_shift(mean, slope=s)]) for s in (A9_SLOPE, -20.0)]

    def model(x: Floats) -> Floats:
        return sigmoid_difficulty(len(h) - 1, slope=-float(np.exp(x[0])), shift=float(x[1]))

    x = _best(h, model, starts=starts, bounds=[(-4.0, 8.0), (-60.0, 60.0)])
    return float(-np.exp(x[0])), float(x[1])


def log_likelihood(counts: ArrayLike, probability: ArrayLike) -> float:
    """Multinomial log-likelihood of a histogram, without its constant."""
    h, p = np.asarray(counts, dtype=float), np.asarray(probability, dtype=float)
    return float(h @ np.log(np.maximum(p, _SMALLEST)))


def _best(
    h: Floats,
    model: Callable[[Floats], Floats],
    *,
    starts: list[Floats],
    bounds: list[tuple[float, float]],
) -> Floats:
    """Parameters of the largest likelihood, searched from several starts."""
    from scipy.optimize import minimize

    n = float(h.sum())

    def loss(x: Floats) -> float:
        return -log_likelihood(h, model(x)) / n

    options: dict[str, Any] = {"xatol": 1e-7, "fatol": 1e-12, "maxiter": 2000}
    runs = [minimize(loss, start, method="Nelder-Mead", bounds=bounds, options=options) for start in starts]  # type: ignore[call-overload]
    return np.asarray(min(runs, key=lambda run: float(run.fun)).x)


def _informative(h: Floats) -> bool:
    return len(h) > 2 and 0 < h @ np.arange(len(h)) < h.sum() * (len(h) - 1)
