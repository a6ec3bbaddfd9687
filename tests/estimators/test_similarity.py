"""Similarity in feature space against literal N x N definitions, rsatoolbox, and what must not change it."""

from __future__ import annotations

import subprocess
import sys
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr

from trichotomy import estimators
from trichotomy.errors import InputError, UnknownNameError

FAST = ["rsa", "cka", "procrustes"]


def features(N: int = 80, *widths: int, seed: int = 0, noise: float = 1.0) -> list[np.ndarray]:
    """Representations that share six dimensions."""
    rng = np.random.default_rng(seed)
    shared = rng.normal(size=(N, 6))
    return [
        shared @ rng.normal(size=(6, D)) + noise * rng.normal(size=(N, D)) + rng.normal(size=D)
        for D in widths or (20, 9)
    ]


def literal_rsa(x, y, rank=False):
    above = np.triu_indices(len(x), 1)
    a, b = (1 - np.corrcoef(m)[above] for m in (x, y))
    return spearmanr(a, b).statistic if rank else np.corrcoef(a, b)[0, 1]


def literal_hsic(K, L, debiased):
    N = len(K)
    if not debiased:
        H = np.eye(N) - 1 / N
        return np.trace(K @ H @ L @ H)
    K, L = K - np.diag(K.diagonal()), L - np.diag(L.diagonal())
    return np.trace(K @ L) + K.sum() * L.sum() / ((N - 1) * (N - 2)) - 2 / (N - 2) * (K @ L).sum()


def literal_cka(x, y, debiased=True):
    K, L = x @ x.T, y @ y.T
    return literal_hsic(K, L, debiased) / np.sqrt(literal_hsic(K, K, debiased) * literal_hsic(L, L, debiased))


def literal_procrustes(x, y):
    x, y = (m - m.mean(axis=0) for m in (x, y))
    return np.linalg.norm(x.T @ y, "nuc") / np.linalg.norm(x) / np.linalg.norm(y)


@pytest.mark.parametrize("widths", [(20, 9), (300, 9), (3, 4)])
def test_literal_definitions(widths):
    x, y = features(80, *widths)
    assert estimators.rsa(x, y).value == pytest.approx(literal_rsa(x, y), abs=1e-12)
    assert estimators.linear_cka(x, y).value == pytest.approx(literal_cka(x, y), abs=1e-12)
    biased = estimators.linear_cka(x, y, debiased=False).value
    assert biased == pytest.approx(literal_cka(x, y, debiased=False), abs=1e-12)
    assert estimators.procrustes(x, y).value == pytest.approx(literal_procrustes(x, y), abs=1e-12)
    assert estimators.rank_rsa(x, y).value == pytest.approx(literal_rsa(x, y, rank=True), abs=1e-4)


def test_ranks_over_several_tiles():
    x, y = features(1100, 12, 7)
    assert estimators.rank_rsa(x, y).value == pytest.approx(literal_rsa(x, y, rank=True), abs=1e-7)


@pytest.mark.parametrize("dtype", ["float16", "float32", "int8"])
def test_narrow_types_are_computed_in_double(dtype):
    x, y = (np.round(4 * m).astype(dtype) for m in features())
    assert estimators.rsa(x, y).value == pytest.approx(
        literal_rsa(x.astype(float), y.astype(float)), abs=1e-12
    )


def test_agrees_with_rsatoolbox():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        rsatoolbox = pytest.importorskip("rsatoolbox")
        x, y = features(500, 40, 25)
        rdms = [
            rsatoolbox.rdm.calc_rdm(rsatoolbox.data.Dataset(m), method="correlation", descriptor=None)
            for m in (x, y)
        ]
        theirs = {
            name: float(rsatoolbox.rdm.compare(*rdms, method=name)[0, 0]) for name in ("corr", "spearman")
        }
    assert estimators.rsa(x, y).value == pytest.approx(theirs["corr"], abs=1e-6)
    assert estimators.rank_rsa(x, y).value == pytest.approx(theirs["spearman"], abs=1e-6)


