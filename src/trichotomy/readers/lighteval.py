"""The ``lighteval`` reader: details of Hugging Face's lighteval, ``details/ORG/MODEL/DATE/details_TASK_DATE.parquet``.

One row per sample. Up to 0.9 a row has ``example``, ``choices`` and ``metrics``; since 0.10 ``doc`` (with ``query``
and ``choices``), ``metric`` and ``model_response`` (``lighteval/logging/info_loggers.py``,
``evaluation_tracker.py``). The traps: the sample's ``id`` is left out of the file, or counts within a run, so that
an item is the task and a hash of question and choices; where Parquet could not hold a value, lighteval writes every
cell as Python text, which is read as a literal, never run. The observer is the model, from the folders.
"""

from __future__ import annotations

import ast
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from trichotomy.decisions import Decisions
from trichotomy.errors import InputError
from trichotomy.readers.options import ReadOptions
from trichotomy.readers.sheets import QUESTION, Sheet, question_text, read_sheets, refuse_top_k, sheet_table
from trichotomy.readers.tablefiles import damaged_parquet, parquet_file

DETAILS = re.compile(r"details_(?P<task>.+?)(?:_(?P<date>\d{4}-\d{2}-\d{2}T.+))?\.parquet")
LONGEST_LITERAL = 2**20
SAMPLE = ("doc", "example", "choices")
SCORES = ("metrics", "metric")
FOLDER = "details"


class LightevalReader:
    """Per-sample details of lighteval."""

    name: ClassVar[str] = "lighteval"
    description: ClassVar[str] = "details_*.parquet of lighteval"

    def sniff(self, path: Path) -> float:
        """Sure of the name, which begins with ``details_`` and holds a task and a date."""
        found = DETAILS.fullmatch(path.name)
        return 0.9 if found and found["date"] and path.is_file() else 0.0

    def read(self, paths: Sequence[Path], options: ReadOptions) -> Decisions:
        """Read details together; see ``trichotomy.readers.read``."""
        refuse_top_k(options)
        return read_sheets(self.name, paths, options, map(_sheet, options.one_by_one(paths)))


def _sheet(path: Path) -> Sheet:
    named = DETAILS.fullmatch(path.name)
    task = named["task"] if named else path.stem
    rows = _rows(path)
    metrics: dict[str, list[Any]] = {}
    items: list[str] = []
    questions: list[str | None] = []
    for k, row in enumerate(rows):
        place = f"{path.name}, row {k + 1}"
        scores: Any = next((_literal(row[name], place) for name in SCORES if row.get(name) is not None), {})
        if not isinstance(scores, Mapping):
            msg = f"{place} has no metrics by name; it is not as lighteval writes its details"
            raise InputError(msg)
        for name in scores:
            metrics.setdefault(str(name), [None] * k)
        for name, column in metrics.items():
            value = scores.get(name)
            column.append(value if isinstance(value, int | float | bool) else None)
        digest, question = _fingerprint(row, place)
        items.append(f"{task}/{digest}")
        questions.append(question_text(question))
    return Sheet(
        table=sheet_table(
            path,
            {"item": items, **metrics, "task": [task] * len(rows), QUESTION: questions},
            list(range(1, len(rows) + 1)),
            "row",
        ),
        fields={"items": "item"},
        observer=_model(path),
        metrics=tuple(name for name, column in metrics.items() if any(v is not None for v in column)),
        about_items=("task", QUESTION),
    )


def _rows(path: Path) -> list[dict[str, Any]]:
    file = parquet_file(path)
    import pyarrow as pa

    header = set(file.schema_arrow.names)
    if not header & set(SCORES) or not header & {"doc", "example"}:
        msg = f"{path.name} is not as lighteval writes its details (a sample and its metrics); try --format table"
        raise InputError(msg)
    wanted = [name for name in (*SAMPLE, *SCORES) if name in header]
    try:
        rows: list[dict[str, Any]] = file.read(columns=wanted).to_pylist()
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise InputError(damaged_parquet(path, error)) from error
    if not rows:
        msg = f"{path.name} has columns and no rows; give at least one row"
        raise InputError(msg)
    return rows


def _model(path: Path) -> str:
    """The folders between ``details`` and that of the date; else the one above the date's."""
    folders = path.resolve().parent.parts
    start = next((k + 1 for k in reversed(range(len(folders))) if folders[k] == FOLDER), None)
    between = folders[start:-1] if start is not None else ()
    return "/".join(between) or (folders[-2] if len(folders) > 2 else path.stem)


def _fingerprint(row: Mapping[str, Any], place: str) -> tuple[str, str]:
    """Hash of the question and its choices, the same in every run, and the question."""
    doc = _literal(row.get("doc"), place)
    asked = doc if isinstance(doc, Mapping) else {"query": row.get("example"), "choices": row.get("choices")}
    if not isinstance(asked.get("query"), str) or not asked["query"]:
        msg = f"{place} has no question to tell the sample by; it is not as lighteval writes its details"
        raise InputError(msg)
    choices = _literal(asked.get("choices"), place) or []
    whole = json.dumps([asked["query"], choices], ensure_ascii=False, default=str)
    return hashlib.sha256(whole.encode()).hexdigest()[:16], asked["query"]


def _literal(cell: Any, place: str) -> Any:
    """Cell as it is, or the Python literal that its text is."""
    if not isinstance(cell, str) or cell[:1] not in "{[":
        return cell
    if len(cell) > LONGEST_LITERAL:
        msg = f"{place} has a cell of {len(cell):,} characters where a few are expected; it is not read"
        raise InputError(msg)
    try:
        return ast.literal_eval(cell)
    except (ValueError, SyntaxError, MemoryError, RecursionError) as error:
        msg = f"{place} has a cell that is no literal ({cell[:40]!r}); write the details again"
        raise InputError(msg) from error
