"""Answers of people: an export of `trichotomy experiment`, its CSV alone, or the paper's own files."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from trichotomy.decisions.provenance import sha256
from trichotomy.errors import InputError
from trichotomy.readers.papers_ratings import RESULTS, read_papers_ratings
from trichotomy.stats.people import Answers
from trichotomy.stats.people.answers import REQUIRED, as_text

DATABASE, DESIGN = "answers.sqlite", "experiment.json"
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
    design = _design(folder)
    return Answers.of(
        trials, items, questions=_questions(design), label_errors=label_errors, title=str(design.get("title", "")),
        source=name,
    )  # fmt: skip


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
        return pd.read_csv(file, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except (OSError, ValueError) as error:  # what pandas makes of damaged files are ValueErrors
        said = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        msg = f"cannot read {file} as a CSV table: {said}"
        raise InputError(msg) from error


def _design(folder: Path) -> Mapping[str, Any]:
    """What the folder's experiment.json, or that of the folder above, says; nothing where there is none."""
    for file in (folder / DESIGN, folder.parent / DESIGN):
        if file.is_file():
            try:
                found = json.loads(file.read_text(encoding="utf-8"))
            except (OSError, ValueError) as error:
                msg = f"cannot read {file}: {error}"
                raise InputError(msg) from error
            return found if isinstance(found, dict) else {}
    return {}


def _questions(design: Mapping[str, Any]) -> dict[str, tuple[str, ...]] | None:
    """The design's questions with their answers in order; None where it has none."""
    found: dict[str, tuple[str, ...]] = {}
    asked = design.get("questions")
    for question in asked if isinstance(asked, list) else []:
        if isinstance(question, dict) and isinstance(question.get("options"), list):
            values = (o.get("value") if isinstance(o, dict) else o for o in question["options"])
            found[str(question.get("name"))] = tuple(as_text(v) for v in values)
    return found or None
