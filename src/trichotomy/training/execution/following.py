"""Following runs that are carried out elsewhere: the store is all that they share with whoever waits for them."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Mapping, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from trichotomy.decisions import Store
from trichotomy.training.execution import Event
from trichotomy.training.execution.notes import Note, notes_of

Ended = Callable[[], Mapping[int, str]]
"""Tells which groups nobody works on any more and never will, by their place in the list, and how that came about."""


def follow(
    store: Path,
    groups: Sequence[Sequence[str]],
    ended: Ended,
    *,
    earlier: Mapping[str, Note],
    every: float,
    patience: float = 0.0,
) -> Generator[Event]:
    """Tell what happens to runs, until each is done, has failed, or is given up by whoever worked on it.

    Parameters
    ----------
    earlier
        Notes of earlier attempts, which say nothing about these.
    every
        Seconds between two looks.
    patience
        For so long after a group has ended its last epochs and notes may still be on their way here.
    """
    look = _Look(store, groups, earlier)
    gone: dict[int, float] = {}
    while True:
        over = ended()  # first: what has ended has recorded all it ever will
        yield from look.news()
        now = time.monotonic()
        for k, why in over.items():
            if now - gone.setdefault(k, now) >= patience:
                yield from look.given_up(groups[k], why)
        gone = {k: when for k, when in gone.items() if k in over}
        if not look.left:
            return
        time.sleep(every)


class _Look:
    """What has been seen of some runs so far."""

    def __init__(self, store: Path, groups: Sequence[Sequence[str]], earlier: Mapping[str, Note]) -> None:
        self._path, self._record, self._earlier = store, Store(store), earlier
        self.left = [observer for group in groups for observer in group]
        self._place = {observer: k for k, observer in enumerate(self._record.observers)}
        self._seen = self._record.done()
        self._planned = self._seen.sum(axis=1)
        for observer, _ in self._record.pending():
            self._planned[self._place[observer]] += 1
        self._begun: dict[str, float] = {}

    def news(self) -> Generator[Event]:
        """Tell what has happened since the last look."""
        notes = notes_of(self._path)  # before the epochs: a note of the end comes after them
        done = self._record.done()
        for observer in list(self.left):
            note = notes.get(observer)
            if note == self._earlier.get(observer):
                note = None
            if note is not None and self._begun.get(observer) != note.since:
                self._begun[observer] = note.since
                yield Event(observer=observer, kind="started")
            place = self._place[observer]
            for epoch in (done[place] & ~self._seen[place]).nonzero()[0]:
                measures = self._record.measures(observer, int(epoch))
                yield Event(observer=observer, kind="epoch", epoch=int(epoch), measures=measures)
            yield from self._end(observer, note, finished=self._finished(observer, done))
        self._seen = done

    def given_up(self, group: Sequence[str], why: str) -> Generator[Event]:
        """Tell how those ended of whom nothing more will come."""
        done = self._record.done()
        for observer in group:
            if observer in self.left:
                self.left.remove(observer)
                kind: Literal["done", "failed"] = "done" if self._finished(observer, done) else "failed"
                yield Event(observer=observer, kind=kind, reason=why if kind == "failed" else "")

    def _end(self, observer: str, note: Note | None, *, finished: bool) -> Generator[Event]:
        if finished and (note is None or note.state == "done"):
            self.left.remove(observer)
            yield Event(observer=observer, kind="done")
        elif note is not None and note.state == "failed":
            self.left.remove(observer)
            yield Event(observer=observer, kind="failed", reason=note.reason)

    def _finished(self, observer: str, done: NDArray[np.bool_]) -> bool:
        place = self._place[observer]
        return bool(done[place].sum() >= self._planned[place])
