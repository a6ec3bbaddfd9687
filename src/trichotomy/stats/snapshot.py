"""One epoch of Decisions as the plain matrices that the estimators take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from trichotomy.decisions import Decisions, asked, at_epoch, correctness
from trichotomy.errors import InputError
from trichotomy.estimators import Estimate

BOUNDS = ("lower", "upper")
Seed: TypeAlias = int | np.random.Generator


def seed_of(rng: Seed) -> int | None:
    """The seed to note beside a result; None for a generator, which does not tell."""
    return rng if isinstance(rng, int) else None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Decisions of one epoch.

    Attributes
    ----------
    observers, items
        Ids, object[M] and object[N].
    epoch
        The epoch taken.
    correct
        int8[M, N] of 1, 0, -1.
    answered
        bool[N], items that every observer answered.
    """

    observers: NDArray[np.object_]
    items: NDArray[np.object_]
    epoch: int
    correct: NDArray[np.int8]
    answered: NDArray[np.bool_]

    @property
    def complete(self) -> NDArray[np.bool_]:
        """bool[M, N'] over the items that every observer answered."""
        whole = self.correct == 1
        return np.asarray(whole if self.answered.all() else whole[:, self.answered])

    @property
    def left_out(self) -> int:
        """Number of items that somebody did not answer."""
        return int(np.count_nonzero(~self.answered))

    def attrs(self, method: str, **more: Any) -> dict[str, Any]:
        """Attributes that every result carries."""
        return {"method": method, "epoch": self.epoch, "observers": len(self.observers), **more}


def snapshot(
    d: Decisions, epoch: int | None = None, *, at_least: int = 1, complete: bool = False
) -> Snapshot:
    """Take one epoch (default: the last that every observer has).

    Parameters
    ----------
    at_least
        Fewest observers that the statistic makes sense for.
    complete
        Whether the statistic needs items that every observer answered; having none is then an error.

    Raises
    ------
    InputError
        Too few observers, or no item that all of them answered.
    """
    one = at_epoch(d, epoch)
    correct = correctness(one).values[:, 0, :]
    M = len(correct)
    if at_least > M:
        msg = f"this needs at least {at_least} observers; the decisions have {M}"
        raise InputError(msg)
    answered = np.asarray((correct >= 0).all(axis=0))
    if complete and not (correct >= 0).any():
        epoch_asked = int(one["epoch"].values[0])
        msg = (
            "no decision is right or wrong: the items have no target; give targets where the predictions are read "
            "(trichotomy read --targets FILE; targets=...)"
            if asked(one).any()
            else f"nobody has answered an item at epoch {epoch_asked}; go on recording, or choose another epoch"
        )
        raise InputError(msg)
    if complete and not answered.any():
        share = (correct >= 0).mean(axis=1)
        worst = one["observer"].values[int(share.argmin())]
        msg = (
            f"no item was answered by all {M} observers; {worst!r} answered the fewest ({share.min():.1%} of the "
            f"items): drop it, or analyse observers of the same items"
        )
        raise InputError(msg)
    return Snapshot(
        one["observer"].values, one["item"].values, int(one["epoch"].values[0]), correct, answered
    )


def with_bounds(lower: Any, upper: Any) -> NDArray[np.float64]:
    """Stack interval bounds along a last axis, the ``ci_bound`` dimension."""
    return np.stack([np.asarray(lower, dtype=float), np.asarray(upper, dtype=float)], axis=-1)


def pair_matrix(values: Any, observers: NDArray[np.object_]) -> xr.DataArray:
    """An [M, M] matrix over ``observer_a`` and ``observer_b``."""
    return xr.DataArray(
        values, dims=("observer_a", "observer_b"), coords={"observer_a": observers, "observer_b": observers}
    )


def estimate_variables(name: str, estimate: Estimate) -> dict[str, Any]:
    """An ``Estimate`` as scalar ``name`` with ``name_ci``; how the interval was made is in the attributes."""
    attrs = {"interval": estimate.method, "n": estimate.n, "standard_error": estimate.standard_error}
    return {
        name: ((), estimate.value, attrs),
        f"{name}_ci": ("ci_bound", with_bounds(estimate.lower, estimate.upper)),
        "ci_bound": ("ci_bound", np.array(BOUNDS, dtype=object)),
    }
