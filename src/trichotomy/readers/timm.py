"""The ``timm`` reader: what pytorch-image-models' ``inference.py`` writes (timm 1.0), one file per model.

CSV, JSON by file name, JSON Lines (``json-record``, also called ``.json``), JSON split, or Parquet. The columns are
``filename``; ``index`` (the k best classes), ``label`` (their names) and ``prob`` or ``logit``, each either one
column with a list per image or ``index_0``, ``index_1``, ... The traps: ``label`` is what the model answered, not
the target; ``index`` is a class, not an item; only ``filename`` (without its folder unless ``--fullname``) tells
which image it was. Targets come from elsewhere. The observer is called after the file, which timm calls
``MODEL-SIZE``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from trichotomy.decisions import Decisions
from trichotomy.errors import InputError, TrichotomyError
from trichotomy.readers.classes import ClassColumn
from trichotomy.readers.files import stems, suffix
from trichotomy.readers.itemtable import ItemTable, side_tables
from trichotomy.readers.jsonfiles import first_object, head, json_document, json_lines
from trichotomy.readers.options import ReadOptions
from trichotomy.readers.rawtable import Coded, identifiers
from trichotomy.readers.sheets import Sheet, read_sheets, sheet_table
from trichotomy.readers.tablefiles import PARQUET_SUFFIXES, damaged_parquet, header_of, load, parquet_file
from trichotomy.readers.topk import among_best

ITEM = "filename"
KINDS = ("index", "label", "prob", "logit")
COLUMN = re.compile(r"(index|label|prob|logit)(?:_(\d+))?")
FIRST_OF_LIST = re.compile(r"\s*(?:'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\"|([^\s,\[\]'\"]+))\s*,?")
BY_NAME = re.compile(rb'\s*\{\s*"(?:[^"\\]|\\.)+"\s*:\s*\{\s*"(?:index|label|prob|logit)(?:_0)?"\s*:')
SPLIT = re.compile(rb'\s*\{\s*"columns"\s*:\s*\[\s*"filename"\s*,\s*"(?:index|label|prob|logit)')
TOP_K = "top-k"


class TimmReader:
    """Predictions by timm's ``inference.py``."""

    name: ClassVar[str] = "timm"
    description: ClassVar[str] = "output of timm's inference.py (CSV, JSON, Parquet); targets from elsewhere"

    def sniff(self, path: Path) -> float:
        """Sure where all columns are timm's and one of them says what was answered."""
        kind = suffix(path)
        try:
            if kind == ".json":
                start = head(path)
                known = BY_NAME.match(start) or SPLIT.match(start) or _is_timm(list(first_object(path)))
                return 0.9 if known else 0.0
            return 0.9 if kind in (".csv", *PARQUET_SUFFIXES) and _is_timm(header_of(path)) else 0.0
        except (TrichotomyError, OSError):
            return 0.0

    def read(self, paths: Sequence[Path], options: ReadOptions) -> Decisions:
        """Read predictions together; see ``trichotomy.readers.read``."""
        side = side_tables(options)
        names = dict(zip(paths, stems(paths), strict=True))
        sheets = (_sheet(path, names[path], options, side[0]) for path in options.one_by_one(paths))
        return read_sheets(self.name, paths, options, sheets, side=side)


def _is_timm(header: Sequence[str]) -> bool:
    kinds = {found[1] for found in map(COLUMN.fullmatch, header) if found}
    answers = "index" in kinds or ("label" in kinds and kinds & {"prob", "logit"})
    return ITEM in header and bool(answers) and all(name == ITEM or COLUMN.fullmatch(name) for name in header)


