"""Where the groups of a study are carried out: here, by SLURM or by Dask; what jobs note, and where a study stands."""

from trichotomy.training.execution.local import Event, Executor, LocalExecutor

__all__ = ["Event", "Executor", "LocalExecutor"]
