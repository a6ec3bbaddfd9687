"""Slow definitions, one pair and one item at a time, to hold the fast ones against."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from trichotomy.estimators import Cells

Table = tuple[float, float, float, float]


def cells(both_right: object, a_only: object, b_only: object, both_wrong: object) -> Cells:
    return Cells(*(np.asarray(v, dtype=float) for v in (both_right, a_only, b_only, both_wrong)))


def table(a: NDArray, b: NDArray, weights: NDArray | None = None) -> Table:
    """2x2 table over the items that both answered, each item counting by its weight."""
    counts = {(1, 1): 0.0, (1, 0): 0.0, (0, 1): 0.0, (0, 0): 0.0}
    for i in range(len(a)):
        if a[i] >= 0 and b[i] >= 0:
            counts[int(a[i]), int(b[i])] += 1.0 if weights is None else float(weights[i])
    return counts[1, 1], counts[1, 0], counts[0, 1], counts[0, 0]


def table_kappa(counts: Table) -> float:
    both, a_only, b_only, none = counts
    if a_only == b_only == 0 and 0 in (both, none):  # nothing in common, or both constant and alike
        return np.nan
    n = sum(counts)
    accuracy_a, accuracy_b = (both + a_only) / n, (both + b_only) / n
    observed = (both + none) / n
    expected = accuracy_a * accuracy_b + (1 - accuracy_a) * (1 - accuracy_b)
    return (observed - expected) / (1 - expected)


def kappa(a: NDArray, b: NDArray, weights: NDArray | None = None) -> float:
    return table_kappa(table(a, b, weights))


def _all_pairs(M: int, of_pair: Callable[[int, int], float]) -> NDArray:
    result = np.full((M, M), np.nan)
    for a, b in combinations(range(M), 2):
        result[a, b] = result[b, a] = of_pair(a, b)
    return result


def kappas(correct: NDArray, weights: NDArray | None = None) -> NDArray:
    return _all_pairs(len(correct), lambda a, b: kappa(correct[a], correct[b], weights))


def insample(correct: NDArray, tolerance: int, weights: NDArray | None = None) -> NDArray:
    """Kappas over the items that all observers together find in between."""
    M, N = correct.shape
    w = np.ones(N) if weights is None else weights
    kept = [i for i in range(N) if tolerance < sum(correct[:, i]) < M - tolerance]
    return kappas(correct[:, kept], w[kept])


def crossfit(
    correct: NDArray, tolerance: int, weights: NDArray | None = None, families: list[str] | None = None
) -> tuple[NDArray, NDArray]:
    """Kappas over the items that the observers outside both families find in between, and how many these are."""
    M, N = correct.shape
    w = np.ones(N) if weights is None else weights
    label = list(range(M)) if families is None else families
    n = np.zeros((M, M))

    def of_pair(a: int, b: int) -> float:
        judges = [m for m in range(M) if m not in (a, b) and label[m] not in (label[a], label[b])]
        if len(judges) < 2 * tolerance + 2:
            return np.nan
        kept = [i for i in range(N) if tolerance < sum(correct[judges, i]) < len(judges) - tolerance]
        n[a, b] = n[b, a] = len(kept)
        return kappa(correct[a, kept], correct[b, kept], w[kept])

    return _all_pairs(M, of_pair), n


def residual(correct: NDArray, weights: NDArray | None = None) -> NDArray:
    """Mantel-Haenszel kappas: strata are the number right among the other observers."""
    M, N = correct.shape
    w = np.ones(N) if weights is None else weights

    def of_pair(a: int, b: int) -> float:
        rest = correct.sum(axis=0) - correct[a] - correct[b]
        top = bottom = 0.0
        for level in range(M - 1):
            inside = rest == level
            counts = table(correct[a, inside], correct[b, inside], w[inside])
            n = sum(counts)
            if n > 0:
                both, a_only, b_only, none = (v / n for v in counts)
                p, q = both + a_only, both + b_only
                expected = p * q + (1 - p) * (1 - q)
                top += n * (both + none - expected)
                bottom += n * (1 - expected)
        return top / bottom if bottom > 1e-12 else np.nan

    return _all_pairs(M, of_pair)


def mean_of_pairs(values: NDArray) -> float:
    above = values[np.triu_indices(len(values), 1)]
    return float(np.nanmean(above)) if not np.isnan(above).all() else np.nan


def standard_error(
    statistic: Callable[[NDArray], float], items: int, clusters: NDArray | None = None
) -> float:
    """Infinitesimal jackknife: derivative of the statistic by each item's weight, by central differences."""
    step = 1e-4
    slopes = np.empty(items)
    for i in range(items):
        up, down = np.ones(items), np.ones(items)
        up[i], down[i] = 1 + step, 1 - step
        slopes[i] = (statistic(up) - statistic(down)) / (2 * step)
    if clusters is not None:
        slopes = np.array([slopes[clusters == label].sum() for label in np.unique(clusters)])
    n = len(slopes)
    return float(np.sqrt(n / (n - 1) * np.sum((slopes - slopes.mean()) ** 2)))


def decisions(
    *, observers: tuple[int, int] = (2, 5), items: tuple[int, int] = (1, 30), missing: bool = False
) -> st.SearchStrategy[NDArray]:
    """Any int8[M, N] of 1, 0 and, where asked for, -1."""
    shape = st.tuples(st.integers(*observers), st.integers(*items))
    return shape.flatmap(lambda s: hnp.arrays(np.int8, s, elements=st.integers(-1 if missing else 0, 1)))


def tables(largest: int = 40) -> st.SearchStrategy[Table]:
    """Any 2x2 table of whole counts."""
    return st.tuples(*[st.integers(0, largest).map(float)] * 4)


def rasch_like(rng: np.random.Generator, observers: int, items: int) -> NDArray:
    """Decisions of observers of unequal ability on items of unequal difficulty, independent given both."""
    ability = np.linspace(-0.5, 1.2, observers)
    difficulty = rng.normal(0, 1.5, size=items)
    chance = 1 / (1 + np.exp(-(ability[:, None] - difficulty[None, :])))
    return (rng.random((observers, items)) < chance).astype(np.int8)
