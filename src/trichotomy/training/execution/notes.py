"""What runs say about themselves while they go: one small file per observer, for whoever looks from elsewhere.

Decisions and reasons of failure are in the store's arrays. A note holds what only a looker needs: who works on a
network, where, since when. Each is written by the one job that works on it, to one side and then renamed.
"""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal
from uuid import uuid4

from trichotomy.decisions import Store
from trichotomy.training.execution import Event, Executor
from trichotomy.training.plan import STUDY

NOTES = Path(STUDY) / "notes"
"""Where in a store's folder the notes are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Where one run stands, as whoever works on it wrote.

    Attributes
    ----------
    state
        ``running``, ``done``, ``failed``, or ``stopped``: ended before it was done, and not by a fault of its own.
    since
        When it began to run, seconds since 1970.
    first
        Epochs that were recorded when it began.
    host, process, birth
        Where it runs, under which process; ``birth`` tells that process from a later one of the same number.
    job
        Name of the cluster's job, empty where there is none.
    reason
        Why it failed.
    """

    state: Literal["running", "done", "failed", "stopped"]
    since: float
    first: int
    host: str
    process: int
    birth: str
    job: str = ""
    reason: str = ""

    def running_here(self) -> bool | None:
        """Whether its process is alive; None where that cannot be seen from this machine."""
        if self.host != socket.gethostname():
            return None
        return birth_of(self.process) == self.birth


def notes_of(store: Path) -> dict[str, Note]:
    """Return the notes of a study by observer; what cannot be read is left out."""
    found = {}
    for path in (store / NOTES).glob("*.json"):
        with suppress(OSError, ValueError, TypeError):
            found[path.stem] = Note(**json.loads(path.read_text(encoding="utf-8")))
    return found


def write_text(path: Path, text: str) -> None:
    """Write a small file so that a reader sees the old one or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{uuid4().hex}.partial")
    aside.write_text(text, encoding="utf-8")
    aside.replace(path)


@dataclass(frozen=True, slots=True)
class Noted:
    """Carries out what another executor does, and keeps notes and reasons of failure in the store.

    Attributes
    ----------
    executor
        Whose work is noted; it runs in this process or below it.
    job
        Name of the cluster's job that this is.
    """

    executor: Executor
    job: str = ""

    def execute(self, store: Path, groups: Sequence[Sequence[str]]) -> Generator[Event]:
        """Carry out the runs; the notes of those that had begun say so when this ends early."""
        record = Store(store)
        done = dict(zip(record.observers, map(int, record.done().sum(axis=1)), strict=True))
        running: dict[str, Note] = {}
        try:
            with closing(self.executor.execute(store, groups)) as events:
                for event in events:
                    self._note(store, record, event, done, running)
                    yield event
        finally:
            for observer, note in running.items():
                with suppress(OSError):
                    write_note(store, observer, note, state="stopped")

    def _note(
        self, store: Path, record: Store, event: Event, done: Mapping[str, int], running: dict[str, Note]
    ) -> None:
        observer = event.observer
        if event.kind == "started":
            running[observer] = self._begun(done[observer])
            write_note(store, observer, running[observer])
            record.forgive([observer])
        elif event.kind in ("done", "failed"):
            note = running.pop(observer, None) or self._begun(done[observer])
            if event.kind == "failed":
                record.fail(observer, event.reason)
            write_note(store, observer, note, state=event.kind, reason=event.reason)

    def _begun(self, first: int) -> Note:
        return Note(
            state="running", since=time.time(), first=first, job=self.job, host=socket.gethostname(),
            process=os.getpid(), birth=birth_of(os.getpid()),
        )  # fmt: skip


def give_up(store: Path, observers: Sequence[str], reason: str) -> None:
    """Note that runs that had begun and are not done have failed, in their notes and in the store."""
    record = Store(store)
    pending = {observer for observer, _ in record.pending()}
    notes = notes_of(store)
    for observer in pending & {*observers} & notes.keys():
        record.fail(observer, reason)
        write_note(store, observer, notes[observer], state="failed", reason=reason)


def write_note(store: Path, observer: str, note: Note, **changes: Any) -> None:
    """Write an observer's note, with some of its fields changed."""
    write_text(store / NOTES / f"{observer}.json", json.dumps(asdict(note) | changes))


def birth_of(process: int) -> str:
    """What tells a living process from every other; empty where it is dead."""
    try:
        state, *rest = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        if Path("/proc/self/stat").exists():
            return ""
        return _birth_without_proc(process)
    return "" if state in "ZX" else rest[18]  # when it began, in ticks since the machine did


def _birth_without_proc(process: int) -> str:
    try:
        os.kill(process, 0)
    except OSError:
        return ""
    return "alive"
