"""NumPy files to blocks: arrays by field, with their axes told apart and their shapes checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trichotomy.decisions.schema import few
from trichotomy.errors import InputError, UnknownNameError
from trichotomy.readers.columns import COMMON_NAMES, guessed
from trichotomy.readers.itemtable import ItemTable
from trichotomy.readers.npfiles import coded_array
from trichotomy.readers.rawtable import Coded, RawTable, identifiers


@dataclass(frozen=True, slots=True)
class Block:
    """Arrays of one file by field, and the shape (M, E, N) of its decisions; ``best`` is [M, E, N, k]."""

    path: Path
    fields: Mapping[str, str]
    arrays: Mapping[str, NDArray[Any]]
    best: NDArray[Any] | None
    correct: NDArray[Any] | None
    shape: tuple[int, int, int]

    def table(self) -> RawTable:
        """Name places by index: ``file, at [observer, item]``."""
        M, E, N = self.shape

        def places(rows: Sequence[int]) -> list[str]:
            return [
                str([int(i) for i in np.unravel_index(row, (M, E, N) if E > 1 else (M, N))]) for row in rows
            ]

        return RawTable(self.path, {}, M * E * N, places, unit="at")


def fields_of(
    arrays: Mapping[str, NDArray[Any]], mapping: Mapping[str, str], path: Path, targets: ItemTable | None
) -> dict[str, str]:
    """Field to array name: as mapped, else guessed; a file of one array holds the answers."""
    fields: dict[str, str] = {}
    for field, name in mapping.items():
        if name not in arrays or not name:
            if targets is not None and name in targets.columns.values():
                continue
            if list(arrays) == [""]:
                msg = f"{path.name} holds one array without a name, so none is an array called '{name}'; save an .npz"
                raise InputError(msg)
            raise UnknownNameError(f"array of {path.name}", name, list(arrays))
        fields[field] = name
    if list(arrays) == [""]:
        return {"responses": ""}
    free = [name for name in arrays if name not in fields.values()]
    for field in COMMON_NAMES:
        guess = None if field in fields else guessed(field, free)
        if guess is not None:
            fields[field] = guess
            free.remove(guess)
    if "responses" not in fields and "correct" not in fields:
        if len(arrays) > 1:
            msg = (
                f"no array of {path.name} looks like responses (its arrays: {few(list(arrays), 8)}); "
                "name it with --map responses=ARRAY"
            )
            raise InputError(msg)
        fields = {"responses": next(iter(arrays))}
    return fields


def block_of(path: Path, arrays: Mapping[str, NDArray[Any]], fields: Mapping[str, str]) -> Block:
    """Arrays with their axes told apart."""
    by_field = {field: arrays[name] for field, name in fields.items()}
    for field, array in by_field.items():
        if array.dtype.kind not in "biufSUT" or array.size == 0:
            what = "is empty" if array.size == 0 else f"holds {array.dtype}, neither numbers nor text"
            msg = f"the array '{fields[field]}' of {path.name} ({field}) {what}; save it again"
            raise InputError(msg)
    answers = "responses" if "responses" in by_field else "correct"
    whole = by_field[answers]
    if answers == "responses" and whole.dtype.kind == "b":
        by_field = {**{f: a for f, a in by_field.items() if f != "responses"}, "correct": whole}
        answers = "correct"
    size = next(
        (len(by_field[f]) for f in ("items", "targets") if f in by_field and by_field[f].ndim == 1), None
    )
    epochs = by_field["epochs"] if "epochs" in by_field and by_field["epochs"].ndim == 1 else None
    cube = _four_axes(
        whole, size, epochs, f"'{fields.get(answers, fields.get('responses', ''))}' of {path.name}"
    )
    M, E, N = cube.shape[:3]
    correct = by_field.get("correct")
    if answers == "correct":
        correct = cube[..., 0]
    elif correct is not None:
        correct = _like(correct, (M, E, N), fields["correct"], path)
    best = cube if answers == "responses" else None
    if best is not None and best.dtype.kind == "f":
        _refuse_fractions(best, fields["responses"], path)
    return Block(path, fields, by_field, best, correct, (M, E, N))


def _four_axes(whole: NDArray[Any], size: int | None, epochs: NDArray[Any] | None, name: str) -> NDArray[Any]:
    """Answers as [M, E, N, k]."""
    if whole.ndim == 1:
        cube = whole[None, None, :, None]
    elif whole.ndim == 2:
        cube = whole[:, None, :, None]
    elif whole.ndim == 3 and epochs is not None and whole.shape[1] == len(epochs):
        cube = whole[..., None]
    elif whole.ndim == 3:
        cube = whole[:, None]
    else:
        cube = np.zeros((0, 0, 0, 0))
    if cube.ndim != 4 or not cube.size or (size is not None and cube.shape[2] != size):
        items = "" if size is None else f" for {size} items"
        msg = (
            f"the array {name} has shape {whole.shape}{items}; give (observer, item), (item,) or, for the k best "
            "answers, (observer, item, k)"
        )
        raise InputError(msg)
    return cube


def _like(array: NDArray[Any], shape: tuple[int, int, int], name: str, path: Path) -> NDArray[Any]:
    M, E, N = shape
    if array.shape not in {(M, E, N), *([(M, N)] if E == 1 else []), *([(N,)] if M == E == 1 else [])}:
        wanted = (M, N) if E == 1 else shape
        msg = f"the array '{name}' of {path.name} has shape {array.shape} where the answers have {wanted}"
        raise InputError(f"{msg}; give one value per decision")
    return array.reshape(shape)


def _refuse_fractions(best: NDArray[Any], name: str, path: Path) -> None:
    with np.errstate(invalid="ignore"):
        bad = np.argwhere(~np.isnan(best) & (best != np.trunc(best)))
    if bad.size:
        where = [int(i) for i in bad[0][[0, 2]]]
        msg = (
            f"{f'the array {name!r} of ' if name else ''}{path.name} holds fractions, first {best[tuple(bad[0])]:g} at "
            f"{where}; means and probabilities are not decisions: give class indices, or 0 and 1 for each observer"
        )
        raise InputError(msg)


def axis_ids(block: Block, field: str, length: int, default: Sequence[str]) -> Coded:
    """Ids of the observers or items, each once, in the file's order; ``default`` where the file names none."""
    array = block.arrays.get(field)
    if array is None:
        return Coded(np.arange(length, dtype=np.int32), list(default))
    if array.shape not in {(length,), *([()] if length == 1 else [])}:
        msg = (
            f"the array '{block.fields[field]}' of {block.path.name} has shape {array.shape} for {length} {field}; "
            "give one id each"
        )
        raise InputError(msg)
    ids = identifiers(coded_array(array))
    if len(ids.values) < length or any(not name.strip() for name in ids.values):
        counts = np.bincount(ids.codes[ids.codes >= 0], minlength=len(ids.values))
        twice = [ids.values[k] for k in np.flatnonzero(counts > 1)]
        what = f"names {few(twice)} more than once" if twice else "lacks an id"
        msg = f"the array '{block.fields[field]}' of {block.path.name} {what}; give every one of the {field} its own id"
        raise InputError(msg)
    return Coded(np.arange(length, dtype=np.int32), [ids.values[code] for code in ids.codes.tolist()])


def probability(block: Block, field: str, n: int) -> NDArray[np.float64] | None:
    """Probabilities as float64[n], one per decision; None where the file has none."""
    array = block.arrays.get(field)
    if array is None:
        return None
    if array.dtype.kind not in "fiu":
        msg = f"the array '{block.fields[field]}' of {block.path.name} holds {array.dtype}, not probabilities"
        raise InputError(f"{msg}; map another array to {field}")
    return _like(array, block.shape, block.fields[field], block.path).reshape(n).astype(np.float64)
