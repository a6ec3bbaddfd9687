"""Results about the conditions of a study."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

import numpy as np
import xarray as xr

from trichotomy import stats
from trichotomy.errors import InputError
from trichotomy.report.chosen import Chosen
from trichotomy.stats.comparisons import BASE
from trichotomy.stats.study import study_of


class ConditionResults(Chosen):
    """Which conditions decide differently: results that decisions from elsewhere than a study do not have."""

    @cached_property
    def study(self) -> Mapping[str, Any] | None:
        """The study's own record; empty where decisions of conditions and of a base come from elsewhere; else None."""
        record = study_of(self.history)
        conditions = set(self.history["condition"].values)
        return record if record is not None else {} if BASE in conditions and len(conditions) > 1 else None

    @cached_property
    def comparisons(self) -> tuple[stats.Comparison, ...]:
        """``stats.comparisons``, empty for decisions that are no study."""
        return stats.comparisons(self.history) if self.study is not None else ()

    @cached_property
    def trained(self) -> tuple[str, ...]:
        """Conditions that observers have."""
        return tuple(dict.fromkeys(str(c) for c in self.history["condition"].values))

    @cached_property
    def conditions(self) -> tuple[str, ...]:
        """Conditions that observers have, and after them those that only comparisons have ("plus 1 epoch")."""
        return tuple(dict.fromkeys([*self.trained, *(c.condition for c in self.comparisons)]))

    @cached_property
    def architecture(self) -> str:
        """Architecture of the base network, "" where observers carry none."""
        own = np.flatnonzero(self.history["condition"].values == BASE)
        if "architecture" not in self.history.coords or not len(own):
            return ""
        return str(self.history["architecture"].values[own[0]])

    @cached_property
    def condition_consistency(self) -> xr.Dataset | None:
        """``stats.condition_consistency``, pruned at tolerance 1, as in the paper, or at a larger one chosen."""
        return self._of_study(
            "condition_consistency",
            stats.condition_consistency,
            tolerance=max(self._tolerance, 1),
            rng=self._seed,
        )

    @cached_property
    def condition_matrix(self) -> xr.Dataset | None:
        """``stats.condition_matrix``, pruned alike."""
        return self._of_study("condition_matrix", stats.condition_matrix, tolerance=max(self._tolerance, 1))

    @cached_property
    def equivalence(self) -> xr.Dataset | None:
        """``stats.equivalence``, None also where there is no seed ceiling."""
        return self._of_study("equivalence", stats.equivalence, rng=self._seed)

    @cached_property
    def condition_dynamics(self) -> xr.Dataset | None:
        """``stats.condition_dynamics``, None also with fewer than two epochs."""
        if not self.comparisons or self.history.sizes["epoch"] < 2:
            return None
        return stats.condition_dynamics(self.history)

    @cached_property
    def divergence(self) -> xr.Dataset | None:
        """``stats.neighbour_divergence``, None but for a study of the data set ``gaussian``."""
        if (self.dataset or {}).get("name") != "gaussian":
            return None
        return self._of_study("divergence", stats.neighbour_divergence)

    @property
    def dataset(self) -> Mapping[str, Any] | None:
        """What the study's record says of its data set."""
        found = (self.study or {}).get("dataset")
        return found if isinstance(found, Mapping) else None

    def _of_study(self, name: str, compute: Callable[..., xr.Dataset], **options: Any) -> xr.Dataset | None:
        """A result about conditions at the epoch analysed; None where there is nothing to compare, or it cannot be."""
        if not self.comparisons:
            return None
        try:
            return compute(self.history, epoch=self.options["epoch"], **options)
        except InputError as error:
            self.why_not[name] = str(error)
            return None
