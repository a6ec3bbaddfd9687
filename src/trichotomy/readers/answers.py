"""Answers of people: an export of `trichotomy experiment`, its CSV alone, or the paper's own files."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from trichotomy.decisions.provenance import sha256
from trichotomy.errors import InputError
from trichotomy.readers.papers_ratings import RESULTS, read_papers_ratings
from trichotomy.spreadsheets import unguarded
from trichotomy.stats.people import Answers
from trichotomy.stats.people.checking import KNOWN, MOST_LEVELS, REQUIRED, as_text

DATABASE, DESIGN, QUESTIONS = "answers.sqlite", "experiment.json", "questions.toml"
CODEBOOK, DESCRIPTION = "codebook.csv", "dataset_description.json"
CODEBOOK_COLUMNS, SEPARATOR = ("table", "column", "values"), " | "
ITEMS = ("item", "difficulty")


def read_answers(
    source: str | Path,
    *,
    label_errors: bool = False,
    from_database: Callable[[Path], tuple[pd.DataFrame, pd.DataFrame]] | None = None,
) -> Answers:
    """Read the answers of an experiment.

    Parameters
    ----------
    source
        A CSV file of answers; a folder that has one, as an export writes it, with ``items.csv`` and ``experiment.json``
        beside it where known; or the folder with the paper's ``experiment_two_results.ods``.
    label_errors
        Whether items flagged as label errors count.
    from_database
        Reads the answers and the items of an experiment's folder that holds a database.

    Raises
    ------
    InputError
        There is nothing to read, or a table is not what it should be.
    MissingExtraError
        The paper's file needs a package to be read.
    """
    path = Path(source)
    if not path.exists():
        msg = f"there is nothing at {path}; give an export of an experiment, or a CSV file of answers"
        raise InputError(msg)
    if path.is_dir() and (path / RESULTS).is_file():
        answers = read_papers_ratings(path, label_errors=label_errors)
        return replace(answers, sources=record(path / RESULTS))
    if path.is_dir() and (path / DATABASE).is_file() and from_database is not None:
        return _answers(*from_database(path), path, path.name, label_errors=label_errors)
    file = _with(path, REQUIRED, ()) if path.is_dir() else path
    if file is None and (path / DESIGN).is_file():
        msg = (
            f"there are no answers in {path} yet; run the experiment first, or name an export of its answers"
        )
        raise InputError(msg)
    if file is None:
        msg = (
            f"{path} has no CSV file with the columns {', '.join(REQUIRED)}; give the folder that "
            "'trichotomy experiment export' wrote"
        )
        raise InputError(msg)
    beside = _with(file.parent, ITEMS, ("participant",)) or _with(path, ITEMS, ("participant",))
    items = None if beside is None else _table(beside)
    answers = _answers(_table(file), items, file.parent, file.name, label_errors=label_errors)
    return replace(answers, sources=record(file, beside))


def _answers(
    trials: pd.DataFrame, items: pd.DataFrame | None, folder: Path, name: str, *, label_errors: bool
) -> Answers:
    return Answers.of(
        trials,
        items,
        questions=_questions(folder),
        choices=_choices(folder),
        label_errors=label_errors,
        title=_title(folder),
        source=name,
    )


def record(*files: Path | None) -> dict[str, str]:
    """What was read, for the report: size and hash of each file."""
    return {
        f"Source {file.name}": f"{file.stat().st_size:,} bytes, SHA-256 {sha256(file)}"
        for file in files
        if file
    }


def _with(folder: Path, columns: tuple[str, ...], without: tuple[str, ...]) -> Path | None:
    """The first CSV file of a folder, or of its folder ``data``, that has these columns."""
    if not folder.is_dir():
        return None
    for file in (*sorted(folder.glob("*.csv")), *sorted(folder.glob("data/*.csv"))):
        try:
            with file.open(encoding="utf-8-sig", errors="replace") as text:
                header = text.readline(10_000).strip().replace('"', "").split(",")
        except OSError:
            continue
        if set(columns) <= set(header) and not set(without) & set(header):
            return file
    return None


def _table(file: Path) -> pd.DataFrame:
    try:
        table = pd.read_csv(file, dtype=str, keep_default_na=False, encoding="utf-8-sig")
        return table.map(unguarded)
    except (OSError, ValueError) as error:  # what pandas makes of damaged files are ValueErrors
        said = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        msg = f"cannot read {file} as a CSV table: {said}"
        raise InputError(msg) from error


def _title(folder: Path) -> str:
    """The experiment's title, as its design or the description beside the tables has it."""
    for name, field in ((DESIGN, "title"), (DESCRIPTION, "name")):
        file = _beside(folder, name)
        if file is not None:
            return str(_parsed(file, json.loads).get(field, ""))
    return ""


