"""Where a study stands, from what is on disk and in the cluster's queue; it loads no data and disturbs no job."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from trichotomy.decisions import Store
from trichotomy.training.execution.notes import Note, notes_of
from trichotomy.training.execution.submissions import Job, Queued, QueueError, in_queue, submitted
from trichotomy.training.plan import Plan, Run, plan_of

State = Literal["running", "waiting", "stopped", "failed", "done"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where one network stands.

    Attributes
    ----------
    state
        ``running``; ``waiting`` for its turn, or in a queue; ``stopped``: begun, and nobody is known to go on with it;
        ``failed``; ``done``.
    epoch, epochs
        The last epoch recorded, -1 before there is one, and the last that is planned.
    accuracy
        On the test items at ``epoch``; NaN before there is one.
    reason
        Why it failed or stopped.
    job, host
        The cluster's job and the machine it was last with; empty where there is none.
    since, last
        When it began to run, and when its last epoch was recorded, in seconds since 1970.
    seconds_per_epoch, seconds_left
        Of one that runs and has recorded two epochs since it began.
    """

    observer: str
    condition: str
    state: State
    epoch: int
    epochs: int
    accuracy: float = math.nan
    reason: str = ""
    job: str = ""
    host: str = ""
    since: float | None = None
    last: float | None = None
    seconds_per_epoch: float | None = None
    seconds_left: float | None = None


@dataclass(frozen=True, slots=True)
class Study:
    """A study as it stands.

    Attributes
    ----------
    standings
        One per network, in the order of the plan.
    jobs
        Those in the cluster's queue.
    trouble
        Why the queue could not be asked, empty where it could.
    """

    plan: Plan
    standings: tuple[Standing, ...]
    jobs: tuple[Job, ...]
    trouble: str = ""

    @property
    def seconds_left(self) -> float | None:
        """By the speed of the networks that run, with as many at once; None where none is known."""
        speeds = [s.seconds_per_epoch for s in self.standings if s.seconds_per_epoch]
        running = sum(s.state == "running" for s in self.standings)
        if not speeds:
            return None
        left = sum(s.epochs - max(s.epoch, 0) for s in self.standings if s.state in ("running", "waiting"))
        longest = max((s.seconds_left or 0.0 for s in self.standings), default=0.0)
        return max(left * sum(speeds) / len(speeds) / running, longest)


def stands(store: str | Path) -> Study:
    """Return where a study stands.

    Raises
    ------
    StoreError
        There is no store.
    InputError
        It is not that of a study.
    """
    path = Path(store).resolve()
    record = Store(store)
    d = record.read()
    plan = plan_of(d)
    failures = dict(zip(map(str, d["observer"].values), map(str, d["failure"].values), strict=True))
    jobs = submitted(path)
    try:
        queue, trouble = in_queue(jobs), ""
    except QueueError as error:
        queue, trouble = {}, str(error)
    look = _Look(record, plan, notes_of(path), failures, jobs, None if trouble else queue)
    return Study(plan, look.standings(), tuple(job for job in jobs if job.id in queue), trouble)


class _Look:
    """What one look at a study found, put together network by network."""

    def __init__(
        self,
        record: Store,
        plan: Plan,
        notes: Mapping[str, Note],
        failures: Mapping[str, str],
        jobs: Sequence[Job],
        queue: Mapping[str, Queued] | None,
    ) -> None:
        self._record, self._plan, self._notes, self._failures, self._queue = (
            record, plan, notes, failures, queue,
        )  # fmt: skip
        self._jobs = {observer: job for job in jobs for observer in job.observers}  # of several, the latest
        self._done = dict(zip(record.observers, record.done(), strict=True))
        self._now = time.time()
        self._any_running = any(self._alive(note) for note in notes.values() if note.state == "running")

    def standings(self) -> tuple[Standing, ...]:
        """Return them in the order of the plan."""
        return tuple(self._standing(run) for run in self._plan.runs)

    def _standing(self, run: Run) -> Standing:
        observer = run.observer
        recorded = np.flatnonzero(self._done[observer])
        epoch = int(recorded[-1]) if recorded.size else -1
        note, job = self._notes.get(observer), self._jobs.get(observer)
        state, reason = self._state(run, note, job)
        accuracy = self._record.measures(observer, epoch)["test_accuracy"] if epoch >= 0 else math.nan
        last = self._record.recorded_at(observer, epoch) if epoch >= 0 else None
        pace = self._pace(observer, note, epoch, last) if state == "running" and note is not None else None
        return Standing(
            observer=observer, condition=run.condition, state=state, epoch=epoch, epochs=run.epochs,
            accuracy=accuracy, reason=reason, host=note.host if note else "", last=last,
            job=(note.job if note and note.job else job.id if job else ""),
            since=note.since if note else None, seconds_per_epoch=pace,
            seconds_left=None if pace is None else pace * (run.epochs - epoch),
        )  # fmt: skip

    def _state(self, run: Run, note: Note | None, job: Job | None) -> tuple[State, str]:
        if self._done[run.observer][: run.epochs + 1].all():
            return "done", ""
        queued = self._queue.get(job.id) if self._queue is not None and job is not None else None
        if queued == "waiting":
            return "waiting", ""
        if note is not None and note.state == "running" and self._alive(note):
            return "running", ""
        if note is not None and note.state == "failed":
            return "failed", note.reason
        if self._failures[run.observer]:
            return "failed", self._failures[run.observer]
        if queued == "running":
            return "running", ""
        if note is not None:
            return "stopped", f"it was left after {_when(note.since)}" if note.state == "running" else ""
        if job is not None and self._queue is not None:
            return "stopped", f"job {job.id} ended before it began"
        return ("waiting", "") if self._any_running or job is not None else ("stopped", "")

    def _alive(self, note: Note) -> bool:
        """Whether whoever wrote a note is at work still; yes where nobody here can tell."""
        if note.job and self._queue is not None and any(j.id == note.job for j in self._jobs.values()):
            return self._queue.get(note.job) == "running"
        return note.running_here() is not False

    def _pace(self, observer: str, note: Note, epoch: int, last: float | None) -> float | None:
        """Seconds per epoch since the run began, both ends by the file system's clock."""
        begin = self._record.recorded_at(observer, note.first) if note.first < epoch else None
        if begin is None or last is None:
            return None
        return max(last - begin, 0.0) / (epoch - note.first)


def _when(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(seconds))
