"""SLURM: one array of jobs for a study, a job per group of runs, submitted and requeued through submitit."""

from __future__ import annotations

import math
import shlex
import signal
import sys
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NoReturn

from trichotomy.errors import InputError, MissingExtraError
from trichotomy.training.execution import Event
from trichotomy.training.execution.following import follow
from trichotomy.training.execution.notes import give_up, notes_of
from trichotomy.training.execution.submissions import (
    Job,
    Queued,
    QueueError,
    active,
    cancelling,
    in_queue,
    remember,
)
from trichotomy.training.execution.task import Task, carry_out
from trichotomy.training.plan import STUDY

LOGS = Path(STUDY) / "jobs"
"""Where in a store's folder submitit keeps what it submits and what jobs print."""
MINUTES = 240
"""Time limit where none is given: long enough for some epochs, short enough to be let in soon; jobs requeue."""
LONG = 10**6
"""How often a job may reach its time limit; whether it gets anywhere is judged by the epochs it records."""
MOST_FRUITLESS = 3
FRUITLESS = (
    f"{MOST_FRUITLESS} jobs in a row reached their time limit, or were preempted, before one epoch was recorded; give "
    f"them more time"
)
LOOK_SECONDS = {"slurm": 2.0, "local": 0.5}
ASK_SECONDS = {"slurm": 15.0, "local": 0.0}
"""How often a follower looks at the store, and how often it asks the queue, which all of a cluster's users share."""
PATIENCE_SECONDS = {"slurm": 60.0, "local": 1.0}
"""For so long after a job has left the queue its last files may not be seen yet over a network."""
HOLD_SECONDS = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SlurmExecutor:
    """Submits a study as one job array and follows it; jobs go on when whoever submitted them has gone.

    Attributes
    ----------
    options
        As ``slurm_options`` gives them.
    device, threads
        Of every job, as an entry of ``LocalExecutor.devices`` (a job sees only the GPUs that it was given), and threads
        within one network on a CPU.
    workers
        Jobs at once; None: as many as the cluster lets in.
    cache
        Path of the folder of decoded images on every machine; jobs fill it.
    wait
        Whether to follow the jobs; otherwise ``execute`` ends once they are submitted.
    told
        Called with sentences for the user: which jobs were submitted.

    Raises
    ------
    MissingExtraError
        submitit is not installed.
    InputError
        There is no SLURM here.
    """

    options: Mapping[str, Any] = field(default_factory=dict)
    device: str = "cpu"
    threads: int = 1
    workers: int | None = None
    cache: Path | None = None
    wait: bool = True
    told: Callable[[str], None] = lambda _: None

    def __post_init__(self) -> None:
        if self.workers is not None and self.workers < 1:
            msg = f"workers is {self.workers}; at least one is needed"
            raise InputError(msg)
        self._engine(Path())

    @property
    def cluster(self) -> str:
        """``slurm``, or ``local`` for processes of this machine that stand in for it."""
        return str(self.options.get("cluster", "slurm"))

    def execute(self, store: Path, groups: Sequence[Sequence[str]]) -> Generator[Event]:
        """Submit what no job in the queue is there for already, and follow all of them; closing leaves them be."""
        wanted = [tuple(group) for group in groups]
        earlier = notes_of(store)
        jobs = [job for job in active(store) if {*job.observers} & {o for group in wanted for o in group}]
        taken = {observer for job in jobs for observer in job.observers}
        if jobs:
            earlier = {o: note for o, note in earlier.items() if o not in taken}
            self.told(f"{len(jobs)} jobs of this study are in the queue already: {_named(jobs)}.")
        new = [group for group in (tuple(o for o in g if o not in taken) for g in wanted) if group]
        if new:
            made = self._submit(store, new)
            jobs += made
            self.told(f"Submitted {len(made)} {'job' if len(made) == 1 else 'jobs'}: {_named(made)}.")
        if self.wait:
            left = {o for group in wanted for o in group}
            yield from follow(
                store, [tuple(o for o in job.observers if o in left) for job in jobs], _Ended(store, jobs),
                earlier=earlier, every=LOOK_SECONDS[self.cluster], patience=PATIENCE_SECONDS[self.cluster],
            )  # fmt: skip

    def _submit(self, store: Path, groups: Sequence[tuple[str, ...]]) -> list[Job]:
        from submitit.core.utils import FailedJobError, FailedSubmissionError

        engine = self._engine(store / LOGS)
        name = f"trichotomy-{store.stem}"
        chosen: dict[str, Any] = {k: v for k, v in self.options.items() if k != "cluster"}
        cards = self.device.count("cuda")
        if self.cluster == "local":
            engine.update_parameters(
                timeout_min=chosen.get("time", MINUTES), gpus_per_node=chosen.get("gpus_per_node", cards),
                signal_delay_s=chosen.get("signal_delay_s", 30), setup=chosen.get("setup", []),
            )  # fmt: skip
        else:
            extra = {"requeue": True} | dict(chosen.pop("additional_parameters", {}))
            defaults = {
                "job_name": name,
                "time": MINUTES,
                "cpus_per_task": self.threads * (1 + self.device.count(",")),
            }
            if cards and not {"gpus_per_node", "gres"} & chosen.keys():
                defaults["gpus_per_node"] = cards
            parallel = {} if self.workers is None else {"array_parallelism": self.workers}
            engine.update_parameters(**(defaults | chosen | parallel), additional_parameters=extra)
        tasks = [
            Task(
                store=str(store),
                group=group,
                device=self.device,
                threads=self.threads,
                folder=str(Path.cwd()),
                cache=str(self.cache.absolute()) if self.cache else "",
            )
            for group in groups
        ]
        now = time.time()
        try:
            with engine.batch():
                made = [engine.submit(Submitted(task)) for task in tasks]
        except (FailedJobError, FailedSubmissionError, OSError) as error:
            last = (str(error).strip() or type(error).__name__).splitlines()[-1]
            msg = f"the jobs could not be submitted: {last}"
            raise InputError(msg) from error
        jobs = [
            Job(id=str(job.job_id), cluster=self.cluster, observers=group, submitted=now)
            for job, group in zip(made, groups, strict=True)
        ]
        remember(store, jobs)
        return jobs

    def _engine(self, folder: Path) -> Any:
        try:
            import submitit
        except ImportError as error:
            feature = "submitting jobs to SLURM"
            raise MissingExtraError(feature, "cluster") from error
        python = f"{shlex.quote(sys.executable)} -P"  # a file of the current folder hides no library
        logs = folder / "%j"
        try:
            if self.cluster == "local":
                return submitit.LocalExecutor(logs, max_num_timeout=LONG, python=python)
            return submitit.SlurmExecutor(logs, max_num_timeout=LONG, python=python)
        except RuntimeError as error:
            msg = "there is no SLURM here: srun is not found; submit from a machine where sbatch works"
            raise InputError(msg) from error


