"""Who can be compared: runs that failed or are not finished are set aside, so that the others are read at their end."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from trichotomy import stats
from trichotomy.decisions import Decisions, asked


@dataclass(frozen=True, slots=True, eq=False)
class Attendance:
    """The observers that an analysis takes, and those whose run failed or is not finished.

    Attributes
    ----------
    decisions
        Of the observers taken.
    set_aside
        Observers left out, and why.
    unfinished
        Observers taken all the same, since they have the epoch analysed, and what became of them.
    """

    decisions: Decisions
    set_aside: dict[str, str] = field(default_factory=dict)
    unfinished: dict[str, str] = field(default_factory=dict)


def attendance(d: Decisions, epoch: int | None = None) -> Attendance:
    """Set aside the observers whose run failed before the epoch to analyse.

    Where no epoch is asked for, that is the last one planned for all of them. Where fewer than two got there, the study
    is in its first hours: then those that have not run at all are set aside, and the others are read at the last epoch
    that they share.

    Parameters
    ----------
    epoch
        The epoch asked for, None for the default.
    """
    why = stats.failures(d)
    if not why:
        return Attendance(d)
    names, epochs = d["observer"].values, d["epoch"].values
    planned = min(int(d["planned_epochs"].values.min()), len(epochs))
    needed = epochs[max(planned, 1) - 1] if epoch is None else epoch
    failed = np.isin(names, list(why))
    kept = ~failed | _ran(d, needed)
    if kept.sum() < 2:
        kept = np.any([_ran(d, e) for e in epochs], axis=0)
    if kept.sum() < 2:
        return Attendance(d, unfinished=why)
    return Attendance(
        d.isel(observer=np.flatnonzero(kept)),
        {str(o): why[o] for o in names[~kept]},
        {str(o): why[o] for o in names[kept & failed]},
    )


def _ran(d: Decisions, epoch: int) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """bool[observer]: who has decisions at an epoch."""
    if epoch not in d["epoch"].values:
        return np.zeros(d.sizes["observer"], dtype=bool)
    return np.asarray(asked(d.sel(epoch=[epoch])).any(axis=(1, 2)))