def _sheet(path: Path, name: str, options: ReadOptions, targets: ItemTable | None) -> Sheet:
    cells, places, unit = _cells(path)
    if ITEM not in cells:
        msg = f"{path.name} has no column '{ITEM}', which timm's inference.py writes; try --format table"
        raise InputError(msg)
    ranked = _ranked(cells, path, places, unit)
    kind = next((kind for kind in ("index", "label") if f"{kind}_0" in ranked), None)
    if kind is None:
        msg = (
            f"{path.name} says no class, only {', '.join(n for n in cells if n != ITEM) or 'file names'}; run "
            "inference.py with --include-index or --label-type"
        )
        raise InputError(msg)
    table = sheet_table(path, {ITEM: cells[ITEM], **ranked}, places, unit)
    fields = {"items": ITEM, "responses": f"{kind}_0"}
    if "prob_0" in ranked:
        fields["p_response"] = "prob_0"
    fields |= {field: column for field, column in options.mapping.items() if column in ranked}
    if options.top_k is not None:
        kind = fields["responses"].rpartition("_")[0]
        best = [n for n in ranked if n.startswith(f"{kind}_")]
        answers = [ClassColumn(table.coded(n), n, table.place) for n in best]
        item = identifiers(table.coded(ITEM))
        table.columns[TOP_K] = among_best(answers, item, None, targets, options.top_k, path.name)
        fields["correct"] = TOP_K
    return Sheet(table=table, fields=fields, observer=name)


def _ranked(
    cells: Mapping[str, Sequence[Any]], path: Path, places: Sequence[int | str], unit: str
) -> dict[str, list[Any]]:
    """Columns ``index_0``, ``index_1``, ... whichever way the file has them; the k-th best in each."""
    ranked: dict[str, list[Any]] = {}
    for name, values in cells.items():
        found = COLUMN.fullmatch(name)
        if not found:
            continue
        if found[2]:
            ranked[name] = list(values)
            continue
        lists = [_listed(value) for value in values]
        k = max(map(len, lists), default=0)
        short = next((row for row, one in enumerate(lists) if len(one) != k), None)
        if short is not None:
            msg = (
                f"{path.name}, {unit} {places[short]} has {len(lists[short])} values in '{name}' where others have "
                f"{k}; write the file again"
            )
            raise InputError(msg)
        ranked |= {f"{name}_{rank}": [one[rank] for one in lists] for rank in range(k)}
    return ranked


def _listed(value: Any) -> list[Any]:
    """Cell as a list: a list of JSON or Parquet, NumPy's ``[3 1 2]`` or ``['tabby' "cat's"]`` in text, or one value."""
    if isinstance(value, list):
        return value
    if not isinstance(value, str) or not (value.startswith("[") and value.endswith("]")):
        return [value]
    return [next(filter(None, found.groups()), "") for found in FIRST_OF_LIST.finditer(value[1:-1])]


def _cells(path: Path) -> tuple[dict[str, list[Any]], list[int | str], str]:
    """Columns of cells, the place of each row, and what a place is."""
    if suffix(path) in PARQUET_SUFFIXES:
        import pyarrow as pa

        file = parquet_file(path)
        try:
            columns = file.read().to_pydict()
        except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
            raise InputError(damaged_parquet(path, error)) from error
        rows = file.metadata.num_rows
        return columns, list(range(1, rows + 1)), "row"
    if suffix(path) != ".json":
        table = load(path, header_of(path))
        places = list(table.places(range(table.rows)))
        coded = {name: table.coded(name) for name in table.columns}
        return {name: _values(column) for name, column in coded.items()}, places, table.unit
    if first_object(path) and not BY_NAME.match(head(path)) and not SPLIT.match(head(path)):
        numbered = list(json_lines(path))
        return _by_column([record for _, record in numbered]), [line for line, _ in numbered], "line"
    document = json_document(path)
    if isinstance(document, dict) and set(document) == {"columns", "data"}:
        rows = [dict(zip(document["columns"], row, strict=False)) for row in document["data"]]
        return _by_column(rows), list(range(1, len(rows) + 1)), "row"
    if not isinstance(document, dict) or not all(isinstance(row, dict) for row in document.values()):
        msg = f"{path.name} is not JSON as timm's inference.py writes it (file name to prediction); try --format table"
        raise InputError(msg)
    records = [{**row, ITEM: name} for name, row in document.items()]
    return _by_column(records), list(document), "image"


def _by_column(records: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    names = dict.fromkeys(name for record in records for name in record)
    return {name: [record.get(name) for record in records] for name in names}


def _values(column: Coded) -> list[Any]:
    values = np.array([*column.values, None], dtype=object)
    return list(values[column.codes])
