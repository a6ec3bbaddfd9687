"""What is there so far: rows for the admin page, the command line and the export."""

from __future__ import annotations

from collections import defaultdict
from statistics import median
from typing import Any

import sqlalchemy as sa

from trichotomy.experiments.database.participants import state_of
from trichotomy.experiments.database.tables import answers, events, participants

PARTICIPANT = (
    "participant", "state", "done", "trials", "simulated", "excluded", "created_at", "seen_at", "completed_at", "screen"
)  # fmt: skip


def participant_rows(connection: sa.Connection) -> list[dict[str, Any]]:
    """One row per participant, in order of their beginning, with quick checks.

    ``answered`` main trials, ``accuracy`` and ``median_rt_ms`` over them, ``attention`` checks met and
    ``attention_failed``, ``left`` (how often the window was left). None where undefined.
    """
    columns = [participants.c[name] for name in ("id", *PARTICIPANT)]
    rows = [dict(r._mapping) for r in connection.execute(sa.select(*columns).order_by(participants.c.id))]
    main: dict[int, list[tuple[int | None, float | None]]] = defaultdict(list)
    checks: dict[int, list[int | None]] = defaultdict(list)
    wanted = sa.select(answers.c.participant_id, answers.c.phase, answers.c.correct, answers.c.rt_ms)
    for who, phase, correct, rt in connection.execute(wanted.where(answers.c.phase != "practice")):
        if phase == "main":
            main[who].append((correct, rt))
        else:
            checks[who].append(correct)
    left = _times_left(connection)
    for row in rows:
        row["state"] = state_of(connection, row)
        who = row.pop("id")
        right = [c for c, _ in main[who] if c is not None]
        times = [t for _, t in main[who] if t is not None]
        row |= {
            "answered": len(main[who]),
            "accuracy": sum(right) / len(right) if right else None,
            "median_rt_ms": median(times) if times else None,
            "attention": len(checks[who]),
            "attention_failed": sum(c == 0 for c in checks[who]),
            "left": left.get(who, 0),
        }
    return rows


def answer_rows(connection: sa.Connection) -> list[dict[str, Any]]:
    """One row per answer: all that is stored, with the participant's number, ``excluded`` and ``simulated``."""
    columns = [c for c in answers.c if c.name != "participant_id"]
    wanted = (
        sa.select(participants.c.participant, *columns, participants.c.excluded, participants.c.simulated)
        .join_from(answers, participants)
        .order_by(participants.c.id, answers.c.trial)
    )
    return [dict(r._mapping) for r in connection.execute(wanted)]


def event_rows(connection: sa.Connection) -> list[dict[str, Any]]:
    """One row per event: participant, trial, kind, at_ms."""
    wanted = (
        sa.select(participants.c.participant, events.c.trial, events.c.kind, events.c.at_ms)
        .join_from(events, participants)
        .order_by(events.c.id)
    )
    return [dict(r._mapping) for r in connection.execute(wanted)]


def _times_left(connection: sa.Connection) -> dict[int, int]:
    """How often the window was left, by the id of the participant's row."""
    wanted = sa.select(events.c.participant_id, sa.func.count()).where(events.c.kind == "blur")
    return {int(who): int(n) for who, n in connection.execute(wanted.group_by(events.c.participant_id))}
