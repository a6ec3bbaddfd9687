"""The rules by which items are chosen, on plain arrays, from what some observers got right."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trichotomy import estimators
from trichotomy.errors import InputError, UnknownNameError

Floats = NDArray[np.float64]
RULES = ("weighted", "information")
NODES = 61
"""Of the grid on which the 2PL is fitted: enough to order items, at a third of the default's cost."""


@dataclass(frozen=True, slots=True)
class Request:
    """What kind of subset is wanted.

    Attributes
    ----------
    keep
        Classes of difficulty to choose from; empty: all items.
    size
        How many items; None: all that are kept.
    rule
        ``weighted``: a random draw with known probabilities, high for items that tell observers apart. ``information``:
        those with the most information under the 2PL.
    tolerance
        Of the partition.
    """

    keep: tuple[str, ...] = ()
    size: int | None = None
    rule: str = "weighted"
    tolerance: int = 0

    def __post_init__(self) -> None:
        for name in self.keep:
            if name not in estimators.CATEGORIES:
                raise UnknownNameError("class of difficulty", name, list(estimators.CATEGORIES))
        if self.rule not in RULES:
            raise UnknownNameError("rule of choosing", self.rule, list(RULES))
        if not self.keep and self.size is None:
            msg = "say which items to keep (keep=, --keep), how many to choose (size=, --size), or both"
            raise InputError(msg)
        if self.size is not None and self.size < 2:
            msg = f"a subset of {self.size} items orders nobody; choose 2 items or more"
            raise InputError(msg)


@dataclass(frozen=True, slots=True, eq=False)
class Judgement:
    """What the choosing observers say about N items.

    Attributes
    ----------
    right
        int[N], how many got it right.
    category
        int8[N], 0 impossible, 1 in-between, 2 trivial.
    difficulty, discrimination, information
        float64[N] of the 2PL, information as the mean over the observers; None where no rule needs them.
    difference
        float64[N], importance for differences between observers (``estimators.difference_allocation``).
    """

    right: NDArray[np.int64]
    category: NDArray[np.int8]
    difference: Floats
    difficulty: Floats | None = None
    discrimination: Floats | None = None
    information: Floats | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """Positions of the items chosen, in the order in which they were drawn, and their weights.

    Attributes
    ----------
    positions
        intp[n].
    weights
        float64[n], 1 / (N pi) where N is the number of items chosen from; None where the choice was not at random.
    pool
        N.
    """

    positions: NDArray[np.intp]
    weights: Floats | None
    pool: int


def judge(correct: NDArray[np.bool_], request: Request) -> Judgement:
    """Describe items by what observers got right; fits the 2PL where a size is wanted.

    Parameters
    ----------
    correct
        bool[M, N].
    """
    right = estimators.number_right(correct)
    category = estimators.partition(right, len(correct), tolerance=request.tolerance)
    difference = estimators.difference_allocation(correct)
    if request.size is None:
        return Judgement(right, category, difference)
    fit = estimators.item_response(correct, model="2pl", nodes=NODES, tol=1e-3)
    information = estimators.item_information(fit.difficulty, fit.discrimination, fit.ability).mean(axis=1)
    return Judgement(right, category, difference, fit.difficulty, fit.discrimination, information)


def choose(
    judged: Judgement, request: Request, *, strata: NDArray[np.int64] | None = None, rng: np.random.Generator
) -> Choice:
    """Choose items by the rule.

    Parameters
    ----------
    strata
        int[N]: each stratum gets its share of the size. None: no strata.

    Raises
    ------
    InputError
        Fewer items are kept than are to be chosen.
    """
    pool = kept(judged, request)
    size = len(pool) if request.size is None else request.size
    if size > len(pool) or len(pool) == 0:
        named = f" {' or '.join(request.keep)}" if request.keep else ""
        msg = f"{size or 'some'} items are to be chosen, but only {len(pool)}{named} items are there; ask for fewer"
        raise InputError(msg)
    if request.size is None:
        return Choice(pool, np.full(size, 1 / size), size)
    group = np.zeros(len(pool), dtype=np.int64) if strata is None else strata[pool]
    if request.rule == "information":
        return Choice(pool[_most(_of(judged.information)[pool], group, size)], None, len(pool))
    return _draw(judged, pool, group, size, rng)


def kept(judged: Judgement, request: Request) -> NDArray[np.intp]:
    """Positions of the items of the classes of difficulty that are kept."""
    codes = [estimators.CATEGORIES.index(name) for name in request.keep]
    return np.flatnonzero(np.isin(judged.category, codes)) if codes else np.arange(len(judged.right))


def _most(information: Floats, group: NDArray[np.int64], size: int) -> NDArray[np.intp]:
    """The items of most information, stratum by stratum in turn."""
    order = np.lexsort((-information, group))
    starts = np.flatnonzero(np.concatenate([[True], np.diff(group[order]) != 0]))
    lengths = np.diff(np.append(starts, len(order)))
    share = (np.arange(len(order)) - np.repeat(starts, lengths) + 0.5) / np.repeat(lengths, lengths)
    return order[np.lexsort((-information[order], share))[:size]] if len(starts) > 1 else order[:size]


def _draw(
    judged: Judgement, pool: NDArray[np.intp], group: NDArray[np.int64], size: int, rng: np.random.Generator
) -> Choice:
    """Draw along strata, or else along difficulty, half by importance for differences, half by root information."""
    parts = (judged.difference[pool], np.sqrt(_of(judged.information)[pool]))
    telling = [x / x.mean() for x in parts if x.mean() > 0]
    importance = np.sum(telling, axis=0) if telling else np.ones(len(pool))
    _, member = np.unique(group, return_inverse=True)
    per_group = np.bincount(member, weights=importance) / np.bincount(member)
    # With strata of equal shares and difficulty within them, one random start would take the same rank in each.
    along = judged.right[pool] if len(per_group) == 1 else group
    order = np.lexsort((rng.random(len(pool)), along))
    pi = estimators.inclusion_probabilities((importance / per_group[member])[order], size)
    drawn = estimators.systematic_sample(pi, rng)
    return Choice(pool[order[drawn]], 1 / (len(pool) * pi[drawn]), len(pool))


def _of(values: Floats | None) -> Floats:
    if values is None:
        msg = "these items were judged without a model; judge them with a size"
        raise InputError(msg)
    return values
