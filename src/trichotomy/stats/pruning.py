"""Consistency among the items in between, and what is left beside shared difficulty."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from trichotomy import estimators
from trichotomy.decisions import Decisions, at_epoch
from trichotomy.errors import UnknownNameError
from trichotomy.stats.snapshot import Seed, estimate_variables, pair_matrix, seed_of, snapshot, with_bounds

_WHY_UNDEFINED = {
    "crossfit": "fewer than {} observers outside both conditions, or an observer constant on the items kept",
    "insample": "no item kept, or an observer constant on the items kept",
    "residual": "fewer than three observers, or an observer constant in every stratum",
}


def pruned_consistency(
    d: Decisions,
    *,
    method: str = "crossfit",
    tolerance: int = 0,
    families: bool = True,
    epoch: int | None = None,
    level: float = 0.95,
    draws: int = 1000,
    rng: Seed = 0,
) -> xr.Dataset:
    """Error consistency of all pairs without trivial and impossible items.

    Uses the items that all observers answered.

    Parameters
    ----------
    method
        ``crossfit`` (default): the partition is made for each pair by the observers outside both conditions;
        ``insample``: by all observers, the compared ones included (the paper's; pushes kappa down).
    families
        Whether siblings of a condition are left out of the partition too (``crossfit``).
    level, draws, rng
        Of the intervals.

    Returns
    -------
    Dataset over ``observer_a``, ``observer_b``: ``kappa``, ``ci``, ``n``, ``judges``. Scalars: ``mean`` over
    pairs with ``mean_ci``, ``kept`` (mean share of items), ``conditional_independence`` (what independent
    observers of the fitted beta-binomial difficulty would give). NaN where fewer than 2t + 2 judges remain.

    References
    ----------
    Meding et al. 2022, Fig. 5.
    """
    shot = snapshot(d, epoch, at_least=2, complete=True)
    c = shot.complete
    M, N = c.shape
    if method == "insample":
        result = estimators.insample_consistency(c, tolerance=tolerance, level=level, draws=draws, rng=rng)
    elif method == "crossfit":
        label = at_epoch(d, shot.epoch)["condition"].values if families else None
        result = estimators.crossfit_consistency(
            c, families=label, tolerance=tolerance, level=level, draws=draws, rng=rng
        )
    else:
        raise UnknownNameError("method of pruning", method, ["crossfit", "insample"])
    above = np.triu_indices(M, 1)
    chance = _independent(c, tolerance=tolerance, judges=result.judges[above])
    used = ~np.isnan(result.kappa[above])
    off_diagonal = np.where(np.eye(M, dtype=bool), np.nan, 1.0)
    return xr.Dataset(
        {
            "kappa": pair_matrix(result.kappa * off_diagonal, shot.observers),
            "ci": (("observer_a", "observer_b", "ci_bound"), with_bounds(result.lower, result.upper)),
            "n": pair_matrix(result.n, shot.observers),
            "judges": pair_matrix(result.judges, shot.observers),
            **estimate_variables("mean", result.mean),
            "kept": float(result.n[above][used].mean() / N) if used.any() else np.nan,
            "conditional_independence": chance[method],
        },
        attrs=shot.attrs(f"pruned, {method}", n=N,
                         undefined=_WHY_UNDEFINED[method].format(2 * tolerance + 2), tolerance=tolerance,
                         left_out=shot.left_out, level=level, seed=seed_of(rng),
                         interval=f"dirichlet per pair, {draws} draws; the mean linearised over items",
                         reference="Meding et al. 2022"),
    )  # fmt: skip


def residual_consistency(d: Decisions, *, epoch: int | None = None, level: float = 0.95) -> xr.Dataset:
    """Kappa of all pairs given the rest score, the number right among the other observers.

    Zero in expectation where two observers are independent given the number right among the others, which is a
    rough measure of difficulty when the others are few: read it beside ``conditional_independence``. Uses the
    items that all observers answered. NaN with fewer than three observers.

    Returns
    -------
    Dataset over ``observer_a``, ``observer_b``: ``kappa``; scalars ``mean`` with ``mean_ci`` and
    ``conditional_independence`` (what independent observers of the fitted beta-binomial difficulty would give).

    References
    ----------
    Mantel & Haenszel 1959; Holland & Thayer 1988.
    """
    shot = snapshot(d, epoch, at_least=2, complete=True)
    c = shot.complete
    result = estimators.residual_consistency(c, level=level)
    values, mean = result.kappa, result.mean
    if len(c) < 3:
        values = np.full_like(values, np.nan)
        mean = estimators.Estimate(np.nan, np.nan, np.nan, np.nan, 0, "undefined: fewer than three observers")
    return xr.Dataset(
        {
            "kappa": pair_matrix(values, shot.observers),
            **estimate_variables("mean", mean),
            "conditional_independence": _independent(c)["residual"],
        },
        attrs=shot.attrs("kappa stratified by the rest score", n=c.shape[1], left_out=shot.left_out, level=level,
                         undefined=_WHY_UNDEFINED["residual"],
                         interval="linearised over items", reference="Mantel & Haenszel 1959"),
    )  # fmt: skip


def raw_conditional_independence(d: Decisions, *, epoch: int | None = None) -> float:
    """Mean kappa that observers independent given the fitted beta-binomial difficulty would have."""
    return _independent(snapshot(d, epoch, complete=True).complete)["raw"]


def _independent(c: NDArray[np.bool_], **options: Any) -> dict[str, float]:
    """Each consistency as conditionally independent observers would show it, difficulty fitted to ``c``."""
    fitted = estimators.fit_beta_binomial(estimators.histogram(c))
    return estimators.conditional_independence(*fitted, len(c), **options)
