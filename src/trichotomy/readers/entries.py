"""Files and objects that say something about items or classes, brought to one form: entries with or without ids."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from trichotomy.decisions.schema import duplicates, few
from trichotomy.errors import InputError
from trichotomy.readers.arrayfiles import SUFFIXES, load_arrays
from trichotomy.readers.columns import guessed
from trichotomy.readers.files import refuse_absent, suffix, text
from trichotomy.readers.itemtable import annotation_name, read_item_table
from trichotomy.readers.tablefiles import header_of, is_table, load

if TYPE_CHECKING:
    import xarray as xr

Given: TypeAlias = "str | os.PathLike[str] | Mapping[Any, Any] | Sequence[Any] | NDArray[Any] | xr.DataArray"

FLAG = "label_error"
CLASS_COLUMNS = (
    "class",
    "class_index",
    "class_id",
    "class_name",
    "classname",
    "wnid",
    "synset",
    "wordnet_id",
    "label",
)
VOTES = ("given", "guessed", "neither", "both")
"""What a worker could say of cleanlab's pictures: the given label, the guessed one, neither, both."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Entries:
    """What a source says, entry by entry.

    Attributes
    ----------
    source
        What to call it in messages.
    size
        Number of entries.
    columns
        Annotation to one value per entry, None where unknown.
    ids
        Of items, or of classes where ``by_class``; None where only the order tells.
    absent
        Annotation to the value of items that no entry is about; None (unknown) where not named.
    labels
        Class indices per entry of which the target should be one, for the check; None where it names no class.
    accepted
        Whether ``labels`` are the answers that count as right.
    least
        How much of the way from chance to perfect agreement the labels must have with the targets.
    """

    source: str
    size: int
    columns: Mapping[str, Sequence[Any]]
    ids: Sequence[str] | None = None
    by_class: bool = False
    absent: Mapping[str, Any] = field(default_factory=dict)
    labels: Sequence[tuple[int, ...]] | None = None
    accepted: bool = False
    least: float = 0.5
    path: Path | None = None


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
    return Entries(**{**{k: getattr(found, k) for k in Entries.__slots__}, "path": path})


def _from_table_file(path: Path, name: str) -> Entries:
    if _is_list(path):
        with text(path) as file:
            return _flagged([line.strip() for line in file if line.strip()], path.name, name)
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
        return _values(given.values.tolist(), source, name, ids)
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
            _votes(rows, source, ids) if all("mturk" in row for row in rows) else _records(rows, source, ids)
        )
    if rows and all(isinstance(row, list | tuple | np.ndarray) for row in rows):
        if any(isinstance(v, float | np.floating) for row in rows for v in row):
            return _soft(_matrix(rows, source), source, ids)
        return _accepted(rows, source, ids)
    if ids is not None:
        return _values(rows, source, name, ids)
    if rows and all(isinstance(row, bool | np.bool_) for row in rows):
        return _values(rows, source, name, None)
    if all(isinstance(row, str | int | np.integer) for row in rows):
        return _flagged([str(row) for row in rows], source, name)
    kinds = sorted({type(row).__name__ for row in rows})
    msg = f"{source} mixes {few(kinds)}; give ids, true or false, or lists of labels"
    raise InputError(msg)


def _from_array(array: NDArray[Any], source: str, name: str) -> Entries:
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim == 2 and array.dtype.kind in "biuf":
        return _soft(array.astype(float), source, None)
    if array.ndim != 1 or array.dtype.kind not in "biufUS":
        msg = f"{source} has shape {array.shape} of {array.dtype}; give one value, or a row of soft labels, per item"
        raise InputError(msg)
    truth = array.dtype.kind == "b" or (array.dtype.kind in "iuf" and bool(np.isin(array, (0, 1)).all()))
    if truth:
        return _values((array == 1).tolist(), source, name, None)
    return (
        _values(array.tolist(), source, name, None)
        if array.dtype.kind == "f"
        else _flagged([str(v) for v in array.tolist()], source, name)
    )


def _flagged(ids: list[str], source: str, name: str) -> Entries:
    own = list(dict.fromkeys(ids))
    return Entries(
        source=source, size=len(own), ids=own, columns={name: [True] * len(own)}, absent={name: False}
    )


