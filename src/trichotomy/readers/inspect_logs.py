"""The ``inspect`` reader: logs of UK AISI's Inspect (``inspect_ai`` 0.3): ``.eval`` archives and their ``.json`` form.

An ``.eval`` file is a zip of JSON: ``header.json`` (``_journal/start.json`` while it runs), ``summaries.json``
(before the end ``_journal/summaries/N.json``) and ``samples/ID_epoch_N.json``, of which only the summaries are read
where there are any (``inspect_ai/log/_recorders/eval.py``). The traps: an *epoch* there is a repeat of the same
question, so it becomes a run of the observer, ``model/2``, never a training epoch; grades are C, I, P and N, which
count 1, 0, 0.5 and 0 (``inspect_ai.scorer.value_to_float``), and partial credit decides only with a declared
threshold (``--map 'correct=SCORER>=1'``); a sample that failed has no score and is missing, not wrong. Each scorer,
and each key of a score that is an object (``scorer.key``), can decide. Item ids are ``task/sample id``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from trichotomy.decisions import Decisions
from trichotomy.errors import InputError
from trichotomy.readers.archive import Zip, opened_zip
from trichotomy.readers.files import suffix
from trichotomy.readers.jsonfiles import head, json_document, scalar
from trichotomy.readers.options import ReadOptions
from trichotomy.readers.sheets import QUESTION, Sheet, question_text, read_sheets, refuse_top_k, sheet_table

GRADES = {"C": 1.0, "I": 0.0, "P": 0.5, "N": 0.0}
HEADER, START = "header.json", "_journal/start.json"
SUMMARIES, JOURNAL, SAMPLES = "summaries.json", "_journal/summaries/", "samples/"


class InspectReader:
    """Evaluation logs of Inspect."""

    name: ClassVar[str] = "inspect"
    description: ClassVar[str] = "logs of inspect_ai (.eval, or .json); repeats of a sample are runs"

    def sniff(self, path: Path) -> float:
        """Sure of a zip called ``.eval``, and of JSON that begins as a log does."""
        if path.suffix.lower() == ".eval":
            return 0.95 if head(path, 2) == b"PK" else 0.0
        start = head(path) if suffix(path) == ".json" else b""
        return 0.9 if b'"version"' in start and b'"eval"' in start and b'"run_id"' in start else 0.0

    def read(self, paths: Sequence[Path], options: ReadOptions) -> Decisions:
        """Read logs together; see ``trichotomy.readers.read``."""
        refuse_top_k(options)
        return read_sheets(self.name, paths, options, map(_sheet, options.one_by_one(paths)))


def _sheet(path: Path) -> Sheet:
    spec, samples, warnings = _log(path)
    task, model = str(spec.get("task") or path.stem), spec.get("model")
    if not isinstance(model, str) or not model.strip():
        msg = f"{path.name} does not say which model was evaluated; it is no log of inspect_ai"
        raise InputError(msg)
    places: list[int | str] = []
    cells: dict[str, list[Any]] = {"item": [], "id": [], "repeat": [], "target": [], QUESTION: []}
    scorers: dict[str, list[Any]] = {}
    for place, sample in samples:
        name = scalar(sample.get("id"))
        if name is None:
            msg = f"{path.name}, sample {place} has no id; it is no log of inspect_ai"
            raise InputError(msg)
        scores = _scores(sample, f"{path.name}, sample {place}")
        for scorer in scores:
            scorers.setdefault(scorer, [None] * len(places))
        for scorer, values in scorers.items():
            values.append(scores.get(scorer))
        places.append(place)
        cells["item"].append(f"{task}/{name}")
        cells["id"].append(str(name))
        cells["repeat"].append(scalar(sample.get("epoch")) or 1)
        cells[QUESTION].append(question_text(sample.get("input")))
        cells["target"].append(scalar(sample.get("target")))
    if not places:
        msg = f"{path.name} holds no finished sample; let the evaluation run, or leave the log out"
        raise InputError(msg)
    if not scorers:
        msg = f"no sample of {path.name} has a score (of {len(places)}); leave it out, or run inspect score on it"
        raise InputError(msg)
    repeated = len(set(cells["repeat"])) > 1
    return Sheet(
        table=sheet_table(path, {**cells, **scorers, "task": [task] * len(places)}, places, "sample"),
        fields={"items": "item"},
        observer=model,
        run="repeat" if repeated else None,
        metrics=tuple(scorers),
        about_items=("task", QUESTION),
        warnings=warnings,
    )


def _log(path: Path) -> tuple[Mapping[str, Any], list[tuple[str, Mapping[str, Any]]], list[str]]:
    """What was evaluated, the samples each with a place, and warnings."""
    if path.suffix.lower() == ".json":
        document = json_document(path)
        listed = document.get("samples") if isinstance(document, dict) else None
        header = document
        samples = [(str(k), s) for k, s in enumerate(listed if isinstance(listed, list) else [], 1)]
    else:
        with opened_zip(path) as log:
            name = next((n for n in (HEADER, START) if n in log.names), None)
            if name is None:
                msg = f"{path.name} has neither {HEADER} nor {START}; it is no log of inspect_ai"
                raise InputError(msg)
            header = log.json(name)
            samples = list(_samples(log))
    spec = header.get("eval") if isinstance(header, dict) else None
    if not isinstance(spec, dict) or not all(isinstance(sample, dict) for _, sample in samples):
        msg = f"{path.name} is not as inspect_ai writes its logs; convert it with inspect log convert"
        raise InputError(msg)
    status = header.get("status", "started")
    warnings = (
        []
        if status == "success"
        else [f"{path.name} is the log of an evaluation that did not end well (status {str(status)[:20]})"]
    )
    return spec, samples, warnings


def _samples(log: Zip) -> Iterator[tuple[str, Any]]:
    journal = sorted(n for n in log.names if n.startswith(JOURNAL) and n.endswith(".json"))
    for name in [SUMMARIES] if SUMMARIES in log.names else journal:
        found = log.json(name)
        if not isinstance(found, list):
            msg = f"{name} in {log.path.name} is no list of samples; it is no log of inspect_ai"
            raise InputError(msg)
        for sample in found:
            yield (f"{sample.get('id')} of {name}" if isinstance(sample, dict) else name), sample
    if SUMMARIES not in log.names and not journal:
        for name in sorted(n for n in log.names if n.startswith(SAMPLES) and n.endswith(".json")):
            yield name, log.json(name)


def _scores(sample: Mapping[str, Any], place: str) -> dict[str, Any]:
    """Value of each scorer; a score that is an object has one value per key."""
    given = sample.get("scores")
    if given is None and sample.get("score") is not None:
        given = {"score": sample["score"]}  # logs of 2024
    if sample.get("error") or given is None:
        return {}
    if not isinstance(given, dict):
        msg = f"{place} has scores that are no object; it is no log of inspect_ai"
        raise InputError(msg)
    found: dict[str, Any] = {}
    for scorer, score in given.items():
        value = score.get("value") if isinstance(score, dict) else score
        parts = (
            {f"{scorer}.{key}": part for key, part in value.items()}
            if isinstance(value, dict)
            else {scorer: value}
        )
        found |= {
            name: GRADES.get(part, part) if isinstance(part, str) else scalar(part)
            for name, part in parts.items()
        }
    return found
