"""NumPy files to arrays by name, and to blocks: arrays by field, their axes told apart, their shapes checked."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trichotomy.decisions.schema import few
from trichotomy.errors import InputError, UnknownNameError
from trichotomy.readers.classes import ClassColumn
from trichotomy.readers.columns import COMMON_NAMES, guessed
from trichotomy.readers.files import refuse_unreadable
from trichotomy.readers.rawtable import Coded, RawTable, coded_array, identifiers

SUFFIXES = (".npy", ".npz")
LARGEST_MEMBER = 64 * 2**30
"""Bytes of an array in an archive, unpacked; compressed zeros can pretend to any size."""
LARGEST_RATIO = 200
"""Bytes unpacked for a byte packed, of an array of more than ``ALWAYS`` bytes."""
ALWAYS = 2**28


class PythonObjectsError(InputError):
    """An array that can only be read with pickle, which can run any code."""


@dataclass(frozen=True, slots=True)
class Archive(Mapping[str, NDArray[Any]]):
    """The arrays of an ``.npz`` file by name, each read when it is first asked for."""

    path: Path
    names: tuple[str, ...]
    read: dict[str, NDArray[Any]]

    def __getitem__(self, name: str) -> NDArray[Any]:
        if name not in self.names:
            raise KeyError(name)
        if name not in self.read:
            with _numpy_faults(self.path, name), np.load(self.path, allow_pickle=False) as archive:
                _refuse_bombs(self.path, name, archive.zip)
                self.read[name] = np.asarray(archive[name])
        return self.read[name]

    def __contains__(self, name: object) -> bool:
        return name in self.names

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)


def load_arrays(path: Path) -> Mapping[str, NDArray[Any]]:
    """Return the arrays of a file by name, never through pickle; that of a ``.npy`` file is called ``""``.

    The fields of a structured array are arrays of their own. Those of an ``.npz`` file are read when they are
    asked for, so that one that nobody needs may hold anything.

    Raises
    ------
    InputError
        A file that cannot be opened, is empty, truncated or no NumPy file.
    PythonObjectsError
        An array of Python objects, when it is asked for.
    """
    refuse_unreadable(path)
    with _numpy_faults(path), path.open("rb") as file:
        loaded = np.load(file, allow_pickle=False)
        arrays: Mapping[str, NDArray[Any]] = (
            {"": loaded} if isinstance(loaded, np.ndarray) else Archive(path, tuple(loaded.files), {})
        )
    if not arrays:
        msg = f"{path.name} holds no array; save it again with numpy.savez"
        raise InputError(msg)
    if list(arrays) == [""] and arrays[""].dtype.names:
        structured = arrays[""]
        arrays = {str(name): structured[name] for name in structured.dtype.names or ()}
    return arrays


def _refuse_bombs(path: Path, name: str, archive: zipfile.ZipFile) -> None:
    """Refuse an array that unpacks to far more than it is; NumPy would make all of it."""
    members = {info.filename.removesuffix(".npy"): info for info in archive.infolist()}
    if name not in members:
        return
    size, packed = members[name].file_size, max(members[name].compress_size, 1)
    if size > LARGEST_MEMBER or (size > ALWAYS and size > LARGEST_RATIO * packed):
        msg = (
            f"'{name}' in {path.name} would unpack from {packed:,} to {size:,} bytes, which no decisions do; save it "
            "as .npy if it is what it should be"
        )
        raise InputError(msg)


@contextmanager
def _numpy_faults(path: Path, name: str = "") -> Iterator[None]:
    """Turn whatever NumPy raises on what it cannot read into one sentence."""
    try:
        yield
    except Exception as error:
        if "Object arrays" in str(error):
            msg = (
                f"{f'the array {name!r} of ' if name else ''}{path.name} holds Python objects, which need pickle and "
                "are not read (pickle can run any code); save names as text, numpy.asarray(names, dtype='U'), and "
                "numbers as numbers"
            )
            raise PythonObjectsError(msg) from error
        if isinstance(error, ValueError) and "allow_pickle" in str(error):
            msg = f"{path.name} is no NumPy file; save it with numpy.save or numpy.savez"
            raise InputError(msg) from error
        first = next(iter(str(error).strip().splitlines()), type(error).__name__).rstrip(".")
        msg = f"{path.name} is truncated or no NumPy file ({first[:120]}); copy or write it again"
        raise InputError(msg) from error


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

    def column(self, values: Coded, field: str) -> ClassColumn:
        """One value per decision, called by the array that it was taken from."""
        return ClassColumn(values, self.fields.get(field) or self.path.name, self.table().place)


def fields_of(
    arrays: Mapping[str, NDArray[Any]], mapping: Mapping[str, str], path: Path, elsewhere: Sequence[str]
) -> dict[str, str]:
    """Field to array name: as mapped, else guessed; a file of one array holds the answers.

    ``elsewhere`` are columns of the targets file, which a mapping may name too.
    """
    fields: dict[str, str] = {}
    for field, name in mapping.items():
        if name not in arrays or not name:
            if name in elsewhere:
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
