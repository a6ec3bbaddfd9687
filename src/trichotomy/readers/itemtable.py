"""Files with one row per item: targets and annotations."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trichotomy.decisions.schema import few
from trichotomy.errors import InputError
from trichotomy.readers.arrayfiles import SUFFIXES, PythonObjectsError, load_arrays
from trichotomy.readers.columns import guessed
from trichotomy.readers.files import refuse_absent
from trichotomy.readers.options import ReadOptions
from trichotomy.readers.rawtable import Coded, RawTable, coded, identifiers, missing_text, nameless
from trichotomy.readers.tablefiles import header_of, load

RESERVED = ("observer", "item", "epoch", "response", "target", "correct", "p_target", "p_response")
OF_OBSERVERS = {"condition": "stimulus_condition", "kind": "stimulus_kind", "instance": "stimulus_instance"}
"""Annotations of items that would collide with coordinates of observers, and what they are called instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemTable:
    """One row per item: its id, perhaps a target, and annotations; ``place`` names the file and line of a row."""

    path: Path
    ids: list[str]
    place: Callable[[int], str]
    target: Coded | None = None
    target_column: str = ""
    annotations: dict[str, list[Any]] = field(default_factory=dict)
    columns: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    def rows_of(self, items: Sequence[str]) -> NDArray[np.int64]:
        """int64[N]: the row of each item, -1 where the table does not have it."""
        row = {item: k for k, item in enumerate(self.ids)}
        return np.array([row.get(item, -1) for item in items], dtype=np.int64)


def read_item_table(path: Path, *, mapping: Mapping[str, str], with_target: bool) -> ItemTable:
    """Read a file with one row per item.

    Parameters
    ----------
    path
        A table (CSV, TSV, JSON Lines, Parquet) with a header, or ``.npy`` / ``.npz``. An array of labels
        alone is indexed by position: its items are called ``0``, ``1``, ...
    mapping
        Field to column; of interest here are ``items`` and ``targets``, where the file has such columns.
    with_target
        Whether a column of targets is needed; if not, every column but the id is an annotation.

    Raises
    ------
    InputError
        No column of ids or targets, an item twice with different values.
    """
    refuse_absent(path)
    if path.suffix.lower() in SUFFIXES:
        return _from_arrays(path, mapping, with_target=with_target)
    header = header_of(path)
    item = _column("items", header, mapping, path)
    target = _column("targets", [c for c in header if c != item], mapping, path) if with_target else None
    return _from_table(load(path, header), item, target)


def side_tables(options: ReadOptions) -> tuple[ItemTable | None, list[ItemTable]]:
    """Read the files of targets and annotations that the options name."""
    targets = options.targets and read_item_table(options.targets, mapping=options.mapping, with_target=True)
    annotations = [
        read_item_table(p, mapping=options.mapping, with_target=False) for p in options.annotations
    ]
    return targets or None, annotations


def _column(field_name: str, header: Sequence[str], mapping: Mapping[str, str], path: Path) -> str:
    named = mapping.get(field_name)
    column = named if named in header else guessed(field_name, header)
    if column is None:
        msg = (
            f"no column of {path.name} looks like {field_name} (its columns: {few(list(header), 8)}); "
            f"name it with --map {field_name}=COLUMN, or give the file a header"
        )
        raise InputError(msg)
    return column


def _from_table(table: RawTable, item: str, target: str | None) -> ItemTable:
    ids = identifiers(table.coded(item))
    unnamed = nameless(ids)
    if unnamed.size:
        msg = (
            f"{table.place(int(unnamed[0]))} has no item id in column '{item}'; give it one or drop the line"
        )
        raise InputError(msg)
    first = _first_rows(ids)
    warnings = []
    surplus = table.rows - len(first)
    for name in table.columns:
        column = table.coded(name)
        differs = np.flatnonzero(column.codes != column.codes[first[ids.codes]])
        if differs.size:
            row = int(differs[0])
            msg = (
                f"{table.place(row)} gives '{name}' of item '{ids.values[ids.codes[row]]}' another value than "
                f"{table.place(int(first[ids.codes[row]]))}; keep one row per item"
            )
            raise InputError(msg)
    if surplus:
        warnings.append(f"{table.path.name} repeats {surplus} rows word for word; each was taken once")
    kept = {name: table.coded(name).take(first) for name in table.columns}
    return ItemTable(
        path=table.path,
        ids=ids.values,
        place=lambda row: table.place(int(first[row])),
        target=kept[target] if target else None,
        target_column=target or "",
        annotations={
            annotation_name(name): _plain_values(column)
            for name, column in kept.items()
            if name not in (item, target)
        },
        columns={"items": item, **({"targets": target} if target else {})},
        warnings=warnings,
    )


