"""Where a study is carried out, as the options say: here, by SLURM, or by Dask."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from trichotomy.errors import InputError

if TYPE_CHECKING:
    from trichotomy.training.execution import Executor
    from trichotomy.training.machine import Machine


def check_places(*, slurm: str | None, dask: str | None, no_wait: bool) -> dict[str, Any] | None:
    """Refuse what does not go together, and return what ``--slurm`` says, None where it is not given."""
    from trichotomy.training import slurm_options

    if slurm is not None and dask is not None:
        msg = "--slurm and --dask are two places to carry out a study; give one of them"
        raise InputError(msg)
    if no_wait and slurm is None:
        msg = "--no-wait leaves jobs to a queue, so it needs --slurm"
        raise InputError(msg)
    return None if slurm is None else slurm_options(slurm)


def wants_gpu(slurm: dict[str, Any]) -> bool:
    """Whether jobs with these options have a GPU, whatever this machine has."""
    return bool(slurm.get("gpus_per_node")) or "gpu" in str(slurm.get("gres", ""))


def executor_for(
    machine: Machine,
    *,
    slurm: dict[str, Any] | None,
    dask: str | None,
    no_wait: bool,
    workers: int | None,
    cache: Path | None,
) -> Executor | None:
    """Return what carries out the study, None for processes of this machine; a place that is not there is refused."""
    from trichotomy.training import DaskExecutor, SlurmExecutor

    device = ",".join("cpu" if machine.device == "cpu" else f"cuda:{rank}" for rank in range(machine.ranks))
    if slurm is not None:
        return SlurmExecutor(
            options=slurm,
            device=device,
            threads=machine.threads,
            workers=workers,
            cache=cache,
            wait=not no_wait,
        )
    if dask is not None:
        executor = DaskExecutor(
            address=dask, device=device, threads=machine.threads, workers=workers, cache=cache
        )
        executor.check()
        return executor
    return None


def how_to_look(out: Path) -> str:
    """Where the jobs of a study stand and how to stop them, in sentences; empty where there are none."""
    from trichotomy.training.execution.submissions import QueueError, active, cancelling

    try:
        jobs = active(out)
    except QueueError:
        jobs = []
    if not jobs:
        return ""
    return (
        f"{len(jobs)} {'job goes' if len(jobs) == 1 else 'jobs go'} on without this command. "
        f"Look: trichotomy study --out {out} --status. Cancel: {cancelling(jobs)}."
    )