def _named(jobs: Sequence[Job]) -> str:
    arrays = sorted({job.id.partition("_")[0] for job in jobs})
    return f"{', '.join(arrays)} (cancel with: {cancelling(jobs)})"


class _Ended:
    """Which of some jobs are in the queue no more."""

    def __init__(self, store: Path, jobs: Sequence[Job]) -> None:
        self._logs, self._jobs = store / LOGS, jobs
        self._asked = -math.inf
        self._over: Mapping[int, str] = {}

    def __call__(self) -> Mapping[int, str]:
        now = time.monotonic()
        if now - self._asked >= ASK_SECONDS[self._jobs[0].cluster]:
            self._asked = now
            with suppress(QueueError):  # busy, or restarting: the next time will tell
                self._over = self._left(in_queue(self._jobs))
        return self._over

    def _left(self, queue: Mapping[str, Queued]) -> Mapping[int, str]:
        return {
            k: f"job {job.id} ended without finishing; what it printed is in {self._logs / job.id}"
            for k, job in enumerate(self._jobs)
            if job.id not in queue
        }


class _TerminatedError(SystemExit):
    """SIGTERM, on its way through whatever is being done."""


@dataclass(slots=True)
class Submitted:
    """What a job of submitit's calls: its task, from wherever that stands.

    Attributes
    ----------
    fruitless
        Starts in a row before this one that recorded no epoch.
    before
        Epochs that were recorded when this job began; None before it has.
    requeuing
        Whether it is on its way out and back to the queue.
    """

    task: Task
    fruitless: int = 0
    before: int | None = None
    requeuing: bool = False

    def __call__(self) -> None:
        """Carry out the task; SIGTERM stops it and leaves the rest to SLURM."""
        import submitit

        self.before = self._recorded()
        signal.signal(signal.SIGTERM, _terminated)
        try:
            carry_out(replace(self.task, job=submitit.JobEnvironment().job_id))
        except (
            submitit.core.utils.UncompletedJobError
        ):  # what submitit raises where ``checkpoint`` gives None
            give_up(Path(self.task.store), self.task.group, FRUITLESS)
            raise
        except _TerminatedError:
            if self.requeuing:
                raise
            # Cancelled or preempted: the kill that follows, with or without a requeue, is SLURM's. A job that ended by
            # itself within the time of grace would not be requeued.
            time.sleep(HOLD_SECONDS)
            raise

    def checkpoint(self) -> Any:
        """Return what is left, for submitit to requeue: the same task; None where it never gets anywhere.

        There is nothing to save: every epoch recorded is in the store.
        """
        from submitit.helpers import DelayedSubmission

        got_on = self.before is None or self._recorded() > self.before
        fruitless = 0 if got_on else self.fruitless + 1
        if fruitless >= MOST_FRUITLESS:
            return None
        self.requeuing = True
        return DelayedSubmission(Submitted(self.task, fruitless))

    def _recorded(self) -> int:
        from trichotomy.decisions import Store

        record = Store(self.task.store)
        rows = [record.observers.index(observer) for observer in self.task.group]
        return int(record.done()[rows].sum())


def _terminated(*_: object) -> NoReturn:
    with suppress(ValueError):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # once is enough
    raise _TerminatedError(128 + signal.SIGTERM)
