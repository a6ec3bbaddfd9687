"""Jobs that were handed to a cluster's queue: what the store remembers of them, and what the queue says."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from trichotomy.errors import TrichotomyError
from trichotomy.training.execution.notes import write_text
from trichotomy.training.plan import STUDY

SUBMISSIONS = Path(STUDY) / "submissions"
"""Where in a store's folder it is remembered which jobs were submitted: a file per submission."""
SQUEUE_SECONDS = 20.0
Queued = Literal["waiting", "running"]


class QueueError(TrichotomyError):
    """The cluster's queue cannot be asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One job of a cluster.

    Attributes
    ----------
    id
        As the cluster names it: ``1234_5``.
    cluster
        ``slurm``; ``local``: a process of this machine that stands in for it.
    observers
        Whose networks it trains.
    submitted
        Seconds since 1970.
    """

    id: str
    cluster: str
    observers: tuple[str, ...]
    submitted: float


def remember(store: Path, jobs: Sequence[Job]) -> None:
    """Note in the store that these jobs were submitted together."""
    text = json.dumps([asdict(job) for job in jobs])
    write_text(store / SUBMISSIONS / f"{jobs[0].id.partition('_')[0]}.json", text)


def submitted(store: Path) -> list[Job]:
    """Return all jobs ever submitted, the latest last."""
    jobs: list[Job] = []
    for path in (store / SUBMISSIONS).glob("*.json"):
        with suppress(OSError, ValueError, TypeError, KeyError):
            content = json.loads(path.read_text(encoding="utf-8"))
            jobs.extend([Job(**{**each, "observers": tuple(each["observers"])}) for each in content])
    return sorted(jobs, key=lambda job: job.submitted)


def in_queue(jobs: Iterable[Job]) -> dict[str, Queued]:
    """Return which of these jobs are waiting or running, by id; those that have ended are left out.

    Raises
    ------
    QueueError
        SLURM's ``squeue`` is not here or does not answer.
    """
    jobs = list(jobs)
    found: dict[str, Queued] = {
        job.id: "running" for job in jobs if job.cluster == "local" and _is_submitit(job.id)
    }
    arrays = sorted({job.id.partition("_")[0] for job in jobs if job.cluster == "slurm"})
    if arrays:
        known = {job.id for job in jobs}
        found |= {job: state for job, state in _squeue(arrays).items() if job in known}
    return found


def active(store: Path) -> list[Job]:
    """Return the jobs of this study that are waiting or running.

    Raises
    ------
    QueueError
        SLURM's ``squeue`` is not here or does not answer.
    """
    jobs = submitted(store)
    queued = in_queue(jobs)
    return [job for job in jobs if job.id in queued]


def cancelling(jobs: Sequence[Job]) -> str:
    """Return the command that takes these jobs from the queue."""
    if all(job.cluster == "local" for job in jobs):
        return f"kill -INT {' '.join(job.id for job in jobs)}"
    return f"scancel {' '.join(sorted({job.id.partition('_')[0] for job in jobs}))}"


def _squeue(arrays: Sequence[str]) -> dict[str, Queued]:
    if shutil.which("squeue") is None:
        msg = (
            "jobs of this study were submitted to SLURM, and there is no squeue here to ask; go on where there "
            "is one, or remove study/submissions from the store if they have ended"
        )
        raise QueueError(msg)
    command = ["squeue", "--noheader", "--array", "--format=%i %T", f"--jobs={','.join(arrays)}"]
    try:
        asked = subprocess.run(  # noqa: S603 - SLURM's own command
            command, capture_output=True, text=True, check=False, timeout=SQUEUE_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        msg = f"squeue does not answer: {error}"
        raise QueueError(msg) from error
    if asked.returncode and "Invalid job id" not in asked.stderr:  # that is how it says that a job has ended
        msg = f"squeue does not answer: {(asked.stderr.strip() or 'no reason given').splitlines()[-1]}"
        raise QueueError(msg)
    lines = [line.split() for line in asked.stdout.splitlines() if line.strip()]
    return {
        job: "running" if state in ("RUNNING", "COMPLETING", "SUSPENDED") else "waiting"
        for job, state in (line for line in lines if len(line) == 2)  # the rest is what a site has to say
    }


def _is_submitit(process: str) -> bool:
    """Whether that process is one of submitit's that stand in for a cluster."""
    try:
        words = Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:
        with suppress(OSError):
            os.kill(int(process), 0)
            return not Path("/proc/self").exists()
        return False
    return b"submitit" in words
