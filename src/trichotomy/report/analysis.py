"""The results that figures, tables and the summary of a report share, each computed when first asked for."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import xarray as xr

from trichotomy import stats
from trichotomy.report.illustrations import Illustrations

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
    "learning_map": "learning of items",
    "learned": "first and final learning",
    "early_partition": "the partition at each epoch",
    "flag_shares": "flagged items",
    "enrichment": "annotated items",
    "label_ambiguity": "ambiguous items",
    "superclass_shares": "superclasses",
    "condition_consistency": "conditions",
    "condition_matrix": "pairs of conditions",
    "condition_dynamics": "conditions over the epochs",
    "equivalence": "equivalence with the seed ceiling",
    "divergence": "divergence of classes",
}
"""Attributes of an ``Analysis`` in the order in which a report computes them, and what to call them meanwhile."""


class Analysis(Illustrations):
    """The results of ``trichotomy.stats`` on the decisions chosen.

    Takes what ``Chosen`` takes: Decisions, and what to choose of them.
    """

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

    @cached_property
    def learning_map(self) -> xr.Dataset | None:
        """``stats.learning_map``, None with fewer than two epochs."""
        return stats.learning_map(self.history) if self.history.sizes["epoch"] > 1 else None

    @cached_property
    def flag_shares(self) -> xr.Dataset | None:
        """``stats.flag_shares`` of label errors in the population, None where no item is annotated so."""
        if "label_error" not in self.population.coords:
            return None
        return stats.flag_shares(self.population, tolerance=self._tolerance)

    @cached_property
    def enrichment(self) -> xr.Dataset | None:
        """``stats.enrichment`` of all true-or-false annotations in the population, None without any."""
        if not stats.flag_names(self.population):
            return None
        return stats.enrichment(self.population, tolerance=self._tolerance)

    @cached_property
    def label_ambiguity(self) -> xr.Dataset | None:
        """``stats.label_ambiguity`` in the population, None where no annotation measures it."""
        if not any(name in self.population.coords for name in stats.AMBIGUITY):
            return None
        return stats.label_ambiguity(self.population, tolerance=self._tolerance, rng=self._seed)

    @cached_property
    def superclass_shares(self) -> xr.Dataset | None:
        """``stats.superclass_shares`` in the population, None without superclasses."""
        if "superclass" not in self.population.coords:
            return None
        return stats.superclass_shares(self.population, tolerance=self._tolerance)

    @cached_property
    def item_response(self) -> xr.Dataset:
        """``stats.item_response`` of the population, 1PL."""
        return stats.item_response(self.population, tolerance=self._tolerance)

    @cached_property
    def item_response_2pl(self) -> xr.Dataset:
        """``stats.item_response`` of the population, 2PL."""
        return stats.item_response(self.population, model="2pl", tolerance=self._tolerance)
