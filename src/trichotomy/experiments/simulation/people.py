"""What simulated participants know, and how they answer."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from trichotomy.experiments.design import Folder, Trial
from trichotomy.experiments.design.kinds import KINDS
from trichotomy.experiments.design.schema import SIDES

SPREAD = 0.35
"""Standard deviation of the logarithm of reaction times."""
ATTENTIVE = 0.98
RANKS = {"trivial": 0.0, "in-between": 0.5, "impossible": 1.0}


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What is in the images: items by the SHA-256 of their bytes, trials by the items they show."""

    items: Mapping[str, str]
    trials: Mapping[frozenset[str], Trial]
    difficulty: Mapping[str, str]

    def recognise(self, content: bytes) -> str:
        """Return the item whose image has these bytes, empty where none has."""
        return self.items.get(hashlib.sha256(content).hexdigest(), "")


@dataclass(frozen=True, slots=True)
class Person:
    """A simulated participant.

    Attributes
    ----------
    ability
        Probability to choose rightly; in ratings, to answer by the image's difficulty rather than at random.
    """

    ability: float
    rng: np.random.Generator

    def answer(
        self, described: Mapping[str, Any], shown: Sequence[str], knows: Knowledge
    ) -> tuple[dict[str, Any], float]:
        """Answer a trial.

        Parameters
        ----------
        described
            The experiment as the server describes it.
        shown
            Items recognised, from left to right.

        Returns
        -------
        The answer and the reaction time in ms.
        """
        trial = knows.trials.get(frozenset(shown))
        rt = float(KINDS[described["kind"]].median_ms * np.exp(SPREAD * self.rng.standard_normal()))
        sure = ATTENTIVE if trial is not None and trial.phase == "attention" else self.ability
        knowing = trial is not None and self.rng.random() < sure
        if described["questions"]:
            return {
                q["name"]: self._rating(q, trial if knowing else None, knows) for q in described["questions"]
            }, rt
        options: list[str] = list(described["choices"] or SIDES)
        correct = None
        if trial is not None:
            correct = trial.target or SIDES[shown.index(trial.items[0])]
        if knowing:
            return {"choice": correct}, rt
        others = [o for o in options if o != correct]
        return {"choice": others[int(self.rng.integers(len(others)))]}, rt

    def _rating(self, question: Mapping[str, Any], trial: Trial | None, knows: Knowledge) -> Any:
        options = question["options"]
        if trial is not None and question["name"] in trial.expected:
            return trial.expected[question["name"]]
        rank = RANKS.get(knows.difficulty.get(trial.items[0], "")) if trial is not None else None
        if rank is None:
            return options[int(self.rng.integers(len(options)))]
        place = rank * (len(options) - 1) + self.rng.normal(0, len(options) / 6)
        return options[int(np.clip(round(place), 0, len(options) - 1))]


def knowledge(folder: Folder) -> Knowledge:
    """Look at all images of an experiment."""
    e = folder.experiment
    return Knowledge(
        {hashlib.sha256(folder.file(i).read_bytes()).hexdigest(): i.item for i in e.items},
        {frozenset(t.items): t for t in e.trials},
        {i.item: i.difficulty for i in e.items},
    )
