"""What each column is taken for: guessed from common names, settled by the mapping, always recorded."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trichotomy.decisions.schema import few
from trichotomy.errors import InputError, UnknownNameError

COMMON_NAMES: dict[str, tuple[str, ...]] = {
    "observers": (
        "observer", "observers", "observer_id", "model", "models", "model_name", "model_id", "network", "net",
        "arch", "architecture", "subj", "subject", "subject_id", "subject_nr", "participant", "participant_id",
        "worker", "worker_id", "annotator", "rater", "system", "classifier", "names",
    ),
    "items": (
        "item", "items", "item_id", "image", "image_name", "imagename", "img", "img_name", "file_name", "filename",
        "file", "image_path", "path", "image_id", "img_id", "stimulus", "stimulus_id", "sample", "sample_id",
        "example", "example_id", "question_id", "item_index", "val_index", "id", "ids", "uid", "idx", "index",
    ),
    "responses": (
        "response", "responses", "object_response", "prediction", "predictions", "predicted_class",
        "predicted_label", "predicted_category", "predicted", "pred", "preds", "pred_label", "pred_class",
        "model_prediction", "y_pred", "yhat", "y_hat", "resp", "choice", "decision", "decisions", "top1", "top5",
    ),
    "targets": (
        "target", "targets", "label", "labels", "true_label", "target_label", "correct_label", "gold_label",
        "ground_truth", "groundtruth", "gt", "truth", "true_class", "target_class", "category", "class",
        "class_label", "y_true", "y", "gold", "actual", "expected",
    ),
    "epochs": ("epoch", "epochs", "epoch_number", "checkpoint"),
    "correct": ("correct", "is_correct", "iscorrect", "correctness", "acc", "hit", "hits", "right"),
    "p_target": (
        "p_target", "target_probability", "target_prob", "prob_target", "p_true", "true_prob",
        "true_probability", "prob_true", "p_correct", "p_label",
    ),
    "p_response": (
        "p_response", "predicted_probability", "prediction_probability", "predicted_prob", "pred_prob",
        "response_probability", "confidence", "conf", "probability", "prob", "max_prob", "max_probability",
    ),
}  # fmt: skip
"""Column names (lower case, words joined by ``_``) by field, the surest first."""
REPLICATE_NAMES = ("run", "run_id", "seed", "replicate", "repetition", "instance")
"""A second key beside the observer: which of several runs of the same thing."""
OBSERVER_COORDS = ("condition", "kind")
"""Columns of a long table that describe its observers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """What the columns of one table are taken for.

    A table is *wide* where several columns hold the answers, one column per observer; else it is *long*, one
    row per decision.
    """

    items: str | None = None
    observers: str | None = None
    replicate: str | None = None
    responses: tuple[str, ...] = ()
    targets: str | None = None
    epochs: str | None = None
    correct: tuple[str, ...] = ()
    p_target: str | None = None
    p_response: str | None = None
    about_observers: tuple[str, ...] = ()
    wide: bool = False
    unused: tuple[str, ...] = ()

    def record(self) -> dict[str, str]:
        """Field to column, for people and for provenance; without what was not found."""
        taken: dict[str, str | None] = {
            "observers": "column names" if self.wide else self.observers,
            "run": self.replicate,
            "items": self.items,
            "epochs": self.epochs,
            "responses": ", ".join(self.responses),
            "correct": ", ".join(self.correct),
            "targets": self.targets,
            "p_target": self.p_target,
            "p_response": self.p_response,
            "about observers": ", ".join(self.about_observers),
            "not used": ", ".join(self.unused),
        }
        return {field: column for field, column in taken.items() if column}

    def used(self) -> list[str]:
        """Every column that has to be read."""
        single = (
            self.items, self.observers, self.replicate, self.targets, self.epochs, self.p_target, self.p_response
        )  # fmt: skip
        named = [*(c for c in single if c), *self.responses, *self.correct, *self.about_observers]
        return list(dict.fromkeys(named))

    def hints(self) -> tuple[list[str], list[str]]:
        """Columns that hold numbers, and columns that may hold class indices or epochs."""
        numeric = [c for c in (self.p_target, self.p_response) if c]
        return numeric, [c for c in (*self.responses, self.targets, self.epochs) if c]


