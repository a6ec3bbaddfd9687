"""Arrays of class probabilities, checked row by row and reduced to what decisions need: the best classes.

Done a few thousand rows at a time, so that nothing as large as the array is made beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trichotomy.errors import InputError

CHUNK = 4096
PEEK = 64
"""Rows that are looked at to see whether an array holds probabilities."""


@dataclass(frozen=True, slots=True, eq=False)
class Best:
    """What is kept of probabilities [M, N, K]: one row per decision, observer by observer.

    ``classes`` is int32[M * N, k], columns of the k best classes, the first of equals first, -1 where the row holds a
    NaN; ``p_best`` and ``p_wanted`` are float64[M * N], NaN there, and where no class is wanted.
    """

    classes: NDArray[np.int32]
    p_best: NDArray[np.float64]
    p_wanted: NDArray[np.float64]


def looks_probable(array: NDArray[Any]) -> bool:
    """Whether the first rows are fractions that sum to one, or single fractions."""
    if array.dtype.kind != "f" or array.ndim not in (2, 3) or not array.size:
        return False
    rows = np.asarray(array[:PEEK] if array.ndim == 2 else array[0, :PEEK], dtype=np.float64)
    rows = rows[np.isfinite(rows).all(axis=1)]
    if not rows.size or (rows == np.trunc(rows)).all():
        return False
    return not _improbable(rows, _tolerance(array)).any()


def shape_of(array: NDArray[Any], name: str) -> tuple[int, int, int]:
    """Observers, items and classes of an array; one output alone stands for two classes.

    Raises
    ------
    InputError
        Another shape, or no numbers.
    """
    if array.dtype.kind not in "fiu" or array.ndim not in (1, 2, 3) or not array.size:
        msg = f"the array {name} has shape {array.shape} of {array.dtype}; class probabilities are (item, class)"
        raise InputError(msg)
    M, N, K = _cube(array).shape
    return M, N, max(K, 2)


def best_classes(array: NDArray[Any], name: str, wanted: NDArray[np.int64] | None, k: int = 1) -> Best:
    """Find the k most probable classes of every row, and the probability of the class that is wanted.

    Parameters
    ----------
    array
        Probabilities (N, K) or (M, N, K); with one output, (N,) or (N, 1), that of class 1 of two.
    name
        What to call it in messages.
    wanted
        int64[N]: the class whose probability is asked for, -1 for none.

    Raises
    ------
    InputError
        A row outside 0 to 1, or that does not sum to one, by more than rounding.
    """
    cube, tolerance = _cube(array), _tolerance(array)
    M, N, K = cube.shape
    flat = cube.reshape(M * N, K)
    k = min(k, max(K, 2))
    found = Best(np.empty((M * N, k), dtype=np.int32), np.full(M * N, np.nan), np.full(M * N, np.nan))
    for start in range(0, M * N, CHUNK):
        rows = slice(start, min(start + CHUNK, M * N))
        p = flat[rows].astype(np.float64)
        known = np.asarray(np.isfinite(p).all(axis=1))
        bad = np.flatnonzero(known & _improbable(p, tolerance))
        if bad.size:
            raise InputError(_refusal(p[bad[0]], (start + int(bad[0])) % N, name))
        if K == 1:
            p = np.concatenate([1 - p, p], axis=1)
        if k == 1:
            best = p.argmax(axis=1)[:, None]
        else:
            best = np.argsort(-p, axis=1, kind="stable")[:, :k]
        at = np.arange(len(p))
        found.classes[rows] = np.where(known[:, None], best, -1)
        found.p_best[rows] = np.where(known, np.clip(p[at, best[:, 0]], 0, 1), np.nan)
        if wanted is not None:
            one = wanted[np.arange(rows.start, rows.stop) % N]
            asked = known & (one >= 0)
            found.p_wanted[rows] = np.where(asked, np.clip(p[at, np.maximum(one, 0)], 0, 1), np.nan)
    return found


def _cube(array: NDArray[Any]) -> NDArray[Any]:
    return array[None, :, None] if array.ndim == 1 else array[None] if array.ndim == 2 else array


def _tolerance(array: NDArray[Any]) -> float:
    """By how much a row may miss one: rounding of its number format, over many classes."""
    return 0.02 if array.dtype.itemsize <= 2 else 1e-3


def _improbable(rows: NDArray[np.float64], tolerance: float) -> NDArray[np.bool_]:
    outside = np.asarray(((rows < -tolerance) | (rows > 1 + tolerance)).any(axis=1))
    return outside if rows.shape[1] == 1 else outside | (np.abs(rows.sum(axis=1) - 1) > tolerance)


def _refusal(row: NDArray[np.float64], item: int, name: str) -> str:
    if len(row) == 1:
        said = f"is {row[0]:.4g}"
    elif row.min() < 0 or row.max() > 1:
        said = f"holds {row[np.argmax(np.abs(row - 0.5))]:.4g}"
    else:
        said = f"sums to {row.sum():.4g}"
    return (
        f"row {item} of the array {name} {said}, which is no class probability; apply a softmax to logits before "
        "saving, and give independent labels one by one"
    )
