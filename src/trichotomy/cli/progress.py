"""Progress on standard error: a live line on a terminal, plain lines elsewhere, nothing for quick work."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

QUIET_SECONDS = 1.0
PLAIN_EVERY_SECONDS = 5.0


class Step(Protocol):
    """Called before each piece of work with its name and, where known, how many of how many are done."""

    def __call__(self, name: str, done: int = 0, total: int = 0) -> None:
        """Say what is being done."""
        ...


@contextmanager
def steps(title: str, *, unit: str = "steps") -> Iterator[Step]:
    """Show what is being done, once it has lasted over a second.

    Parameters
    ----------
    title
        What the whole is called, such as ``Reading``.
    unit
        What is counted.
    """
    shown = _live(title, unit) if sys.stderr.isatty() else _plain(title, unit)
    with shown as step:
        yield step


@contextmanager
def _live(title: str, unit: str) -> Iterator[Step]:
    from rich.console import Console
    from rich.status import Status

    status = Status(f"{title} ...", console=Console(stderr=True))
    start, running = time.monotonic(), False

    def step(name: str, done: int = 0, total: int = 0) -> None:
        nonlocal running
        status.update(f"{title}: {name}{_count(done, total, unit)}")
        if not running and (time.monotonic() - start > QUIET_SECONDS or total > 1):
            running = True
            status.start()

    try:
        yield step
    finally:
        if running:
            status.stop()


@contextmanager
def _plain(title: str, unit: str) -> Iterator[Step]:
    start = time.monotonic()
    last = start + QUIET_SECONDS - PLAIN_EVERY_SECONDS

    def step(name: str, done: int = 0, total: int = 0) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= PLAIN_EVERY_SECONDS:
            last = now
            spent = f"{now - start:.0f} s"
            sys.stderr.write(f"{title}: {name}{_count(done, total, unit)} [{spent}]\n")
            sys.stderr.flush()

    yield step


def _count(done: int, total: int, unit: str) -> str:
    return f" ({done} of {total} {unit})" if total > 1 else ""
