"""A worker process: takes runs of one store from its standard input and tells their progress on its standard output.

``python -m trichotomy.training.worker STORE DEVICE`` reads one observer's id per line and writes one JSON object per
line. It ends when its input does, so no worker outlives whoever started it.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import sys
import threading
from pathlib import Path
from typing import IO, Any


def main(store_path: str, device: str) -> None:
    """Work until the input ends."""
    for name in ("SIGTERM", "SIGUSR1", "SIGUSR2"):  # a cluster sends these to all processes of a job at once
        if hasattr(signal, name):
            signal.signal(
                getattr(signal, name), signal.SIG_IGN
            )  # what they mean, whoever started this decides
    runs: queue.Queue[str] = queue.Queue()
    threading.Thread(target=_listen, args=(sys.stdin, runs), daemon=True).start()
    events = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # whatever a user's network prints is no event
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # CUDA sums alike every time only with it
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.append(here)  # a user's own networks and data are found from here, and hide nothing

    from trichotomy.errors import TrichotomyError
    from trichotomy.training.job import Workplace

    def tell(**event: Any) -> None:
        events.write(json.dumps(event) + "\n")
        events.flush()

    workplace = Workplace(store_path, device)
    while True:
        observer = runs.get()
        try:
            workplace.run(observer, lambda epoch, measures: tell(epoch=epoch, measures=measures))
        except TrichotomyError as error:
            tell(failed=str(error))
        except Exception as error:  # noqa: BLE001 - whatever went wrong with one network, the others go on
            tell(failed=f"{type(error).__name__}: {error}", last=True)
            os._exit(1)  # and none of them on a device, or in memory, that it may have left unusable
        else:
            tell(done=True)


def _listen(source: IO[str], runs: queue.Queue[str]) -> None:
    for line in source:
        runs.put(line.strip())
    os._exit(0)  # whoever gave the work has gone


if __name__ == "__main__":
    main(*sys.argv[1:])
