"""Threads for work that leaves the interpreter: decoding, resizing, generating."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
MOST = 16


def spread(function: Callable[[int], T], count: int) -> list[T]:
    """Return ``[function(0), ..., function(count - 1)]``, several at a time; the first error is raised."""
    if count < 2 or workers() == 1:
        return [function(i) for i in range(count)]
    with ThreadPoolExecutor(min(workers(), count)) as pool:
        return list(pool.map(function, range(count)))


def workers() -> int:
    """How many threads: one per processor that this process may use, 16 at most."""
    return min(MOST, processors())


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
