"""The results that figures, tables and the summary of a report share, each computed when first asked for."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
import xarray as xr

from trichotomy import stats
from trichotomy.decisions import Decisions, at_epoch, last_common_epoch, select
from trichotomy.errors import InputError, UnknownNameError

STEPS = {
    "accuracy": "accuracies",
    "partition": "partition",
    "difficulty": "histogram and nulls",
    "consistency": "error consistency of all pairs",
    "mean_consistency": "mean error consistency",
    "insample": "pruned consistency, in-sample",
    "crossfit": "pruned consistency, cross-fitted",
    "residual": "residual consistency",
    "raw_conditional_independence": "shared difficulty",
    "overall": "agreement of all observers",
    "rarefaction": "rarefaction",
    "influence": "influence of each observer",
    "outsiders": "outsiders",
    "duplicates": "near-duplicates",
    "classes": "classes",
    "dynamics": "learning",
}
"""Attributes of an ``Analysis`` in the order in which a report computes them, and what to call them meanwhile."""


class Analysis:
    """Decisions chosen for an analysis, and the results of ``trichotomy.stats`` on them.

    Parameters
    ----------
    d
        Decisions of two observers or more.
    tolerance, one_per, epoch
        As in ``stats.partition``; ``one_per`` applies to what rests on the partition.
    drop
        Patterns of observers to leave out.
    exclude
        Item annotation; items where it is true are left out of everything.
    rng
        Seed of the intervals that are drawn.

    Attributes
    ----------
    history, decisions
        The Decisions chosen, with all epochs and at the epoch analysed.
    population
        Decisions of the observers that make the partition.
    options
        What was chosen, as plain values.

    Raises
    ------
    InputError
        Fewer than two observers are left.
    """

    def __init__(
        self,
        d: Decisions,
        *,
        tolerance: int = 0,
        one_per: str | None = None,
        drop: Sequence[str] = (),
        exclude: str | None = None,
        epoch: int | None = None,
        rng: int = 0,
    ) -> None:
        self.history = select(d, drop=drop, exclude=exclude)
        _several(
            self.history, "is left" if d.sizes["observer"] > 1 else "is there; add the predictions of another"
        )
        when = last_common_epoch(self.history) if epoch is None else epoch
        self.decisions = at_epoch(self.history, when).load()
        if one_per not in (None, "condition"):
            kind = "choice for one_per"
            raise UnknownNameError(kind, str(one_per), ["condition"])
        self.population = stats.one_per_condition(self.decisions) if one_per else self.decisions
        _several(self.population, "is left with one per condition")
        kept = set(self.history["observer"].values)
        self.options: dict[str, Any] = {
            "tolerance": tolerance,
            "one_per": one_per,
            "drop": list(drop),
            "exclude": exclude,
            "epoch": when,
            "seed": rng,
            "items_excluded": d.sizes["item"] - self.history.sizes["item"],
            "observers_dropped": [o for o in d["observer"].values if o not in kept],
        }
        self._tolerance, self._seed = tolerance, rng

    @cached_property
    def accuracy(self) -> xr.Dataset:
        """``stats.accuracy``."""
        return stats.accuracy(self.decisions)

    @cached_property
    def partition(self) -> xr.Dataset:
        """``stats.partition`` of the population."""
        return stats.partition(self.population, tolerance=self._tolerance)

    @cached_property
    def difficulty(self) -> xr.Dataset:
        """``stats.difficulty`` of the population."""
        return stats.difficulty(self.population, tolerance=self._tolerance)

    @cached_property
    def consistency(self) -> xr.Dataset:
        """``stats.error_consistency``."""
        return stats.error_consistency(self.decisions, rng=self._seed)

    @cached_property
    def mean_consistency(self) -> xr.Dataset:
        """``stats.mean_consistency``."""
        return stats.mean_consistency(self.decisions, rng=self._seed)

    @cached_property
    def insample(self) -> xr.Dataset:
        """``stats.pruned_consistency``, in-sample."""
        return stats.pruned_consistency(
            self.decisions, method="insample", tolerance=self._tolerance, rng=self._seed
        )

    @cached_property
    def crossfit(self) -> xr.Dataset:
        """``stats.pruned_consistency``, cross-fitted."""
        return stats.pruned_consistency(
            self.decisions, method="crossfit", tolerance=self._tolerance, rng=self._seed
        )

    @cached_property
    def residual(self) -> xr.Dataset:
        """``stats.residual_consistency``."""
        return stats.residual_consistency(self.decisions)

    @cached_property
    def raw_conditional_independence(self) -> float:
        """``stats.raw_conditional_independence``."""
        return stats.raw_conditional_independence(self.decisions)

    @cached_property
    def overall(self) -> xr.Dataset:
        """``stats.overall_agreement``."""
        return stats.overall_agreement(self.decisions)

    @cached_property
    def rarefaction(self) -> xr.Dataset:
        """``stats.rarefaction`` of the population."""
        return stats.rarefaction(self.population, tolerance=self._tolerance)

    @cached_property
    def influence(self) -> xr.Dataset:
        """``stats.influence`` in the population."""
        return stats.influence(self.population, tolerance=self._tolerance)

    @cached_property
    def outsiders(self) -> tuple[str, ...]:
        """``stats.outsiders`` of the population."""
        return tuple(stats.outsiders(self.population, tolerance=self._tolerance))

    @cached_property
    def duplicates(self) -> xr.Dataset:
        """``stats.near_duplicates``."""
        return stats.near_duplicates(self.decisions)

    @cached_property
    def classes(self) -> xr.Dataset | None:
        """``stats.class_difficulty``, None with fewer than two known classes."""
        target = self.decisions["target"].values
        if len(np.unique(target[target >= 0])) < 2:
            return None
        return stats.class_difficulty(self.decisions, tolerance=self._tolerance)

    @cached_property
    def dynamics(self) -> xr.Dataset | None:
        """``stats.dynamics``, None with fewer than two epochs."""
        return stats.dynamics(self.history) if self.history.sizes["epoch"] > 1 else None


def _several(d: Decisions, where: str) -> None:
    if d.sizes["observer"] < 2:
        msg = f"comparing observers needs two or more; only {d['observer'].values[0]!r} {where}"
        raise InputError(msg)
