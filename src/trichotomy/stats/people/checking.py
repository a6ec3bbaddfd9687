"""Checking a table of answers: columns, numbers, who is right, questions and the order of their answers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from trichotomy.decisions.schema import few
from trichotomy.errors import InputError

KINDS = ("pairs", "ratings", "categorise")
REQUIRED = ("participant", "trial", "kind", "item")
KNOWN = (
    *REQUIRED, "trial_id", "phase", "block", "item_other", "side", "answer", "correct", "rt_ms", "difficulty", "target",
    "excluded", "presented_at", "answered_at",
)  # fmt: skip
"""Columns that are no question of a rating experiment."""
ANSWER_ORDERS: Mapping[str, tuple[str, ...]] = MappingProxyType({
    "main_category": ("no", "maybe", "yes"),
    "oddity": ("no", "slightly", "very"),
})  # fmt: skip
"""Answers of Meding et al. 2022, experiment 2, from the least to the most."""
COMPARED = {"pairs": "trial_id", "ratings": "item", "categorise": "item"}
"""Column of what several people answered alike: the same pair, or the same image."""
KEY = {"pairs": ("answer", "side"), "categorise": ("answer", "target")}
"""What is right where an answer equals another column."""
SCALE_END = 10
MOST_LEVELS = 101


def as_text(value: Any) -> str:
    """An answer as its option is written: ``3`` for 3.0; nothing for a missing one."""
    if pd.isna(value):
        return ""
    return re.sub(r"^(-?\d+)\.0+$", r"\1", str(value).strip())


def checked_trials(trials: pd.DataFrame, source: str) -> tuple[pd.DataFrame, str]:
    """The table with all columns that are asked for, each of its type, and the kind of experiment.

    Raises
    ------
    InputError
        A column is missing, kinds or designs are mixed, a trial or an item is answered twice, or right and wrong
        contradict the answers.
    """
    lacking = [name for name in REQUIRED if name not in trials]
    if lacking:
        msg = f"{source} has no column '{lacking[0]}'; answers need {', '.join(REQUIRED)}, as an export has them"
        raise InputError(msg)
    if not len(trials):
        msg = f"{source} holds no answer yet; analyse it once somebody has taken part"
        raise InputError(msg)
    table = trials.copy()
    for name in ("participant", "item"):
        table[name] = table[name].astype(str)
    for name, default in (("phase", "main"), ("excluded", "")):
        given = table[name].map(as_text) if name in table else pd.Series("", index=table.index)
        table[name] = given.replace("", default)
    for name in ("trial", "correct", "rt_ms"):
        table[name] = _numbers(table, name, source)
    _refuse(
        table, table["correct"].notna() & ~table["correct"].isin([0, 1]), "'correct' is 1, 0 or empty", source
    )
    if "trial_id" not in table:
        table["trial_id"] = table["item"]
    table["trial_id"] = table["trial_id"].astype(str)
    main = table[table["phase"] == "main"]
    kinds = sorted(set(main["kind"].astype(str)))
    if len(kinds) != 1 or kinds[0] not in KINDS:
        said = ", ".join(kinds) or "none"
        msg = f"{source} has trials of kind {said}; analyse one of {', '.join(KINDS)} at a time"
        raise InputError(msg)
    (kind,) = kinds
    _refuse_repeats(table, ["participant", "trial"], source)
    _refuse_repeats(main, ["participant", COMPARED[kind]], source)
    if kind == "pairs":
        _refuse_other_pairs(main, source)
    return (_judged(table, *KEY[kind], source) if kind in KEY else table), kind


def _numbers(table: pd.DataFrame, name: str, source: str) -> pd.Series[float]:
    if name not in table:
        return pd.Series(np.nan, index=table.index)
    given = table[name].astype(object).where(table[name].notna(), np.nan).replace("", np.nan)
    numbers = pd.to_numeric(given, errors="coerce").astype(float)
    wrong = given.notna() & numbers.isna()
    if wrong.any():
        row = int(np.flatnonzero(wrong.to_numpy())[0])
        msg = f"{source}, row {row + 2}: '{given.iloc[row]}' in column '{name}' is no number"
        raise InputError(msg)
    return numbers


def _refuse_repeats(table: pd.DataFrame, keys: list[str], source: str) -> None:
    repeated = table.duplicated(keys)
    if repeated.any():
        who, what = table.loc[repeated, keys].iloc[0]
        msg = (
            f"{source} answers {int(repeated.sum())} trials twice, first {keys[1]} {as_text(what)} of participant "
            f"{who}; keep one row of each"
        )
        raise InputError(msg)


def _refuse(table: pd.DataFrame, wrong: pd.Series[bool], why: str, source: str) -> None:
    if wrong.any():
        row = int(np.flatnonzero(wrong.to_numpy())[0])
        msg = f"{source}, row {row + 2} (participant {table['participant'].iloc[row]}): {why}"
        raise InputError(msg)


def _refuse_other_pairs(main: pd.DataFrame, source: str) -> None:
    """Two designs call their pairs alike."""
    shown = main[[c for c in ("trial_id", "item", "item_other") if c in main]].drop_duplicates()
    twice = shown.loc[shown["trial_id"].duplicated(), "trial_id"].tolist()
    if twice:
        msg = (
            f"{source}: {few(twice)} stands for different images; analyse the answers of one design at a time"
        )
        raise InputError(msg)


def _judged(table: pd.DataFrame, answer: str, key: str, source: str) -> pd.DataFrame:
    """Right where the answer is the key, for rows that do not say it; without an answer they stay missing."""
    if answer in table and key in table:
        said, wanted = table[answer].map(as_text), table[key].map(as_text)
        both, right = (said != "") & (wanted != ""), (said == wanted).astype(float)
        clash = (
            both & table["correct"].notna() & (table["correct"] != right) & (table["phase"] != "attention")
        )
        _refuse(
            table, clash, f"'correct' contradicts '{answer}' and '{key}'; export the answers anew", source
        )
        table = table.assign(correct=table["correct"].where(table["correct"].notna() | ~both, right))
    if table.loc[table["phase"] == "main", "correct"].isna().all():
        msg = f"{source} does not say who is right; give the column 'correct', or '{answer}' and '{key}'"
        raise InputError(msg)
    return table


def checked_questions(
    table: pd.DataFrame, given: Mapping[str, tuple[str, ...]] | None, source: str
) -> dict[str, tuple[str, ...]]:
    """Every question with its answers, from the least to the most."""
    names = list(given) if given else [str(c) for c in table.columns if c not in KNOWN]
    found: dict[str, tuple[str, ...]] = {}
    for name in names:
        if name not in table:
            msg = f"{source} has no column for the question '{name}'"
            raise InputError(msg)
        said = set(table[name].map(as_text)) - {""}
        levels = tuple(given[name]) if given else _levels(name, said, source)
        if said - set(levels):
            unknown = sorted(said - set(levels))
            msg = f"{source}: {few(unknown)} is no answer to '{name}'; its answers are {', '.join(levels)}"
            raise InputError(msg)
        if said:
            found[name] = levels
    if not found:
        msg = f"{source} has no column of ratings; each question has a column of its own"
        raise InputError(msg)
    return found


def _levels(name: str, said: set[str], source: str) -> tuple[str, ...]:
    if name in ANSWER_ORDERS:
        return ANSWER_ORDERS[name]
    if all(re.fullmatch(r"0|-?[1-9]\d{0,17}", text) for text in said):
        numbers = sorted(map(int, said))
        low, high = min([0, *numbers]), max([SCALE_END if name == "categories" else 0, *numbers])
        return tuple(map(str, range(low, high + 1) if high - low < MOST_LEVELS else numbers))
    if all(re.fullmatch(r"-?\d{1,18}(\.\d{1,18})?", text) for text in said):
        return tuple(sorted(said, key=float))
    msg = (
        f"{source}: the order of the answers to '{name}' is not known ({few(sorted(said))}); put a questions.toml that "
        "says it beside the answers (as `trichotomy experiment new ratings` writes it), or leave out the column"
    )
    raise InputError(msg)


def checked_items(trials: pd.DataFrame, items: pd.DataFrame | None, source: str) -> pd.DataFrame:
    """What is known of each item, by its id; without a table of items what the trials say."""
    if items is None:
        columns = [c for c in ("difficulty", "target") if c in trials]
        return trials.drop_duplicates("item").set_index("item")[columns]
    if "item" not in items:
        msg = f"the table of items beside {source} has no column 'item'"
        raise InputError(msg)
    table = items.assign(item=items["item"].astype(str))
    twice = table.loc[table["item"].duplicated(), "item"].tolist()
    if twice:
        msg = f"the table of items beside {source} has {few(twice)} twice"
        raise InputError(msg)
    return table.set_index("item")
