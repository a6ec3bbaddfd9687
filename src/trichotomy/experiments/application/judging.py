"""Answers: which are valid, and which are right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from trichotomy.experiments.design import Question, Trial
from trichotomy.experiments.design.schema import SIDES
from trichotomy.web import RefusedError


def valid(
    kind: str, given: object, *, questions: Sequence[Question] = (), choices: Sequence[str] = ()
) -> dict[str, Any]:
    """Return an answer as it is stored.

    Parameters
    ----------
    kind
        Of the experiment.
    given
        As it came in: pairs ``{"choice": side}``, categorise ``{"choice": class or None}``, ratings a value per
        question.

    Raises
    ------
    RefusedError
        422: no such answer.
    """
    if not isinstance(given, dict):
        raise RefusedError(422, "answer", "answer is an object.")
    if kind == "ratings":
        if set(given) != {q.name for q in questions}:
            raise RefusedError(422, "answer", "Please answer every question.")
        for q in questions:
            if not any(type(given[q.name]) is type(o) and given[q.name] == o for o in q.options):
                raise RefusedError(422, "answer", f"'{q.name}' has no such answer.")
        return dict(given)
    allowed: Sequence[str | None] = SIDES if kind == "pairs" else (*choices, None)
    if (
        set(given) != {"choice"}
        or not isinstance(given["choice"], str | None)
        or given["choice"] not in allowed
    ):
        raise RefusedError(422, "answer", "There is no such choice.")
    return dict(given)


def right(kind: str, trial: Trial, side: str, answer: Mapping[str, Any]) -> bool | None:
    """Whether an answer is right; None where none is.

    Parameters
    ----------
    side
        Where this participant sees the item that should be chosen (pairs).
    """
    if kind == "pairs":
        return bool(answer["choice"] == side)
    if kind == "categorise":
        return bool(answer["choice"] == trial.target)
    return all(answer[name] == value for name, value in trial.expected.items()) if trial.expected else None