@pytest.mark.parametrize("measure", estimators.MEASURES)
def test_a_representation_is_like_itself_and_symmetric(measure):
    x, y = features()
    assert estimators.similarity(x, x, measure).value == pytest.approx(1, abs=1e-9)
    one, other = (estimators.similarity(*pair, measure).value for pair in ((x, y), (y, x)))
    assert one == pytest.approx(other, abs=1e-12)
    assert 0 < one < 1


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 1000), st.sampled_from(FAST), st.floats(0.01, 100))
def test_invariances(seed, measure, scale):
    x, y = features(40, 12, 7, seed=seed)
    rng = np.random.default_rng(seed)
    value = estimators.similarity(x, y, measure).value
    order = rng.permutation(40)
    assert estimators.similarity(x[order], y[order], measure).value == pytest.approx(value, abs=1e-9)
    assert estimators.similarity(scale * x, y, measure).value == pytest.approx(value, abs=1e-9)
    if measure == "rsa":  # of the order of features, and of what is added to all features of an item
        changed = x[:, rng.permutation(12)] + rng.normal(size=(40, 1))
    else:  # of rotations, and of what is added to a feature of all items
        changed = x @ np.linalg.qr(rng.normal(size=(12, 12)))[0] + rng.normal(size=12)
    assert estimators.similarity(changed, y, measure).value == pytest.approx(value, abs=1e-9)


def test_items_out_of_order_are_not_alike():
    x, y = features(400)
    assert abs(estimators.rsa(x, y[::-1]).value) < 0.1 < estimators.rsa(x, y).value


def test_debiased_cka_does_not_depend_on_the_number_of_items():
    whole = features(4000, 60, 60, seed=1, noise=3)
    truth = estimators.linear_cka(*whole).value
    rng = np.random.default_rng(0)
    parts = [rng.choice(4000, 60, replace=False) for _ in range(60)]
    debiased, biased = (
        np.array([estimators.linear_cka(*(m[p] for m in whole), debiased=flag).value for p in parts])
        for flag in (True, False)
    )
    error = debiased.std() / np.sqrt(len(parts))
    assert abs(debiased.mean() - truth) < 4 * error
    assert biased.mean() - truth > 10 * error


@pytest.mark.parametrize("measure", estimators.MEASURES)
def test_contributions_sum_to_the_value_and_influences_to_nothing(measure):
    found = estimators.similarity(*features(), measure)
    assert found.contributions.sum() == pytest.approx(found.value)
    assert found.influence.sum() == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(
    ("measure", "within"), [("rsa", 0.02), ("cka", 0.08), ("procrustes", 0.05), ("rank-rsa", 0.02)]
)
def test_the_standard_error_is_nearly_the_jackknifes(measure, within):
    x, y = features(100)
    left_out = [
        estimators.similarity(np.delete(x, i, 0), np.delete(y, i, 0), measure).value for i in range(100)
    ]
    jackknife = np.sqrt(99 * np.var(left_out))
    assert estimators.similarity(x, y, measure).standard_error == pytest.approx(jackknife, rel=within)


@pytest.mark.parametrize("measure", FAST)
def test_the_bootstrap_agrees_with_the_projections(measure):
    x, y = features(150)
    found = estimators.similarity(x, y, measure)
    low, high = estimators.bootstrap_similarity(x, y, measure, draws=300, rng=1)
    delta = estimators.correlation_interval(found.value, found.standard_error)
    assert high - low == pytest.approx(float(delta[1] - delta[0]), rel=0.25)
    assert estimators.bootstrap_similarity(x, y, measure, draws=5) == estimators.bootstrap_similarity(
        x, y, measure, draws=5
    )


def test_weights_are_copies_whose_pairs_with_each_other_are_left_out():
    x, y = features(12)
    weights = np.random.default_rng(0).multinomial(12, np.full(12, 1 / 12))
    copies = np.repeat(np.arange(12), weights)
    pairs = [(i, j) for k, i in enumerate(copies) for j in copies[k + 1 :] if i != j]
    a, b = (np.corrcoef(m)[tuple(np.transpose(pairs))] for m in (x, y))
    assert estimators.rsa(x, y, weights=weights).value == pytest.approx(np.corrcoef(a, b)[0, 1])
    once = np.isin(np.arange(12), [1, 4, 5, 6, 8])
    for measure in (estimators.linear_cka, estimators.procrustes):
        part = measure(x[once], y[once]).value
        assert measure(x, y, weights=once.astype(float)).value == pytest.approx(part)


