"""The ``lm-eval`` reader: ``samples_TASK_DATE.jsonl`` of EleutherAI's lm-evaluation-harness (0.4) with --log_samples.

One line per document and filter (``lm_eval/evaluator.py``, ``loggers/evaluation_tracker.py``). The traps: ``doc_id``
counts within a run and changes with ``--samples`` or a sharded data set, so documents are joined on ``doc_hash``,
within the task; two filters (``strict-match``, ``flexible-extract``) are two decisions on one document, so that one
has to be chosen with ``--where filter=NAME``; a task has several metrics (``acc``, ``acc_norm``), any of which may
decide (``--map correct=acc_norm``). The observer is the model: what the ``results_DATE.json`` of the same date says
where it is read too, else the folder's name with ``/`` for ``__``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from trichotomy.decisions import Decisions
from trichotomy.errors import InputError
from trichotomy.readers.files import suffix
from trichotomy.readers.jsonfiles import first_object, head, json_document, json_lines, scalar
from trichotomy.readers.options import ReadOptions
from trichotomy.readers.sheets import QUESTION, Sheet, question_text, read_sheets, refuse_top_k, sheet_table

DATE = r"\d{4}-\d{2}-\d{2}T\d{2}-\d{2}-\d{2}(?:\.\d+)?"
SAMPLES = re.compile(rf"samples_(?P<task>.+?)(?:_(?P<date>{DATE}))?\.jsonl(?:\.gz)?")
RESULTS = re.compile(rf"(?:results|.+)_(?P<date>{DATE})\.json")
NOT_METRICS = {
    "doc_id", "doc", "target", "arguments", "resps", "filtered_resps", "filter", "metrics", "doc_hash", "prompt_hash",
    "target_hash",
}  # fmt: skip
ASKED = ("question", "query", "problem", "prompt", "text", "sentence", "goal")
"""Where a document has its question, which no rule of the harness says."""
KEYS = ("doc_hash", "doc_id", "filter", "target")


class LmEvalReader:
    """Logged samples of the language model evaluation harness."""

    name: ClassVar[str] = "lm-eval"
    description: ClassVar[str] = "samples_*.jsonl of lm-evaluation-harness (--log_samples)"

    def sniff(self, path: Path) -> float:
        """Sure where the name and the first keys are the harness's; its results file belongs to it too."""
        if SAMPLES.fullmatch(path.name):
            return 0.9 if {"doc_id", "resps"} <= set(first_object(path)) else 0.0
        if first_object(path).keys() >= {"doc_hash", "filtered_resps"}:
            return 0.9
        return 0.9 if _is_results(path) else 0.0

    def read(self, paths: Sequence[Path], options: ReadOptions) -> Decisions:
        """Read samples together; see ``trichotomy.readers.read``."""
        refuse_top_k(options)
        results = [path for path in paths if _is_results(path)]
        samples = [path for path in options.one_by_one(paths) if path not in results]
        if not samples:
            msg = (
                f"{paths[0].name} has means only; read the samples_*.jsonl beside it (run with --log_samples)"
            )
            raise InputError(msg)
        models = {_date(path): _model(path) for path in results}
        return read_sheets(self.name, paths, options, (_sheet(path, models, options) for path in samples))


def _is_results(path: Path) -> bool:
    named = suffix(path) == ".json" and RESULTS.fullmatch(path.name)
    return bool(named) and b'"results"' in head(path, 256)


def _date(path: Path) -> str | None:
    found = RESULTS.fullmatch(path.name) or SAMPLES.fullmatch(path.name)
    return found["date"] if found else None


def _model(path: Path) -> str | None:
    document = json_document(path)
    said = document if isinstance(document, dict) else {}
    name, config = said.get("model_name"), said.get("config")
    arguments = config.get("model_args") if isinstance(config, dict) else None
    if name is None and isinstance(arguments, str):  # before 0.4.2
        name = next(
            (v for k, _, v in (a.partition("=") for a in arguments.split(",")) if k == "pretrained"), None
        )
    return name if isinstance(name, str) and name.strip() else None


def _question(doc: Any) -> str | None:
    """What a document asks, where it is called as in most tasks."""
    asked = (doc.get(name) for name in ASKED) if isinstance(doc, dict) else ()
    return next((text for text in map(question_text, asked) if text), None)


def _sheet(path: Path, models: Mapping[str | None, str | None], options: ReadOptions) -> Sheet:
    named = SAMPLES.fullmatch(path.name)
    task = named["task"] if named else path.stem
    model = models.get(_date(path)) or path.resolve().parent.name.replace("__", "/")
    lines: list[int] = []
    cells: dict[str, list[Any]] = {"item": [], QUESTION: [], **{key: [] for key in KEYS}}
    for line, record in json_lines(path):
        if "doc_id" not in record and "doc_hash" not in record:
            msg = f"{path.name}, line {line} has neither doc_hash nor doc_id; it is no sample of lm-evaluation-harness"
            raise InputError(msg)
        said = record.get("metrics")
        for name in said if isinstance(said, list) else set(record) - NOT_METRICS:
            cells.setdefault(str(name), [None] * len(lines))
        lines.append(line)
        digest = scalar(record.get("doc_hash"))
        cells[QUESTION].append(_question(record.get("doc")))
        cells["item"].append(None if digest is None else f"{task}/{digest}")
        for name, column in cells.items():
            if name not in ("item", QUESTION):
                column.append(scalar(record.get(name)))
    metrics = tuple(
        name
        for name in sorted(set(cells) - {"item", QUESTION, *KEYS})
        if any(v is not None for v in cells[name])
    )
    hashed = any(value is not None for value in cells["item"])
    if not hashed and "items" not in options.mapping:
        msg = (
            f"{path.name} has no doc_hash (an early lm-evaluation-harness), and doc_id counts within a run; if all "
            "runs had the same documents in one order, declare it with --map items=doc_id"
        )
        raise InputError(msg)
    cells["doc_id"] = [None if value is None else f"{task}/{value}" for value in cells["doc_id"]]
    columns = {name: column for name, column in cells.items() if name != "item" or hashed}
    return Sheet(
        table=sheet_table(path, {**columns, "task": [task] * len(lines)}, lines, "line"),
        fields={"items": "item"} if hashed else {},
        observer=model,
        metrics=metrics,
        about_items=("task", QUESTION),
        alone={"filter": None},
    )
