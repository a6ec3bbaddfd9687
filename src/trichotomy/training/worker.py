"""A worker process: takes runs of one store from its standard input and tells their progress on its standard output.

``python -m trichotomy.training.worker STORE DEVICE [CACHE]`` reads one group per line, a JSON list of observers' ids,
and writes one event per line, a JSON object. It ends when its input does, so no worker outlives whoever started it.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import sys
import threading
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

from trichotomy.errors import TrichotomyError


def main(store_path: str, device: str, cache: str | None = None) -> None:
    """Work until the input ends."""
    for name in ("SIGTERM", "SIGUSR1", "SIGUSR2"):  # a cluster sends these to all processes of a job at once
        if hasattr(signal, name):  # what they mean, whoever started this decides
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    runs: queue.Queue[list[str]] = queue.Queue()
    threading.Thread(target=_listen, args=(sys.stdin, runs), daemon=True).start()
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

    workplace = Workplace(store_path, device, cache=cache)
    tell({"ready": True})
    while True:
        group = runs.get()
        try:
            workplace.run(group, lambda event: tell(asdict(event)))
        except Exception as error:  # noqa: BLE001 - whatever went wrong with these networks, others go on
            told = str(error) if isinstance(error, TrichotomyError) else f"{type(error).__name__}: {error}"
            tell({"ended": told})
            os._exit(1)  # and none of them on a device, or in memory, that it may have left unusable


def _listen(source: IO[str], runs: queue.Queue[list[str]]) -> None:
    for line in source:
        runs.put(json.loads(line))
    os._exit(0)  # whoever gave the work has gone


if __name__ == "__main__":
    main(*sys.argv[1:])