def test_leaving_out_copies_keeps_the_bootstrap_unbiased():
    x, y = features(40, noise=3)
    rng = np.random.default_rng(0)
    draws = [rng.multinomial(40, np.full(40, 1 / 40)) for _ in range(300)]
    ours = np.mean([estimators.rsa(x, y, weights=w).value for w in draws])
    naive = np.mean([literal_rsa(*(m[np.repeat(np.arange(40), w)] for m in (x, y))) for w in draws])
    value = estimators.rsa(x, y).value
    assert abs(ours - value) < 0.02 < naive - value


@pytest.mark.long
@pytest.mark.parametrize("measure", ["rsa", "cka", "rank-rsa"])
def test_intervals_cover(measure):
    rng = np.random.default_rng(5)
    maps = [rng.normal(size=(6, D)) for D in (20, 9)]

    def drawn(N):
        shared = rng.normal(size=(N, 6))
        return [shared @ m + 1.5 * rng.normal(size=(N, m.shape[1])) for m in maps]

    truth = np.mean([estimators.similarity(*drawn(1500), measure).value for _ in range(10)])
    covered = 0
    for _ in range(400):
        found = estimators.similarity(*drawn(150), measure)
        low, high = estimators.correlation_interval(found.value, found.standard_error)
        covered += low <= truth <= high
    assert 0.91 <= covered / 400 <= 0.985


@pytest.mark.parametrize("measure", estimators.MEASURES)
def test_undefined_is_nan(measure):
    x, y = features(30)
    broken = x.copy()
    broken[3, 2] = np.nan
    with np.errstate(invalid="ignore"):
        assert np.isnan(estimators.similarity(broken, y, measure).value)
    alike = np.tile(x[0], (30, 1))
    assert np.isnan(estimators.similarity(alike, y, measure).value)


def test_usable():
    x = np.array([[1.0, 2], [3, 3], [np.nan, 1], [np.inf, 0], [0, 1]])
    assert estimators.usable(x).tolist() == [True, False, False, False, True]


@pytest.mark.parametrize(
    ("x", "y", "said"),
    [
        (np.zeros((5, 2)), np.zeros((6, 2)), "not of the same items"),
        (np.zeros(5), np.zeros(5), "item, feature"),
        (np.zeros((3, 2)), np.zeros((3, 2)), "4 items or more"),
        (np.array([["a"] * 2] * 5), np.zeros((5, 2)), "must be numbers"),
    ],
)
def test_wrong_features(x, y, said):
    with pytest.raises(InputError, match=said):
        estimators.rsa(x, y)


def test_wrong_weights_and_measures():
    x, y = features(10)
    with pytest.raises(InputError, match="none negative"):
        estimators.rsa(x, y, weights=-np.ones(10))
    with pytest.raises(UnknownNameError, match="Did you mean rsa"):
        estimators.similarity(x, y, "rsaa")


MEMORY = """
import resource, sys
import numpy as np
from trichotomy import estimators
rng = np.random.default_rng(0)
x = rng.standard_normal((50_000, 512), dtype=np.float32)
y = x + rng.standard_normal((50_000, 512), dtype=np.float32)
value = estimators.similarity(x, y, sys.argv[1]).value
print(value, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
"""


@pytest.mark.long
@pytest.mark.parametrize("measure", FAST)
def test_fifty_thousand_items_of_two_networks_in_a_gigabyte(measure):
    done = subprocess.run(
        [sys.executable, "-c", MEMORY, measure],
        capture_output=True,
        text=True,
        check=True,
        env={"OPENBLAS_NUM_THREADS": "2", "PYTHONPATH": ":".join(sys.path)},
    )  # fmt: skip
    value, peak = map(float, done.stdout.split())
    assert 0.3 < value < 0.9
    assert peak < 1e9
