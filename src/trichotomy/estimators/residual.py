"""Agreement that is left once shared difficulty is held fixed: kappa stratified by the rest score.

The rest score of a pair on an item is the number right among the *other* observers (Mantel & Haenszel 1959;
Holland & Thayer 1988). Nothing is pruned and there is no cut-off.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trichotomy.estimators.agreement import Cells, Floats, excess_agreement
from trichotomy.estimators.joint import Estimate, Kept, interval_from_influence, item_influence
from trichotomy.estimators.partition import number_right


@dataclass(frozen=True, slots=True)
class ResidualConsistency:
    """Stratified kappa of all pairs, float64[M, M] (NaN where undefined), and its mean over pairs."""

    kappa: Floats
    mean: Estimate


def residual_consistency(correct: ArrayLike, *, level: float = 0.95) -> ResidualConsistency:
    """Stratified kappa of each pair given the rest score, with an interval of the mean over items.

    With strata h of n_h items: sum n_h (o_h - e_h) / sum n_h (1 - e_h). Zero in expectation where the two
    observers are independent given the rest score. Observers that are independent given an item's difficulty come
    close to that only if the others are many; ``conditional_independence`` says how close.

    Parameters
    ----------
    correct
        bool[M, N], no missing decisions, M >= 3 for a rest score that says something.
    """
    c = np.asarray(correct) == 1
    M, N = c.shape
    s = number_right(correct)
    order = np.argsort(s, kind="stable")
    edges = np.searchsorted(s[order], np.arange(M + 2))
    levels = [order[edges[v] : edges[v + 1]] for v in range(M + 1)]
    top, bottom = np.zeros((M, M)), np.zeros((M, M))
    for _, cells in _strata(c, levels):
        t, b = excess_agreement(cells)
        top += t
        bottom += b
    with np.errstate(divide="ignore", invalid="ignore"):
        values = np.where(bottom > 0, top / bottom, np.nan)
    np.fill_diagonal(values, np.nan)
    defined = np.triu(~np.isnan(values), 1)
    n_pairs = int(defined.sum())
    weights = np.where(defined | defined.T, 1 / max(2 * n_pairs, 1), 0.0)
    influence = _influence(c, levels, values, bottom, weights) if n_pairs else np.zeros(N)
    mean = float(values[defined].mean()) if n_pairs else np.nan
    return ResidualConsistency(values, interval_from_influence(mean, influence, n=n_pairs, level=level))


def _strata(c: NDArray[np.bool_], levels: list[NDArray[np.intp]]) -> list[tuple[int, Cells]]:
    """2x2 tables of all pairs in each stratum of the rest score.

    In stratum h an item that both got right has s = h + 2, one that one got right h + 1, else h.
    """
    M = len(c)
    result = []
    window = [_level(c, levels[v]) for v in range(min(2, M + 1))]
    for h in range(M - 1):
        window = [*window[-2:], _level(c, levels[h + 2])]
        (_, _, none), (_, one, _), (both, _, _) = window
        result.append((h, Cells(both, one, one.T, none)))
    return result


def _level(c: NDArray[np.bool_], items: NDArray[np.intp]) -> tuple[Floats, Floats, Floats]:
    r = c[:, items].astype(np.float32)
    both = (r @ r.T).astype(np.float64)
    total = np.diagonal(both)[:, None]
    return both, total - both, len(items) - total - total.T + both


def _influence(
    c: NDArray[np.bool_], levels: list[NDArray[np.intp]], values: Floats, bottom: Floats, weights: Floats
) -> Floats:
    """Influence of each item on the mean over pairs, by the derivative of top / bottom in every stratum."""
    M, N = c.shape
    zero = np.zeros((M, M))
    slopes: dict[str, list[Floats]] = {k: [zero] * (M + 3) for k in ("both", "one", "none")}
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = np.where(bottom > 0, weights / bottom, 0.0)
    known = np.nan_to_num(values)
    for h, cells in _strata(c, levels):
        d = _slopes(cells, known, scale)
        slopes["both"][h + 2], slopes["one"][h + 1], slopes["none"][h] = d
    influence = np.zeros(N)
    for v, items in enumerate(levels):
        if len(items):
            r = c[:, items]
            own = Cells(slopes["both"][v], slopes["one"][v], slopes["one"][v].T, slopes["none"][v])
            influence[items] = item_influence(r, ~r, Kept.same(np.ones(len(items), dtype=bool)), own)
    return influence


def _slopes(cells: Cells, value: Floats, scale: Floats) -> tuple[Floats, Floats, Floats]:
    """Derivatives of (top - value * bottom) * scale by the cells both right, a only and both wrong."""
    n = np.maximum(cells.n, 1)
    both, a, b, none = cells.both_right, cells.a_only, cells.b_only, cells.both_wrong
    right_a, wrong_b, right_b, wrong_a = both + a, a + none, both + b, b + none
    t, u = excess_agreement(cells)
    shared = value * u / n - t / n  # derivative through n
    d_both = 2 * none / n - value * (wrong_b + wrong_a) / n + shared
    d_one = -2 * b / n - value * (wrong_b + right_a) / n + shared
    d_none = 2 * both / n - value * (right_a + right_b) / n + shared
    empty = cells.n == 0
    return tuple(np.where(empty, 0.0, d * scale) for d in (d_both, d_one, d_none))  # type: ignore[return-value]
