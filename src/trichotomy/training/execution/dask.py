"""Dask: one task per group of runs, on any cluster that ``distributed.Client`` reaches."""

from __future__ import annotations

import logging
import signal
import subprocess
import sys
import tempfile
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from trichotomy.datasets import processors
from trichotomy.errors import InputError, MissingExtraError, TrichotomyError
from trichotomy.training.execution import Event
from trichotomy.training.execution.following import follow
from trichotomy.training.execution.notes import notes_of
from trichotomy.training.execution.task import Task

if TYPE_CHECKING:
    from distributed import Client

LOCAL = "local"
CONNECT_SECONDS = 5.0
LOOK_SECONDS = 1.0
ASK_SECONDS = 0.5
ENDING_SECONDS = 10.0
PATIENCE_SECONDS = 60.0
"""For so long after a task has ended its last files may not be seen yet over a network."""


class TaskError(TrichotomyError):
    """A task of Dask's that ended badly, and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DaskExecutor:
    """Carries out a study through a Dask cluster; closing the iterator, or losing this process, stops its tasks.

    A task whose worker is lost runs again on another one and goes on from the store.

    Attributes
    ----------
    address
        Of the scheduler, such as ``tcp://host:8786``; ``local`` starts a cluster of this machine's processes.
    device, threads
        Of every task, as an entry of ``LocalExecutor.devices``, and threads within one network on a CPU.
    workers
        Processes of a local cluster; default one per processor, one in all with a GPU.
    cache
        Path of the folder of decoded images on every machine; tasks fill it.

    Raises
    ------
    MissingExtraError
        ``distributed`` is not installed.
    """

    address: str
    device: str = "cpu"
    threads: int = 1
    workers: int | None = None
    cache: Path | None = None

    def __post_init__(self) -> None:
        try:
            import distributed  # noqa: F401 - find out before anything is begun
        except ImportError as error:
            feature = "carrying out a study with Dask"
            raise MissingExtraError(feature, "cluster") from error
        if self.workers is not None and self.workers < 1:
            msg = f"workers is {self.workers}; at least one is needed"
            raise InputError(msg)

    def check(self) -> None:
        """Find out whether the scheduler answers.

        Raises
        ------
        InputError
            It does not.
        """
        if self.address != LOCAL:
            with self._client():
                pass

    def execute(self, store: Path, groups: Sequence[Sequence[str]]) -> Generator[Event]:
        """Submit a task per group and follow them."""
        wanted = [tuple(group) for group in groups]
        earlier = notes_of(store)
        with self._client() as client:
            futures = [
                client.submit(
                    work,
                    Task(store=str(store), group=group, device=self.device, threads=self.threads,
                         folder=str(Path.cwd()), cache=str(self.cache.absolute()) if self.cache else ""),
                    key=f"{store.stem}-{group[0]}-{uuid4().hex}", pure=False,
                )
                for group in wanted
            ]  # fmt: skip
            try:
                yield from follow(
                    store, wanted, lambda: _ended(client, futures), earlier=earlier, every=LOOK_SECONDS,
                    patience=0.0 if self.address == LOCAL else PATIENCE_SECONDS,
                )  # fmt: skip
            finally:
                with suppress(Exception):  # the scheduler may be what has gone
                    client.cancel(futures, force=True)  # type: ignore[no-untyped-call]

    @contextmanager
    def _client(self) -> Iterator[Client]:
        from distributed import Client, LocalCluster

        for name in ("distributed", "distributed.client", "tornado.application"):
            logging.getLogger(name).setLevel(logging.CRITICAL)  # what goes wrong is told as a run that failed
        if self.address == LOCAL:
            ranks = 1 + self.device.count(",")
            alone = 1 if "cuda" in self.device else max(processors() // (self.threads * ranks), 1)
            count = self.workers or alone
            cluster = LocalCluster(  # type: ignore[no-untyped-call]
                n_workers=count, threads_per_worker=1, dashboard_address=None, silence_logs=logging.CRITICAL
            )
            with cluster, Client(cluster) as client:  # type: ignore[no-untyped-call]
                client.register_plugin(_deaf())
                yield client
            return
        try:
            client = Client(self.address, timeout=CONNECT_SECONDS)  # type: ignore[no-untyped-call]
        except (OSError, ValueError, ImportError) as error:
            msg = f"no Dask scheduler answers at {self.address}: {_first_line(error)}"
            raise InputError(msg) from error
        with client:
            yield client


def _deaf() -> Any:
    """Make a plugin for workers of this terminal: Ctrl-C is for the command, which then ends them."""
    from distributed import WorkerPlugin

    class Deaf(WorkerPlugin):
        def setup(self, worker: Any) -> None:
            del worker
            signal.signal(signal.SIGINT, signal.SIG_IGN)

    return Deaf()


def _ended(client: Client, futures: Sequence[Any]) -> Mapping[int, str]:
    if client.status != "running":
        return dict.fromkeys(range(len(futures)), "the Dask scheduler was lost")
    over = {}
    for k, future in enumerate(futures):
        status = future.status
        if status == "error":
            error = future.exception()
            over[k] = f"its Dask task ended: {_first_line(error)}"
        elif status in ("finished", "cancelled", "lost"):
            over[k] = f"its Dask task was {status} and has left epochs undone"
    return over


def work(task: Task) -> None:
    """Carry out one task in a process of its own, from within a worker of Dask's.

    Raises
    ------
    TaskError
        That process ended badly.
    """
    from distributed import get_worker

    worker = get_worker()
    key = worker.get_current_task()
    with tempfile.TemporaryFile(mode="w+") as errors:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "trichotomy.training.execution.task"],
            stdin=subprocess.PIPE, stdout=errors, stderr=errors, text=True, start_new_session=True,
        )  # fmt: skip
        assert process.stdin is not None
        try:
            with suppress(OSError):  # a process that has died says so by its status
                process.stdin.write(task.as_text() + "\n")
                process.stdin.flush()
            while _wanted(worker, key):
                with suppress(subprocess.TimeoutExpired):
                    process.wait(ASK_SECONDS)
                    break
        finally:
            with suppress(OSError):
                process.stdin.close()  # which ends it, if it has not ended
            try:
                status = process.wait(ENDING_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                status = process.wait()
        if status:
            errors.seek(0)
            lines = [line.strip() for line in errors.read().splitlines() if line.strip()]
            msg = f"status {status}" + (f": {lines[-1]}" if lines else "")
            raise TaskError(msg)


def _wanted(worker: Any, key: Any) -> bool:
    """Whether somebody still waits for the task: cancelled, or its client gone, Dask forgets it and goes on."""
    state = worker.state.tasks.get(key)
    return state is not None and state.state not in ("cancelled", "released", "forgotten")


def _first_line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
