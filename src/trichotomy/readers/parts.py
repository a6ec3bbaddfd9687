"""One file to parts: the rows of a long table, or one column of a wide one, with their fields named."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from trichotomy.decisions.schema import few
from trichotomy.errors import InputError, UnknownNameError
from trichotomy.readers.classes import ClassColumn
from trichotomy.readers.columns import Layout
from trichotomy.readers.rawtable import Coded, RawTable, constant, identifiers, nameless


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Decisions of one table, n of them; what the table does not have is None.

    ``rows`` are the table's rows that are meant, None for all of them in order.
    """

    table: RawTable
    observer: Coded
    item: Coded
    rows: NDArray[np.int64] | None = None
    observer_named: bool = True
    wide: bool = False
    replicate: Coded | None = None
    epoch: ClassColumn | None = None
    response: ClassColumn | None = None
    target: ClassColumn | None = None
    correct: ClassColumn | None = None
    p_target: NDArray[np.float64] | None = None
    p_response: NDArray[np.float64] | None = None
    about: dict[str, Coded] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    def place(self, row: int) -> str:
        """File and line of one of the part's rows."""
        return self.table.place(row if self.rows is None else int(self.rows[row]))


def parts_of(
    table: RawTable, layout: Layout, stem: str, *, where: Mapping[str, str], alone: bool
) -> list[Part]:
    """Split a table into parts by its layout, keeping the rows that ``where`` selects.

    Raises
    ------
    InputError
        No column names the items and that cannot be made up for; rows without an id; no row selected.
    """
    rows = selected(table, where)
    n = table.rows if rows is None else len(rows)
    if n == 0:
        return []
    warnings: list[str] = []
    item = _items(table, layout, rows, n, alone=alone, warnings=warnings)
    columns = _Columns(table, rows)
    epoch, target = columns.classes(layout.epochs), columns.classes(layout.targets)
    if layout.wide:
        return [
            Part(
                table=table,
                rows=rows,
                observer=constant(name, n),
                item=item,
                wide=True,
                epoch=epoch,
                response=columns.classes(name) if name in layout.responses else None,
                correct=columns.classes(name) if name in layout.correct else None,
                target=target,
                warnings=warnings if k == 0 else [],
            )
            for k, name in enumerate((*layout.responses, *layout.correct))
        ]
    observer = constant(stem, n) if layout.observers is None else columns.ids(layout.observers, "observer")
    part = Part(
        table=table,
        rows=rows,
        observer=observer,
        observer_named=layout.observers is not None,
        item=item,
        replicate=columns.ids(layout.replicate, "run") if layout.replicate else None,
        response=columns.classes(next(iter(layout.responses), None)),
        correct=columns.classes(next(iter(layout.correct), None)),
        p_target=columns.numbers(layout.p_target),
        p_response=columns.numbers(layout.p_response),
        about={name: columns.coded(name) for name in layout.about_observers},
        epoch=epoch,
        target=target,
        warnings=warnings,
    )
    return [part]


@dataclass(frozen=True, slots=True)
class _Columns:
    """Columns of a table, of the selected rows only."""

    table: RawTable
    rows: NDArray[np.int64] | None

    def coded(self, name: str) -> Coded:
        whole = self.table.coded(name)
        return whole if self.rows is None else whole.take(self.rows)

    def place(self, row: int) -> str:
        return self.table.place(row if self.rows is None else int(self.rows[row]))

    def classes(self, name: str | None) -> ClassColumn | None:
        return None if name is None else ClassColumn(self.coded(name), name, self.place)

    def numbers(self, name: str | None) -> NDArray[np.float64] | None:
        if name is None:
            return None
        whole = self.table.numbers(name)
        return whole if self.rows is None else whole[self.rows]

    def ids(self, name: str, what: str) -> Coded:
        column = identifiers(self.coded(name))
        unnamed = nameless(column)
        if unnamed.size:
            msg = f"{self.place(int(unnamed[0]))} has no {what} in column '{name}'; give it one or drop the line"
            raise InputError(msg)
        return column


def _items(
    table: RawTable,
    layout: Layout,
    rows: NDArray[np.int64] | None,
    n: int,
    *,
    alone: bool,
    warnings: list[str],
) -> Coded:
    """Item ids; a lone table without such a column, one row per item, has its rows numbered from 0."""
    if layout.items is not None:
        return _Columns(table, rows).ids(layout.items, "item")
    if not alone or layout.observers or layout.replicate or layout.epochs:
        msg = (
            f"no column of {table.path.name} names the items (its columns: {few(list(table.columns), 8)}), and rows "
            "are never joined by their position; name it with --map items=COLUMN"
        )
        raise InputError(msg)
    warnings.append(f"no column of {table.path.name} names the items; they are called by row number, from 0")
    numbers = np.arange(table.rows) if rows is None else rows
    return Coded(np.arange(n, dtype=np.int32), [str(k) for k in numbers.tolist()])


def selected(table: RawTable, where: Mapping[str, str]) -> NDArray[np.int64] | None:
    """Return the rows that have all the wanted values; None where nothing is asked for."""
    if not where:
        return None
    chosen = np.ones(table.rows, dtype=bool)
    for name, wanted in where.items():
        column = identifiers(table.coded(name))
        code = next(
            (k for k, value in enumerate(column.values) if value.strip() == str(wanted).strip()), None
        )
        chosen &= column.codes == code if code is not None else False
    return np.flatnonzero(chosen)


def check_where(where: Mapping[str, str], header: list[str], place: str) -> None:
    """Refuse a selection by a column that is not there."""
    for name in where:
        if name not in header:
            raise UnknownNameError(f"column of {place}", name, header)
