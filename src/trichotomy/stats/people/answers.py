"""The answers of an experiment: one row per person and trial, and a table of the items that were shown."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from trichotomy.decisions.schema import few
from trichotomy.errors import InputError, UnknownNameError
from trichotomy.estimators.partition import CATEGORIES

KINDS = ("pairs", "ratings", "categorise")
CHANCE = 0.5
"""Of a pair, one of two images is the easier."""
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
SCALE_END = 10
MOST_LEVELS = 101


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """Answers of people in one experiment; `of` makes one from a table and checks it.

    Attributes
    ----------
    trials
        One row per person and trial: ``participant``, ``trial``, ``kind``, ``item``, and what else the export has.
    items
        Index: the item's id. ``difficulty`` (trivial, in-between, impossible), ``mean_correct`` (share of the networks
        that are right), ``label_error``, as far as known.
    questions
        Of ratings: name to the possible answers, from the least to the most.
    choices
        Of classes: what people could choose from; empty where that is not known.
    label_errors
        Whether items flagged as label errors count.
    title
        Of the experiment.
    sources
        What was read: name to what it is.
    """

    trials: pd.DataFrame
    items: pd.DataFrame
    questions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    choices: tuple[str, ...] = ()
    label_errors: bool = False
    title: str = ""
    sources: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        trials: pd.DataFrame,
        items: pd.DataFrame | None = None,
        *,
        questions: Mapping[str, tuple[str, ...]] | None = None,
        choices: Sequence[str] = (),
        label_errors: bool = False,
        title: str = "",
        source: str = "the answers",
    ) -> Answers:
        """Check a table of answers.

        Parameters
        ----------
        trials
            As `trichotomy experiment export` writes it. Missing values are missing answers, never wrong ones.
        items
            Table with a column ``item``; without it, what the trials say of difficulty.
        questions
            Answers of each question, from the least to the most; by default the columns that have no other meaning:
            whole numbers as they are, the paper's words in its order, others in the order of the alphabet.
        choices
            Of classes: what people could choose from.
        source
            Name of the table, for messages.

        Raises
        ------
        InputError
            A column is missing, kinds are mixed, a trial or an item is answered twice, or an answer is unknown.
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
        if "trial_id" not in table:
            table["trial_id"] = table["item"]
        table["trial_id"] = table["trial_id"].astype(str)
        kinds = sorted(set(table.loc[table["phase"] == "main", "kind"].astype(str)))
        if len(kinds) != 1 or kinds[0] not in KINDS:
            said = ", ".join(kinds) or "none"
            msg = f"{source} has trials of kind {said}; analyse one of {', '.join(KINDS)} at a time"
            raise InputError(msg)
        _refuse_repeats(table, ["participant", "trial"], source)
        main = table[table["phase"] == "main"]
        _refuse_repeats(main, ["participant", "trial_id" if kinds[0] == "pairs" else "item"], source)
        if kinds[0] == "pairs":
            table = _judged(table, source)
        asked = _questions(table, questions, source) if kinds[0] == "ratings" else {}
        answers = cls(table, _items(table, items, source), asked, tuple(choices), label_errors, title)
        if not len(answers.main):
            why = ", ".join(f"{n:,} ({why})" for why, n in answers.left_out.items())
            msg = f"no trial of {source} counts; left out: {why}"
            raise InputError(msg)
        return answers

    @property
    def kind(self) -> str:
        """``pairs``, ``ratings`` or ``categorise``."""
        return str(self.trials.loc[self.trials["phase"] == "main", "kind"].iloc[0])

    @property
    def main(self) -> pd.DataFrame:
        """Trials that count: of the main phase, not excluded, and without label errors unless they are to count."""
        t = self.trials
        return t[(t["phase"] == "main") & (t["excluded"] == "") & ~self._flagged(t)]

    @property
    def left_out(self) -> dict[str, int]:
        """How many trials do not count, by why."""
        t = self.trials
        main = t["phase"] == "main"
        excluded = main & (t["excluded"] != "")
        counts = {
            "practice and attention checks": int((~main).sum()),
            "excluded": int(excluded.sum()),
            "label errors": int((main & ~excluded & self._flagged(t)).sum()),
        }
        return {why: n for why, n in counts.items() if n}

    @property
    def participants(self) -> list[str]:
        """Who has a trial that counts, in the order of the table."""
        return list(dict.fromkeys(self.main["participant"]))

    def matrix(self, column: str, *, by: str = "item") -> tuple[NDArray[np.float64], list[str]]:
        """One column of the trials that count as float64[people, things], NaN where not answered, and the things.

        Parameters
        ----------
        by
            ``item`` or ``trial_id``.
        """
        return self._table(self.main, column, by)

    @staticmethod
    def _table(main: pd.DataFrame, column: str, by: str) -> tuple[NDArray[np.float64], list[str]]:
        person, people = pd.factorize(main["participant"])
        thing, things = pd.factorize(main[by])
        wide = np.full((len(people), len(things)), np.nan)
        wide[person, thing] = main[column].to_numpy(dtype=float)
        return wide, [str(t) for t in things]

    def codes(self, question: str) -> tuple[NDArray[np.float64], list[str]]:
        """Ratings as levels 0, 1, ..., float64[people, items], NaN where not answered, and the items.

        Raises
        ------
        UnknownNameError
            There is no such question.
        """
        if question not in self.questions:
            raise UnknownNameError("question", question, list(self.questions))
        level = {text: k for k, text in enumerate(self.questions[question])}
        main = self.main
        given = {v: level.get(as_text(v), np.nan) for v in main[question].unique()}
        return self._table(main.assign(code=main[question].map(given).astype(float)), "code", "item")

    def side(self, column: str, items: list[str]) -> NDArray[Any]:
        """What the table of items says of these; NaN, or None for words, where nothing."""
        if column not in self.items:
            return np.full(len(items), np.nan if column == "mean_correct" else None, dtype=object)
        return self.items[column].reindex(items).to_numpy(dtype=object)

    def mean_correct(self, items: list[str]) -> NDArray[np.float64]:
        """Share of the networks that are right on each item, NaN where unknown."""
        said = pd.Series([as_text(v) for v in self.side("mean_correct", items)], dtype=object)
        return pd.to_numeric(said, errors="coerce").to_numpy(dtype=float)

    def difficulty(self, items: list[str]) -> NDArray[np.int64]:
        """Place in ``CATEGORIES`` of each item's class of difficulty, -1 where unknown."""
        place = {name: k for k, name in enumerate(CATEGORIES)}
        return np.array([place.get(str(v), -1) for v in self.side("difficulty", items)], dtype=np.int64)

    def _flagged(self, trials: pd.DataFrame) -> pd.Series[bool]:
        if self.label_errors or "label_error" not in self.items:
            return pd.Series(data=False, index=trials.index)
        flagged = self.items.index[self.items["label_error"].map(_true)]
        wrong = trials["item"].isin(flagged)
        return wrong | trials["item_other"].isin(flagged) if "item_other" in trials else wrong


