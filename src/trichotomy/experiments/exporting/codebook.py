"""The data dictionary of one experiment, for people and as Psych-DS has it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from trichotomy.experiments.columns import ANSWERS, Entry
from trichotomy.experiments.design import Folder, Question

SEPARATOR = " | "


def answers_entries(folder: Folder) -> tuple[Entry, ...]:
    """Entries for the columns of the answers, with the questions or the choices of this experiment."""
    entries: list[Entry] = []
    for name, kind, values, text in ANSWERS:
        entries.append((name, kind, _listed(folder.experiment.choices) if name == "answer" else values, text))
        if name == "answer":
            entries += [_asked(question) for question in folder.questions]
    return tuple(entries)


def _asked(q: Question) -> Entry:
    if q.kind == "scale":
        return q.name, "integer", f"{q.options[0]} to {q.options[-1]}", f"Answer to: {q.prompt}"
    return q.name, "text", _listed(tuple(map(str, q.options))), f"Answer to: {q.prompt}"


def _listed(texts: Sequence[str]) -> str:
    """Texts as one; nothing where it could not be taken apart again."""
    return "" if any(SEPARATOR in text for text in texts) else SEPARATOR.join(texts)


def description(folder: Folder, entries: Sequence[Entry], who: str) -> dict[str, Any]:
    """Return the content of Psych-DS's ``dataset_description.json``."""
    known = {entry[0]: entry for entry in reversed(entries)}
    return {
        "@context": "https://schema.org/",
        "@type": "Dataset",
        "name": folder.experiment.title,
        "description": f"Answers of {who} in an experiment of the kind '{folder.experiment.kind}'.",
        "variableMeasured": [
            {
                "@type": "PropertyValue",
                "name": name,
                "description": f"{text} Values: {values}." if values else text,
                "valueType": kind,
            }
            for name, kind, values, text in sorted(known.values())
        ],
    }
