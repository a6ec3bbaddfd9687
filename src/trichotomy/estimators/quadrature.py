"""One- and two-parameter logistic models by expectation-maximisation over a grid of abilities (Bock and Aitkin 1981).

Rows are those integrated over (standard normal), columns those that have parameters:
P(right) = expit(slope (z - place)). What is a row, observers or items, is the caller's choice.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trichotomy.estimators.agreement import Floats

_STEPS = 3  # of Fisher scoring in each round
_LONGEST = 1.0  # change of a parameter in one such step
_REACH = 6.0


@dataclass(frozen=True, slots=True)
class Prior:
    """What is believed before seeing decisions; keeps items that all get right or wrong finite.

    Attributes
    ----------
    difficulty_sd
        Difficulties are normal around 0 with this standard deviation, in units of that of the abilities.
    log_discrimination_sd
        Discriminations are log-normal around 1 (2PL; the one of the 1PL is free).
    """

    difficulty_sd: float = 2.0
    log_discrimination_sd: float = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Logistic:
    """Parameters of the columns, and the posterior of the rows.

    Attributes
    ----------
    place, log_slope
        float64[N], NaN where they have no finite estimate.
    place_se, log_slope_se
        From each column's own observed information (Louis 1982), the other columns held.
    row, row_sd
        float64[M], posterior mean and standard deviation of z.
    log_likelihood, rounds, converged
        Marginal log-likelihood (without the prior), rounds used, and whether parameters came to rest.
    """

    place: Floats
    log_slope: Floats
    place_se: Floats
    log_slope_se: Floats
    row: Floats
    row_sd: Floats
    log_likelihood: float
    rounds: int
    converged: bool


def fit_logistic(
    correct: NDArray[np.int8], *, common_slope: bool, prior: Prior | None, nodes: int, tol: float, rounds: int
) -> Logistic:
    """Fit by marginal maximum likelihood, or maximum a posteriori with a prior.

    Parameters
    ----------
    correct
        int8[M, N] of 1, 0, -1 missing.
    common_slope
        One slope for all columns (1PL, no prior on it), or one each (2PL).
    """
    # Without a prior, columns that are all alike have no maximum and are set aside.
    right_all, asked_all = (correct == 1).astype(float), (correct >= 0).astype(float)
    s, n = right_all.sum(axis=0), asked_all.sum(axis=0)
    used = (n > 0) if prior is not None else (s > 0) & (s < n)
    R, A = right_all[:, used], asked_all[:, used]
    z = np.linspace(-_REACH, _REACH, nodes)
    log_weight = -(z**2) / 2
    log_weight -= np.log(np.exp(log_weight).sum())
    share = (s[used] + 0.5) / (n[used] + 1)
    place, log_slope = -1.5 * np.log(share / (1 - share)), np.zeros(R.shape[1])
    step = _common_step if common_slope else _own_step
    done, at_rest = 0, R.shape[1] == 0
    like, rights, askeds = _sums(R, A, by_total=common_slope) if not at_rest else (used, R, A)
    while done < rounds and not at_rest:
        posterior, _ = _posterior(R[like], A[like], z, log_weight, place, log_slope)
        asked, right = posterior.T @ askeds, posterior.T @ rights
        before = np.concatenate([place, log_slope])
        for _ in range(_STEPS):
            place, log_slope = step(z, asked, right, place, log_slope, prior)
        done += 1
        at_rest = float(np.abs(np.concatenate([place, log_slope]) - before).max()) < tol
    posterior, likelihood = _posterior(R, A, z, log_weight, place, log_slope)
    place_se, log_slope_se = _standard_errors(R, A, z, posterior, place, log_slope, prior, common_slope)
    row = posterior @ z
    return Logistic(
        _spread(place, used), _spread(log_slope, used), _spread(place_se, used), _spread(log_slope_se, used),
        row, np.sqrt(np.maximum(posterior @ z**2 - row**2, 0)), likelihood, done, bool(at_rest),
    )  # fmt: skip


def log_probabilities(z: Floats, place: Floats, log_slope: Floats) -> tuple[Floats, Floats]:
    """Log-probabilities of right and of wrong, float64[Q, N]."""
    logit = np.exp(log_slope) * (z[:, None] - place)
    return -np.logaddexp(0, -logit), -np.logaddexp(0, logit)


def alike(R: Floats, A: Floats, *, by_total: bool = False) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows of one posterior: the first row of each group, and the group of each row.

    Rows are alike where they are equal; under a common slope, where the same columns give the same total (Rasch 1960).
    """
    same = np.packbits(A > 0, axis=1)
    what = R.sum(axis=1).astype(np.int64)[:, None].view(np.uint8) if by_total else np.packbits(R > 0, axis=1)
    key = np.ascontiguousarray(np.concatenate([same, what], axis=1))
    _, first, group = np.unique(
        key.view(np.dtype((np.void, key.shape[1]))).ravel(), return_index=True, return_inverse=True
    )
    return first, group


def _sums(R: Floats, A: Floats, *, by_total: bool) -> tuple[NDArray[np.intp], Floats, Floats]:
    """A row of each group of rows that are alike, and the group's sums of ``R`` and ``A``."""
    first, group = alike(R, A, by_total=by_total)
    order = np.argsort(group, kind="stable")
    starts = np.searchsorted(group[order], np.arange(len(first)))
    return first, np.add.reduceat(R[order], starts, axis=0), np.add.reduceat(A[order], starts, axis=0)


