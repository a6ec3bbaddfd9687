"""Similarity of representations in feature space, against rsatoolbox and a literal N x N computation."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.timing import Row
from trichotomy import estimators

WIDTH = 64
SIZES = (3_000, 10_000)
REPEATS, MOST_REPEATS = 3, 20
"""Either side runs three times, and more often within a second."""
AT_LEAST = 10
"""Times faster, and times less memory."""
LARGE = (50_000, 512)
MOST_BYTES = 1e9


def rows() -> list[Row]:
    """RSA and CKA of two networks; each side is measured in a process of its own, on one thread."""
    found = []
    for N in SIZES:
        for measure, name in (("rsa", "literal"), ("cka", "literal"), ("rsa", "rsatoolbox")):
            if name == "rsatoolbox" and find_spec(name) is None:
                continue
            ours, theirs = _measured(measure, "ours", N, WIDTH), _measured(measure, name, N, WIDTH)
            np.testing.assert_allclose(ours[0], theirs[0], rtol=0, atol=1e-6)
            less = theirs[2] / max(ours[2], 1)
            faster = theirs[1] / ours[1]
            found.append(
                Row(f"{measure}, {N:,} items x {WIDTH}, {name}", ours[1], theirs[1],
                    f">= {AT_LEAST} x, {AT_LEAST} x less memory", faster >= AT_LEAST and less >= AT_LEAST,
                    f"memory beyond the features {ours[2] / 1e6:.0f} and {theirs[2] / 1e6:,.0f} MB, {less:.0f} x less")
            )  # fmt: skip
    value, spent, _, peak = _measured("rsa", "ours", *LARGE, all_of_it=True)
    assert 0 < value < 1
    found.append(
        Row(f"rsa, {LARGE[0]:,} items x {LARGE[1]}, whole process", spent, np.nan, "under 1 GB", peak < MOST_BYTES,
            f"{peak / 1e6:,.0f} MB at most, features included")
    )  # fmt: skip
    return found


def _measured(measure: str, how: str, N: int, D: int, *, all_of_it: bool = False) -> tuple[float, ...]:
    """Value, seconds, bytes beyond what was there before, bytes in all."""
    arguments = [measure, how, str(N), str(D)]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.similarity", *arguments], capture_output=True, text=True, check=True,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    value, spent, extra, peak = map(float, done.stdout.split())
    return (value, spent, extra, peak) if all_of_it else (value, spent, extra)


def _features(N: int, D: int) -> tuple[Any, Any]:
    rng = np.random.default_rng(0)
    x, y = (rng.standard_normal((N, D), dtype=np.float32) for _ in range(2))
    y += x
    return x, y


def _literal_rsa(x: Any, y: Any) -> float:
    above = np.triu_indices(len(x), 1)
    a, b = (1 - np.corrcoef(m)[above] for m in (x, y))
    return float(np.corrcoef(a, b)[0, 1])


def _literal_cka(x: Any, y: Any) -> float:
    K, L = (m.astype(np.float64) @ m.astype(np.float64).T for m in (x, y))
    for matrix in (K, L):
        np.fill_diagonal(matrix, 0)
    N = len(x)

    def hsic(P: Any, Q: Any) -> float:
        p, q = P.sum(axis=0), Q.sum(axis=0)
        return float(np.vdot(P, Q) + p.sum() * q.sum() / ((N - 1) * (N - 2)) - 2 * p @ q / (N - 2))

    return hsic(K, L) / float(np.sqrt(hsic(K, K) * hsic(L, L)))


def _rsatoolbox(x: Any, y: Any) -> float:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import rsatoolbox

        rdms = [rsatoolbox.rdm.calc_rdm(rsatoolbox.data.Dataset(m), method="correlation") for m in (x, y)]
        return float(rsatoolbox.rdm.compare(*rdms, method="corr")[0, 0])


def _one(measure: str, how: str, N: int, D: int) -> None:
    sides: dict[tuple[str, str], Callable[[Any, Any], float]] = {
        ("rsa", "literal"): _literal_rsa,
        ("cka", "literal"): _literal_cka,
        ("rsa", "rsatoolbox"): _rsatoolbox,
    }
    work = sides.get((measure, how)) or (lambda x, y: estimators.similarity(x, y, measure).value)
    work(*_features(200, D))  # imports and threads
    x, y = _features(N, D)
    before = _peak()
    spent = np.inf
    began = time.perf_counter()
    for k in range(MOST_REPEATS if N in SIZES else 1):
        if k >= REPEATS and time.perf_counter() - began > 1:
            break
        start = time.perf_counter()
        value = work(x, y)
        spent = min(spent, time.perf_counter() - start)
    print(value, spent, _peak() - before, _peak())


def _peak() -> int:
    """Bytes this process held at most; what the system accounts to it begins with its parent's."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))


if __name__ == "__main__":
    _one(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
