"""Does a subset order observers that it was not chosen by? Families held out by halves, beside random subsets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from trichotomy import estimators
from trichotomy.curation.choosing import Floats, Judgement, Request, choose, judge, kept
from trichotomy.curation.population import Population, population
from trichotomy.decisions import Decisions
from trichotomy.errors import InputError
from trichotomy.stats.snapshot import BOUNDS, Seed, seed_of, with_bounds

SPLITS = 6
DRAWS = 20
RANDOM_DRAWS = 100
FEWEST_OBSERVERS, FEWEST_FAMILIES = 8, 4
FEWEST_HELD_OUT = 3
"""Of which a rank correlation is taken."""
QUANTITIES = (
    "rank", "rank_random", "swapped", "swapped_random", "swapped_ratio", "error", "error_random", "error_ratio",
)  # fmt: skip
_MOST_GROUPS = 20
_SIZES = (50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000)
Told = Callable[..., None]


def curation_curve(
    d: Decisions,
    *,
    sizes: Sequence[int] = (),
    keep: str | Sequence[str] = (),
    rule: str = "weighted",
    stratify: str | None = None,
    tolerance: int = 0,
    families: str = "condition",
    epoch: int | None = None,
    splits: int = SPLITS,
    rng: Seed = 0,
    level: float = 0.95,
    progress: Told = lambda *_: None,
) -> xr.Dataset:
    """How well subsets of several sizes stand for all items, judged by observers that did not choose them.

    Observers are split by families in two halves, ``splits`` times. Each half chooses, the other is judged: the rank
    correlation of its scores on the subset with its accuracy on all items, the pairs of observers put in the wrong
    order, and the error of differences in accuracy; the same for random subsets.

    Parameters
    ----------
    sizes
        Default: 50, 100, 200, 500 ... up to half of the items.
    keep, rule, stratify, tolerance, families, epoch
        As for ``curate``.
    splits
        How often observers are split; each half chooses once.
    rng
        Seed of splits and draws.
    progress
        Called with what is done, how much of it, and of how much.

    Returns
    -------
    Dataset over ``size``: ``rank`` and ``rank_random`` (mean Spearman correlation), ``swapped`` and ``swapped_random``
    (share of pairs in the wrong order) and ``swapped_ratio``, ``error`` and ``error_random`` (root mean squared error
    of accuracy differences; NaN without weights for all items) and ``error_ratio``, each with ``_ci``;
    ``random_range`` (the middle 95 % of random subsets' rank correlations),
    ``beaten`` (share of random subsets that order the held-out observers less well) and ``verdict``, from
    the interval of ``swapped_ratio``: better, worse, undecided or too few. All NaN where the population is too small to
    tell. Intervals: a jackknife over families of the observers judged (of correlations by Fisher's z, of the rest by
    logarithm).

    Raises
    ------
    InputError, UnknownNameError
        As for ``curate``.
    """
    people = population(d, families=families, stratify=stratify, epoch=epoch)
    request = Request((keep,) if isinstance(keep, str) else tuple(keep), 2, rule, tolerance)
    N = people.correct.shape[1]
    wanted = list(sizes) or [n for n in _SIZES if n <= N // 2]
    if not wanted:
        msg = f"{N} items are too few for a curve; name the sizes"
        raise InputError(msg)
    requests = [replace(request, size=int(n)) for n in wanted]
    return validated(people, requests, splits=splits, rng=rng, level=level, progress=progress)


def validated(
    people: Population, requests: Sequence[Request], *, splits: int, rng: Seed, level: float = 0.95,
    progress: Told = lambda *_: None,
) -> xr.Dataset:  # fmt: skip
    """Judge subsets as ``curation_curve`` does, one for each request (they differ in size alone)."""
    generator = np.random.default_rng(rng)
    labels, member = np.unique(people.families, return_inverse=True)
    M, G = len(people.correct), len(labels)
    groups = min(G, _MOST_GROUPS)
    across = f"{groups} groups of " if groups < G else ""
    group = generator.permutation(np.arange(G) % groups)[member]
    attrs = people.attrs(
        "observers held out by families", splits=splits, families=G, level=level, rule=requests[0].rule,
        seed=seed_of(rng), interval=f"jackknife over {across}{G} families of the observers judged",
        reference="Spearman 1904; Kendall 1938; Busing et al. 1999",
    )  # fmt: skip
    too_few = M < FEWEST_OBSERVERS or G < FEWEST_FAMILIES
    sides = []
    if not too_few:
        fewest = max(2, 2 * requests[0].tolerance + 1)
        pairs = [
            (one, other)
            for a, b in estimators.halves(member, splits, generator)
            for one, other in ((a, b), (b, a))
            if len(one) >= fewest and len(other) >= FEWEST_HELD_OUT
        ]
        for k, (chosen_by, judged_on) in enumerate(pairs):
            progress("choosing on one half, judging on the other", k, len(pairs))
            judged = judge(people.correct[chosen_by], requests[0])
            sides.append(
                [_side(people, judged, r, judged_on, group[judged_on], groups, generator) for r in requests]
            )
    rows = [_summary([side[k] for side in sides], np.bincount(group), level) for k in range(len(requests))]
    sizes = [r.size or -1 for r in requests]
    return xr.Dataset(
        {
            **{name: ("size", [row[name][0] for row in rows]) for name in QUANTITIES},
            **{
                f"{name}_ci": (("size", "ci_bound"), with_bounds(*zip(*(row[name][1:] for row in rows), strict=True)))
                for name in QUANTITIES
            },
            "random_range": (("size", "ci_bound"), np.array([row["range"] for row in rows])),
            "beaten": ("size", [row["beaten"][0] for row in rows]),
            "verdict": ("size", np.array([_verdict(row, M, G) for row in rows], dtype=object)),
        },
        coords={"size": sizes, "ci_bound": list(BOUNDS)},
        attrs={**attrs, "too_few": too_few},
    )  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class _Side:
    """One half judged: means over draws of six measures, of all held-out observers and without each group."""

    table: Floats
    random: Floats
    beaten: float


def _side(
    people: Population, judged: Judgement, request: Request, held_out: NDArray[np.intp], group: NDArray[np.intp],
    groups: int, rng: np.random.Generator,
) -> _Side:  # fmt: skip
    c, truth = people.correct[held_out], people.correct[held_out].mean(axis=1)
    there = len(kept(judged, request))
    if there < 2:
        blank = np.full((6, groups + 1), np.nan)
        return _Side(blank, np.full(RANDOM_DRAWS, np.nan), np.nan)
    if request.size is not None:  # half of the observers may find fewer items in between
        request = replace(request, size=min(request.size, there))
    draws = DRAWS if request.rule == "weighted" and request.size else 1
    choices = [choose(judged, request, strata=people.strata, rng=rng) for _ in range(draws)]
    n = len(choices[0].positions)
    scores = np.stack([_score(c, choice.positions) for choice in choices], axis=1)
    estimates = np.full_like(scores, np.nan)
    for k, choice in enumerate(choices):
        if choice.weights is not None and choice.pool == c.shape[1]:
            estimates[:, k] = estimators.weighted_accuracy(c[:, choice.positions], choice.weights)[0]
    random = np.stack(
        [_score(c, rng.choice(c.shape[1], n, replace=False)) for _ in range(RANDOM_DRAWS)], axis=1
    )
    table = np.full((6, groups + 1), np.nan)
    for g in range(-1, groups):
        here = group != g
        if here.sum() >= FEWEST_HELD_OUT:
            table[:, g + 1] = (
                _mean(estimators.rank_correlation(scores[here], truth[here])),
                _mean(estimators.rank_correlation(random[here], truth[here])),
                np.mean(estimators.swapped_pairs(scores[here], truth[here])),
                np.mean(estimators.swapped_pairs(random[here], truth[here])),
                np.mean(estimators.difference_error(estimates[here], truth[here])),
                np.mean(estimators.difference_error(random[here], truth[here])),
            )
    ranks = estimators.rank_correlation(random, truth)
    ours = estimators.rank_correlation(scores, truth)
    below = (ranks[None] < ours[:, None]) + 0.5 * (ranks[None] == ours[:, None])
    return _Side(table, ranks, float(below.mean()))


def _mean(values: Floats) -> float:
    """Of what is defined: a subset on which all score alike orders nobody."""
    there = values[np.isfinite(values)]
    return float(there.mean()) if there.size else np.nan


def _score(c: NDArray[np.bool_], positions: NDArray[np.intp]) -> Floats:
    return np.asarray(np.take(c, positions, axis=1).mean(axis=1))


def _summary(
    sides: Sequence[_Side], group_sizes: NDArray[np.intp], level: float
) -> dict[str, tuple[float, ...]]:
    """Each quantity with its interval."""
    if not sides:
        return {**dict.fromkeys(QUANTITIES, (np.nan,) * 3), "range": (np.nan,) * 2, "beaten": (np.nan,)}
    stacked = np.array([s.table for s in sides])  # [sides, measures, groups + 1]
    there = np.isfinite(stacked[:, 1])[:, None]
    count = there.sum(axis=0)
    with np.errstate(invalid="ignore"):
        mean = np.where(count > 0, np.where(there, stacked, 0).sum(axis=0) / np.maximum(count, 1), np.nan)
        rank, rank_random, swapped, swapped_random = mean[:4]
        error, error_random = np.sqrt(mean[4:])
        values = (
            rank, rank_random, swapped, swapped_random, _ratio(swapped, swapped_random), error, error_random,
            _ratio(error, error_random),
        )  # fmt: skip
    found = {
        name: _with_interval(name, v, group_sizes, level) for name, v in zip(QUANTITIES, values, strict=True)
    }
    tail = (1 - level) / 2
    drawn = np.concatenate([s.random for s in sides])
    drawn = drawn[np.isfinite(drawn)]
    found["range"] = tuple(np.quantile(drawn, [tail, 1 - tail])) if drawn.size else (np.nan, np.nan)
    found["beaten"] = (float(np.nanmean([s.beaten for s in sides])) if drawn.size else np.nan,)
    return found


def _ratio(one: Floats, other: Floats) -> Floats:
    return np.where(other > 0, one / np.where(other > 0, other, 1), np.nan)


def _with_interval(
    name: str, values: Floats, group_sizes: NDArray[np.intp], level: float
) -> tuple[float, ...]:
    """A quantity and its bounds, on a scale where it has no end: Fisher's z of correlations, logarithms of the rest."""
    forth, back = (np.arctanh, np.tanh) if name.startswith("rank") else (np.log, np.exp)
    with np.errstate(divide="ignore", invalid="ignore"):
        moved = forth(values)
    bounds = estimators.jackknife_interval(float(moved[0]), moved[1:], group_sizes, level=level)
    return float(values[0]), *(float(back(b)) for b in bounds)


def _verdict(row: dict[str, tuple[float, ...]], M: int, G: int) -> str:
    """One of: too few, no interval, undecided, better, worse."""
    if M < FEWEST_OBSERVERS or G < FEWEST_FAMILIES or not np.isfinite(row["rank_random"][0]):
        return "too few"
    _, low, high = row["swapped_ratio"]
    if np.isnan(low) or np.isnan(high):
        return "no interval"
    return "better" if high < 1 else "worse" if low > 1 else "undecided"