def _values(values: list[Any], source: str, name: str, ids: list[str] | None) -> Entries:
    return Entries(source=source, size=len(values), ids=ids, columns={name: values})


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


def _accepted(rows: list[Any], source: str, ids: list[str] | None) -> Entries:
    if not all(
        isinstance(v, int | np.integer) and not isinstance(v, bool) and v >= 0 for row in rows for v in row
    ):
        msg = f"{source} has accepted labels that are no class indices; give whole numbers from 0"
        raise InputError(msg)
    labels = [tuple(dict.fromkeys(int(v) for v in row)) for row in rows]
    return Entries(
        source=source, size=len(rows), ids=ids, labels=labels, accepted=True,
        columns={"accepted_labels": [len(row) or None for row in labels]},
    )  # fmt: skip


def _votes(rows: list[Mapping[str, Any]], source: str, ids: list[str] | None) -> Entries:
    """Workers' votes on suspected errors (Northcutt et al. 2021): one where fewer than half chose the given label."""
    try:
        counts = np.array([[float(row["mturk"].get(v, 0)) for v in VOTES] for row in rows])
        labels = (
            [(int(row["given_original_label"]),) for row in rows]
            if "given_original_label" in rows[0]
            else None
        )
        own = ids if ids is not None else [str(row["id"]) for row in rows]
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        msg = f"{source} is not as cleanlab's votes are (each entry with id, given_original_label and mturk): {error}"
        raise InputError(msg) from error
    total = counts.sum(axis=1)
    share = np.where(total > 0, counts[:, 0] / np.maximum(total, 1), np.nan)
    return Entries(
        source=source, size=len(rows), ids=own, labels=labels, least=0.95, absent={FLAG: False},
        columns={
            FLAG: (counts[:, 0] * 2 < total).tolist(),
            "vote_entropy": _unknown(entropy(counts)),
            "vote_agreement": _unknown(share),
        },
    )  # fmt: skip


def _soft(matrix: NDArray[np.float64], source: str, ids: list[str] | None) -> Entries:
    """Labels by people as counts or probabilities, one column per class."""
    if matrix.size and (np.nanmin(matrix) < 0):
        msg = f"{source} has negative soft labels; give counts or probabilities, one row per item"
        raise InputError(msg)
    total = np.nan_to_num(matrix).sum(axis=1)
    best = np.nan_to_num(matrix).argmax(axis=1)
    known = total > 0
    return Entries(
        source=source, size=len(matrix), ids=ids,
        labels=[(int(k),) if there else () for k, there in zip(best, known, strict=True)],
        columns={
            "human_entropy": _unknown(entropy(matrix)),
            "human_label": [int(k) if there else None for k, there in zip(best, known, strict=True)],
            "human_agreement": _unknown(
                np.where(known, np.nan_to_num(matrix).max(axis=1) / np.maximum(total, 1e-300), np.nan)
            ),
        },
    )  # fmt: skip


def _matrix(rows: list[Any], source: str) -> NDArray[np.float64]:
    widths = {len(row) for row in rows}
    if len(widths) > 1:
        msg = f"{source} has rows of {few(sorted(widths))} soft labels; give one per class in each"
        raise InputError(msg)
    return np.asarray(rows, dtype=float)


def entropy(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Entropy in bits of each row of counts or probabilities; NaN for a row of zeros."""
    c = np.nan_to_num(np.asarray(counts, dtype=float))
    total = c.sum(axis=1, keepdims=True)
    p = c / np.where(total > 0, total, 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        bits = -np.where(p > 0, p * np.log2(p), 0).sum(axis=1)
    return np.where(total[:, 0] > 0, np.abs(bits), np.nan)


def _unknown(values: NDArray[np.float64]) -> list[float | None]:
    return [None if np.isnan(v) else float(v) for v in values]


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
    return Entries(
        **{
            **{k: getattr(found, k) for k in Entries.__slots__},
            "columns": {rename.get(c, c): v for c, v in found.columns.items()},
            "absent": {rename.get(c, c): v for c, v in found.absent.items()},
        }
    )
