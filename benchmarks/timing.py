"""How things are timed and what a result is."""

from __future__ import annotations

import os
import platform
import time
import tracemalloc
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table: what was measured, how long each side took, and what was asked for."""

    what: str
    ours: float
    theirs: float
    wanted: str
    met: bool
    note: str = ""

    @property
    def ratio(self) -> float:
        """How many times longer the other side took."""
        return self.theirs / self.ours


def table(rows: Iterable[Row]) -> list[str]:
    """Lines of a Markdown table."""
    return [
        "| what, against what | ours (s) | theirs (s) | theirs / ours | wanted | met | |",
        "|---|---:|---:|---:|---|---|---|",
        *(
            f"| {r.what} | {r.ours:.4g} | {r.theirs:.4g} | {r.ratio:.3g} | {r.wanted} | "
            f"{'yes' if r.met else '**no**'} | {r.note} |"
            for r in rows
        ),
    ]


def seconds(work: Callable[[], Any], *, repeats: int = 5) -> float:
    """Shortest of some runs, after one that warms up."""
    work()
    best = float("inf")
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    return best


def interleaved(
    ours: Callable[[], Any], theirs: Callable[[], Any], *, repeats: int = 7
) -> tuple[float, float]:
    """Shortest runs of two things measured in turn, so that a noisy machine disturbs both alike."""
    ours()
    theirs()
    best = [float("inf"), float("inf")]
    for _ in range(repeats):
        for k, work in enumerate((ours, theirs)):
            start = time.perf_counter()
            work()
            best[k] = min(best[k], time.perf_counter() - start)
    return best[0], best[1]


def peak_bytes(work: Callable[[], Any]) -> int:
    """Largest memory that Python and NumPy held at once beyond what was there before."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def machine() -> str:
    """Describe the machine in one line."""
    model = platform.processor() or platform.machine()
    try:
        with open("/proc/cpuinfo") as file:  # noqa: PTH123
            model = next(line.split(":")[1].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        pass
    return f"{model}, {os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()}"


def threads(count: int | None) -> Any:
    """Limit the threads of the numerical libraries inside a ``with`` block; None leaves them as they are."""
    from threadpoolctl import threadpool_limits

    return threadpool_limits(limits=count)
