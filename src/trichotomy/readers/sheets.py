"""Producers' files to Decisions: each becomes a table whose columns are known, and goes the way of every table.

A reader of one producer's format turns each file into a ``Sheet`` and calls ``read_sheets``; ``--map``, ``--where``,
targets, annotations, duplicates, checks and provenance are then those of the ``table`` reader.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trichotomy.decisions import Decisions
from trichotomy.decisions.schema import few, short
from trichotomy.errors import InputError, UnknownNameError
from trichotomy.readers.assembly import Gathered, assemble
from trichotomy.readers.columns import Layout, columns_record
from trichotomy.readers.itemtable import ItemTable, annotation_name, side_tables
from trichotomy.readers.observers import one_per_group
from trichotomy.readers.options import FIELDS, ReadOptions
from trichotomy.readers.parts import Part, check_where, parts_of, selected
from trichotomy.readers.rawtable import Coded, Column, RawTable, coded, identifiers, merged
from trichotomy.readers.scores import decide

QUESTION = "question"
"""Column of the beginning of what was asked; the annotation of that name, and the check that ids mean the same."""
LONGEST_QUESTION = 200
DECIDED = "\x00correct"
"""Name of the column of decided correctness; no file can have it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One file as a table, and what its columns are.

    Attributes
    ----------
    table
        Columns and the places of rows.
    fields
        Field (one of ``FIELDS``, except ``correct`` where there are ``metrics``) to column.
    observer
        Who answered, where no column says so.
    run
        Column of a second key beside the observer: repeats of the same thing.
    metrics
        Columns of scores, one of which decides what is right (see ``scores``).
    about_items
        Columns that become annotations of the items where they are constant per item. A ``question`` must be: an id
        that asks one thing here and another there is refused.
    alone
        Column to another (or None): within each value of that, rows of different values say the same thing twice,
        so that one has to be chosen.
    """

    table: RawTable
    fields: Mapping[str, str]
    observer: str = ""
    run: str | None = None
    metrics: tuple[str, ...] = ()
    about_items: tuple[str, ...] = ()
    alone: Mapping[str, str | None] = field(default_factory=dict)
    warnings: Sequence[str] = ()


def sheet_table(
    path: Path,
    columns: Mapping[str, Sequence[Any] | NDArray[np.float64]],
    places: Sequence[int | str],
    unit: str,
) -> RawTable:
    """Return columns of plain cells as a table; ``places`` has the line, row or name of every row."""
    parsed: dict[str, Column] = {
        name: cells if isinstance(cells, np.ndarray) else coded(cells) for name, cells in columns.items()
    }
    return RawTable(path, parsed, len(places), lambda rows: [places[row] for row in rows], unit=unit)


def read_sheets(
    reader: str,
    paths: Sequence[Path],
    options: ReadOptions,
    sheets: Iterable[Sheet],
    *,
    side: tuple[ItemTable | None, list[ItemTable]] | None = None,
) -> Decisions:
    """Join the sheets of all files.

    Parameters
    ----------
    reader
        Name of the format.
    paths
        Every file that was read, for the provenance.
    options
        What was asked for.
    sheets
        One per file, made as they are asked for.
    side
        The tables of targets and annotations, where the reader has read them already.

    Raises
    ------
    InputError, UnknownNameError
        As ``readers.read``.
    """
    targets, annotations = side if side is not None else side_tables(options)
    elsewhere = list(targets.columns.values()) if targets else []
    parts: list[Part] = []
    records: list[tuple[Path, dict[str, str]]] = []
    warnings: list[str] = []
    about: list[dict[str, Coded]] = []
    for sheet in sheets:
        check_where(options.where, list(sheet.table.columns), sheet.table.path.name)
        layout, table, decided, notes = _layout(sheet, options, elsewhere)
        found = parts_of(table, layout, sheet.observer, where=options.where, alone=False)
        for part in found:
            columns = {name: identifiers(table.coded(name)) for name in sheet.about_items}
            about.append({n: c if part.rows is None else c.take(part.rows) for n, c in columns.items()})
        if not found:
            asked = ", ".join(f"{column}={value}" for column, value in options.where.items())
            warnings.append(f"no row of {table.path.name} has {asked}: nothing of it was read")
        parts += found
        warnings += [*sheet.warnings, *notes]
        records.append(
            (sheet.table.path, {k: decided if v == DECIDED else v for k, v in layout.record().items()})
        )
    return assemble(
        Gathered(
            parts=parts,
            reader=reader,
            paths=paths,
            options=options,
            configuration=columns_record(records),
            targets=targets,
            annotations=annotations,
            item_coords=_item_coords(parts, about, sure="items" in options.mapping),
            warnings=list(dict.fromkeys(warnings)),
        )
    )


def question_text(value: Any) -> str | None:
    """Return the beginning of what was asked, blanks joined; None where it is no text."""
    return (
        " ".join(value[: 4 * LONGEST_QUESTION].split())[:LONGEST_QUESTION] or None
        if isinstance(value, str)
        else None
    )


def refuse_top_k(options: ReadOptions) -> None:
    """Refuse top-k correctness, for formats that hold one answer per item."""
    if options.top_k is not None:
        msg = "top-k correctness needs the k best answers of each item; this format has one answer"
        raise InputError(msg)


def _layout(
    sheet: Sheet, options: ReadOptions, elsewhere: Sequence[str]
) -> tuple[Layout, RawTable, str, list[str]]:
    """Layout by the sheet and the mapping, the table with decided correctness, its name, and warnings."""
    table, place = sheet.table, sheet.table.path.name
    fields = dict(sheet.fields)
    for name, column in options.mapping.items():
        if name == "correct" and sheet.metrics:
            continue
        if column in table.columns:
            fields[name] = column
        elif not (name in ("items", "targets") and column in elsewhere):
            raise UnknownNameError(f"column of {place}", column, list(table.columns))
    rows = selected(table, options.where)
    decided, notes = "", list[str]()
    if sheet.metrics and (rows is None or len(rows)):
        _refuse_said_twice(sheet, rows)
        decided, correct, notes = decide(table, sheet.metrics, options.mapping.get("correct"), rows)
        table = replace(table, columns={**table.columns, DECIDED: correct})
        fields["correct"] = DECIDED
    used = {*fields.values(), sheet.run, *sheet.about_items, *sheet.metrics, *sheet.alone.values()}
    layout = Layout(
        items=fields.get("items"),
        observers=fields.get("observers"),
        replicate=sheet.run,
        responses=(fields["responses"],) if "responses" in fields else (),
        targets=fields.get("targets"),
        epochs=fields.get("epochs"),
        correct=(fields["correct"],) if "correct" in fields else (),
        p_target=fields.get("p_target"),
        p_response=fields.get("p_response"),
        unused=tuple(name for name in sheet.table.columns if name not in used),
    )
    assert set(fields) <= set(FIELDS)
    return layout, table, decided, notes


def _refuse_said_twice(sheet: Sheet, rows: NDArray[np.int64] | None) -> None:
    for name, within in sheet.alone.items():
        column = sheet.table.coded(name)
        group = sheet.table.coded(within).codes if within else np.zeros(len(column.codes), dtype=np.int32)
        codes = column.codes if rows is None else column.codes[rows]
        group = group if rows is None else group[rows]
        pairs = np.unique(np.stack([group, codes]), axis=1)
        twice = pairs[0][:-1][np.diff(pairs[0]) == 0]
        if twice.size:
            values = [str(column.values[c]) for c in pairs[1][pairs[0] == twice[0]] if c >= 0]
            msg = (
                f"{sheet.table.path.name} has several decisions for each item, one per {name} ({few(values, 6)}); "
                f"choose with --where '{name}={short(values[0])}'"
            )
            raise InputError(msg)


def _item_coords(
    parts: Sequence[Part], about: Sequence[Mapping[str, Coded]], *, sure: bool
) -> dict[str, Coded]:
    """Annotations of items from columns that every sheet has and that are constant per item.

    ``sure`` says that the user declared what the items are, so that questions need not agree.
    """
    if not parts:
        return {}
    item = merged([part.item for part in parts])
    found: dict[str, Coded] = {}
    for name in about[0]:
        if not all(name in columns for columns in about):
            continue
        column = merged([columns[name] for columns in about])
        known = np.flatnonzero(column.codes >= 0) if name == QUESTION else slice(None)
        per_item = one_per_group(item.codes[known], column.codes[known], len(item.values))
        if per_item is None and name == QUESTION and not sure:
            raise InputError(_two_questions(parts, item, column))
        if per_item is not None and (per_item >= 0).any():
            found[annotation_name(name)] = Coded(per_item, column.values)
    return found


def _two_questions(parts: Sequence[Part], item: Coded, column: Coded) -> str:
    """Say which id asks two things, and where."""
    starts = np.cumsum([0, *(len(part.item.codes) for part in parts)])
    first: dict[int, int] = {}
    for row in np.flatnonzero(column.codes >= 0).tolist():
        before = first.setdefault(int(item.codes[row]), row)
        if column.codes[before] != column.codes[row]:
            break
    places = []
    for at in (before, row):
        k = int(np.searchsorted(starts, at, side="right")) - 1
        places.append(parts[k].place(at - int(starts[k])))
    return (
        f"'{item.values[item.codes[row]]}' asks one thing in {places[0]} and another in {places[1]}, so ids do not "
        "mean the same in these files; read them apart, or declare the column of ids that does with --map items=COLUMN"
    )
