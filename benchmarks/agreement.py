"""All-pairs error consistency, its intervals and its p-values."""

from __future__ import annotations

import itertools
import time
from typing import Any

import numpy as np
from sklearn.metrics import cohen_kappa_score

from benchmarks.timing import Row, interleaved, peak_bytes, seconds, threads
from trichotomy import estimators

ITEMS = 50_000
CLASSES = 1000
POPULATIONS = {13: 300, 100: 2000, 300: 2000, 1000: 2000}
"""Observers, and how many times faster than the loop it should be."""
SAMPLED_PAIRS = 40


def responses(observers: int, *, seed: int = 0) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """int16 responses of observers on items of graded difficulty, and targets."""
    rng = np.random.default_rng(seed)
    target = rng.integers(CLASSES, size=ITEMS).astype(np.int16)
    p = rng.beta(0.75, 0.3, size=ITEMS)
    response = np.empty((observers, ITEMS), dtype=np.int16)
    for m in range(observers):
        wrong = (target + 1 + rng.integers(CLASSES - 1, size=ITEMS)) % CLASSES
        response[m] = np.where(rng.random(ITEMS) < p, target, wrong)
    return response, target


def all_pairs(limit: int | None) -> list[Row]:
    """Kappa of all pairs from int16 responses, against scikit-learn's loop and a plain matrix product."""
    rows = []
    label = "1 thread" if limit == 1 else "all threads"
    for M, wanted in POPULATIONS.items():
        response, target = responses(M)

        def ours(response: Any = response, target: Any = target) -> Any:
            return estimators.kappa(estimators.pair_cells_from_responses(response, target))

        def product(response: Any = response, target: Any = target) -> Any:
            correct = (response == target).astype(np.float32)
            return correct @ correct.T

        with threads(limit):
            mine, plain = interleaved(ours, product, repeats=15 if M < 300 else 5)
            kappa = ours()
            loop, checked = _sklearn(response, target)
        for (a, b), value in checked.items():
            np.testing.assert_allclose(kappa[a, b], value, rtol=0, atol=1e-12)
        memory = peak_bytes(ours) / response.nbytes
        rows += [
            Row(f"all pairs, M = {M}, scikit-learn loop, {label}", mine, loop, f">= {wanted} x",
                loop / mine >= wanted, f"loop timed on {len(checked)} of {M * (M - 1) // 2} pairs and scaled up"),
            Row(f"all pairs, M = {M}, plain float32 product with its cast, {label}", mine, plain, ">= 0.8 x",
                plain / mine >= 0.8 and memory <= 2, f"peak memory {memory:.2f} x the input (at most 2)"),
        ]  # fmt: skip
    return rows


def _sklearn(response: Any, target: Any) -> tuple[float, dict[tuple[int, int], float]]:
    """Time of scikit-learn's loop over all pairs, from a sample of them."""
    correct = response == target
    pairs = list(itertools.combinations(range(len(correct)), 2))
    sample = pairs[:: max(1, len(pairs) // SAMPLED_PAIRS)]
    start = time.perf_counter()
    values = {(a, b): cohen_kappa_score(correct[a], correct[b]) for a, b in sample}
    return (time.perf_counter() - start) * len(pairs) / len(sample), values


def intervals() -> list[Row]:
    """Intervals of all pairs, against resampling items and recomputing every kappa by a matrix product."""
    response, target = responses(13)
    correct = response == target
    above = np.triu_indices(13, 1)

    def ours(method: str) -> Any:
        return estimators.kappa_interval(estimators.pair_cells(correct).of(above), method=method, draws=1000)

    def resampled(draws: int) -> Any:
        rng = np.random.default_rng(0)
        values = np.empty((draws, 78))
        whole = correct.astype(np.float32)
        for k in range(draws):
            c = whole[:, rng.integers(ITEMS, size=ITEMS)]
            both, right = c @ c.T, c.sum(axis=1)
            cells = estimators.Cells(
                both, right[:, None] - both, right - both, ITEMS - right[:, None] - right + both
            )
            values[k] = estimators.kappa(cells)[above]
        return np.quantile(values, [0.025, 0.975], axis=0)

    start = time.perf_counter()
    reference = resampled(1000)
    theirs = time.perf_counter() - start
    rows = []
    for method in ("dirichlet", "multinomial", "delta"):
        np.testing.assert_allclose(np.array(ours(method)), reference, rtol=0, atol=2.5e-3)
        mine = seconds(lambda method=method: ours(method))
        rows.append(
            Row(f"intervals of 78 pairs, B = 1000, {method}, resampling items", mine, theirs, ">= 50 x",
                theirs / mine >= 50, "bounds agree within 0.0025")
        )  # fmt: skip
    return rows


def p_values() -> list[Row]:
    """Exact p-values, against 10,000 permutations of one observer's items."""
    rng = np.random.default_rng(1)
    difficulty = rng.random(
        ITEMS
    )  # a little of it is shared: the p-value is small, but permutations can see it
    a, b = (rng.random(ITEMS) < 0.75 - 0.045 * (difficulty - 0.5) for _ in range(2))
    correct = np.stack([a, b])
    cells = estimators.pair_cells(correct).of(np.triu_indices(2, 1))

    def permuted(draws: int) -> float:
        observed = np.count_nonzero(a & b)
        expected = a.sum() * b.sum() / ITEMS
        shuffled, extreme = b.copy(), 0
        for _ in range(draws):
            rng.shuffle(shuffled)
            extreme += abs(np.count_nonzero(a & shuffled) - expected) >= abs(observed - expected)
        return (extreme + 1) / (draws + 1)

    start = time.perf_counter()
    theirs_p = permuted(10_000)
    theirs = time.perf_counter() - start
    mine_p = float(np.exp(estimators.fisher_log_p(cells))[0])
    error = 4 * np.sqrt(max(mine_p * (1 - mine_p), 1e-4) / 10_000)
    np.testing.assert_allclose(theirs_p, mine_p, rtol=0, atol=error)
    mine = seconds(lambda: estimators.fisher_log_p(cells), repeats=20)
    return [
        Row("exact p-value of one pair, 10,000 permutations", mine, theirs, ">= 1000 x", theirs / mine >= 1000,
            f"p = {mine_p:.3g} exact, {theirs_p:.3g} permuted")
    ]  # fmt: skip
