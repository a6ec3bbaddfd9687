"""Networks read at an epoch each, so that one network at two epochs is two rows of one matrix."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trichotomy.decisions import Decisions, asked, at_epoch, correctness
from trichotomy.estimators.partition import check_tolerance
from trichotomy.stats.comparisons import Comparison


@dataclass(frozen=True, slots=True)
class Readings:
    """All observers that ran an epoch, and after them those that comparisons read at other epochs.

    Attributes
    ----------
    correct
        int8[R, N] of 1, 0, -1.
    rows
        Row of each (observer, epoch); those not run have none.
    epoch
        The epoch of the analysis.
    judges
        How many rows, the first ones, are of that epoch: the distinct networks.
    """

    correct: NDArray[np.int8]
    rows: dict[tuple[str, int], int]
    epoch: int
    judges: int

    def pairs(self, c: Comparison) -> list[tuple[int, int]]:
        """Rows of the pairs of a comparison, each pair once and no reading with itself."""
        found: dict[frozenset[int], tuple[int, int]] = {}
        for observer in c.observers:
            for reference in c.references:
                a, b = self.rows.get((observer, self.epoch + c.shift)), self.rows.get((reference, self.epoch))
                if a is not None and b is not None and a != b:
                    found.setdefault(frozenset((a, b)), (a, b))
        return list(found.values())

    def shifted(self, c: Comparison) -> list[int]:
        """Rows of the comparison's observers at its epoch."""
        return [
            self.rows[o, self.epoch + c.shift] for o in c.observers if (o, self.epoch + c.shift) in self.rows
        ]

    def in_between(self, tolerance: int) -> NDArray[np.bool_]:
        """bool[N]: items neither trivial nor impossible for the distinct networks, and answered by all of them.

        Nothing is in between where the tolerance does not fit so few networks.
        """
        if tolerance < 0:
            check_tolerance(tolerance, self.judges)
        own = self.correct[: self.judges]
        s = (own == 1).sum(axis=0)
        return np.asarray((own >= 0).all(axis=0) & (s > tolerance) & (s < self.judges - tolerance))

    def attrs(self, method: str, **more: Any) -> dict[str, Any]:
        """Attributes that every result carries."""
        left_out = int((self.correct[: self.judges] < 0).any(axis=0).sum())
        common = {"method": method, "epoch": self.epoch, "observers": self.judges, "n": self.correct.shape[1]}
        return {**common, "left_out": left_out, **more}


def readings(d: Decisions, chosen: Sequence[Comparison], epoch: int | None = None) -> Readings:
    """Read all observers at one epoch (default: the last common one), and the shifted ones at theirs."""
    here = int(at_epoch(d, epoch)["epoch"].values[0])
    wanted: dict[int, set[str]] = {here: set(d["observer"].values)}
    for c in chosen:
        if here + c.shift in d["epoch"].values:
            wanted.setdefault(here + c.shift, set()).update(c.observers)
    blocks: list[NDArray[np.int8]] = []
    rows: dict[tuple[str, int], int] = {}
    for when, names in wanted.items():
        part = one_epoch(d, when).sel(observer=[o for o in d["observer"].values if o in names])
        ran = asked(part).any(axis=(1, 2))
        blocks.append(correctness(part).values[ran, 0])
        for observer in part["observer"].values[ran]:
            rows[str(observer), when] = len(rows)
    return Readings(np.concatenate(blocks), rows, here, len(blocks[0]))


def one_epoch(d: Decisions, epoch: int) -> Decisions:
    """The decisions of one epoch in memory, without probabilities: int8 or int16[M, 1, N]."""
    names = [name for name in ("target", "response", "correct") if name in d]
    return d[names].sel(epoch=[epoch]).load()