def _questions(folder: Path) -> dict[str, tuple[str, ...]] | None:
    """Questions with their answers in order, as the design or the data dictionary has them; None without either."""
    for name, parse in ((QUESTIONS, tomllib.loads), (DESIGN, json.loads)):
        file = _beside(folder, name)
        asked = None if file is None else _parsed(file, parse).get("questions")
        if isinstance(asked, list):
            found = {str(q.get("name")): _options(q) for q in asked if isinstance(q, dict)}
            return {name: options for name, options in found.items() if options} or None
    codebook = _beside(folder, CODEBOOK)
    return None if codebook is None else _from_codebook(_table(codebook))


def _choices(folder: Path) -> tuple[str, ...]:
    """What people could choose from, as the design or the data dictionary has it; nothing without either."""
    design, codebook = _beside(folder, DESIGN), _beside(folder, CODEBOOK)
    found = None if design is None else _parsed(design, json.loads).get("choices")
    if isinstance(found, list) and found:
        return tuple(map(str, found))
    table = pd.DataFrame() if codebook is None else _table(codebook)
    if not set(CODEBOOK_COLUMNS) <= set(table):
        return ()
    values = table.loc[(table["table"] == "answers") & (table["column"] == "answer"), "values"]
    return tuple(c for text in values for c in text.split(SEPARATOR) if c)


def _beside(folder: Path, name: str) -> Path | None:
    """A file in the folder of the tables, in its ``psych-ds``, or above where the folder is called ``data``."""
    places = [folder, folder / "psych-ds", *([folder.parent] if folder.name == "data" else [])]
    return next((place / name for place in places if (place / name).is_file()), None)


def _options(question: Mapping[str, Any]) -> tuple[str, ...]:
    if isinstance(question.get("options"), list):
        return tuple(as_text(o.get("value") if isinstance(o, dict) else o) for o in question["options"])
    low, high = question.get("from"), question.get("to")
    return tuple(map(str, range(low, high + 1))) if isinstance(low, int) and isinstance(high, int) else ()


def _from_codebook(table: pd.DataFrame) -> dict[str, tuple[str, ...]] | None:
    """Columns of the answers that are questions; their values stand as ``-3 to 3`` or ``no | maybe | yes``."""
    if not set(CODEBOOK_COLUMNS) <= set(table):
        return None
    found: dict[str, tuple[str, ...]] = {}
    for _, row in table[table["table"] == "answers"].iterrows():
        ends = re.fullmatch(r"(-?\d{1,9}) to (-?\d{1,9})", row["values"])
        scale = range(int(ends[1]), int(ends[2]) + 1) if ends else range(0)
        asked = 0 < len(scale) <= MOST_LEVELS or SEPARATOR in row["values"]
        if row["column"] not in KNOWN and asked:
            found[row["column"]] = tuple(map(as_text, scale or row["values"].split(SEPARATOR)))
    return found or None


def _parsed(file: Path, parse: Callable[[str], Any]) -> Mapping[str, Any]:
    try:
        found = parse(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        msg = f"cannot read {file}: {error}"
        raise InputError(msg) from error
    return found if isinstance(found, dict) else {}
