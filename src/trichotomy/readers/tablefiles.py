"""Any file that holds a table, to a raw table: by suffix, delimited text, JSON Lines or Parquet."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from trichotomy.decisions.schema import few
from trichotomy.errors import InputError, MissingExtraError
from trichotomy.readers.files import refuse_unreadable, suffix
from trichotomy.readers.jsonfiles import json_lines
from trichotomy.readers.rawtable import Coded, RawTable, coded, compact
from trichotomy.readers.textfiles import dictionary, load_text, read_header

TEXT_SUFFIXES = (".csv", ".tsv", ".txt")
JSON_SUFFIXES = (".jsonl", ".ndjson")
PARQUET_SUFFIXES = (".parquet", ".pq")
HEADER_LINES = 100
"""Lines of a JSON Lines file whose keys make up its header."""


def is_table(path: Path) -> bool:
    """Whether the suffix is one that this module reads."""
    return suffix(path) in (*TEXT_SUFFIXES, *JSON_SUFFIXES, *PARQUET_SUFFIXES)


def header_of(path: Path) -> list[str]:
    """Return the column names of a table file, reading little more than its start.

    Raises
    ------
    InputError, MissingExtraError
        A file that is empty or damaged, or a Parquet file where PyArrow is not installed.
    """
    if suffix(path) in PARQUET_SUFFIXES:
        return [str(name) for name in parquet_file(path).schema_arrow.names]
    if suffix(path) in JSON_SUFFIXES:
        names: dict[str, None] = {}
        for _, record in islice(json_lines(path), HEADER_LINES):
            names.update(dict.fromkeys(record))
        return list(names)
    return read_header(path)


def load(
    path: Path, columns: Sequence[str], numeric: Sequence[str] = (), whole: Sequence[str] = ()
) -> RawTable:
    """Read columns of a table file; ``numeric`` and ``whole`` are hints, see ``load_text``.

    Raises
    ------
    InputError, MissingExtraError
        See ``header_of``; also a table without rows, ragged rows, nested values.
    """
    if suffix(path) in PARQUET_SUFFIXES:
        return _load_parquet(path, columns)
    if suffix(path) in JSON_SUFFIXES:
        return _load_json(path, columns)
    return load_text(path, columns, numeric, whole)


def _load_json(path: Path, columns: Sequence[str]) -> RawTable:
    """One object per line; a key that a line lacks is a missing value."""
    lines: list[int] = []
    cells: dict[str, list[Any]] = {name: [] for name in columns}
    for line, record in json_lines(path):
        lines.append(line)
        for name, values in cells.items():
            value = record.get(name)
            if isinstance(value, list | dict):
                msg = f"'{name}' in {path.name}, line {line} is a list or an object; give one value per key"
                raise InputError(msg)
            values.append(value)
    parsed = {name: coded(values) for name, values in cells.items()}
    return RawTable(path, {**parsed}, len(lines), lambda rows: [lines[row] for row in rows])


def _load_parquet(path: Path, columns: Sequence[str]) -> RawTable:
    import pyarrow as pa

    file = parquet_file(path)
    try:
        table = file.read(columns=list(columns))
        parsed = {name: _parquet_column(table, name, path) for name in columns}
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise InputError(damaged_parquet(path, error)) from error
    if table.num_rows == 0:
        msg = f"{path.name} has columns and no rows; give at least one row"
        raise InputError(msg)
    return RawTable(path, {**parsed}, table.num_rows, lambda rows: [int(row) + 1 for row in rows], unit="row")


def _parquet_column(table: Any, name: str, path: Path) -> Coded:
    """Codes and values; NaN, a value to PyArrow, is null here."""
    import pyarrow as pa

    kind = table.schema.field(name).type
    if pa.types.is_nested(kind):
        msg = f"column '{name}' of {path.name} holds {kind}; give one value per row"
        raise InputError(msg)
    if pa.types.is_boolean(kind):
        return coded(table.column(name).to_pylist())
    column = dictionary(table.column(name))
    gaps = [code for code, value in enumerate(column.values) if value is None or value != value]
    if not gaps:
        return column
    return compact(np.where(np.isin(column.codes, gaps), -1, column.codes).astype(np.int32), column.values)


def parquet_file(path: Path) -> Any:
    """Open a Parquet file.

    Raises
    ------
    InputError, MissingExtraError
        A damaged file, two columns of one name, or no PyArrow.
    """
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError as error:
        feature = "reading Parquet files"
        raise MissingExtraError(feature, "parquet") from error
    refuse_unreadable(path)
    try:
        file = parquet.ParquetFile(path)
        names = list(file.schema_arrow.names)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise InputError(damaged_parquet(path, error)) from error
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        msg = f"{path.name} has several columns called {few(twice)}; rename them"
        raise InputError(msg)
    return file


def damaged_parquet(path: Path, error: Exception) -> str:
    """Say in one sentence what PyArrow says."""
    first = str(error).strip().splitlines()[0].rstrip(".")
    return f"{path.name} is truncated or no Parquet file ({first[:120]}); copy or write it again"
