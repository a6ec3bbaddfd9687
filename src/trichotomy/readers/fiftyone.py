"""The ``fiftyone`` reader: exports of Voxel51's FiftyOne (1.x), ``samples.json`` and ``labels.json``.

``samples.json`` (``FiftyOneDataset``) has one object per sample, whose fields of ``_cls: Classification`` are
labels: ``ground_truth`` the targets, every other one an observer. ``labels.json``
(``FiftyOneImageClassificationDataset``) has one field only, ``{"classes": [...], "labels": {name: label}}``: the
answers of one observer, with targets from elsewhere. The traps: a label may be an index into ``classes`` or an
object with ``label`` and ``confidence``; ``null`` is no label; ``filepath`` is where the export lies, so that an
item is the file's name (the path where names repeat); in a field of predictions the confidence is the answer's, and
may lie outside 0 to 1, which is refused.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any, ClassVar

from trichotomy.decisions import Decisions
from trichotomy.decisions.schema import few, short
from trichotomy.errors import InputError, UnknownNameError
from trichotomy.readers.columns import guessed
from trichotomy.readers.files import suffix
from trichotomy.readers.jsonfiles import head, json_document
from trichotomy.readers.options import ReadOptions
from trichotomy.readers.sheets import Sheet, read_sheets, refuse_top_k, sheet_table

SAMPLES, LABELS = "samples.json", "labels.json"
BESIDE = ("metadata.json", "frames.json")
START = re.compile(rb'\s*\{\s*"(samples|labels|classes)"\s*:')


class FiftyOneReader:
    """Exports of FiftyOne."""

    name: ClassVar[str] = "fiftyone"
    description: ClassVar[str] = "exports of FiftyOne: samples.json (every field an observer) or labels.json"

    def sniff(self, path: Path) -> float:
        """Sure of the names and how they begin; what lies beside ``samples.json`` belongs to it."""
        if path.name == SAMPLES:  # older exports begin with the data set's name and fields
            return 0.95 if b'"samples"' in head(path, 2**16) else 0.0
        if path.name == LABELS:
            return 0.95 if START.match(head(path, 256)) else 0.0
        if path.name in BESIDE and (path.parent / SAMPLES).is_file():
            return 0.95
        return 0.4 if suffix(path) == ".json" and START.match(head(path, 256)) else 0.0

    def read(self, paths: Sequence[Path], options: ReadOptions) -> Decisions:
        """Read exports together; see ``trichotomy.readers.read``."""
        refuse_top_k(options)
        exports = [path for path in paths if path.name not in BESIDE]
        if not exports:
            msg = f"{paths[0].name} holds no labels; read the {SAMPLES} beside it"
            raise InputError(msg)
        fields = {k: v for k, v in options.mapping.items() if k in ("responses", "targets")}
        alone = len(exports) == 1
        sheets = (_sheet(path, fields, alone=alone) for path in options.one_by_one(exports))
        return read_sheets(self.name, paths, _without(options, fields), sheets)


def _without(options: ReadOptions, fields: Mapping[str, str]) -> ReadOptions:
    return replace(options, mapping={k: v for k, v in options.mapping.items() if k not in fields})


def _sheet(path: Path, fields: Mapping[str, str], *, alone: bool) -> Sheet:
    document = json_document(path)
    listed = document.get("samples") if isinstance(document, dict) else None
    labels = document.get("labels") if isinstance(document, dict) else None
    folder = path.resolve().parent.name
    if isinstance(listed, list) and all(isinstance(one, dict) for one in listed):
        return _of_samples(path, listed, fields, "" if alone else f"{folder}/")
    if isinstance(labels, dict):
        return _of_labels(path, labels, document.get("classes"), fields, folder)
    msg = f"{path.name} has neither samples nor labels, as an export of FiftyOne has; export it again"
    raise InputError(msg)


def _of_samples(
    path: Path, samples: Sequence[Mapping[str, Any]], fields: Mapping[str, str], prefix: str
) -> Sheet:
    found = dict.fromkeys(name for sample in samples for name, value in sample.items() if _is_label(value))
    target = fields.get("targets") or guessed("targets", list(found))
    asked = fields.get("responses")
    answered = (
        [name.strip() for name in asked.split(",")] if asked else [name for name in found if name != target]
    )
    for name in [*answered, *([target] if target else [])]:
        if name not in found:
            raise UnknownNameError(f"field of classifications in {path.name}", name, list(found))
    if not answered:
        msg = (
            f"{path.name} has no field of predictions beside '{target}' (its fields of classifications: "
            f"{few(list(found), 8) or 'none'}); export the predictions too"
        )
        raise InputError(msg)
    items = _names([str(sample.get("filepath") or "") for sample in samples], path)
    cells: dict[str, list[Any]] = {"field": [], "item": [], "label": [], "confidence": [], "target": []}
    places: list[int | str] = []
    for name in answered:
        for k, sample in enumerate(samples):
            answer, confidence = _label(sample.get(name), None, f"{path.name}, sample {k} in '{name}'")
            if answer is None:
                continue
            cells["field"].append(prefix + name)
            cells["item"].append(items[k])
            cells["label"].append(answer)
            cells["confidence"].append(confidence)
            place = f"{path.name}, sample {k} in '{target}'"
            cells["target"].append(_label(sample.get(target), None, place)[0] if target else None)
            places.append(k)
    return _finished(path, cells, places, "sample", targeted=target is not None)


def _of_labels(
    path: Path, labels: Mapping[str, Any], classes: Any, fields: Mapping[str, str], folder: str
) -> Sheet:
    for name, column in fields.items():
        if column != "label" or name != "responses":
            raise UnknownNameError(f"field of {path.name}", column, ["label"])
    cells: dict[str, list[Any]] = {"field": [], "item": [], "label": [], "confidence": [], "target": []}
    places: list[int | str] = []
    names = classes if isinstance(classes, list) else None
    for item, value in labels.items():
        answer, confidence = _label(value, names, f"{path.name}, '{item[:60]}'")
        if answer is None:
            continue
        cells["field"].append(folder)
        cells["item"].append(item)
        cells["label"].append(answer)
        cells["confidence"].append(confidence)
        cells["target"].append(None)
        places.append(item)
    return _finished(path, cells, places, "label", targeted=False)


def _finished(
    path: Path, cells: Mapping[str, list[Any]], places: Sequence[int | str], unit: str, *, targeted: bool
) -> Sheet:
    if not places:
        msg = f"{path.name} holds no label; export a field that has some"
        raise InputError(msg)
    fields = {"observers": "field", "items": "item", "responses": "label"}
    if targeted:
        fields["targets"] = "target"
    if any(value is not None for value in cells["confidence"]):
        fields["p_response"] = "confidence"
    kept = {name: column for name, column in cells.items() if name != "target" or targeted}
    return Sheet(table=sheet_table(path, kept, places, unit), fields=fields)


def _is_label(value: Any) -> bool:
    return isinstance(value, dict) and value.get("_cls") == "Classification"


def _label(value: Any, classes: Sequence[Any] | None, place: str) -> tuple[Any, float | None]:
    """Label and confidence; None where there is none."""
    confidence = None
    if isinstance(value, dict):
        value, confidence = value.get("label"), value.get("confidence")
    if value is None:
        return None, None
    if isinstance(value, int) and not isinstance(value, bool) and classes:
        if not 0 <= value < len(classes):
            msg = f"{place} is {short(value)}, and there are {len(classes)} classes; export the labels again"
            raise InputError(msg)
        value = classes[value]
    if not isinstance(value, str | int) or isinstance(value, bool):
        msg = f"{place} is no single label; export one classification per sample"
        raise InputError(msg)
    return value, confidence if isinstance(confidence, int | float) else None


def _names(paths: Sequence[str], path: Path) -> list[str]:
    """Name of each sample's file; the whole path where two names are equal."""
    unnamed = next((k for k, one in enumerate(paths) if not one), None)
    if unnamed is not None:
        msg = f"{path.name}, sample {unnamed} has no filepath to tell it by; export the samples again"
        raise InputError(msg)
    names = [PurePosixPath(one.replace("\\", "/")).name for one in paths]
    count = Counter(names)
    return [name if count[name] == 1 else one for name, one in zip(names, paths, strict=True)]
