"""Threads for work that leaves the interpreter: decoding, resizing, generating."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import Any, TypeVar

T = TypeVar("T")
MOST = 16
_HERE = threading.local()


def spread(function: Callable[[int], T], count: int) -> list[T]:
    """Return ``[function(0), ..., function(count - 1)]``, several at a time; the first error is raised.

    The threads are kept for the next call. Each takes the next number when it is free, so that a batch costs a task
    per thread and not one per item; the caller is one of them.
    """
    if count < 2 or workers() == 1 or getattr(_HERE, "pooled", False):  # a thread that waits for its own pool
        return [function(i) for i in range(count)]
    results: list[Any] = [None] * count
    failed: dict[int, BaseException] = {}
    waiting = iter(range(count))

    def work() -> None:
        i = -1
        try:
            for i in waiting:
                results[i] = function(i)
        except BaseException as error:  # noqa: BLE001 - raised below, once the others have stopped
            failed[i] = error
            for _ in waiting:
                pass

    helping = min(workers(), count) - 1
    tasks = [_pool(os.getpid(), workers()).submit(work) for _ in range(helping)]
    work()
    for task in tasks:
        task.result()
    if failed:
        raise failed[min(failed)]
    return results


@lru_cache(maxsize=1)
def _pool(pid: int, threads: int) -> ThreadPoolExecutor:  # noqa: ARG001 - a process that was forked has none of them
    return ThreadPoolExecutor(threads, thread_name_prefix="spread", initializer=_mark)


def _mark() -> None:
    _HERE.pooled = True


def workers() -> int:
    """How many threads: one per processor that this process may use, 16 at most."""
    return min(MOST, processors())


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
