"""Intervals for one proportion and for one pair's kappa; all take arrays of cases at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trichotomy.estimators.agreement import Cells, Floats, kappa, kappa_gradient

Seed: TypeAlias = int | np.random.Generator | None

_DRAWS_AT_ONCE = 4_000_000


def normal_quantile(level: float) -> float:
    """Two-sided quantile of the standard normal distribution, 1.96 for ``level`` = 0.95."""
    from scipy.special import ndtri

    return float(ndtri(0.5 + level / 2))


def student_quantile(level: float, freedom: int) -> float:
    """Two-sided quantile of Student's t distribution; NaN without degrees of freedom."""
    from scipy.special import stdtrit

    return float(stdtrit(freedom, 0.5 + level / 2)) if freedom > 0 else float("nan")


def wilson(successes: ArrayLike, n: ArrayLike, *, level: float = 0.95) -> tuple[Floats, Floats]:
    """Wilson score interval of a proportion (Wilson 1927); NaN where n = 0.

    Parameters
    ----------
    successes, n
        Counts; they need not be whole, so an effective sample size may be given.
    """
    k, n_ = np.asarray(successes, dtype=float), np.asarray(n, dtype=float)
    z2 = normal_quantile(level) ** 2
    with np.errstate(divide="ignore", invalid="ignore"):
        p = k / n_
        centre = (p + z2 / (2 * n_)) / (1 + z2 / n_)
        half = np.sqrt(z2 * (p * (1 - p) / n_ + z2 / (4 * n_**2))) / (1 + z2 / n_)
    low, high = np.clip(centre - half, 0, 1), np.clip(centre + half, 0, 1)
    return np.where(k == 0, np.where(n_ > 0, 0.0, np.nan), low), np.where(
        k == n_, np.where(n_ > 0, 1.0, np.nan), high
    )


def kappa_interval(
    cells: Cells, *, method: str = "dirichlet", level: float = 0.95, draws: int = 1000, rng: Seed = 0
) -> tuple[Floats, Floats]:
    """Interval of each table's kappa over the sampling of items; cost O(draws) per table, whatever the items.

    Parameters
    ----------
    cells
        Tables of any shape.
    method
        ``dirichlet``: cells drawn from Dirichlet(counts + 1/2), quantiles of their kappa (Jeffreys' prior);
        ``multinomial``: the non-parametric bootstrap of items, which resamples just these four cells;
        ``delta``: kappa plus or minus z times its linearised standard error.
    draws, rng
        Number of draws, and the seed or generator; one stream serves all tables in turn, so that a table's bounds
        move within Monte-Carlo error when its place does.

    Returns
    -------
    lower, upper
        Arrays of the tables' shape, never without the estimate between them; NaN where kappa is undefined.
    """
    if method not in _METHODS:
        from trichotomy.errors import UnknownNameError

        raise UnknownNameError("interval method", method, list(_METHODS))
    lower, upper = _METHODS[method](cells, level, draws, np.random.default_rng(rng))
    estimate = kappa(
        cells
    )  # quantiles of draws can miss it where observers never differ; an interval holds it
    undefined = np.isnan(estimate)
    lower, upper = np.minimum(lower, estimate), np.maximum(upper, estimate)
    return np.where(undefined, np.nan, lower), np.where(undefined, np.nan, upper)


def kappa_standard_error(cells: Cells) -> Floats:
    """Linearised standard error of each table's kappa under sampling of items (delta method)."""
    g = kappa_gradient(cells)
    total = sum(
        np.where(count > 0, count * slope**2, 0.0)
        for count, slope in (
            (cells.both_right, g.both_right), (cells.a_only, g.a_only),
            (cells.b_only, g.b_only), (cells.both_wrong, g.both_wrong),
        )
    )  # fmt: skip
    return np.where(np.isnan(g.both_right), np.nan, np.sqrt(total))


def _delta(cells: Cells, level: float, _draws: int, _rng: np.random.Generator) -> tuple[Floats, Floats]:
    k, half = kappa(cells), normal_quantile(level) * kappa_standard_error(cells)
    return np.clip(k - half, -1, 1), np.clip(k + half, -1, 1)


def _dirichlet(cells: Cells, level: float, draws: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
    def draw(counts: Floats) -> Cells:  # a Dirichlet draw up to its scale, which kappa does not see
        gammas = rng.standard_gamma(counts[..., None] + 0.5, size=(*counts.shape, draws))
        return Cells(*gammas)

    return _quantiles(cells, level, draws, draw)


def _multinomial(cells: Cells, level: float, draws: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
    def draw(counts: Floats) -> Cells:
        n = counts.sum(axis=0)
        shares = np.moveaxis(counts / np.maximum(n, 1), 0, -1)
        shares[n == 0] = 0.25
        drawn = rng.multinomial(n.astype(np.int64)[:, None], shares[:, None, :], size=(len(n), draws))
        return Cells(*np.moveaxis(drawn.astype(float), -1, 0))

    return _quantiles(cells, level, draws, draw)


def _quantiles(
    cells: Cells, level: float, draws: int, draw: Callable[[Floats], Cells]
) -> tuple[Floats, Floats]:
    counts = np.stack([cells.both_right, cells.a_only, cells.b_only, cells.both_wrong])
    shape = counts.shape[1:]
    flat = counts.reshape(4, -1)
    bounds = np.full((2, flat.shape[1]), np.nan)
    tail = (1 - level) / 2
    at_once = max(1, _DRAWS_AT_ONCE // draws)
    for start in range(0, flat.shape[1], at_once):
        part = slice(start, start + at_once)
        values = kappa(draw(flat[:, part]))
        values.sort(axis=1)  # NaN sorts last; a resample in which nobody errs says nothing about kappa
        valid = np.sum(~np.isnan(values), axis=1)
        for row, q in enumerate((tail, 1 - tail)):
            bounds[row, part] = _sorted_quantile(values, valid, q)
    return bounds[0].reshape(shape), bounds[1].reshape(shape)


def _sorted_quantile(values: Floats, valid: NDArray[Any], q: float) -> Floats:
    """Linearly interpolated quantile of each sorted row, from its first ``valid`` values."""
    position = q * np.maximum(valid - 1, 0)
    below = np.floor(position).astype(np.intp)
    above = np.minimum(below + 1, np.maximum(valid - 1, 0)).astype(np.intp)
    rows = np.arange(len(values))
    low, high = values[rows, below], values[rows, above]
    return np.where(valid > 0, low + (position - below) * (high - low), np.nan)


_METHODS: dict[str, Callable[[Cells, float, int, np.random.Generator], tuple[Floats, Floats]]] = {
    "dirichlet": _dirichlet,
    "multinomial": _multinomial,
    "delta": _delta,
}
