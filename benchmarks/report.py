"""The whole of ``trichotomy analyze``, and where its time goes."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path

from benchmarks.agreement import responses
from benchmarks.timing import Row
from trichotomy.decisions import from_arrays, write

OBSERVERS = 64
IMPORTS = "import xarray, matplotlib.pyplot"


def whole(repeats: int = 3) -> tuple[list[Row], list[tuple[str, float]]]:
    """Analyse 64 x 50,000 decisions to a finished report, against importing xarray and matplotlib.

    Returns the row, and (step, seconds) of one run inside a process.
    """
    response, target = responses(OBSERVERS)
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "d.zarr"
        write(from_arrays(response, target=target), store)
        best = {"analyze": float("inf"), "imports": float("inf")}
        for k in range(repeats):
            out = Path(folder) / f"report{k}"
            commands = {
                "imports": [sys.executable, "-c", IMPORTS],
                "analyze": [sys.executable, "-m", "trichotomy", "analyze", str(store), "--out", str(out)],
            }
            for name, command in commands.items():
                start = time.perf_counter()
                subprocess.run(command, check=True, capture_output=True)
                best[name] = min(best[name], time.perf_counter() - start)
            size = (out / "report.html").stat().st_size
        steps = _steps(store, Path(folder) / "steps")
    ratio = best["analyze"] / best["imports"]
    row = Row(
        f"analyze {OBSERVERS} x 50,000 to a finished report, {IMPORTS}", best["analyze"], best["imports"],
        "< 10 x its time", ratio < 10, f"{ratio:.1f} x the imports; report of {size / 1e6:.1f} MB",
    )  # fmt: skip
    return [row], steps


def _steps(store: Path, out: Path) -> list[tuple[str, float]]:
    from trichotomy.decisions import Store
    from trichotomy.report import analyze

    marks: list[tuple[str, float]] = []
    analyze(Store(store).read(), out, progress=lambda name: marks.append((name, time.perf_counter())))
    marks.append(("", time.perf_counter()))
    spent = [(name, after - before) for (name, before), (_, after) in pairwise(marks)]
    return sorted(spent, key=lambda step: -step[1])
