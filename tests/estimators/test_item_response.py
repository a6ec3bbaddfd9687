"""Item response models: recovery, a slow definition, another implementation, missing decisions."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit, log_expit, logsumexp

from trichotomy import estimators
from trichotomy.errors import InputError, UnknownNameError
from trichotomy.estimators import Prior


def simulated(
    ability: NDArray, difficulty: NDArray, discrimination: NDArray | float = 1.0, seed: int = 0
) -> NDArray:
    p = expit(discrimination * (ability[:, None] - difficulty))
    return (np.random.default_rng(seed).random(p.shape) < p).astype(np.int8)


@pytest.fixture(scope="module")
def crowd() -> tuple[NDArray, NDArray, NDArray]:
    """600 observers, 12 items: difficulties, discriminations, decisions."""
    rng = np.random.default_rng(2)
    b, a = rng.normal(size=12), np.exp(0.4 * rng.normal(size=12))
    return b, a, simulated(rng.normal(size=600), b, a)


def marginal(c: NDArray, b: NDArray, log_a: NDArray) -> float:
    """The marginal log-likelihood, written out."""
    z = np.linspace(-6, 6, 121)
    w = -(z**2) / 2 - logsumexp(-(z**2) / 2)
    total = 0.0
    for row in c:
        eta = np.exp(log_a) * (z[:, None] - b)
        each = np.where(row == 1, log_expit(eta), np.where(row == 0, log_expit(-eta), 0.0))
        total += logsumexp(each.sum(axis=1) + w)
    return float(total)


def test_the_estimate_maximises_the_marginal_likelihood_written_out() -> None:
    rng = np.random.default_rng(1)
    c = simulated(rng.normal(size=60), np.array([-1.0, 0.0, 0.8]), np.array([0.8, 1.2, 1.6]))
    c[rng.random(c.shape) < 0.1] = -1
    fit = estimators.item_response(c, model="2pl", integrate="observers", tol=1e-7)

    def loss(x: NDArray) -> float:
        b, log_a = x[:3], x[3:]
        return -marginal(c, b, log_a) + (b**2).sum() / (2 * 2.0**2) + (log_a**2).sum() / (2 * 0.5**2)

    best = minimize(loss, np.zeros(6), method="BFGS")
    np.testing.assert_allclose(fit.difficulty, best.x[:3], atol=1e-3)
    np.testing.assert_allclose(fit.discrimination, np.exp(best.x[3:]), atol=1e-3)
    assert fit.log_likelihood == pytest.approx(marginal(c, fit.difficulty, np.log(fit.discrimination)))


def test_standard_errors_are_those_of_the_numerical_hessian() -> None:
    rng = np.random.default_rng(8)
    c = simulated(rng.normal(size=150), np.array([-0.5, 0.7]), np.array([1.0, 1.5]))
    fit = estimators.item_response(c, model="2pl", integrate="observers", tol=1e-8)
    b, log_a, h = fit.difficulty.copy(), np.log(fit.discrimination), 1e-3

    def loss(place: float, slope: float) -> float:
        return (
            -marginal(c, np.array([place, b[1]]), np.array([slope, log_a[1]])) + place**2 / 8 + slope**2 / 0.5
        )

    x = np.array([b[0], log_a[0]])
    hessian = np.empty((2, 2))
    for i in range(2):
        for j in range(2):
            e, f = np.eye(2)[i] * h, np.eye(2)[j] * h
            hessian[i, j] = (
                loss(*(x + e + f)) - loss(*(x + e - f)) - loss(*(x - e + f)) + loss(*(x - e - f))
            ) / (4 * h**2)
    se = np.sqrt(np.diag(np.linalg.inv(hessian)))
    assert fit.difficulty_se[0] == pytest.approx(se[0], rel=5e-3)
    assert fit.discrimination_se[0] == pytest.approx(fit.discrimination[0] * se[1], rel=5e-3)


def test_girth_agrees(crowd) -> None:
    girth = pytest.importorskip("girth", reason="girth, another implementation, is not installed")
    _, _, c = crowd
    theirs = girth.twopl_mml(c.T.astype(int))
    ours = estimators.item_response(c, model="2pl", integrate="observers", prior=None)
    np.testing.assert_allclose(ours.difficulty, theirs["Difficulty"], atol=0.02)
    np.testing.assert_allclose(ours.discrimination, theirs["Discrimination"], atol=0.02)
    theirs = girth.onepl_mml(c.T.astype(int))
    ours = estimators.item_response(c, model="1pl", integrate="observers", prior=None)
    np.testing.assert_allclose(ours.difficulty, theirs["Difficulty"], atol=0.02)
    assert ours.discrimination[0] == pytest.approx(theirs["Discrimination"], abs=0.02)


def test_many_observers_recover_items(crowd) -> None:
    b, a, c = crowd
    fit = estimators.item_response(c, model="2pl")
    assert (fit.integrated, fit.converged) == ("observers", True)
    assert np.all(np.abs(fit.difficulty - b) < 4 * fit.difficulty_se)
    assert np.all(np.abs(fit.discrimination - a) < 4 * fit.discrimination_se)


@pytest.mark.parametrize("model", ["1pl", "2pl"])
def test_a_handful_of_observers_recovers_abilities_and_covers_items(model: str) -> None:
    rng = np.random.default_rng(4)
    theta, b = rng.normal(1, 0.8, size=10), rng.normal(0, 2, size=3000)
    a = np.exp(0.5 * rng.normal(size=3000)) if model == "2pl" else np.ones(3000)
    fit = estimators.item_response(simulated(theta, b, a), model=model)
    assert fit.integrated == "items"
    if model == "1pl":
        assert np.all(np.abs(fit.ability - theta) < 4 * fit.ability_se)
    covered = np.abs(fit.difficulty - b) < 1.96 * fit.difficulty_se
    assert 0.93 < covered.mean() < 0.97


@pytest.mark.parametrize("integrate", ["observers", "items"])
def test_extreme_items_are_finite_with_a_prior_and_undefined_without(integrate: str) -> None:
    c = simulated(np.linspace(-1, 1, 8), np.zeros(30))
    c[:, 0], c[:, 1] = 1, 0
    fit = estimators.item_response(c, integrate=integrate)
    assert fit.difficulty[0] < fit.difficulty[2:].min()
    assert fit.difficulty[1] > fit.difficulty[2:].max()
    assert "normal(0," in fit.prior
    if integrate == "observers":
        plain = estimators.item_response(c, integrate=integrate, prior=None)
        assert np.isnan(plain.difficulty[:2]).all()
        assert np.isfinite(plain.difficulty[2:]).all()
        assert plain.prior.startswith("none")
    else:
        with pytest.raises(InputError, match="give a prior"):
            estimators.item_response(c, integrate=integrate, prior=None)


@pytest.mark.parametrize(("model", "integrate"), [("1pl", "items"), ("2pl", "items"), ("2pl", "observers")])
def test_missing_decisions_say_nothing(model: str, integrate: str) -> None:
    c = simulated(np.linspace(-1, 2, 9), np.linspace(-2, 2, 40))
    wide = np.concatenate([c, np.full((9, 1), -1, dtype=np.int8)], axis=1)
    one = estimators.item_response(c, model=model, integrate=integrate)
    two = estimators.item_response(wide, model=model, integrate=integrate)
    np.testing.assert_allclose(two.difficulty[:-1], one.difficulty, atol=1e-6)
    np.testing.assert_allclose(two.ability, one.ability, atol=1e-6)
    assert np.isnan([two.difficulty[-1], two.difficulty_se[-1], two.discrimination[-1]]).all()


@pytest.mark.parametrize("integrate", ["observers", "items"])
def test_order_does_not_matter(integrate: str) -> None:
    rng = np.random.default_rng(6)
    c = simulated(rng.normal(size=12), rng.normal(size=25))
    c[rng.random(c.shape) < 0.1] = -1
    rows, columns = rng.permutation(12), rng.permutation(25)
    one = estimators.item_response(c, model="2pl", integrate=integrate)
    two = estimators.item_response(c[rows][:, columns], model="2pl", integrate=integrate)
    np.testing.assert_allclose(two.difficulty, one.difficulty[columns], atol=1e-6)
    np.testing.assert_allclose(two.ability, one.ability[rows], atol=1e-6)


def test_easier_with_each_observer_more_that_is_right() -> None:
    c = simulated(np.zeros(7), np.random.default_rng(0).normal(0, 2, size=400))
    fit = estimators.item_response(c)
    s = c.sum(axis=0)
    means = [fit.difficulty[s == k].mean() for k in range(8)]
    assert np.all(np.diff(means) < 0)
    assert all(np.ptp(fit.difficulty[s == k]) < 1e-9 for k in range(8))  # the total is sufficient (Rasch)


def test_information_is_the_curvature() -> None:
    theta, b, a, h = 0.3, np.array([-1.0, 0.5]), np.array([0.7, 2.0]), 1e-4

    def expected(at: float) -> NDArray:
        p = expit(a * (theta - b))
        return p * log_expit(a * (at - b)) + (1 - p) * log_expit(-a * (at - b))

    curvature = -(expected(theta + h) - 2 * expected(theta) + expected(theta - h)) / h**2
    np.testing.assert_allclose(estimators.item_information(b, a, [theta])[:, 0], curvature, rtol=1e-4)
    assert estimators.item_information([0.2], [3.0], [0.2])[0, 0] == pytest.approx(9 / 4)


def test_a_narrow_prior_pulls() -> None:
    c = simulated(np.linspace(-1, 1, 40), np.linspace(-2, 2, 10))
    wide, narrow = (
        estimators.item_response(c, integrate="observers", prior=Prior(difficulty_sd=sd)) for sd in (5, 0.2)
    )
    assert np.ptp(narrow.difficulty) < np.ptp(wide.difficulty)


def test_wrong_input_is_refused() -> None:
    c = np.ones((3, 4), dtype=bool)
    with pytest.raises(UnknownNameError, match="item response model called '3pl'"):
        estimators.item_response(c, model="3pl")
    with pytest.raises(UnknownNameError, match="way to integrate"):
        estimators.item_response(c, integrate="epochs")
    with pytest.raises(InputError, match="two observers"):
        estimators.item_response(c[:1])


def test_nothing_but_extreme_items_without_a_prior() -> None:
    fit = estimators.item_response(np.ones((5, 3), dtype=bool), integrate="observers", prior=None)
    assert np.isnan(fit.difficulty).all()
    assert np.isfinite(fit.ability).all()