def as_text(value: Any) -> str:
    """An answer as its option is written: ``3`` for 3.0; nothing for a missing one."""
    if pd.isna(value):
        return ""
    return re.sub(r"^(-?\d+)\.0+$", r"\1", str(value).strip())


def _true(value: Any) -> bool:
    return str(value).strip().lower() in ("1", "1.0", "true", "yes")


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


def _judged(table: pd.DataFrame, source: str) -> pd.DataFrame:
    """Right where the side chosen is that of the easier image, for rows that do not say it."""
    if "answer" in table and "side" in table:
        answered = table["answer"].isin(["left", "right"]) & table["side"].isin(["left", "right"])
        right = (table["answer"] == table["side"]).astype(float)
        clash = answered & table["correct"].notna() & (table["correct"] != right)
        if clash.any():
            row = int(np.flatnonzero(clash.to_numpy())[0])
            msg = (
                f"{source}, row {row + 2}: 'correct' contradicts 'answer' and 'side'; export the answers anew"
            )
            raise InputError(msg)
        table = table.assign(correct=table["correct"].where(table["correct"].notna() | ~answered, right))
    if table.loc[table["phase"] == "main", "correct"].isna().all():
        msg = f"{source} does not say who is right; give the column 'correct', or 'answer' and 'side'"
        raise InputError(msg)
    return table


def _questions(
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
        levels = tuple(given[name]) if given else _levels(name, said)
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


def _levels(name: str, said: set[str]) -> tuple[str, ...]:
    if name in ANSWER_ORDERS:
        return ANSWER_ORDERS[name]
    if said and all(re.fullmatch(r"0|-?[1-9]\d{0,17}", text) for text in said):
        numbers = sorted(map(int, said))
        low, high = min(0, *numbers), max(SCALE_END if name == "categories" else 0, *numbers)
        return tuple(map(str, range(low, high + 1) if high - low < MOST_LEVELS else numbers))
    return tuple(sorted(said))


def _items(trials: pd.DataFrame, items: pd.DataFrame | None, source: str) -> pd.DataFrame:
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
