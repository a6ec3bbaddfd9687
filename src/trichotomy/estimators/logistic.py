"""Logistic regression on one quantity, for many resamples at once."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from trichotomy.estimators.agreement import Floats

_STEPS = 50
_CLOSE = 1e-9
_STEEPEST = 30.0
"""Slope per standard deviation of x beyond which the fit has left for infinity: right and wrong are separated."""


class Logistic(NamedTuple):
    """P(right) = expit(intercept + slope x); NaN where x does not vary, or right and wrong are separated.

    Attributes
    ----------
    intercept, slope, intercept_se, slope_se
        float64[...]; standard errors from the information (independent answers).
    """

    intercept: Floats
    slope: Floats
    intercept_se: Floats
    slope_se: Floats


def logistic_fit(x: ArrayLike, right: ArrayLike, n: ArrayLike) -> Logistic:
    """Fit by maximum likelihood (Newton's method).

    Parameters
    ----------
    x
        float[N].
    right, n
        float[..., N]: how many of how many answers at each x are right; weights need not be whole.
    """
    from scipy.special import expit

    at = np.asarray(x, dtype=float)
    k, total = np.broadcast_arrays(np.asarray(right, dtype=float), np.asarray(n, dtype=float))
    shape = k.shape[:-1]
    k, total = k.reshape(-1, len(at)), total.reshape(-1, len(at))
    centre, scale = float(at.mean()), float(at.std())
    if not scale > 0:
        nothing = np.full(shape, np.nan)
        return Logistic(nothing, nothing, nothing, nothing)
    z = (at - centre) / scale
    beta = np.zeros((len(k), 2))
    moved = np.full(len(k), np.inf)
    h = np.zeros((len(k), 3))
    for _ in range(_STEPS):
        p = expit(beta[:, :1] + beta[:, 1:] * z)
        w, rest = total * p * (1 - p), k - total * p
        h = np.stack([w.sum(axis=1), w @ z, w @ z**2], axis=1)
        g0, g1 = rest.sum(axis=1), rest @ z
        with np.errstate(divide="ignore", invalid="ignore"):
            step = np.stack([h[:, 2] * g0 - h[:, 1] * g1, h[:, 0] * g1 - h[:, 1] * g0], axis=1)
            step /= (h[:, 0] * h[:, 2] - h[:, 1] ** 2)[:, None]
        moved = np.abs(step).max(axis=1)
        beta = beta + np.clip(np.nan_to_num(step), -2, 2)
        if np.all(moved[np.isfinite(moved)] < _CLOSE):
            break
    with np.errstate(divide="ignore", invalid="ignore"):
        v00, v01, v11 = (v / (h[:, 0] * h[:, 2] - h[:, 1] ** 2) for v in (h[:, 2], -h[:, 1], h[:, 0]))
        slope, slope_se = beta[:, 1] / scale, np.sqrt(v11) / scale
        intercept = beta[:, 0] - beta[:, 1] * centre / scale
        intercept_se = np.sqrt(v00 - 2 * v01 * centre / scale + v11 * (centre / scale) ** 2)
    fitted = (moved < 1e-6) & (np.abs(beta).max(axis=1) < _STEEPEST)
    values = (np.where(fitted, v, np.nan).reshape(shape) for v in (intercept, slope, intercept_se, slope_se))
    return Logistic(*values)
