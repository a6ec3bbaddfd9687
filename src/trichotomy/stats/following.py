"""Each observer's history of each item, followed epoch by epoch: nothing here holds all decisions at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from trichotomy.decisions import MISSING, Decisions, last_common_epoch
from trichotomy.errors import InputError

Codes = NDArray[np.int16]


@dataclass(slots=True)
class Histories:
    """What is known of every observer and item after the epochs so far; add epochs in their order.

    Attributes
    ----------
    first, final
        int16[M, N]: position of the epoch at which an item was first right, and from which on it has been; -1 never.
    forgotten
        int16[M, N]: how often an item went from right to wrong at the next epoch with a decision.
    right, seen
        int16[M, N]: at how many epochs it was right, and had a decision.
    ran
        int64[M]: how many epochs each observer has decisions at.
    last
        int8[M, N]: the latest decision.
    """

    first: Codes
    final: Codes
    forgotten: Codes
    right: Codes
    seen: Codes
    ran: NDArray[np.int64]
    last: NDArray[np.int8]

    @classmethod
    def empty(cls, observers: int, items: int) -> Self:
        """Nothing seen yet."""
        shape = observers, items
        return cls(
            first=np.full(shape, MISSING, dtype=np.int16),
            final=np.full(shape, MISSING, dtype=np.int16),
            forgotten=np.zeros(shape, dtype=np.int16),
            right=np.zeros(shape, dtype=np.int16),
            seen=np.zeros(shape, dtype=np.int16),
            ran=np.zeros(observers, dtype=np.int64),
            last=np.full(shape, MISSING, dtype=np.int8),
        )

    def add(self, position: int, now: NDArray[np.int8]) -> None:
        """Add the decisions of an epoch, int8[M, N] of 1, 0, -1."""
        right, wrong = now == 1, now == 0
        there = right | wrong
        self.first[right & (self.first < 0)] = position
        self.final[right & (self.final < 0)] = position
        self.final[wrong] = MISSING
        self.forgotten += wrong & (self.last == 1)
        self.right += right
        self.seen += there
        self.ran += there.any(axis=1)
        self.last[there] = now[there]

    @property
    def followed(self) -> NDArray[np.bool_]:
        """bool[M, N]: items that an observer has a decision on at every epoch that it ran."""
        return np.asarray((self.seen == self.ran[:, None]) & (self.ran[:, None] > 0))


def epochs_until(d: Decisions, epoch: int | None, *, trained: bool = False) -> NDArray[np.int64]:
    """The epochs of an analysis of learning: all up to ``epoch``, by default the last that every observer has.

    With ``trained``, without epoch 0, before training: what is right then has not been learned.

    Raises
    ------
    InputError
        There are fewer than two, or ``epoch`` is not there.
    """
    there = d["epoch"].values
    if len(there) < 2:
        msg = "how decisions form over training needs two epochs or more; these decisions have one"
        raise InputError(msg)
    last = last_common_epoch(d) if epoch is None else epoch
    if last not in there:
        msg = f"there is no epoch {last}; the decisions have {there[0]} to {there[-1]}"
        raise InputError(msg)
    chosen = np.asarray(there[(there <= last) & ((there > 0) | (not trained))])
    if len(chosen) < 2:
        since = " after training began" if trained else ""
        msg = f"how decisions form over training needs two epochs or more{since}; up to epoch {last} there are fewer"
        raise InputError(msg)
    return chosen


def nobody_followed(epochs: NDArray[np.int64]) -> InputError:
    """The error where other items were shown at each epoch."""
    return InputError(
        f"no observer has decisions on the same item at all its epochs ({epochs[0]} to {epochs[-1]}), so when items "
        "are learned or forgotten cannot be told; choose items that are shown again, such as those of a training phase"
    )
