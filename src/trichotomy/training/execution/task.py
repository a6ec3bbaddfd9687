"""One group of runs as one task of a cluster: what SLURM's jobs and Dask's tasks have in common.

``python -m trichotomy.training.execution.task`` reads a ``Task`` as JSON from the first line of its standard input, and
ends when that input does: no task outlives whoever started it.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What a task needs to know; the store has the rest.

    Attributes
    ----------
    store
        Its absolute path, the same on every machine.
    group
        Observers whose networks are trained together.
    device, threads
        As for ``LocalExecutor``.
    folder
        The folder the study was started from, where modules of users are found; left out where it is not there.
    cache
        Folder of decoded images; empty for none.
    job
        Name of the cluster's job.
    """

    store: str
    group: tuple[str, ...]
    device: str
    threads: int
    folder: str
    cache: str = ""
    job: str = ""

    def as_text(self) -> str:
        """Return it as one line of JSON."""
        return json.dumps(asdict(self))


def carry_out(task: Task) -> None:
    """Train the networks of one group in worker processes of this machine, with notes of how it goes.

    A fault of a network ends up in its note and in the store; whatever is raised here stops the workers first.
    """
    from trichotomy.training.execution import LocalExecutor
    from trichotomy.training.execution.notes import Noted

    if Path(task.folder).is_dir():
        os.chdir(task.folder)
    cache = Path(task.cache) if task.cache else None
    runner = Noted(LocalExecutor((task.device,), task.threads, cache), task.job)
    with closing(runner.execute(Path(task.store), [task.group])) as events:
        for _ in events:
            pass


def main() -> None:
    """Carry out one task; SIGTERM ends it in good order."""
    content: dict[str, Any] = json.loads(sys.stdin.readline())
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    threading.Thread(target=_until_left, daemon=True).start()
    carry_out(Task(**{**content, "group": tuple(content["group"])}))


def _until_left() -> None:
    sys.stdin.read()
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
