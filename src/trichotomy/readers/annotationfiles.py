"""Files and objects that annotate items or classes, brought to entries."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from trichotomy.decisions.schema import duplicates, few
from trichotomy.errors import InputError
from trichotomy.readers.arrayfiles import SUFFIXES, load_arrays
from trichotomy.readers.columns import guessed
from trichotomy.readers.entries import (
    FLAG,
    Entries,
    accepted_labels,
    flagged_ids,
    one_value_each,
    soft_labels,
    votes,
)
from trichotomy.readers.files import refuse_absent, suffix, text
from trichotomy.readers.itemtable import annotation_name, read_item_table
from trichotomy.readers.tablefiles import header_of, is_table, load

if TYPE_CHECKING:
    import xarray as xr

Given: TypeAlias = "str | os.PathLike[str] | Mapping[Any, Any] | Sequence[Any] | NDArray[Any] | xr.DataArray"

CLASS_COLUMNS = (
    "class", "class_index", "class_id", "class_name", "classname", "wnid", "synset", "wordnet_id", "label",
)  # fmt: skip


def entries_of(given: Given, *, name: str | None = None) -> Entries:
    """Bring a source to entries.

    Parameters
    ----------
    given
        A file (JSON, CSV and other tables, NPY, NPZ, a text of one id per line), or the same as a Python object.
    name
        Annotation to make, where the source has just one and does not name it.

    Raises
    ------
    InputError
        Something else, or a file that cannot be read.
    """
    if isinstance(given, str | os.PathLike):
        path = Path(given)
        refuse_absent(path)
        found = _from_file(path, name or path.stem)
    else:
        found = _from_object(given, "what was given", name or FLAG)
    if not found.size:
        msg = f"{found.source} has no entry; check that it was written to the end"
        raise InputError(msg)
    if found.ids is not None and (twice := duplicates(found.ids)):
        msg = f"{found.source} has several entries for {few(twice)}; keep one each"
        raise InputError(msg)
    return _named(found, name) if name is not None else found


def names_items(path: Path) -> bool:
    """Whether a file is a table with a column of item ids, which is read beside the predictions."""
    refuse_absent(path)
    if not is_table(path) or _is_list(path):
        return False
    return guessed("items", header_of(path)) is not None


def _is_list(path: Path) -> bool:
    """Whether a text has one word per line, and so is a list of ids."""
    if suffix(path) != ".txt":
        return False
    with text(path) as file:
        lines = [line for line in file.read(100_000).splitlines()[:50] if line.strip()]
    return not any(mark in line for line in lines for mark in ",;\t")


def _from_file(path: Path, name: str) -> Entries:
    if suffix(path) == ".json":
        with text(path) as file:
            try:
                content = json.load(file)
            except (ValueError, RecursionError) as error:
                msg = f"{path.name} is no JSON ({str(error)[:80]}); write it again"
                raise InputError(msg) from error
        found = _from_object(content, path.name, name)
    elif path.suffix.lower() in SUFFIXES:
        arrays = load_arrays(path)
        found = (
            _from_object(arrays[""], path.name, name)
            if list(arrays) == [""]
            else _from_table(path, read_item_table(path, mapping={}, with_target=False))
        )
    elif is_table(path):
        found = _from_table_file(path, name)
    else:
        msg = f"{path.name} annotates no items; give JSON, NPY, NPZ, a table, or a text of one id per line"
        raise InputError(msg)
    return replace(found, path=path)


def _from_table_file(path: Path, name: str) -> Entries:
    if _is_list(path):
        with text(path) as file:
            return flagged_ids([line.strip() for line in file if line.strip()], path.name, name)
    header = header_of(path)
    if guessed("items", header) is not None:
        return _from_table(path, read_item_table(path, mapping={}, with_target=False))
    table = load(path, header)
    columns = {c: [table.coded(c).values[k] for k in table.coded(c).codes.tolist()] for c in header}
    key = next((c for c in header if c.strip().lower() in CLASS_COLUMNS), None)
    ids = [str(v) for v in columns[key]] if key else None
    if (
        key is None or len(set(ids or ())) < table.rows
    ):  # such a column describes the classes and does not name them
        return Entries(source=path.name, size=table.rows, columns=_plain(columns))
    rest = {c: v for c, v in columns.items() if c != key}
    return Entries(source=path.name, size=table.rows, columns=_plain(rest), ids=ids, by_class=True)


def _from_table(path: Path, table: Any) -> Entries:
    return Entries(source=path.name, size=len(table.ids), columns=table.annotations, ids=table.ids)


def _plain(columns: Mapping[str, Sequence[Any]]) -> dict[str, list[Any]]:
    return {annotation_name(c): [None if v == "" else v for v in values] for c, values in columns.items()}


def _from_object(given: Any, source: str, name: str) -> Entries:
    """JSON's and NumPy's own kinds, labelled arrays, and data frames."""
    if hasattr(given, "dims") and getattr(given, "dims", ()) == ("item",):
        ids = [str(v) for v in given["item"].values]
        return one_value_each(given.values.tolist(), source, name, ids)
    if hasattr(given, "columns") and hasattr(given, "index"):
        rows = [str(v) for v in given.index]
        return Entries(
            source=source, size=len(rows), ids=rows,
            columns={annotation_name(str(c)): given[c].tolist() for c in given.columns},
        )  # fmt: skip
    if isinstance(given, np.ndarray):
        return _from_array(given, source, name)
    if isinstance(given, Mapping):
        return _from_rows(list(given.values()), source, name, [str(k) for k in given])
    if isinstance(given, Sequence) and not isinstance(given, str | bytes):
        return _from_rows(list(given), source, name, None)
    msg = f"{source} is of type {type(given).__name__}; give a file, ids, or one value per item"
    raise InputError(msg)


def _from_rows(rows: list[Any], source: str, name: str, ids: list[str] | None) -> Entries:
    if rows and all(isinstance(row, Mapping) for row in rows):
        return (
            votes(rows, source, ids) if all("mturk" in row for row in rows) else _records(rows, source, ids)
        )
    if rows and all(isinstance(row, list | tuple | np.ndarray) for row in rows):
        if any(isinstance(v, float | np.floating) for row in rows for v in row):
            return soft_labels(_matrix(rows, source), source, ids)
        return accepted_labels(rows, source, ids)
    if ids is not None:
        return one_value_each(rows, source, name, ids)
    if rows and all(isinstance(row, bool | np.bool_) for row in rows):
        return one_value_each(rows, source, name, None)
    if all(isinstance(row, str | int | np.integer) for row in rows):
        return flagged_ids([str(row) for row in rows], source, name)
    kinds = sorted({type(row).__name__ for row in rows})
    msg = f"{source} mixes {few(kinds)}; give ids, true or false, or lists of labels"
    raise InputError(msg)


def _from_array(array: NDArray[Any], source: str, name: str) -> Entries:
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim == 2 and array.dtype.kind in "biuf":
        return soft_labels(array.astype(float), source, None)
    if array.ndim != 1 or array.dtype.kind not in "biufUS":
        msg = f"{source} has shape {array.shape} of {array.dtype}; give one value, or a row of soft labels, per item"
        raise InputError(msg)
    truth = array.dtype.kind == "b" or (array.dtype.kind in "iuf" and bool(np.isin(array, (0, 1)).all()))
    if truth:
        return one_value_each((array == 1).tolist(), source, name, None)
    return (
        one_value_each(array.tolist(), source, name, None)
        if array.dtype.kind == "f"
        else flagged_ids([str(v) for v in array.tolist()], source, name)
    )


def _records(rows: list[Mapping[str, Any]], source: str, ids: list[str] | None) -> Entries:
    names = list(dict.fromkeys(str(k) for row in rows for k in row))
    key = guessed("items", names) if ids is None else None
    nested = [n for n in names if any(isinstance(row.get(n), Mapping | list) for row in rows)]
    columns = {n: [row.get(n) for row in rows] for n in names if n != key and n not in nested}
    if not columns:
        msg = f"{source} says nothing about its entries that is a number or a text"
        raise InputError(msg)
    own = ids if key is None else [str(row.get(key)) for row in rows]
    return Entries(source=source, size=len(rows), ids=own, columns=_plain(columns))


def _matrix(rows: list[Any], source: str) -> NDArray[np.float64]:
    widths = {len(row) for row in rows}
    if len(widths) > 1:
        msg = f"{source} has rows of {few(sorted(widths))} soft labels; give one per class in each"
        raise InputError(msg)
    return np.asarray(rows, dtype=float)


def _named(found: Entries, name: str) -> Entries:
    """Give the one annotation, or the one flag of votes, the name asked for."""
    own = list(found.columns)
    old = own[0] if len(own) == 1 else FLAG if FLAG in own else name if name in own else None
    if old is None or found.accepted:
        msg = (
            f"{found.source} makes the annotations {few(own, 5)}; leave their name to it, or keep one column"
        )
        raise InputError(msg)
    rename = {old: annotation_name(name)}
    return replace(
        found,
        columns={rename.get(c, c): v for c, v in found.columns.items()},
        absent={rename.get(c, c): v for c, v in found.absent.items()},
    )
