"""Agreement among the items that are neither trivial nor impossible, and what shared difficulty explains of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trichotomy.estimators.agreement import Cells, Floats, excess_agreement, kappa
from trichotomy.estimators.intervals import Seed, kappa_interval
from trichotomy.estimators.joint import (
    Estimate,
    Kept,
    interval_from_influence,
    item_influence,
    kept_cells,
    weighted_slopes,
)
from trichotomy.estimators.nulls import beta_binomial
from trichotomy.estimators.partition import check_tolerance, number_right

_Block: TypeAlias = tuple[NDArray[np.intp], NDArray[np.intp], Kept]
"""Two groups of observers and the items that the pairs between them keep."""


@dataclass(frozen=True, slots=True)
class PairConsistency:
    """Consistency of all pairs over the items that each keeps.

    Attributes
    ----------
    kappa, lower, upper, n
        float64[M, M]; NaN where undefined. ``n`` is the number of items the pair keeps.
    judges
        int[M, M], the number of observers that made the pair's partition.
    mean
        Mean over pairs with its interval over items.
    """

    kappa: Floats
    lower: Floats
    upper: Floats
    n: Floats
    judges: NDArray[np.int64]
    mean: Estimate


def insample_consistency(
    correct: ArrayLike, *, tolerance: int = 0, level: float = 0.95, draws: int = 1000, rng: Seed = 0
) -> PairConsistency:
    """Kappa of all pairs without the items that these very observers find trivial or impossible.

    As in Meding et al. (2022, Fig. 5). Selecting items by the decisions to be compared pushes kappa down.
    ``level``, ``draws`` and ``rng`` are those of the intervals (Dirichlet per pair).
    """
    c = np.asarray(correct) == 1
    M = len(c)
    check_tolerance(tolerance, M)
    s = number_right(correct)
    kept = Kept.same((s > tolerance) & (s < M - tolerance))
    cells = kept_cells(c, ~c, kept)
    everybody = np.arange(M)
    blocks = [(everybody, everybody, kept)]
    return _summed_up(c, cells, np.full((M, M), M), blocks, level=level, draws=draws, rng=rng)


def crossfit_consistency(
    correct: ArrayLike,
    *,
    families: ArrayLike | None = None,
    tolerance: int = 0,
    level: float = 0.95,
    draws: int = 1000,
    rng: Seed = 0,
) -> PairConsistency:
    """Kappa of each pair over the items that the *other* observers find neither trivial nor impossible.

    Parameters
    ----------
    correct
        bool[M, N], no missing decisions.
    families
        Label of each observer's family (condition); a pair's partition is made by the observers outside the
        families of both. Default: every observer is a family of its own.
    tolerance
        As in the partition. A pair is NaN where fewer than 2 * tolerance + 2 observers remain.
    level, draws, rng
        Of the intervals (Dirichlet per pair).
    """
    c = np.asarray(correct) == 1
    M = len(c)
    if tolerance < 0:
        check_tolerance(tolerance, M)
    label = np.arange(M) if families is None else np.unique(np.asarray(families), return_inverse=True)[1]
    sizes = np.bincount(label)
    s = number_right(correct)
    others = M - sizes[label][:, None] - sizes[label][None, :]
    judges = np.where(label[:, None] == label[None, :], M - sizes[label][:, None], others)
    if sizes.max() == 1:
        np.fill_diagonal(judges, M - 2)
        everybody = np.arange(M)
        enough = 2 * tolerance + 2 <= M - 2
        blocks = [(everybody, everybody, _by_score(s, M, tolerance))] if enough else []
    else:
        blocks = list(_family_blocks(c, s, label, tolerance))
    cells = Cells(*(np.zeros((M, M)) for _ in range(4)))
    for a, b, kept in blocks:
        rows = np.union1d(a, b)
        block = kept_cells(c[rows], ~c[rows], kept)
        between = _between(M, a, b)[np.ix_(rows, rows)]
        for ours, theirs in zip(_fields(cells), _fields(block), strict=True):
            ours[np.ix_(rows, rows)] += np.where(between, theirs, 0)
    return _summed_up(c, cells, judges, blocks, level=level, draws=draws, rng=rng)


def pooled_consistency(counts: ArrayLike, *, tolerance: int = 0) -> dict[str, float]:
    """Kappa of a random pair of observers, from the histogram of the number right alone.

    Parameters
    ----------
    counts
        float[M + 1], items (or probability) by number of observers right.

    Returns
    -------
    ``raw``, ``insample`` and ``crossfit`` kappa with ``insample_kept`` and ``crossfit_kept`` shares of items, and
    ``residual``, kappa stratified by the rest score; the mean agreement of a population depends on nothing else.
    NaN where undefined.
    """
    h = np.asarray(counts, dtype=float)
    M = len(h) - 1
    s = np.arange(M + 1)
    middle = (s > tolerance) & (s < M - tolerance)
    rest = _by_score(s, M, tolerance)
    enough = 2 * tolerance + 2 <= M - 2
    everything = Kept.same(np.ones(M + 1, dtype=bool))
    result: dict[str, float] = {}
    for name, kept in (("raw", everything), ("insample", Kept.same(middle)), ("crossfit", rest)):
        both = float(h @ (kept.both_right * s * (s - 1)))
        one = float(h @ (kept.one_right * s * (M - s)))
        none = float(h @ (kept.both_wrong * (M - s) * (M - s - 1)))
        cells = Cells(*(np.asarray(v) for v in (both, one, one, none)))
        defined = name != "crossfit" or enough
        result[name] = float(kappa(cells)) if defined else np.nan
        total = float(h.sum() * M * (M - 1))
        result[f"{name}_kept"] = float(cells.n) / total if defined and total else np.nan
    result["residual"] = _pooled_residual(h) if M > 2 else np.nan
    return result


def conditional_independence(
    alpha: float, beta: float, observers: int, *, tolerance: int = 0, judges: NDArray[np.int64] | None = None
) -> dict[str, float]:
    """Consistency of observers that are independent given each item's difficulty, Beta(alpha, beta).

    Parameters
    ----------
    observers
        M.
    judges
        Numbers of observers that make a pair's cross-fitted partition, one per pair; default M - 2 for all.

    Returns
    -------
    ``raw``, ``insample``, ``crossfit`` and ``residual`` kappa, to be read beside the observed ones. The residual
    is not zero here: the number right among a few others is only a rough measure of an item's difficulty.
    """
    measures = ("raw", "insample", "crossfit", "residual")
    if not np.isfinite(alpha + beta):
        return dict.fromkeys(measures, np.nan)

    def pooled(M: int) -> dict[str, float]:
        return pooled_consistency(beta_binomial(M, alpha, beta), tolerance=tolerance)

    here = pooled(observers)
    result = {name: here[name] for name in measures}
    if judges is not None and np.size(judges):
        sizes, times = np.unique(judges, return_counts=True)
        values = np.array([pooled(int(k) + 2)["crossfit"] if k >= 0 else np.nan for k in sizes])
        defined = ~np.isnan(values)
        result["crossfit"] = (
            float(values[defined] @ times[defined] / times[defined].sum()) if defined.any() else np.nan
        )
    return result


def _pooled_residual(h: Floats) -> float:
    """Kappa of a random pair stratified by the number right among the other M - 2 (cf. ``residual_consistency``)."""
    M = len(h) - 1
    r = np.arange(M - 1)  # a stratum's items have r + 2, r + 1 or r observers right, by what the pair did
    cells = Cells(
        h[r + 2] * (r + 2) * (r + 1),
        h[r + 1] * (r + 1) * (M - r - 1),
        h[r + 1] * (r + 1) * (M - r - 1),
        h[r] * (M - r) * (M - r - 1),
    )
    agreement, room = excess_agreement(cells)
    return float(agreement.sum() / room.sum()) if room.sum() > 0 else np.nan


def _by_score(s: NDArray[np.int64], M: int, tolerance: int) -> Kept:
    """Keep by the number right among the other M - 2, which is s - 2, s - 1 or s for the three kinds of cell."""

    def between(rest: NDArray[np.int64]) -> NDArray[np.bool_]:
        return (rest > tolerance) & (rest < M - 2 - tolerance)

    return Kept(between(s - 2), between(s - 1), between(s))


def _family_blocks(
    c: NDArray[np.bool_], s: NDArray[np.int64], label: NDArray[np.intp], tolerance: int
) -> Iterator[_Block]:
    M = len(c)
    members = [np.flatnonzero(label == f) for f in range(label.max() + 1)]
    inside = [c[m].sum(axis=0) for m in members]
    for f, a in enumerate(members):
        for g in range(f, len(members)):
            b = members[g]
            judges = M - len(a) - (len(b) if g != f else 0)
            if judges < 2 * tolerance + 2 or (g == f and len(a) < 2):
                continue
            rest = s - inside[f] - (inside[g] if g != f else 0)
            yield a, b, Kept.same((rest > tolerance) & (rest < judges - tolerance))


def _summed_up(
    c: NDArray[np.bool_],
    cells: Cells,
    judges: NDArray[np.int64],
    blocks: list[_Block],
    *,
    level: float,
    draws: int,
    rng: Seed,
) -> PairConsistency:
    """Add intervals per pair, and the mean over pairs with an interval from each item's influence on it."""
    values = kappa(cells)
    lower, upper = _upper_triangle_intervals(cells, level=level, draws=draws, rng=rng)
    defined = np.triu(~np.isnan(values), 1)
    n_pairs = int(defined.sum())
    weights = (defined | defined.T) / max(n_pairs, 1)
    influence = np.zeros(c.shape[1])
    slopes = weighted_slopes(cells, weights / 2)
    for a, b, kept in blocks:
        rows = np.union1d(a, b)
        between = _between(len(c), a, b)
        own = Cells(*(np.where(between, f, 0.0)[np.ix_(rows, rows)] for f in _fields(slopes)))
        influence += item_influence(c[rows], ~c[rows], kept, own)
    mean = float(values[defined].mean()) if n_pairs else np.nan
    return PairConsistency(
        values,
        lower,
        upper,
        cells.n,
        judges,
        interval_from_influence(mean, influence, n=n_pairs, level=level),
    )


def _between(M: int, a: NDArray[np.intp], b: NDArray[np.intp]) -> NDArray[np.bool_]:
    """bool[M, M], the pairs of one of ``a`` with one of ``b``."""
    pairs = np.zeros((M, M), dtype=bool)
    pairs[np.ix_(a, b)] = pairs[np.ix_(b, a)] = True
    return pairs


def _upper_triangle_intervals(cells: Cells, **options: Any) -> tuple[Floats, Floats]:
    M = len(cells.both_right)
    above = np.triu_indices(M, 1)
    bounds = []
    for values in kappa_interval(cells.of(above), **options):
        square = np.full((M, M), np.nan)
        square[above] = values
        square.T[above] = values
        bounds.append(square)
    return bounds[0], bounds[1]


def _fields(cells: Cells) -> tuple[Floats, Floats, Floats, Floats]:
    return cells.both_right, cells.a_only, cells.b_only, cells.both_wrong
