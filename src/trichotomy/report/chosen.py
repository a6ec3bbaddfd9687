"""What an analysis is of: the observers, the items and the epoch that were chosen."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from trichotomy import stats
from trichotomy.decisions import Decisions, at_epoch, last_common_epoch, select
from trichotomy.errors import InputError, UnknownNameError
from trichotomy.report.attendance import attendance


class Chosen:
    """Decisions chosen for an analysis.

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
    images
        Folder of the items' images; default the data set of a study.

    Attributes
    ----------
    history, decisions
        The Decisions chosen, with all epochs and at the epoch analysed.
    population
        Decisions of the observers that make the partition.
    options
        What was chosen, as plain values.
    set_aside, unfinished
        Observers that were left out because their run failed or is not finished, and those that were taken although
        they have not got to their end; and why.
    why_not
        Results of a study that are None although this is one, and the reason.

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
        images: str | Path | None = None,
    ) -> None:
        chosen = select(d, drop=drop, exclude=exclude)
        _several(chosen, "is left" if d.sizes["observer"] > 1 else "is there; add the predictions of another")
        present = attendance(chosen, epoch)
        self.history, self.set_aside, self.unfinished = (
            present.decisions, present.set_aside, present.unfinished,
        )  # fmt: skip
        when = last_common_epoch(self.history) if epoch is None else epoch
        self.decisions = at_epoch(self.history, when).load()
        if one_per not in (None, "condition"):
            kind = "choice for one_per"
            raise UnknownNameError(kind, str(one_per), ["condition"])
        self.population = stats.one_per_condition(self.decisions) if one_per else self.decisions
        _several(self.population, "is left with one per condition")
        kept = set(chosen["observer"].values)
        self.options: dict[str, Any] = {
            "tolerance": tolerance,
            "one_per": one_per,
            "drop": list(drop),
            "exclude": exclude,
            "epoch": when,
            "seed": rng,
            "items_excluded": d.sizes["item"] - self.history.sizes["item"],
            "observers_dropped": [o for o in d["observer"].values if o not in kept],
            "observers_set_aside": list(self.set_aside),
        }
        self.why_not: dict[str, str] = {}
        self._tolerance, self._seed = tolerance, rng
        self._image_folder = None if images is None else Path(images)


def _several(d: Decisions, where: str) -> None:
    if d.sizes["observer"] < 2:
        msg = f"comparing observers needs two or more; only {d['observer'].values[0]!r} {where}"
        raise InputError(msg)
