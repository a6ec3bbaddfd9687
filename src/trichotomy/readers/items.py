"""What is known about every item, from the rows and from files beside them: one target, and coordinates.

Targets that disagree are refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from trichotomy.decisions import MISSING
from trichotomy.decisions.schema import few
from trichotomy.errors import InputError
from trichotomy.readers.classes import ClassCoding
from trichotomy.readers.itemtable import ItemTable
from trichotomy.readers.parts import Part
from trichotomy.readers.rawtable import Coded, Codes

Place: TypeAlias = Callable[[int], str]


def target_of_items(
    parts: Sequence[Part],
    table: ItemTable | None,
    item: Coded,
    coding: ClassCoding,
    place: Place,
    warnings: list[str],
) -> Codes | None:
    """int32[N] target of each item, -1 where unknown; None where there are no targets at all.

    Parameters
    ----------
    parts
        All parts; the targets in their rows must agree.
    table
        The targets file, which must know every item and agree with the rows.
    item
        The item of every row of all parts.
    coding
        Class indices: of the parts' columns of targets, and last of the file's.
    place
        File and line of a row.
    warnings
        Is appended to.

    Raises
    ------
    InputError
        Targets that disagree, items that the file does not have; the first are named.
    """
    own = [part.target is not None for part in parts]
    target: Codes | None = None
    if any(own):
        order = list({id(part.target): None for part in parts if part.target is not None})
        blank = [np.full(len(part.item.codes), MISSING, dtype=np.int32) for part in parts]
        per_row = [
            coding.targets[order.index(id(part.target))] if part.target is not None else nothing
            for part, nothing in zip(parts, blank, strict=True)
        ]
        target = targets_per_item(np.concatenate(per_row), item.codes, item.values, place, coding.classes)
    if table is not None:
        target = _from_file(table, coding, item, target, place, warnings)
    if target is not None:
        unknown = int((target == MISSING).sum())
        if unknown:
            lacking = [item.values[k] for k in np.flatnonzero(target == MISSING)[:3]]
            warnings.append(
                f"{unknown} of {len(target)} items have no target (first {few(lacking, 1)}); "
                "decisions on them count as missing"
            )
    return target


def _from_file(
    table: ItemTable, coding: ClassCoding, item: Coded, own: Codes | None, place: Place, warnings: list[str]
) -> Codes:
    rows = table.rows_of(item.values)
    unknown = np.flatnonzero(rows < 0)
    if unknown.size:
        row = int(np.flatnonzero(item.codes == unknown[0])[0])
        msg = (
            f"{unknown.size} of {len(rows)} items are not in {table.path.name}, first '{item.values[unknown[0]]}' "
            f"({place(row)}); its ids are like '{table.ids[0]}': complete it, or name the right columns with "
            "--map items=COLUMN"
        )
        raise InputError(msg)
    warnings += table.warnings
    theirs: Codes = coding.targets[-1][rows]
    left = len(table.ids) - len(rows)
    if left:
        warnings.append(
            f"{left} of {len(table.ids)} items of {table.path.name} were answered by nobody and left out"
        )
    if own is None:
        return theirs
    clash = np.flatnonzero((own != MISSING) & (theirs != MISSING) & (own != theirs))
    if clash.size:
        k = int(clash[0])
        row = int(np.flatnonzero(item.codes == k)[0])
        msg = (
            f"targets disagree for {clash.size} item(s) with {table.path.name}: '{item.values[k]}' is "
            f"{_class(own[k], coding)} in {place(row)}, but {_class(theirs[k], coding)} in {table.place(int(rows[k]))}"
            "; correct one of them"
        )
        raise InputError(msg)
    return np.where(theirs == MISSING, own, theirs)


def _class(index: int, coding: ClassCoding) -> str:
    return repr(coding.classes[index]) if coding.classes else str(index)


def targets_per_item(
    target: Codes, item: Codes, items: Sequence[str], place: Callable[[int], str], names: Sequence[str] = ()
) -> Codes:
    """One target for each item, int32[N], -1 where no row knows it.

    Raises
    ------
    InputError
        Rows that disagree about an item's target; the first are named.
    """
    known = np.flatnonzero(target != MISSING) if target.size and target.min() < 0 else slice(None)
    per_item = np.full(len(items), MISSING, dtype=np.int32)
    per_item[item[known]] = target[known]
    clash = per_item[item[known]] != target[known]
    if clash.any():
        rows = np.arange(len(target))[known]
        row = int(rows[clash][0])
        other = int(rows[(item[known] == item[row]) & (target[known] != target[row])][0])
        said, before = (names[t] if names else str(t) for t in (target[row], target[other]))
        msg = (
            f"targets disagree for {len(np.unique(item[known][clash]))} item(s): '{items[item[row]]}' is {said!r} "
            f"in {place(row)}, but {before!r} in {place(other)}; correct one of them"
        )
        raise InputError(msg)
    return per_item


def item_coords(
    items: Sequence[str], columns: Mapping[str, Coded], tables: Sequence[ItemTable], warnings: list[str]
) -> dict[str, NDArray[Any]]:
    """Coordinates of the N items: ``columns`` (one value each, -1 none) and the annotations of ``tables``."""
    coords = {
        name: coordinate([column.values[code] if code >= 0 else None for code in column.codes.tolist()])
        for name, column in columns.items()
    }
    for table in tables:
        rows = table.rows_of(items)
        if (rows < 0).all():
            warnings.append(
                f"{table.path.name} describes none of the items; its ids are like {table.ids[0]!r}"
            )
            continue
        for name, values in table.annotations.items():
            coords[name] = coordinate([values[row] if row >= 0 else None for row in rows.tolist()])
    return coords


def coordinate(values: Sequence[Any]) -> NDArray[Any]:
    """Turn one value per item (None missing) into an array that a store can hold: bool, int, float or text."""
    known = [v for v in values if v is not None]
    if known and all(isinstance(v, bool | np.bool_) for v in known) and len(known) == len(values):
        return np.array(values, dtype=bool)
    if known and all(isinstance(v, bool | int | float | np.number) for v in known):
        if len(known) == len(values) and all(isinstance(v, int | np.integer) for v in known):
            return np.array(values, dtype=np.int64)
        return np.array([np.nan if v is None else float(v) for v in values])
    text = np.empty(len(values), dtype=object)
    text[:] = ["" if v is None else str(v) for v in values]
    return text
