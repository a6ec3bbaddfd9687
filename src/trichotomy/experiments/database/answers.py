"""Answers: one per participant and trial, the first that arrives."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from trichotomy.experiments.database.participants import Participant
from trichotomy.experiments.database.tables import answers, events, participants
from trichotomy.experiments.database.times import before, now


@dataclass(frozen=True, slots=True)
class Answer:
    """What came in for one trial; ``correct`` is None where there is no right answer."""

    answer: Mapping[str, Any]
    correct: bool | None
    rt_ms: float | None
    started_at_ms: float | None
    frames: Any = None
    events: Sequence[tuple[str, float]] = ()


def record(connection: sa.Connection, who: Participant, trial: int, phase: str, given: Answer) -> bool:
    """Store the answer to a participant's next trial.

    Returns
    -------
    Whether it was stored; not, where an answer to this trial is there already or the trial is not the next one.
    """
    moment = now()
    last = trial + 1 == who.trials
    values = {"done": trial + 1, "seen_at": moment}
    if last:
        values |= {"state": "complete", "completed_at": moment}
    moved = connection.execute(
        participants.update()
        .where(participants.c.id == who.id, participants.c.done == trial, participants.c.state == "running")
        .values(**values)
    )
    if moved.rowcount == 0:
        return False
    place = who.placed[trial]
    connection.execute(
        answers.insert().values(
            participant_id=who.id,
            trial=trial,
            trial_id=place.trial_id,
            phase=phase,
            block=place.block,
            side=place.side,
            answer=json.dumps(dict(given.answer), ensure_ascii=False),
            correct=None if given.correct is None else int(given.correct),
            rt_ms=given.rt_ms,
            started_at_ms=given.started_at_ms,
            presented_at=before(moment, given.rt_ms or 0),
            answered_at=moment,
            frames=None if given.frames is None else json.dumps(given.frames),
        )
    )
    if given.events:
        connection.execute(
            events.insert(),
            [{"participant_id": who.id, "trial": trial, "kind": k, "at_ms": t} for k, t in given.events],
        )
    return True


def answer_at(connection: sa.Connection, participant_id: int, trial: int) -> tuple[str, bool | None] | None:
    """Return phase and correctness of a stored answer, or None where there is none."""
    found = connection.execute(
        sa.select(answers.c.phase, answers.c.correct).where(
            answers.c.participant_id == participant_id, answers.c.trial == trial
        )
    ).first()
    return None if found is None else (found.phase, None if found.correct is None else bool(found.correct))
