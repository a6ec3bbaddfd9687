"""Worker processes of a study, found by what they were started with."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path


def workers_of(store: Path) -> list[int]:
    """Ids of the worker processes that carry out this study."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
                state = (entry / "stat").read_text().rpartition(")")[2].split()[0]
            except OSError:
                continue
            if (
                b"trichotomy.training.execution.worker" in words
                and str(store).encode() in words
                and state != "Z"
            ):
                found.append(int(entry.name))
    return found


def until(true: Callable[[], object], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.02)
