"""Results about how decisions form over the epochs."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

import xarray as xr

from trichotomy import stats
from trichotomy.decisions import Decisions
from trichotomy.errors import InputError
from trichotomy.report.conditions import ConditionResults


class FormationResults(ConditionResults):
    """Learning, forgetting and the forming of the partition: None with fewer than two epochs, or where they cannot be.

    ``why_not`` then has the reason.
    """

    @cached_property
    def learned(self) -> xr.Dataset | None:
        """``stats.learned`` of the observers that make the partition."""
        return self._over_epochs("learned", stats.learned, self._formers, tolerance=self._tolerance)

    @cached_property
    def early_partition(self) -> xr.Dataset | None:
        """``stats.early_partition`` of the observers that make the partition."""
        return self._over_epochs(
            "early_partition", stats.early_partition, self._formers, tolerance=self._tolerance, rng=self._seed
        )

    @cached_property
    def learning_order(self) -> xr.Dataset | None:
        """``stats.learning_order``."""
        return self._over_epochs("learning_order", stats.learning_order, self.history)

    @cached_property
    def consistency_over_epochs(self) -> xr.Dataset | None:
        """``stats.consistency_over_epochs``."""
        return self._over_epochs("consistency_over_epochs", stats.consistency_over_epochs, self.history)

    @cached_property
    def cartography(self) -> xr.Dataset | None:
        """``stats.cartography`` of the observers that make the partition."""
        return self._over_epochs("cartography", stats.cartography, self._formers, tolerance=self._tolerance)

    @property
    def _formers(self) -> Decisions:
        return self.history.sel(observer=self.population["observer"].values)

    def _over_epochs(
        self, name: str, compute: Callable[..., xr.Dataset], d: Decisions, **options: Any
    ) -> xr.Dataset | None:
        """A result about the epochs up to the one analysed."""
        if self.history.sizes["epoch"] < 2:
            return None
        try:
            return compute(d, epoch=self.options["epoch"], **options)
        except InputError as error:
            self.why_not[name] = str(error)
            return None
