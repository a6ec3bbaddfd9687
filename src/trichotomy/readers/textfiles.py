"""Delimited text (CSV, TSV) to raw tables: fast where PyArrow is installed, exact about faults always.

PyArrow parses; where it is absent, or finds a fault, the standard library's parser reads the file again and
names the line. Every cell of a key column stays text, so ``00012`` remains ``00012``.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from trichotomy.decisions.schema import few
from trichotomy.errors import InputError
from trichotomy.readers.files import Content, content, suffix, text
from trichotomy.readers.rawtable import MISSING_TEXT, Coded, Codes, Column, RawTable, coded_array, compact

DELIMITERS = (",", "\t", ";", "|")
INTEGER = re.compile(r"[0-9]{1,18}")
QUOTE = re.compile(rb'"')
NOT_A_RECORD_EACH = re.compile(rb'"|\n\r?\n|\A\r?\n')
"""Where lines and records are not the same: quotation marks, blank lines."""
BATCH = 100_000
"""Rows that the standard library's parser keeps as lists at a time."""


def read_header(path: Path) -> list[str]:
    """Return the column names of a delimited text file, without surrounding blanks.

    Raises
    ------
    InputError
        An empty file, text that is not UTF-8, a name that occurs twice.
    """
    names = [name.strip() for name in _record(path, 0)]
    if not names:
        msg = f"{path.name} is empty; give a header and at least one row"
        raise InputError(msg)
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        msg = f"{path.name} has several columns called {few(twice)}; rename them"
        raise InputError(msg)
    return names


def load_text(
    path: Path, columns: Sequence[str], numeric: Sequence[str] = (), whole: Sequence[str] = ()
) -> RawTable:
    """Read ``columns`` of a delimited text file.

    Where that is possible, those in ``numeric`` are read as numbers and those in ``whole`` as whole numbers;
    that saves time and changes no meaning. All others stay text.

    Raises
    ------
    InputError
        No rows, a row with too many or too few cells, an unfinished quotation, text that is not UTF-8.
    """
    header = read_header(path)
    data = content(path)
    types = {**dict.fromkeys(columns, "string"), **dict.fromkeys(numeric, "double")}
    first = dict(zip(header, _record(path, 1), strict=False))
    types.update(dict.fromkeys([c for c in whole if INTEGER.fullmatch(first.get(c, ""))], "int64"))
    found = _with_pyarrow(path, data, header, types)
    if found is None and "int64" in types.values():
        types = {c: "string" if kind == "int64" else kind for c, kind in types.items()}
        found = _with_pyarrow(path, data, header, types)
    parsed, rows = found if found is not None else _with_csv(path, header, columns)
    if rows == 0:
        msg = f"{path.name} has a header and no rows; give at least one row"
        raise InputError(msg)
    return RawTable(path, parsed, rows, _places(path, data))


def dictionary(column: Any) -> Coded:
    """Codes and values of a PyArrow column."""
    import pyarrow as pa

    encoded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    whole = encoded.unify_dictionaries().combine_chunks()
    if isinstance(whole, pa.ChunkedArray):
        whole = whole.chunk(0)
    indices = whole.indices.fill_null(-1) if whole.indices.null_count else whole.indices
    codes = indices.to_numpy().astype(np.int32, copy=False)
    values = whole.dictionary.to_pylist()
    return Coded(codes, values) if encoded is not column else compact(codes, values)


def _with_pyarrow(
    path: Path, data: Content, header: list[str], types: dict[str, str]
) -> tuple[dict[str, Column], int] | None:
    """Columns by PyArrow; None where it is not installed or the file needs a closer look."""
    try:
        import pyarrow as pa
        from pyarrow import csv as arrow_csv
    except ImportError:
        return None
    quotes = np.count_nonzero(np.frombuffer(data, dtype=np.uint8) == ord('"')) if QUOTE.search(data) else 0
    if quotes % 2:
        return None  # an unfinished quotation: PyArrow would take it to the end of the file
    written = dict(zip(header, _record(path, 0), strict=True))
    column_types = {written[c]: pa.type_for_alias(kind) for c, kind in types.items()}
    try:
        table = arrow_csv.read_csv(
            pa.py_buffer(data),
            parse_options=arrow_csv.ParseOptions(delimiter=_delimiter(path), newlines_in_values=quotes > 0),
            convert_options=arrow_csv.ConvertOptions(
                column_types=column_types,
                include_columns=list(column_types),
                null_values=sorted(MISSING_TEXT),
                strings_can_be_null=False,
            ),
        )
    except pa.ArrowInvalid:
        return None
    with ThreadPoolExecutor() as pool:
        parsed = list(pool.map(_from_arrow, (table.column(written[c]) for c in types)))
    return dict(zip(types, parsed, strict=True)), table.num_rows