def _posterior(
    R: Floats, A: Floats, z: Floats, log_weight: Floats, place: Floats, log_slope: Floats
) -> tuple[Floats, float]:
    """float64[M, Q] posterior of each row over the grid, and the marginal log-likelihood."""
    right, wrong = log_probabilities(z, place, log_slope)
    joint = R @ (right - wrong).T + A @ wrong.T + log_weight
    top = joint.max(axis=1, keepdims=True)
    weight = np.exp(joint - top)
    total = weight.sum(axis=1, keepdims=True)
    return weight / total, float((np.log(total) + top).sum())


def _derivatives(
    z: Floats, asked: Floats, right: Floats, place: Floats, log_slope: Floats
) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """Gradient by log-slope and place, and the expected information (slope, both, place) of each column."""
    slope = np.exp(log_slope)
    logit = slope * (z[:, None] - place)
    p = 1 / (1 + np.exp(-np.clip(logit, -500, 500)))
    rest, weight = right - asked * p, asked * p * (1 - p)
    by_slope, by_place = (rest * logit).sum(axis=0), -slope * rest.sum(axis=0)
    return (
        by_slope, by_place, (weight * logit**2).sum(axis=0), -slope * (weight * logit).sum(axis=0),
        slope**2 * weight.sum(axis=0),
    )  # fmt: skip


def _own_step(
    z: Floats, asked: Floats, right: Floats, place: Floats, log_slope: Floats, prior: Prior | None
) -> tuple[Floats, Floats]:
    """One step of Fisher scoring for a place and a slope of each column."""
    by_slope, by_place, ii, ij, jj = _derivatives(z, asked, right, place, log_slope)
    if prior is not None:
        by_slope, ii = (
            by_slope - log_slope / prior.log_discrimination_sd**2,
            ii + prior.log_discrimination_sd**-2,
        )
        by_place, jj = by_place - place / prior.difficulty_sd**2, jj + prior.difficulty_sd**-2
    determinant = np.maximum(ii * jj - ij**2, 1e-12)
    return (
        place + _bounded((ii * by_place - ij * by_slope) / determinant),
        log_slope + _bounded((jj * by_slope - ij * by_place) / determinant),
    )


def _common_step(
    z: Floats, asked: Floats, right: Floats, place: Floats, log_slope: Floats, prior: Prior | None
) -> tuple[Floats, Floats]:
    """One step for a place of each column and a slope in common, whose information has the form of an arrow."""
    by_slope, by_place, ii, ij, jj = _derivatives(z, asked, right, place, log_slope)
    if prior is not None:
        by_place, jj = by_place - place / prior.difficulty_sd**2, jj + prior.difficulty_sd**-2
    jj = np.maximum(jj, 1e-12)
    change = _bounded(
        (by_slope.sum() - (ij * by_place / jj).sum()) / max(float((ii - ij**2 / jj).sum()), 1e-12)
    )
    return place + _bounded((by_place - ij * change) / jj), log_slope + change


def _bounded(change: Floats) -> Floats:
    return np.asarray(np.clip(change, -_LONGEST, _LONGEST))


def _standard_errors(
    R: Floats, A: Floats, z: Floats, posterior: Floats, place: Floats, log_slope: Floats, prior: Prior | None,
    common_slope: bool,
) -> tuple[Floats, Floats]:  # fmt: skip
    """Inverse of each column's observed information: complete, less what is missing (Louis 1982), plus the prior."""
    slope = np.exp(log_slope)
    logit = slope * (z[:, None] - place)
    p = 1 / (1 + np.exp(-np.clip(logit, -500, 500)))
    asked, right = posterior.T @ A, posterior.T @ R
    curve, rest = asked * p * (1 - p), right - asked * p
    squared = right * (1 - 2 * p) + asked * p**2  # sum over rows of (x - p)**2
    mean_i = R * (posterior @ logit) - A * (posterior @ (p * logit))  # expected score by log-slope
    mean_j = -slope * (R - A * (posterior @ p))
    ii = ((curve - squared) * logit**2 - rest * logit).sum(axis=0) + (mean_i**2).sum(axis=0)
    jj = slope**2 * (curve - squared).sum(axis=0) + (mean_j**2).sum(axis=0)
    ij = -slope * ((curve - squared) * logit - rest).sum(axis=0) + (mean_i * mean_j).sum(axis=0)
    if prior is not None:
        jj = jj + prior.difficulty_sd**-2
    if common_slope:
        score = (R @ logit.T) - (A @ (p * logit).T)  # float64[M, Q], of the common slope
        missing = (posterior * score**2).sum() - ((posterior * score).sum(axis=1) ** 2).sum()
        whole = float((curve * logit**2 - rest * logit).sum() - missing)
        return _root_inverse(jj), np.full(len(place), float(_root_inverse(np.array([whole]))[0]))
    if prior is not None:
        ii = ii + prior.log_discrimination_sd**-2
    determinant = ii * jj - ij**2
    proper = (determinant > 0) & (jj > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return (
            np.where(proper, np.sqrt(np.where(proper, ii / determinant, 0)), np.nan),
            np.where(proper, np.sqrt(np.where(proper, jj / determinant, 0)), np.nan),
        )


def _root_inverse(information: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(information > 0, 1 / np.sqrt(information), np.nan)


def _spread(values: Floats, used: NDArray[np.bool_]) -> Floats:
    """Values at the columns used, NaN elsewhere."""
    whole = np.full(len(used), np.nan)
    whole[used] = values
    return whole
