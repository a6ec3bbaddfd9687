"""The ``py-irt`` reader: response patterns for item response models, JSON Lines of py-irt (0.6).

One line per subject: ``{"subject_id": "a", "responses": {"item1": 1, "item2": 0}}`` (``py_irt/dataset.py``,
``Dataset.from_jsonlines``). A response is a number, 1 for right; an item that a subject lacks was not asked, and is
missing. The traps: a response may be graded, which decides only with a threshold (``--map
'correct=response>=0.5'``); a subject on two lines is refused like any duplicate.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

from trichotomy.decisions import Decisions
from trichotomy.errors import InputError
from trichotomy.readers.jsonfiles import first_object, json_lines, scalar
from trichotomy.readers.options import ReadOptions
from trichotomy.readers.sheets import Sheet, read_sheets, refuse_top_k, sheet_table


class PyIrtReader:
    """Response patterns of py-irt."""

    name: ClassVar[str] = "py-irt"
    description: ClassVar[str] = "JSON Lines of py-irt: a subject and its responses per line"

    def sniff(self, path: Path) -> float:
        """Sure where the first line has a subject and an object of responses."""
        first = first_object(path)
        return 0.95 if "subject_id" in first and isinstance(first.get("responses"), dict) else 0.0

    def read(self, paths: Sequence[Path], options: ReadOptions) -> Decisions:
        """Read response patterns together; see ``trichotomy.readers.read``."""
        refuse_top_k(options)
        return read_sheets(self.name, paths, options, map(_sheet, options.one_by_one(paths)))


def _sheet(path: Path) -> Sheet:
    lines: list[int] = []
    cells: dict[str, list[Any]] = {"subject_id": [], "item": [], "response": []}
    for line, record in json_lines(path):
        responses = record.get("responses")
        if scalar(record.get("subject_id")) is None or not isinstance(responses, dict):
            msg = f"{path.name}, line {line} has no subject_id or no object of responses, which py-irt needs"
            raise InputError(msg)
        for item, response in responses.items():
            if response is not None and scalar(response) is None:
                msg = f"{path.name}, line {line} has a list or an object in response to '{item[:60]}'; give a number"
                raise InputError(msg)
            lines.append(line)
            cells["subject_id"].append(record["subject_id"])
            cells["item"].append(item)
            cells["response"].append(response)
    if not lines:
        msg = f"{path.name} holds no response; give each subject at least one"
        raise InputError(msg)
    return Sheet(
        table=sheet_table(path, cells, lines, "line"),
        fields={"items": "item", "observers": "subject_id"},
        metrics=("response",),
    )