def _first_rows(column: Coded) -> NDArray[np.int64]:
    first = np.full(len(column.values), len(column.codes), dtype=np.int64)
    np.minimum.at(first, column.codes, np.arange(len(column.codes)))
    return first


def annotation_name(column: str) -> str:
    """Name of the item coordinate that a column becomes."""
    name = column.strip() or "unnamed"
    return OF_OBSERVERS.get(name, f"item_{name}" if name in RESERVED or name == "planned_epochs" else name)


def _plain_values(column: Coded) -> list[Any]:
    """Cells as plain values: numbers and true/false where all cells of the column are, else text; None missing."""
    values: list[Any] = [None if missing_text(v) else v for v in column.values]
    texts = [v for v in values if isinstance(v, str)]
    if texts:
        lower = {v.strip().lower() for v in texts}
        if lower <= {"true", "false"}:
            values = [None if v is None else str(v).strip().lower() == "true" for v in values]
        elif all(_is_number(v) for v in texts):
            whole = all(v.strip().lstrip("+-").isdigit() for v in texts)
            values = [None if v is None else int(v) if whole else float(v) for v in values]
    values.append(None)
    return [values[code] for code in column.codes]


def _is_number(value: str) -> bool:
    try:
        float(value)
    except ValueError:
        return False
    bare = value.strip()
    return not (len(bare) > 1 and bare[0] == "0" and bare.isdigit())  # 00012 is a name


def _from_arrays(path: Path, mapping: Mapping[str, str], *, with_target: bool) -> ItemTable:
    arrays = load_arrays(path)
    if list(arrays) == [""]:
        only = arrays[""]
        arrays = {"labels": only} if only.ndim == 1 else {"items": only.T[0], "labels": only.T[1]}
        if only.ndim > 2 or (only.ndim == 2 and only.shape[1] != 2):
            msg = (
                f"{path.name} has shape {only.shape}; give one label per item, or two columns: item and label"
            )
            raise InputError(msg)
    columns, objects = _columns(arrays)
    names = [*columns, *objects]
    item = next((n for n in (mapping.get("items"), guessed("items", names)) if n in names), None)
    target = _column("targets", [n for n in names if n != item], mapping, path) if with_target else None
    first = item or target or next(iter(columns), None)
    if first is None:
        msg = f"no array of {path.name} has one value per item; give arrays of one dimension"
        raise InputError(msg)
    size = len(arrays[first])
    if target and len(arrays[target]) != size:
        msg = f"{path.name} has {len(arrays[target])} targets for {size} items; give one target per item"
        raise InputError(msg)
    id_name = item or "position"
    cells = {
        id_name: [str(k) for k in range(size)] if item is None else arrays[item].tolist(),
        **({target: arrays[target].tolist()} if target else {}),
        **{
            n: array.tolist()
            for n, array in columns.items()
            if n not in (item, target) and len(array) == size
        },
    }
    table = RawTable(
        path,
        {name: coded(values) for name, values in cells.items()},
        size,
        lambda rows: [int(row) for row in rows],
        unit="index",
    )
    found = _from_table(table, id_name, target)
    if objects:
        found.warnings.append(
            f"the array {few(objects)} of {path.name} holds Python objects, which are not read, and was left out"
        )
    return found


def _columns(arrays: Mapping[str, NDArray[Any]]) -> tuple[dict[str, NDArray[Any]], list[str]]:
    """Arrays of one dimension, and the names of those that hold Python objects."""
    columns: dict[str, NDArray[Any]] = {}
    objects: list[str] = []
    for name in arrays:
        try:
            array = arrays[name]
        except PythonObjectsError:
            objects.append(name)
        else:
            if array.ndim == 1:
                columns[name] = array
    return columns, objects
