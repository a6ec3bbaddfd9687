"""A table as it stands in a file: columns of unique values and codes, and where each row is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from trichotomy.decisions.schema import short
from trichotomy.errors import InputError

Codes: TypeAlias = NDArray[np.int32]
MISSING_TEXT = frozenset({"", "nan", "NaN", "NAN", "NA", "N/A", "n/a", "<NA>", "null", "NULL"})
"""Cells of a text file that mean "no value"; all but the empty one are reported when they are met."""
SMALL_RANGE = 1000
"""Class indices lie densely from 0; a range not much longer than the array is coded without sorting."""
_NONE: NDArray[np.int64] = np.zeros(0, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Coded:
    """A column as ``values[codes]``: int32[n] codes into the unique values, -1 for null.

    Every value occurs. Values are text where the file is text (nothing is guessed before it is known what the
    column is taken for), else plain Python numbers, booleans and strings.
    """

    codes: Codes
    values: list[Any]

    def take(self, rows: NDArray[np.int64]) -> Coded:
        """Only these rows, and the values that they hold."""
        return compact(self.codes[rows], self.values)


Column: TypeAlias = "Coded | NDArray[np.float64]"


@dataclass(frozen=True, slots=True)
class RawTable:
    """The columns asked for, and ``places``: 0-based data rows to their line (or row) numbers in the file."""

    path: Path
    columns: dict[str, Column]
    rows: int
    places: Callable[[Sequence[int]], Sequence[int | str]]
    unit: str = "line"

    def coded(self, name: str) -> Coded:
        """Return a column as codes and values."""
        column = self.columns[name]
        if isinstance(column, Coded):
            return column
        return coded(column.tolist())

    def numbers(self, name: str) -> NDArray[np.float64]:
        """Return a column as float64[n], NaN where missing; a cell that is no number is refused."""
        column = self.columns[name]
        if not isinstance(column, Coded):
            return column
        parsed = np.array([*(_number(value) for value in column.values), np.nan])
        bad = np.isinf(parsed)
        if bad.any():
            row = int(np.flatnonzero(bad[column.codes])[0])
            value = column.values[column.codes[row]]
            msg = f"'{short(value)}' in column '{name}' ({self.place(row)}) is not a finite number; correct the cell"
            raise InputError(msg)
        return parsed[column.codes]

    def place(self, row: int) -> str:
        """File and line (or row) of a data row."""
        return f"{self.path.name}, {self.unit} {self.places([row])[0]}"


def coded(values: Sequence[Any]) -> Coded:
    """Code a list of cells; None and NaN are null. 1, 1.0 and True stay apart."""
    index: dict[tuple[type, Any], int] = {}
    codes = np.empty(len(values), dtype=np.int32)
    for row, value in enumerate(values):
        if value is None or value != value:
            codes[row] = -1
        else:
            codes[row] = index.setdefault((type(value), value), len(index))
    return Coded(codes, [value for _, value in index])


def coded_array(array: NDArray[Any]) -> Coded:
    """Code the cells of an array, flattened; NaN is null, and a range of whole numbers needs no sorting."""
    flat = array.ravel()
    if flat.dtype.kind == "b":
        return compact(flat.astype(np.int32), [False, True])
    if flat.dtype.kind in "iu" and flat.size:
        lowest, highest = int(flat.min()), int(flat.max())
        if highest - lowest < flat.size + SMALL_RANGE:
            codes = (flat.astype(np.int64) - lowest).astype(np.int32)
            return compact(codes, range(lowest, highest + 1))
    values, inverse = np.unique(flat, return_inverse=True)
    codes = inverse.ravel().astype(np.int32)
    plain = [v.decode("utf-8", "replace") if isinstance(v, bytes) else v for v in values.tolist()]
    gaps = [k for k, v in enumerate(plain) if v != v]
    return (
        compact(np.where(np.isin(codes, gaps), -1, codes).astype(np.int32), plain)
        if gaps
        else Coded(codes, plain)
    )


def compact(codes: Codes, values: Sequence[Any]) -> Coded:
    """Drop the values that no row holds."""
    present = np.zeros(len(values) + 1, dtype=bool)
    present[codes] = True
    present[-1] = False
    renumbered = np.where(present, np.cumsum(present) - 1, -1).astype(np.int32)
    return Coded(renumbered[codes], [value for value, kept in zip(values, present, strict=False) if kept])


def identifiers(column: Coded) -> Coded:
    """Return a column of ids as text: text as it is, whole numbers without a decimal point."""
    return recoded(column, [identifier(value) for value in column.values])


def nameless(ids: Coded) -> NDArray[np.int64]:
    """Rows that have no id: null or blank."""
    blank = [code for code, value in enumerate(ids.values) if not value.strip()]
    return (
        np.flatnonzero((ids.codes < 0) | np.isin(ids.codes, blank)) if blank or ids.codes.min() < 0 else _NONE
    )


def identifier(value: Any) -> str:
    """Return one id as text."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def recoded(column: Coded, values: Sequence[Any]) -> Coded:
    """Replace the values of a column one by one; those that become equal become one."""
    index: dict[Any, int] = {}
    lookup = np.array([*(index.setdefault(value, len(index)) for value in values), -1], dtype=np.int32)
    return Coded(column.codes if len(index) == len(values) else lookup[column.codes], list(index))


def merged(columns: Sequence[Coded]) -> Coded:
    """Put columns one after the other, with one list of values in the order in which they are met."""
    if len(columns) == 1:
        return columns[0]
    index: dict[Any, int] = {}
    parts = []
    for column in columns:
        lookup = [index.setdefault(value, len(index)) for value in column.values]
        parts.append(np.array([*lookup, -1], dtype=np.int32)[column.codes])
    return Coded(np.concatenate(parts), list(index))


def constant(value: Any, rows: int) -> Coded:
    """Return a column that holds one value everywhere."""
    return Coded(np.zeros(rows, dtype=np.int32), [value])


def missing_text(value: Any) -> bool:
    """Whether a cell of text means "no value"."""
    return isinstance(value, str) and value.strip() in MISSING_TEXT


def _number(value: Any) -> float:
    """Value as float; NaN where missing, infinity where it is not a number."""
    if missing_text(value):
        return np.nan
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return np.inf