def layout_of(
    header: Sequence[str], *, mapping: Mapping[str, str], place: str, elsewhere: Sequence[str] = ()
) -> Layout:
    """Say what the columns of a table of predictions are taken for.

    Parameters
    ----------
    header
        Column names of the table.
    mapping
        Field to column; ``responses`` and ``correct`` take several columns joined by commas, one per observer.
    place
        Name of the file, for messages.
    elsewhere
        Columns of the targets file: a mapping may name one of those for ``items`` and ``targets``.

    Raises
    ------
    UnknownNameError
        The mapping names a column that is not there.
    InputError
        No column holds answers, or one column is mapped to two fields.
    """
    named = {field: _mapped(field, column, header, place, elsewhere) for field, column in mapping.items()}
    taken = [column for columns in named.values() for column in columns]
    twice = sorted({column for column in taken if taken.count(column) > 1})
    if twice:
        msg = f"the column {few(twice)} of {place} is mapped to two fields; map each column to one"
        raise InputError(msg)
    free = [c for c in header if c not in taken]
    found: dict[str, tuple[str, ...]] = {field: columns for field, columns in named.items() if columns}
    for field in COMMON_NAMES:
        if field in found:
            continue
        guess = guessed(field, free)
        if guess is not None:
            found[field] = (guess,)
            free.remove(guess)
    several = [f for f in ("responses", "correct") if len(found.get(f, ())) > 1]
    if several:
        return _wide(found, free, several[0])
    replicate = next((c for n in REPLICATE_NAMES for c in free if normal(c) == n), None)
    if replicate is not None:
        free.remove(replicate)
    if "responses" not in found and "correct" not in found:
        wide = tuple(c for c in free if c.strip() and not c.lower().startswith("unnamed:"))
        if not wide or "observers" in found or replicate is not None:
            msg = (
                f"no column of {place} holds the answers (its columns: {few(list(header), 12)}); "
                "name it with --map responses=COLUMN"
            )
            raise InputError(msg)
        return _wide({**found, "responses": wide}, [c for c in free if c not in wide], "responses")
    about = tuple(c for c in free if normal(c) in OBSERVER_COORDS)
    one = {field: columns[0] for field, columns in found.items()}
    return Layout(
        items=one.get("items"),
        observers=one.get("observers"),
        replicate=replicate,
        responses=found.get("responses", ()),
        targets=one.get("targets"),
        epochs=one.get("epochs"),
        correct=found.get("correct", ()),
        p_target=one.get("p_target"),
        p_response=one.get("p_response"),
        about_observers=about,
        unused=tuple(c for c in free if c not in about),
    )


def columns_record(records: Sequence[tuple[Path, Mapping[str, str]]]) -> dict[str, Any]:
    """What the columns were taken for, as ``columns`` (field to column) and, file by file, ``layouts``.

    Where files call a field differently, ``columns`` joins the names by `` | ``; files in which every field is
    called the same share an entry of ``layouts``.
    """
    together: dict[str, dict[str, None]] = {}
    layouts: list[dict[str, Any]] = []
    names = Counter(path.name for path, _ in records)
    for path, record in records:
        for field, column in record.items():
            together.setdefault(field, {})[column] = None
        same = next((entry for entry in layouts if entry["columns"] == record), None)
        if same is None:
            same = {"files": [], "columns": dict(record)}
            layouts.append(same)
        same["files"].append(path.name if names[path.name] == 1 else str(path))
    return {"columns": {field: " | ".join(found) for field, found in together.items()}, "layouts": layouts}


def guessed(field: str, header: Sequence[str]) -> str | None:
    """Return the column that looks most like ``field``, or None."""
    by_name: dict[str, str] = {}
    for column in header:
        by_name.setdefault(normal(column), column)
    return next((by_name[name] for name in COMMON_NAMES[field] if name in by_name), None)


def normal(column: str) -> str:
    """Lower case, words joined by one underscore: ``'File Name'`` and ``'fileName'`` are ``'file_name'``."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z][a-z])", "_", column.strip())
    return re.sub(r"[\s.\-_]+", "_", words).strip("_").lower()


def _mapped(
    field: str, column: str, header: Sequence[str], place: str, elsewhere: Sequence[str]
) -> tuple[str, ...]:
    if column in header:
        return (column,)
    if field in ("responses", "correct") and "," in column:
        parts = tuple(part.strip() for part in column.split(","))
        for part in parts:
            if part not in header:
                raise UnknownNameError(f"column of {place}", part, list(header))
        return parts
    if field in ("items", "targets") and column in elsewhere:
        return ()
    raise UnknownNameError(f"column of {place}", column, list(header))


def _wide(found: Mapping[str, tuple[str, ...]], free: Sequence[str], answers: str) -> Layout:
    one = {field: columns[0] for field, columns in found.items()}
    return Layout(
        wide=True,
        items=one.get("items"),
        targets=one.get("targets"),
        epochs=one.get("epochs"),
        responses=found["responses"] if answers == "responses" else (),
        correct=found["correct"] if answers == "correct" else (),
        unused=(*free, *(one[field] for field in ("observers", "p_target", "p_response") if field in one)),
    )
