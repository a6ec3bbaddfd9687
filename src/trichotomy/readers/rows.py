"""Rows (one decision each) to Decisions; everything is checked on whole columns."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trichotomy.decisions import MISSING, Decisions, from_arrays
from trichotomy.decisions.schema import few
from trichotomy.errors import InputError
from trichotomy.readers import repeated
from trichotomy.readers.rawtable import Codes

TOLERANCE = 1e-6
"""By how much a probability may pass 1, as rounding in single precision does."""

LARGE = 500_000_000
"""Decisions that make a cube large: a gigabyte of responses."""
EMPTIEST = 100
"""A large cube is refused where it has this many times more cells than there are rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """One decision per row.

    ``observer``, ``epoch`` and ``item`` are int32[n] codes into ``observers``, ``epochs`` (increasing) and
    ``items``; ``response`` and ``target`` int32[n] class indices; ``correct`` int8[n]; probabilities
    float64[n]. ``place`` names the file and line of a row.
    """

    observers: Sequence[str]
    items: Sequence[str]
    epochs: Sequence[int]
    observer: Codes
    item: Codes
    place: Callable[[int], str]
    epoch: Codes | None = None
    response: Codes | None = None
    correct: NDArray[np.int8] | None = None
    p_target: NDArray[np.float64] | None = None
    p_response: NDArray[np.float64] | None = None
    classes: Sequence[str] = ()
    observer_coords: Mapping[str, ArrayLike] = field(default_factory=dict)
    item_coords: Mapping[str, ArrayLike] = field(default_factory=dict)

    def key(self) -> NDArray[np.int64]:
        """int64[n]: which cell of observer x epoch x item a row belongs to."""
        key = self.observer.astype(np.int64)
        if self.epoch is not None:
            key *= len(self.epochs)
            key += self.epoch
        key *= len(self.items)
        key += self.item
        return key

    def answer(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """What was answered in some rows, as numbers that are equal where the answers are; -1 missing."""
        if self.response is None:
            assert self.correct is not None
            return self.correct[rows].astype(np.int64)
        response = self.response[rows].astype(np.int64)
        if self.correct is None:
            return response
        both = response * 4 + self.correct[rows]
        return np.where(response == MISSING, MISSING, np.where(both == MISSING, -3, both))


def to_decisions(
    rows: Rows,
    *,
    target: Codes | None,
    duplicates: str,
    warnings: list[str],
    provenance: Callable[[], dict[str, Any]],
) -> Decisions:
    """Lay rows out as observer x epoch x item.

    Parameters
    ----------
    rows
        The decisions.
    target
        int32[N], one per item, or None.
    duplicates
        Rule for several rows of one cell, see ``trichotomy.readers.repeated``.
    warnings
        Is appended to: every rule that was applied.
    provenance
        Called when all checks have passed.

    Raises
    ------
    InputError
        Rows that repeat (where no rule is given), a probability outside 0 to 1.
    """
    shape = (len(rows.observers), len(rows.epochs), len(rows.items))
    _refuse_sparse(shape, len(rows.observer))
    key = rows.key()
    repeats = repeated.find(key, int(np.prod(shape)), rows.answer)
    keep: NDArray[np.bool_] | None = None
    if repeats.keys:
        if duplicates == "error":
            raise repeated.refusal(repeats, lambda row: _describe(rows, row), rows.place)
        keep = np.ones(len(key), dtype=bool)
        keep[repeated.settle(repeats, duplicates)] = False
        warnings.append(repeated.applied(repeats, duplicates))
        key = key[keep]
    for name in ("p_target", "p_response"):
        _check_probability(rows, name)
    cubes: dict[str, NDArray[Any] | None] = {
        "response": _cube(rows.response, key, keep, shape, np.int16 if _small(rows) else np.int32),
        "correct": _cube(rows.correct, key, keep, shape, np.int8),
        "p_target": _cube(rows.p_target, key, keep, shape, np.float16),
        "p_response": _cube(rows.p_response, key, keep, shape, np.float16),
    }
    asked = _asked(rows, keep, shape)
    warnings.extend(_coverage(asked, rows))
    planned = len(rows.epochs) - (asked[:, ::-1] > 0).argmax(
        axis=1
    )  # up to the last epoch that an observer has
    return from_arrays(
        **cubes,
        target=target,
        observers=rows.observers,
        items=rows.items,
        epochs=rows.epochs,
        classes=rows.classes,
        observer_coords={"planned_epochs": planned, **rows.observer_coords},
        item_coords=rows.item_coords,
        provenance=provenance(),
    )


def _refuse_sparse(shape: tuple[int, int, int], rows: int) -> None:
    """Refuse a cube that would be large and nearly empty: some column was taken for what it is not."""
    M, E, N = shape
    if max(LARGE, EMPTIEST * rows) < M * E * N:
        msg = (
            f"{M} observers x {E} epochs x {N} items would hold only {rows} rows; check which columns were taken for "
            "observers, epochs and items, and name them with --map"
        )
        raise InputError(msg)


def _cube(
    values: NDArray[Any] | None,
    key: NDArray[np.int64],
    keep: NDArray[np.bool_] | None,
    shape: tuple[int, int, int],
    dtype: type[np.generic],
) -> NDArray[Any] | None:
    if values is None:
        return None
    fill = np.nan if values.dtype.kind == "f" else MISSING
    cells = np.full(int(np.prod(shape)), fill, dtype=dtype)
    cells[key] = values if keep is None else values[keep]
    return cells.reshape(shape)


def _small(rows: Rows) -> bool:
    return rows.response is not None and int(rows.response.max(initial=0)) <= np.iinfo(np.int16).max


def _check_probability(rows: Rows, name: str) -> None:
    values: NDArray[np.float64] | None = getattr(rows, name)
    if values is None:
        return
    bad = np.flatnonzero((values < 0) | (values > 1 + TOLERANCE))
    if bad.size:
        msg = (
            f"{bad.size} values of {name} lie outside 0 to 1, first {values[bad[0]]:g} in {rows.place(int(bad[0]))}; "
            "give probabilities, not percentages or logits"
        )
        raise InputError(msg)


def _asked(rows: Rows, keep: NDArray[np.bool_] | None, shape: tuple[int, int, int]) -> NDArray[np.int64]:
    """int64[M, E]: how many items each observer has a row for at each epoch."""
    M, E, _ = shape
    cell = rows.observer if rows.epoch is None else rows.observer * np.int32(E) + rows.epoch
    return np.bincount(cell if keep is None else cell[keep], minlength=M * E).reshape(M, E)


def _coverage(asked: NDArray[np.int64], rows: Rows) -> list[str]:
    """Say how many decisions are missing because some observers saw fewer items, and which epochs are."""
    (M, E), N = asked.shape, len(rows.items)
    found = []
    short = (asked > 0) & (asked < N)
    if short.any():
        least = int(np.where(asked > 0, asked, N + 1).min())
        lacking = [rows.observers[m] for m in np.flatnonzero(short.any(axis=1)).tolist()]
        per = "observer" if E == 1 else "observer and epoch"
        found.append(
            f"coverage is unequal: {len(lacking)} of {M} observers ({few(lacking)}) have no decision on some of the "
            f"{N} items, at least {least} items per {per}; {int((N - asked[asked > 0]).sum())} decisions are missing"
        )
    absent = (asked == 0).any(axis=1)
    if absent.any():
        found.append(
            f"{int(absent.sum())} of {M} observers lack some of the {E} epochs: {few(_names(rows, absent))}"
        )
    return found


def _names(rows: Rows, which: NDArray[np.bool_]) -> list[str]:
    return [rows.observers[m] for m in np.flatnonzero(which).tolist()]


def _describe(rows: Rows, row: int) -> str:
    epoch = (
        f", epoch {rows.epochs[rows.epoch[row]]}" if rows.epoch is not None and len(rows.epochs) > 1 else ""
    )
    return f"{rows.observers[rows.observer[row]]}{epoch}, {rows.items[rows.item[row]]}"
