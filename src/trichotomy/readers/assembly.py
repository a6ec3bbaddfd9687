"""Parts of all files to Decisions: items, targets and classes are joined by id, checked, and laid out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trichotomy.decisions import MISSING, Decisions, provenance
from trichotomy.decisions.schema import short
from trichotomy.errors import InputError
from trichotomy.readers.classes import WHOLE, ClassCoding, ClassColumn, code_classes, correctness
from trichotomy.readers.items import Place, item_coords, target_of_items
from trichotomy.readers.itemtable import ItemTable
from trichotomy.readers.observers import name_observers
from trichotomy.readers.options import ReadOptions
from trichotomy.readers.parts import Part
from trichotomy.readers.rawtable import Coded, Codes, merged, missing_text
from trichotomy.readers.rows import Rows, to_decisions

ZERO_ONE = frozenset({"0", "1", "0.0", "1.0", "true", "false"})
"""Answers that may be correctness."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """What a reader found: parts of all files, the files of targets and annotations, and what to record.

    ``item_coords`` holds, by name, a column with one value per row that must be constant per item;
    ``observer_coords`` turns the observers' ids into coordinates.
    """

    parts: Sequence[Part]
    reader: str
    paths: Sequence[Path]
    options: ReadOptions
    configuration: Mapping[str, Any] = field(default_factory=dict)
    targets: ItemTable | None = None
    annotations: Sequence[ItemTable] = ()
    item_coords: Mapping[str, Coded] = field(default_factory=dict)
    observer_coords: Callable[[Sequence[str]], Mapping[str, Any]] | None = None
    no_answer: tuple[str, ...] = ()
    warnings: Sequence[str] = ()


def assemble(found: Gathered) -> Decisions:
    """Join, check and lay out what a reader gathered.

    Raises
    ------
    InputError
        Whatever no documented rule covers; nothing has been written.
    """
    if not found.parts:
        asked = ", ".join(f"{column}={value}" for column, value in found.options.where.items())
        msg = f"no row has {asked}; check the value of --where"
        raise InputError(msg)
    warnings = [*found.warnings, *(w for table in found.annotations for w in table.warnings)]
    warnings += [w for part in found.parts for w in part.warnings]
    parts = _with_answers(found, warnings)
    item = merged([part.item for part in parts])
    observers = name_observers(parts, item.codes)
    place = _places(parts)
    coding = _classes(parts, found)
    target = target_of_items(parts, found.targets, item, coding, place, warnings)
    _check_wide(parts, coding)
    response = np.concatenate(coding.responses) if coding.responses else None
    warnings += [*coding.warnings, *observers.warnings]
    epochs, epoch = _epochs(parts)
    condition = observers.stimulus_condition
    about_items = {**({} if condition is None else {"stimulus_condition": condition}), **found.item_coords}
    described = [*([found.targets] if found.targets else []), *found.annotations]
    rows = Rows(
        observers=observers.ids,
        items=item.values,
        epochs=epochs,
        observer=observers.codes,
        item=item.codes,
        epoch=epoch,
        response=response,
        correct=_correct(parts, response, target, item.codes, warnings, top_k=found.options.top_k),
        p_target=_numbers(parts, "p_target"),
        p_response=_numbers(parts, "p_response"),
        classes=coding.classes,
        place=place,
        observer_coords={
            **observers.coords,
            **(found.observer_coords(observers.ids) if found.observer_coords else {}),
        },
        item_coords=item_coords(item.values, about_items, described, warnings),
    )
    return to_decisions(
        rows,
        target=target,
        duplicates=found.options.duplicates,
        warnings=warnings,
        provenance=lambda: provenance(
            [*found.paths, *found.options.side_files()],
            configuration={
                "reader": found.reader,
                **_configuration(found),
                "options": found.options.record(),
            },
            warnings=warnings,
        ),
    )


def _configuration(found: Gathered) -> dict[str, Any]:
    """What the columns were taken for, those of the targets file among them."""
    columns: dict[str, str] = dict(found.configuration.get("columns", {}))
    if found.targets is not None:
        own = columns.pop("targets", "")
        theirs = f"{found.targets.target_column} ({found.targets.path.name})"
        columns["targets"] = f"{own} | {theirs}" if own else theirs
    return {**found.configuration, "columns": columns}


def _with_answers(found: Gathered, warnings: list[str]) -> list[Part]:
    """Parts that can be judged: responses with targets, or correctness; 0/1 responses without targets are that."""
    parts = list(found.parts)
    targeted = found.targets is not None or any(part.target is not None for part in parts)
    if not targeted and _only_zero_one(parts):
        warnings.append(
            "there are no targets and every answer is 0 or 1: the answers were taken as correctness"
        )
        parts = [replace(part, correct=part.response, response=None) for part in parts]
    elif not targeted and any(part.correct is None for part in parts):
        name = next(part.table.path.name for part in parts if part.correct is None)
        msg = (
            f"nothing says what is right: {name} has neither targets nor correctness; name a column with "
            "--map targets=COLUMN, or give a file with --targets FILE"
        )
        raise InputError(msg)
    for kind in ("response", "correct", "epoch"):
        having = [part.table.path.name for part in parts if getattr(part, kind) is not None]
        if (
            having
            and len(having) < len(parts)
            and (kind != "correct" or any(p.response is None for p in parts))
        ):
            lacking = next(part.table.path.name for part in parts if getattr(part, kind) is None)
            msg = f"{having[0]} has a column of {kind}s and {lacking} has none; read them apart, or give it to both"
            raise InputError(msg.replace("corrects", "correctness"))
    return parts


def _only_zero_one(parts: Sequence[Part]) -> bool:
    """Whether every answer of every part is 0 or 1 (or true, false), so that it can say right or wrong."""
    columns = [part.response for part in parts if part.correct is None]
    return bool(columns) and all(
        column is not None
        and all(str(v).strip().lower() in ZERO_ONE or missing_text(v) for v in column.column.values)
        for column in columns
    )


def _check_wide(parts: Sequence[Part], coding: ClassCoding) -> None:
    """Refuse a wide table in which a column can hardly be an observer's responses.

    Raises
    ------
    InputError
        A column that holds no class that is a target, or only 0 and 1 where there are more classes.
    """
    if not any(part.wide for part in parts):
        return
    targets = {int(t) for codes in coding.targets for t in np.unique(codes) if t >= 0}
    if not targets:
        return
    answered = [part for part in parts if part.response is not None]
    for part, codes in zip(answered, coding.responses, strict=True):
        given = {int(r) for r in np.unique(codes) if r >= 0}
        if not part.wide or not given:
            continue
        name, file = part.observer.values[0], part.table.path.name
        if given.isdisjoint(targets):
            msg = (
                f"column '{name}' of {file} holds no class that is an item's target, so it is hardly an observer; "
                "name the observers' columns with --map responses=A,B,..."
            )
            raise InputError(msg)
        if not coding.classes and given <= {0, 1} and len(targets) > 2:
            msg = (
                f"column '{name}' of {file} holds only 0 and 1 where the targets are {len(targets)} classes; if it "
                "says right or wrong, name it with --map correct=A,B,..."
            )
            raise InputError(msg)


def _places(parts: Sequence[Part]) -> Place:
    """Row of all parts, one after the other, to its file and line."""
    starts = np.cumsum([0, *(len(part.item.codes) for part in parts)])

    def place(row: int) -> str:
        k = int(np.searchsorted(starts, row, side="right")) - 1
        return parts[k].place(row - int(starts[k]))

    return place


def _classes(parts: Sequence[Part], found: Gathered) -> ClassCoding:
    """Class indices of all responses, and of all targets: those of the parts, then those of the targets file."""
    responses = [part.response for part in parts if part.response is not None]
    targets = list({id(part.target): part.target for part in parts if part.target is not None}.values())
    table = found.targets
    if table is not None and table.target is not None:
        targets.append(ClassColumn(table.target, table.target_column, table.place))
    return code_classes(responses, targets, no_answer=found.no_answer)


def _correct(
    parts: Sequence[Part],
    response: Codes | None,
    target: Codes | None,
    item: Codes,
    warnings: list[str],
    *,
    top_k: int | None,
) -> NDArray[np.int8] | None:
    """int8[n] correctness as given, None where responses and targets say the same."""
    if any(part.correct is None for part in parts):
        return None
    given = np.concatenate([correctness(part.correct) for part in parts if part.correct is not None])
    if response is None:
        gaps = int((given == MISSING).sum())
        if gaps:
            warnings.append(
                f"{gaps} decisions have no value (empty or NaN); they count as missing, not as wrong"
            )
        return given
    if target is None:
        return np.where(response == MISSING, MISSING, given).astype(np.int8)
    wanted = target[item]
    derived = np.where((response == MISSING) | (wanted == MISSING), MISSING, response == wanted).astype(
        np.int8
    )
    differs = int(((given != derived) & (given != MISSING)).sum())
    if not differs:
        return None
    if top_k is not None:
        warnings.append(f"a decision counts as right when the target is among the first {top_k} answers")
        return given
    warnings.append(
        f"the column of correctness differs from response == target in {differs} rows; it was kept as given"
    )
    return np.where(given == MISSING, derived, given).astype(np.int8)


def _epochs(parts: Sequence[Part]) -> tuple[list[int], Codes | None]:
    columns = [part.epoch for part in parts if part.epoch is not None]
    if not columns:
        return [0], None
    numbers = [[_epoch(column, k) for k in range(len(column.column.values))] for column in columns]
    epochs = sorted({n for found in numbers for n in found})
    position = {epoch: k for k, epoch in enumerate(epochs)}
    codes = []
    for column, found in zip(columns, numbers, strict=True):
        if column.column.codes.min() < 0:
            raise InputError(_no_epoch(column, -1))
        codes.append(np.array([position[n] for n in found], dtype=np.int32)[column.column.codes])
    return epochs, np.concatenate(codes)


def _epoch(column: ClassColumn, code: int) -> int:
    value = str(column.column.values[code]).strip()
    if missing_text(value):
        raise InputError(_no_epoch(column, code))
    if not WHOLE.fullmatch(value) or float(value) < 0 or float(value) > np.iinfo(np.int32).max:
        msg = (
            f"'{short(value)}' in column '{column.name}' ({column.place(code)}) is no epoch; "
            "epochs are whole numbers, 0 is before training"
        )
        raise InputError(msg)
    return int(float(value))


def _no_epoch(column: ClassColumn, code: int) -> str:
    return f"{column.place(code)} has no epoch in column '{column.name}'; give it one or drop the line"


def _numbers(parts: Sequence[Part], name: str) -> NDArray[np.float64] | None:
    columns: list[NDArray[np.float64] | None] = [getattr(part, name) for part in parts]
    if all(column is None for column in columns):
        return None
    filled = [
        np.full(len(part.item.codes), np.nan) if column is None else column
        for part, column in zip(parts, columns, strict=True)
    ]
    return filled[0] if len(filled) == 1 else np.concatenate(filled)
