"""The observers and items that a subset is chosen by and from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trichotomy.decisions import Decisions, at_epoch
from trichotomy.errors import InputError, UnknownNameError
from trichotomy.stats.snapshot import Snapshot, snapshot

CLASS = "class"


@dataclass(frozen=True, slots=True, eq=False)
class Population:
    """M observers' decisions on the N items that all of them answered.

    Attributes
    ----------
    shot
        The epoch taken.
    correct
        bool[M, N].
    families
        object[M], labels of observers that are kin.
    positions
        intp[N], places of the items in the decisions.
    target
        int64[N], -1 where unknown.
    strata
        int64[N] or None.
    """

    shot: Snapshot
    correct: NDArray[np.bool_]
    families: NDArray[np.object_]
    positions: NDArray[np.intp]
    target: NDArray[np.int64]
    strata: NDArray[np.int64] | None

    def attrs(self, method: str, **more: Any) -> dict[str, Any]:
        """Attributes that every result carries."""
        return self.shot.attrs(method, n=self.correct.shape[1], left_out=self.shot.left_out, **more)


def population(
    d: Decisions, *, families: str = "condition", stratify: str | None = None, epoch: int | None = None
) -> Population:
    """Take one epoch, and the labels that splitting and stratifying need.

    Parameters
    ----------
    families
        Coordinate of observers.
    stratify
        ``class`` for the targets, or an annotation of items. None: no strata.

    Raises
    ------
    InputError, UnknownNameError
        Fewer than two observers, no item that all answered, or no such coordinate; targets that are not known.
    """
    shot = snapshot(d, epoch, at_least=2, complete=True)
    one = at_epoch(d, epoch)
    positions = np.flatnonzero(shot.answered)
    target = one["target"].values[positions].astype(np.int64)
    strata = None
    if stratify == CLASS:
        if (target < 0).any():
            msg = (
                f"{np.count_nonzero(target < 0)} items have no target, so there are no classes to stratify by"
            )
            raise InputError(msg)
        strata = target
    elif stratify is not None:
        strata = np.unique(labels_of(d, stratify, "item")[positions].astype(str), return_inverse=True)[
            1
        ].astype(np.int64)
    return Population(shot, shot.complete, labels_of(d, families, "observer"), positions, target, strata)


def labels_of(d: Decisions, name: str, dim: str) -> NDArray[np.object_]:
    """Values of a coordinate of observers or items."""
    if name not in d.coords or d.coords[name].dims != (dim,):
        known = [str(c) for c in d.coords if d.coords[c].dims == (dim,)]
        raise UnknownNameError(f"coordinate of {dim}s", name, known)
    return np.asarray(d.coords[name].values, dtype=object)
