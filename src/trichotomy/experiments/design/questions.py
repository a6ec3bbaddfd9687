"""The questions of a rating experiment, declared in a small TOML file."""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trichotomy.errors import InputError
from trichotomy.experiments.columns import ANSWERS, ITEMS, names
from trichotomy.experiments.design.reading import read_text

FIELDS = {"name", "prompt", "kind", "options", "from", "to"}
RESERVED = {*names(ANSWERS), *names(ITEMS)}
"""Columns that the answers and the items have anyway."""
LONGEST_SCALE = 101


@dataclass(frozen=True, slots=True)
class Question:
    """A question: a ``scale`` of whole numbers or a ``choice`` of words; ``options`` are the valid answers."""

    name: str
    prompt: str
    kind: str
    options: tuple[int | str, ...]


QUESTIONS = (
    Question("categories", "How many different categories of things are in the image?", "scale", tuple(range(11))),
    Question("main_category", "Is there one main category?", "choice", ("no", "maybe", "yes")),
    Question("oddity", "Is the way in which it is shown odd?", "choice", ("no", "slightly", "very")),
)  # fmt: skip
"""As Meding et al. 2022 asked, in our words."""


def to_toml(questions: tuple[Question, ...]) -> str:
    """Write questions as TOML."""
    parts = [
        "# What is asked about each image. kind is scale (whole numbers from .. to) or choice (options).\n"
    ]
    for q in questions:
        lines = [
            "[[questions]]",
            f"name = {json.dumps(q.name)}",
            f"prompt = {_quoted(q.prompt)}",
            f"kind = {json.dumps(q.kind)}",
        ]
        lines += (
            [f"from = {q.options[0]}", f"to = {q.options[-1]}"]
            if q.kind == "scale"
            else [f"options = [{', '.join(_quoted(str(o)) for o in q.options)}]"]
        )
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


def read_questions(path: Path) -> tuple[Question, ...]:
    """Read questions.

    Raises
    ------
    InputError
        Not TOML, no question, a field that is missing, unknown or of the wrong kind; file and question are named.
    """
    try:
        found = tomllib.loads(read_text(path, "it holds questions in TOML, in UTF-8"))
    except tomllib.TOMLDecodeError as error:
        msg = f"{path} is not TOML: {error}"
        raise InputError(msg) from error
    entries = found.get("questions")
    if not isinstance(entries, list) or not entries or set(found) - {"questions"}:
        msg = f"{path} must hold [[questions]] and nothing else"
        raise InputError(msg)
    questions = tuple(_question(entry, f"{path}, question {k}") for k, entry in enumerate(entries, 1))
    names = [q.name for q in questions]
    if len(set(names)) < len(names):
        msg = f"{path}: two questions have the same name"
        raise InputError(msg)
    return questions


def _question(entry: Any, where: str) -> Question:
    if not isinstance(entry, dict) or set(entry) - FIELDS:
        msg = f"{where}: known fields are {', '.join(sorted(FIELDS))}"
        raise InputError(msg)
    name, prompt, kind = (entry.get(k) for k in ("name", "prompt", "kind"))
    if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name) or name in RESERVED:
        msg = f"{where}: name must be letters, digits and _, and no column of the answers; got {name!r}"
        raise InputError(msg)
    if not isinstance(prompt, str) or not prompt.strip():
        msg = f"{where}: prompt must be a sentence"
        raise InputError(msg)
    options = _options(entry, kind)
    if len(options) < 2:
        msg = f"{where}: kind is scale (whole numbers from < to, at most {LONGEST_SCALE}) or choice (2 options or more)"
        raise InputError(msg)
    return Question(name, prompt, str(kind), options)


def _options(entry: dict[str, Any], kind: object) -> tuple[int | str, ...]:
    """Give the valid answers; none where the entry is wrong."""
    if kind == "scale" and "options" not in entry:
        low, high = entry.get("from"), entry.get("to")
        if type(low) is int and type(high) is int and low < high < low + LONGEST_SCALE:
            return tuple(range(low, high + 1))
    if kind == "choice" and not {"from", "to"} & set(entry) and isinstance(entry.get("options"), list):
        options = tuple(str(o) for o in entry["options"])
        return options if len(set(options)) == len(options) else ()
    return ()


def _quoted(text: str) -> str:
    """Write a TOML string; JSON's is one, but for DEL."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007F")
