"""The answers of an experiment: one row per person and trial, and a table of the items that were shown."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from trichotomy.errors import InputError, UnknownNameError
from trichotomy.estimators.partition import CATEGORIES
from trichotomy.stats.people.checking import (
    COMPARED,
    as_text,
    checked_items,
    checked_questions,
    checked_trials,
)

CHANCE = 0.5
"""Of a pair, one of two images is the easier."""


@dataclass(frozen=True, eq=False)
class Answers:
    """Answers of people in one experiment; `of` makes one from a table and checks it.

    Attributes
    ----------
    trials
        One row per person and trial: ``participant``, ``trial``, ``kind``, ``item``, and what else the export has.
    items
        Index: the item's id. ``difficulty`` (trivial, in-between, impossible), ``mean_correct`` (share of the networks
        that are right), ``p_target`` (probability that they give to the right class), ``label_error``, as far as known.
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
            numbers in their order, the paper's words in its.
        choices
            Of classes: what people could choose from.
        source
            Name of the table, for messages.

        Raises
        ------
        InputError
            A column is missing, kinds or designs are mixed, a trial or an item is answered twice, an answer is
            unknown, or the order of a question's answers is.
        """
        table, kind = checked_trials(trials, source)
        asked = checked_questions(table, questions, source) if kind == "ratings" else {}
        answers = cls(table, checked_items(table, items, source), asked, tuple(choices), label_errors, title)
        if not len(answers.main):
            why = ", ".join(f"{n:,} ({why})" for why, n in answers.left_out.items())
            msg = f"no trial of {source} counts; left out: {why}"
            raise InputError(msg)
        return answers

    @cached_property
    def kind(self) -> str:
        """``pairs``, ``ratings`` or ``categorise``."""
        return str(self.trials.loc[self.trials["phase"] == "main", "kind"].iloc[0])

    @property
    def by(self) -> str:
        """Column of what people answered alike: ``trial_id`` of pairs, ``item`` elsewhere."""
        return COMPARED[self.kind]

    @cached_property
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

    @cached_property
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

    def is_scale(self, question: str) -> bool:
        """Whether the options of a question are whole numbers without a gap."""
        options = self.questions[question]
        numbers = [int(o) for o in options if re.fullmatch(r"-?\d+", o)]
        return bool(numbers) and numbers == list(range(numbers[0], numbers[0] + len(options)))

    def least(self, question: str) -> int:
        """Number that the lowest level of a question stands for: of a scale its beginning, elsewhere 0."""
        return int(self.questions[question][0]) if self.is_scale(question) else 0

    def side(self, column: str, items: list[str]) -> NDArray[Any]:
        """What the table of items says of these, in words; None where nothing."""
        if column not in self.items:
            return np.full(len(items), None, dtype=object)
        return self.items[column].reindex(items).to_numpy(dtype=object)

    def mean_correct(self, items: list[str]) -> NDArray[np.float64]:
        """Share of the networks that are right on each item, NaN where unknown."""
        return np.asarray(self._measured("mean_correct").reindex(items), dtype=np.float64)

    @property
    def label_errors_known(self) -> bool:
        """Whether the table of items says of any whether it is one."""
        return "label_error" in self.items and bool((self.items["label_error"].map(as_text) != "").any())

    @property
    def sure(self) -> str:
        """Column of the items that says how sure networks are: ``p_target`` where known, else ``mean_correct``."""
        return "p_target" if self._measured("p_target").notna().any() else "mean_correct"

    def certainty(self, items: list[str]) -> NDArray[np.float64]:
        """How sure the networks are of the right class (0 to 1), NaN where unknown.

        The probability that they give to it, in the mean (``p_target``); where no item has that, ``mean_correct``.
        """
        return np.asarray(self._measured(self.sure).reindex(items), dtype=np.float64)

    def _measured(self, column: str) -> pd.Series[float]:
        if column not in self.items:
            return pd.Series(np.nan, index=self.items.index)
        return pd.to_numeric(self.items[column].map(as_text), errors="coerce").astype(float)

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


def _true(value: Any) -> bool:
    return str(value).strip().lower() in ("1", "1.0", "true", "yes")
