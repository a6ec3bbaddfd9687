"""Where runs are executed: the protocol between a plan and its jobs, and the local processes that follow it."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
from collections import deque
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Literal, Protocol

ENDING_SECONDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What happened to one run.

    Attributes
    ----------
    kind
        ``started``, ``epoch`` (recorded), ``done`` or ``failed``.
    epoch, measures
        Of an ``epoch``.
    reason
        Why it failed.
    """

    observer: str
    kind: Literal["started", "epoch", "done", "failed"]
    epoch: int = 0
    measures: Mapping[str, float] = field(default_factory=dict)
    reason: str = ""


class Executor(Protocol):
    """Carries out runs of a study; the store is all that the jobs share."""

    def execute(self, store: Path, groups: Sequence[Sequence[str]]) -> Generator[Event]:
        """Carry out the runs of these observers, and tell what happens; closing the iterator stops them.

        Each run ends with ``done`` or ``failed``, whatever happens to the others.

        Parameters
        ----------
        groups
            Ids of observers; those of one group need the same batches and are to train in one process.
        """
        ...


@dataclass(frozen=True, slots=True)
class LocalExecutor:
    """Worker processes on this machine, each with one group of runs at a time.

    A group whose process breaks is halved, and both halves are tried again, from where each network stood; so a
    network fails only where it breaks alone, and a group too large for the memory becomes smaller.

    Attributes
    ----------
    devices
        One entry per process, as ``torch.device`` takes it; where several processes train a network, their devices with
        commas between.
    threads
        Within each process on a CPU.
    cache
        Folder of decoded images, or None.
    """

    devices: tuple[str, ...] = ("cpu",)
    threads: int = 1
    cache: Path | None = None

    def execute(self, store: Path, groups: Sequence[Sequence[str]]) -> Generator[Event]:
        """Carry out the groups in this order, each as soon as a process is free."""
        waiting = deque(list(group) for group in groups)
        news: queue.Queue[tuple[_Worker, Mapping[str, Any]]] = queue.Queue()
        workers: list[_Worker] = []
        busy: dict[_Worker, list[str]] = {}
        try:
            for device in self.devices[: len(waiting)]:
                worker = self._worker(store, device, news)
                workers.append(worker)
                busy[worker] = waiting.popleft()
                yield from worker.start(busy[worker])
            while busy:
                worker, told = news.get()
                if worker not in busy:
                    continue  # the last words of one that was replaced
                left = busy[worker]
                if "ended" in told:
                    if len(left) > 1 and worker.ready:
                        middle = len(left) // 2
                        waiting += left[:middle], left[middle:]
                    else:
                        yield from (Event(observer=o, kind="failed", reason=str(told["ended"])) for o in left)
                    left.clear()
                else:
                    event = Event(**told)
                    yield event
                    if event.kind != "epoch":
                        left.remove(event.observer)
                if left:
                    continue
                del busy[worker]
                if waiting:
                    if "ended" in told:
                        worker = self._worker(store, worker.device, news)
                        workers.append(worker)
                    busy[worker] = waiting.popleft()
                    yield from worker.start(busy[worker])
        finally:
            for worker in workers:
                worker.stop()

    def _worker(self, store: Path, device: str, news: queue.Queue[Any]) -> _Worker:
        return _Worker(store, device, self.threads, news, self.cache)


class _Worker:
    """A process that runs ``training.execution.worker``, and a thread that listens to it."""

    def __init__(
        self, store: Path, device: str, threads: int, news: queue.Queue[Any], cache: Path | None
    ) -> None:
        self.device = device
        self.ready = False
        self._news = news
        self._errors = tempfile.TemporaryFile(mode="w+")  # noqa: SIM115 - closed with the process
        kept = [] if cache is None else [str(cache.absolute())]
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [*_starting(device.count(",") + 1), "trichotomy.training.execution.worker", str(store), device, *kept],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors, text=True,
            env=os.environ
            | {f"{name}_NUM_THREADS": str(threads) for name in ("OMP", "MKL", "OPENBLAS")}
            | {"PYTHONSAFEPATH": "1"},
            start_new_session=True,  # Ctrl-C is for the parent, which then ends its workers
        )  # fmt: skip
        threading.Thread(target=self._listen, args=(self._process.stdout,), daemon=True).start()

    def start(self, group: Sequence[str]) -> Iterator[Event]:
        """Hand over one group."""
        with suppress(OSError):  # a process that has died says so through its output
            assert self._process.stdin is not None
            self._process.stdin.write(json.dumps(group) + "\n")
            self._process.stdin.flush()
        return (Event(observer=observer, kind="started") for observer in list(group))

    def stop(self) -> None:
        """End the process."""
        with suppress(OSError):
            assert self._process.stdin is not None
            self._process.stdin.close()
        try:
            self._process.wait(ENDING_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._errors.close()

    def _listen(self, output: IO[str]) -> None:
        ended = False
        with output:
            for line in output:
                with suppress(ValueError):  # half a line of one that was killed
                    told = json.loads(line)
                    self.ready = self.ready or "ready" in told
                    ended = ended or "ended" in told
                    if "ready" not in told:
                        self._news.put((self, told))
        status = self._process.wait()
        if not ended:
            self._news.put((self, {"ended": self._last_words(status)}))

    def _last_words(self, status: int) -> str:
        try:
            self._errors.seek(0)
            lines = [line.strip() for line in self._errors.read().splitlines() if line.strip()]
        except ValueError:  # closed already: nobody wants to know
            lines = []
        how = f"was killed by {signal.Signals(-status).name}" if status < 0 else f"ended with status {status}"
        if -status == signal.SIGKILL:
            how += " (out of memory?)"
        return f"the worker {how}" + (f": {lines[-1]}" if lines else "")


def _starting(ranks: int) -> list[str]:
    """What starts a module in as many processes."""
    alone = [sys.executable, "-P", "-m"]
    if ranks == 1:
        return alone
    here = ["--standalone", "--local-addr=127.0.0.1"]  # whether or not the machine's name leads anywhere
    return [*alone, "torch.distributed.run", *here, f"--nproc-per-node={ranks}", "-m"]
