"""A worker process: takes runs of one store from its standard input and tells their progress on its standard output.

``python -m trichotomy.training.execution.worker STORE DEVICE [CACHE]`` reads one group per line, a JSON list of
observers' ids, and writes one event per line, a JSON object. It ends when its input does, so no worker outlives whoever
started it. Of the processes that torchrun starts for networks that several of them train, each takes one of the
DEVICEs, which commas part; the first one reads, and hands on what it has read.
"""

from __future__ import annotations

import json
import os
import queue
import select
import signal
import sys
import threading
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any, NoReturn

from trichotomy.errors import TrichotomyError


def main(store_path: str, places: str, cache: str | None = None) -> None:
    """Work until the input ends."""
    devices = places.split(",")
    rank = int(os.environ.get("RANK", "0")) if len(devices) > 1 else 0
    _leave_signals_to_the_parent(terminable=len(devices) > 1)
    runs: queue.Queue[list[str]] = queue.Queue()
    listening = _wait_for_its_end if rank else _listen
    threading.Thread(target=listening, args=(sys.stdin, runs), daemon=True).start()
    events = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # whatever a user's network prints is no event
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # CUDA sums alike every time only with it
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.append(here)  # a user's own networks and data are found from here, and hide nothing

    from trichotomy.training.job import Workplace

    writing = threading.Lock()

    def tell(about: dict[str, Any]) -> None:
        with writing:  # epochs are told from a thread of their own
            events.write(json.dumps(about) + "\n")
            events.flush()

    def end(error: Exception) -> NoReturn:
        told = str(error) if isinstance(error, TrichotomyError) else f"{type(error).__name__}: {error}"
        if len(devices) > 1:
            told = f"process {rank + 1} of {len(devices)} ended, perhaps because another had: {told}"
        tell({"ended": told})
        os._exit(1)

    try:
        workplace = Workplace(store_path, devices[rank], cache=cache)
    except Exception as error:
        if len(devices) == 1:
            raise
        end(error)  # torchrun has the last words on the standard error
    if not rank:
        tell({"ready": True})
    while True:
        group = [] if rank else runs.get()
        try:
            workplace.run(group, lambda event: tell(asdict(event)))
        except Exception as error:  # noqa: BLE001 - whatever went wrong with these networks, others go on
            end(error)  # and none of them on a device, or in memory, that it may have left unusable


def _leave_signals_to_the_parent(*, terminable: bool) -> None:
    """A cluster sends these to all processes of a job at once; what they mean, whoever started this decides.

    Torchrun ends its processes by SIGTERM.
    """
    for name in ("SIGUSR1", "SIGUSR2", *(() if terminable else ("SIGTERM",))):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)


def _listen(source: IO[str], runs: queue.Queue[list[str]]) -> None:
    for line in source:
        runs.put(json.loads(line))
    os._exit(0)  # whoever gave the work has gone


def _wait_for_its_end(source: IO[str], _: queue.Queue[list[str]]) -> None:
    """Notice that whoever writes has gone, without taking what another process reads."""
    ending = select.poll()
    ending.register(source, 0)
    ending.poll()
    os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