def _from_arrow(column: Any) -> Column:
    """A column of text or whole numbers as codes and values, one of numbers as float64 with NaN."""
    if str(column.type) == "double":
        return np.asarray(column.to_numpy(), dtype=np.float64)
    if str(column.type) == "int64" and column.null_count == 0 and len(column):
        return coded_array(column.to_numpy())
    return dictionary(column)


def _with_csv(path: Path, header: list[str], columns: Sequence[str]) -> tuple[dict[str, Column], int]:
    """Columns by the standard library, a batch of rows at a time; a row of the wrong length is refused."""
    where = [header.index(name) for name in columns]
    index: list[dict[str, int]] = [{} for _ in columns]
    codes: list[list[Codes]] = [[np.zeros(0, dtype=np.int32)] for _ in columns]
    rows = 0
    with text(path) as file:
        records = _records(file, path)
        next(records)
        while batch := _batch(records, len(header), path):
            rows += len(batch)
            cells = list(zip(*batch, strict=True))
            for known, parts, position in zip(index, codes, where, strict=True):
                parts.append(
                    np.array([known.setdefault(c, len(known)) for c in cells[position]], dtype=np.int32)
                )
    return {
        name: Coded(np.concatenate(parts), list(known))
        for name, parts, known in zip(columns, codes, index, strict=True)
    }, rows


def _batch(records: Iterator[tuple[int, list[str]]], width: int, path: Path) -> list[list[str]]:
    batch = []
    for line, cells in records:
        if len(cells) != width:
            msg = (
                f"{path.name}, line {line} has {len(cells)} cells where the header has {width}; "
                "correct the line (a cell that holds the delimiter must be quoted)"
            )
            raise InputError(msg)
        batch.append(cells)
        if len(batch) == BATCH:
            break
    return batch


def _records(file: io.TextIOWrapper, path: Path) -> Iterator[tuple[int, list[str]]]:
    """First line and cells of every record that is not blank, the header among them."""
    reader = csv.reader(file, delimiter=_delimiter(path), strict=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            msg = (
                f"{path.name}, line {line} is not valid delimited text ({error}); correct its quotation marks"
            )
            raise InputError(msg) from error
        if cells:
            yield line, cells


def _record(path: Path, number: int) -> list[str]:
    """Cells of the header (0) or of a data row near the start; none where the file ends before."""
    with text(path) as file:
        for k, (_, cells) in enumerate(_records(file, path)):
            if k == number:
                return cells
    return []


def _delimiter(path: Path) -> str:
    """Tab in ``.tsv``; else the one of comma, tab, semicolon and bar that the header holds most often."""
    if suffix(path) == ".tsv":
        return "\t"
    with text(path) as file:
        header = next((line for line in file if line.strip()), "")
    outside = "".join(header.split('"')[::2])
    return max(DELIMITERS, key=outside.count)


def _places(path: Path, data: Content) -> Callable[[Sequence[int]], list[int]]:
    """Line numbers of data rows; they are counted, when an error asks, only where records are not lines."""

    def places(rows: Sequence[int]) -> list[int]:
        if not NOT_A_RECORD_EACH.search(data):
            return [int(row) + 2 for row in rows]
        wanted = {int(row) for row in rows}
        found: dict[int, int] = {}
        with text(path) as file:
            for row, (line, _) in enumerate(_records(file, path), start=-1):
                if row in wanted:
                    found[row] = line
                if len(found) == len(wanted):
                    break
        return [found[int(row)] for row in rows]

    return places
