"""The ``every-eval-ever`` reader: instance-level JSON Lines of the Every Eval Ever schema (0.2.2).

One line per model, evaluation and sample, with ``evaluation.is_correct`` and ``evaluation.score``
(``every_eval_ever/schemas/instance_level_eval.schema.json``). The traps: ``sample_id`` need not mean the same in two
sources, so samples are joined on ``sample_hash`` where every line has it, within the evaluation; a sample that
counts in several results has a line for each, of which one is chosen with ``--where evaluation_result_id=ID``; a
line with an ``error`` says nothing about the answer and is missing, not wrong. ``--map 'correct=score>=0.5'``
decides by the score.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

from trichotomy.decisions import Decisions
from trichotomy.errors import InputError
from trichotomy.readers.jsonfiles import first_object, json_lines, scalar
from trichotomy.readers.options import ReadOptions
from trichotomy.readers.sheets import (
    LONGEST_QUESTION,
    QUESTION,
    Sheet,
    question_text,
    read_sheets,
    refuse_top_k,
    sheet_table,
)

NEEDED = ("model_id", "evaluation_name", "sample_id")
KEPT = (*NEEDED, "sample_hash", "evaluation_id", "evaluation_result_id", "interaction_type", "error")

ANSWER = "model and sample"


class EveryEvalEverReader:
    """Instance-level results of Every Eval Ever."""

    name: ClassVar[str] = "every-eval-ever"
    description: ClassVar[str] = "instance-level JSON Lines of the Every Eval Ever schema"

    def sniff(self, path: Path) -> float:
        """Sure where the first line has the schema's keys."""
        return 0.95 if {*NEEDED, "evaluation"} <= set(first_object(path)) else 0.0

    def read(self, paths: Sequence[Path], options: ReadOptions) -> Decisions:
        """Read results together; see ``trichotomy.readers.read``."""
        refuse_top_k(options)
        hashed = all(record.get("sample_hash") for path in paths for _, record in json_lines(path))
        sheets = (_sheet(path, hashed=hashed) for path in options.one_by_one(paths))
        return read_sheets(self.name, paths, options, sheets)


def _sheet(path: Path, *, hashed: bool) -> Sheet:
    lines: list[int] = []
    cells: dict[str, list[Any]] = {
        "item": [],
        ANSWER: [],
        **{k: [] for k in KEPT},
        "is_correct": [],
        "score": [],
        QUESTION: [],
    }
    failed = 0
    for line, record in json_lines(path):
        judged = record.get("evaluation")
        lacking = next((key for key in NEEDED if scalar(record.get(key)) in (None, "")), None)
        if lacking is not None or not isinstance(judged, dict):
            msg = f"{path.name}, line {line} has no '{lacking or 'evaluation'}', which the Every Eval Ever schema needs"
            raise InputError(msg)
        lines.append(line)
        for key in KEPT:
            cells[key].append(scalar(record.get(key)))
        sample = record["sample_hash"] if hashed else record["sample_id"]
        cells["item"].append(f"{record['evaluation_name']}/{sample}")
        cells[ANSWER].append(f"{record['model_id']}\n{cells['item'][-1]}")
        asked = record.get("input")
        cells[QUESTION].append(_question(asked))
        wrong = bool(record.get("error"))
        failed += wrong
        for key in ("is_correct", "score"):
            cells[key].append(None if wrong else scalar(judged.get(key)))
    warnings = [] if hashed else ["samples were joined by sample_id, as not every line has a sample_hash"]
    if failed:
        warnings.append(f"{failed} lines of {path.name} report an error; they count as missing, not as wrong")
    return Sheet(
        table=sheet_table(path, cells, lines, "line"),
        fields={"items": "item", "observers": "model_id"},
        metrics=("is_correct", "score"),
        about_items=("evaluation_name", QUESTION),
        alone={"evaluation_result_id": ANSWER},
        warnings=warnings,
    )


def _question(asked: Any) -> str | None:
    """The end of the input, which may begin with examples."""
    raw = asked.get("raw") if isinstance(asked, dict) else None
    return question_text(raw[-LONGEST_QUESTION:]) if isinstance(raw, str) else None
