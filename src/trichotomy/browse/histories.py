"""Every decision, kept so that all those on one item are read at once."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trichotomy import estimators
from trichotomy.decisions import MISSING, Decisions

IN_MEMORY = 512 * 2**20
"""Bytes above which decisions lie in a temporary file."""


@dataclass(frozen=True, slots=True, eq=False)
class Histories:
    """Decisions observer by observer, in each item by item.

    Attributes
    ----------
    response
        int[M, N, E] class indices (-1 missing, -2 no answer), None where only right and wrong are known.
    correct
        int8[M, N, E] of 1, 0, -1, None where it follows from ``response``.
    target
        int[N].
    first, final
        int64[M, N]: epoch at which an item is first right and from which on it stays right, -1 never, -2 not followed
        (the observer lacks it at an epoch that it ran, or ran fewer than two). Without epoch 0, and up to the epoch
        looked at.
    forgotten
        float32[M, N]: how often it went from right to wrong; NaN where it never was right, or is not followed.
    """

    response: NDArray[Any] | None
    correct: NDArray[np.int8] | None
    target: NDArray[Any]
    first: NDArray[np.int64]
    final: NDArray[np.int64]
    forgotten: NDArray[np.float32]

    def of(self, item: int) -> tuple[NDArray[Any] | None, NDArray[np.int8]]:
        """Return what all observers answered at all epochs, int[M, E] or None, and whether right, int8[M, E]."""
        response = None if self.response is None else np.asarray(self.response[:, item])
        if self.correct is not None:
            return response, np.asarray(self.correct[:, item])
        assert response is not None
        return response, _right(response, self.target[item])


def read_histories(
    d: Decisions, *, until: int, progress: Callable[[str, int, int], None] = lambda *_: None
) -> Histories:
    """Read all decisions, one observer after the other.

    Parameters
    ----------
    until
        The last epoch that counts as learning.
    progress
        Called as ``progress(observer, done, total)``.
    """
    M, E, N = (d.sizes[name] for name in ("observer", "epoch", "item"))
    kept = {name: d[name].dtype for name in ("response", "correct") if name in d}
    in_memory = sum(dtype.itemsize for dtype in kept.values()) * M * E * N <= IN_MEMORY
    arrays = {name: _empty((M, N, E), dtype, in_memory) for name, dtype in kept.items()}
    learned = np.full((2, M, N), -2, dtype=np.int64)
    forgotten = np.full((M, N), np.nan, dtype=np.float32)
    target, epochs = d["target"].values, d["epoch"].values
    counted = (epochs > 0) & (epochs <= until)
    for m, name in enumerate(d["observer"].values):
        progress(str(name), m, M)
        for each, array in arrays.items():
            array[m] = d[each].isel(observer=m).transpose("item", "epoch").values
        right = (
            arrays["correct"][m] if "correct" in arrays else _right(arrays["response"][m], target[:, None])
        )
        learned[0, m], learned[1, m], forgotten[m] = _learned(
            np.asarray(right[:, counted]).T, epochs[counted]
        )
    return Histories(arrays.get("response"), arrays.get("correct"), target, learned[0], learned[1], forgotten)


def _learned(correct: NDArray[np.int8], epochs: NDArray[np.int64]) -> tuple[Any, Any, Any]:
    """Epoch values of first and final learning and number of forgetting events, from int8[E, N]."""
    ran = (correct >= 0).any(axis=1)
    c, when = correct[ran], epochs[ran]
    if len(c) < 2:
        return -2, -2, np.nan
    followed = (c >= 0).all(axis=0)
    never = np.append(when, MISSING)  # position -1 reaches the last
    first, final = (
        np.where(followed, never[f(c == 1)], -2)
        for f in (estimators.first_learned, estimators.finally_learned)
    )
    return first, final, np.where(first >= 0, estimators.forgetting_events(c == 1), np.nan)


def _right(response: NDArray[Any], target: Any) -> NDArray[np.int8]:
    right = np.asarray(response == target).astype(np.int8)
    right[(response == MISSING) | np.broadcast_to(np.asarray(target) < 0, response.shape)] = MISSING
    return right


def _empty(shape: tuple[int, ...], dtype: Any, in_memory: bool) -> NDArray[Any]:
    if in_memory:
        return np.empty(shape, dtype)
    with tempfile.TemporaryFile() as file:  # the map keeps what the closed file held
        return np.memmap(file, dtype=dtype, mode="w+", shape=shape)
