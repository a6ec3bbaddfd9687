"""Item response theory: difficulty and discrimination of items, ability of observers, on one scale.

Two ways, because a handful of observers cannot tell what thousands can. Integrating over observers is the usual
marginal estimate and needs many of them. Integrating over items takes abilities as fixed parameters, found with all
items, and gives each item the mean and standard deviation of its posterior.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trichotomy.errors import InputError, UnknownNameError
from trichotomy.estimators.agreement import Floats
from trichotomy.estimators.quadrature import Prior, alike, fit_logistic, log_probabilities

MODELS = ("1pl", "2pl")
WAYS = ("auto", "observers", "items")
_ITEMS_AT_ONCE = 4_000
_DISCRIMINATIONS = 13
_SPAN = 3.0  # standard deviations of the log-discrimination that the grid covers


@dataclass(frozen=True, slots=True, eq=False)
class ItemResponse:
    """Items and observers on one scale: P(right) = expit(discrimination (ability - difficulty)).

    Attributes
    ----------
    difficulty, difficulty_se, discrimination, discrimination_se
        float64[N]; NaN for an item that nobody answered or that has no finite estimate. All discriminations of a 1PL
        are equal.
    ability, ability_se
        float64[M].
    model, integrated
        Which model, and over which side was integrated: ``observers`` or ``items``.
    prior
        In words; ``none`` where there is none.
    log_likelihood, rounds, converged
        Of the expectation-maximisation.
    """

    difficulty: Floats
    difficulty_se: Floats
    discrimination: Floats
    discrimination_se: Floats
    ability: Floats
    ability_se: Floats
    model: str
    integrated: str
    prior: str
    log_likelihood: float
    rounds: int
    converged: bool


def item_response(
    correct: ArrayLike,
    *,
    model: str = "1pl",
    integrate: str = "auto",
    prior: Prior | None = Prior(),  # noqa: B008 - frozen
    nodes: int = 121,
    tol: float = 1e-4,
    rounds: int = 1000,
) -> ItemResponse:
    """Fit a logistic item response model.

    Parameters
    ----------
    correct
        bool[M, N] or int8[M, N] of 1, 0, -1 for missing; missing decisions say nothing.
    model
        ``1pl`` (one discrimination for all items) or ``2pl``.
    integrate
        ``observers``: abilities are standard normal and integrated over, items have parameters (marginal maximum
        likelihood; Bock & Aitkin 1981). ``items``: difficulties are normal and integrated over, abilities are
        fixed parameters in logits; each item then gets its posterior mean and standard deviation given the
        abilities (2PL: discriminations log-normal around 1, the abilities held at those of the 1PL). ``auto``
        integrates over whichever there are more of.
    prior
        Of what has parameters; None for plain maximum likelihood, where items all right or all wrong get NaN.
    nodes
        Points of the grid from -6 to 6 standard deviations. Posteriors much narrower than their distance need more.
    tol, rounds
        Largest change of a parameter that counts as rest, and most rounds of expectation-maximisation.

    Raises
    ------
    InputError
        Fewer than two observers or items, or no prior where one is needed.
    UnknownNameError
        Another model or way.

    References
    ----------
    Bock & Aitkin 1981; Birnbaum 1968; Mislevy 1986 (priors); Louis 1982 (standard errors).
    """
    c = np.asarray(correct)
    c = c.astype(np.int8) if c.dtype == np.bool_ else c
    if model not in MODELS:
        raise UnknownNameError("item response model", model, list(MODELS))
    if integrate not in WAYS:
        raise UnknownNameError("way to integrate", integrate, list(WAYS))
    if c.ndim != 2 or min(c.shape) < 2:
        msg = f"item response models need two observers and two items or more; got shape {c.shape}"
        raise InputError(msg)
    over = integrate if integrate != "auto" else "items" if c.shape[1] > c.shape[0] else "observers"
    if over == "observers":
        return _over_observers(c, model, prior, nodes, tol, rounds)
    if prior is None:
        msg = "integrating over items takes their distribution as the prior; give a prior, or integrate='observers'"
        raise InputError(msg)
    return _over_items(c, model, prior, nodes, tol, rounds)


def item_information(difficulty: ArrayLike, discrimination: ArrayLike, ability: ArrayLike) -> Floats:
    """Fisher information about each ability in each item, a**2 P (1 - P): float64[N, K] (Birnbaum 1968).

    Parameters
    ----------
    difficulty, discrimination
        float[N].
    ability
        float[K].
    """
    b, a = np.asarray(difficulty, dtype=float)[:, None], np.asarray(discrimination, dtype=float)[:, None]
    p = 1 / (1 + np.exp(-np.clip(a * (np.asarray(ability, dtype=float) - b), -500, 500)))
    return np.asarray(a**2 * p * (1 - p))


def _over_observers(
    c: NDArray[np.int8], model: str, prior: Prior | None, nodes: int, tol: float, rounds: int
) -> ItemResponse:
    fit = fit_logistic(c, common_slope=model == "1pl", prior=prior, nodes=nodes, tol=tol, rounds=rounds)
    slope = np.exp(fit.log_slope)
    words = "none"
    if prior is not None:
        words = f"difficulty normal(0, {prior.difficulty_sd:g}) in standard deviations of ability"
        words += f", discrimination log-normal(0, {prior.log_discrimination_sd:g})" if model == "2pl" else ""
    return ItemResponse(
        fit.place, fit.place_se, slope, slope * fit.log_slope_se, fit.row, fit.row_sd, model, "observers",
        f"{words}; ability normal(0, 1)", fit.log_likelihood, fit.rounds, fit.converged,
    )  # fmt: skip


def _over_items(
    c: NDArray[np.int8], model: str, prior: Prior, nodes: int, tol: float, rounds: int
) -> ItemResponse:
    """Observers are the columns: expit(slope (z - place)) with z the easiness of an item in standard deviations."""
    fit = fit_logistic(c.T, common_slope=True, prior=prior, nodes=nodes, tol=tol, rounds=rounds)
    spread = float(np.exp(np.nanmax(fit.log_slope))) if np.isfinite(fit.log_slope).any() else np.nan
    ability, ability_se = -spread * fit.place, spread * fit.place_se
    words = (
        f"difficulty normal(0, {spread:.3g}) in logits, its standard deviation fitted; ability normal(0, "
        f"{prior.difficulty_sd * spread:.3g})"
    )
    unasked = (c >= 0).sum(axis=0) == 0
    if model == "1pl":
        difficulty, difficulty_se = -spread * fit.row, spread * fit.row_sd
        discrimination, discrimination_se = np.ones(c.shape[1]), np.zeros(c.shape[1])
    else:
        words += f", discrimination log-normal(0, {prior.log_discrimination_sd:g})"
        difficulty, difficulty_se, discrimination, discrimination_se = _posterior_items(
            c, ability, spread, prior, nodes
        )
    for values in (difficulty, difficulty_se, discrimination, discrimination_se):
        values[unasked] = np.nan
    return ItemResponse(
        difficulty, difficulty_se, discrimination, discrimination_se, ability, ability_se, model, "items",
        words, fit.log_likelihood, fit.rounds, fit.converged,
    )  # fmt: skip


def _posterior_items(
    c: NDArray[np.int8], ability: Floats, spread: float, prior: Prior, nodes: int
) -> tuple[Floats, Floats, Floats, Floats]:
    """Posterior mean and standard deviation of difficulty and discrimination, item by item, abilities held."""
    known = np.isfinite(ability)
    b = np.linspace(-4 * spread, 4 * spread, 2 * nodes - 1)  # as fine as abilities need
    log_a = np.linspace(-_SPAN, _SPAN, _DISCRIMINATIONS) * prior.log_discrimination_sd
    places, slopes = (grid.ravel() for grid in np.meshgrid(b, log_a))
    right, wrong = log_probabilities(ability[known], places, slopes)
    weight = -((places / spread) ** 2) / 2 - (slopes / prior.log_discrimination_sd) ** 2 / 2
    R, A = (c[known].T == 1).astype(float), (c[known].T >= 0).astype(float)
    first, group = alike(R, A)
    found = np.empty((4, len(first)))
    for start in range(0, len(first), _ITEMS_AT_ONCE):
        part = first[start : start + _ITEMS_AT_ONCE]
        joint = R[part] @ (right - wrong) + A[part] @ wrong + weight
        joint = np.exp(joint - joint.max(axis=1, keepdims=True))
        joint /= joint.sum(axis=1, keepdims=True)
        for k, values in enumerate((places, np.exp(slopes))):
            mean = joint @ values
            found[2 * k, start : start + _ITEMS_AT_ONCE] = mean
            found[2 * k + 1, start : start + _ITEMS_AT_ONCE] = np.sqrt(
                np.maximum(joint @ values**2 - mean**2, 0)
            )
    found = found[:, group]
    return found[0], found[1], found[2], found[3]
