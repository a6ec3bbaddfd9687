"""Participants: who they are to the database, their tokens, and how they end."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from secrets import randbelow
from typing import Any

import sqlalchemy as sa

from trichotomy.experiments.database.tables import answers, events, identities, orders, participants, sessions
from trichotomy.experiments.database.times import now, since
from trichotomy.experiments.design import Placed

NUMBERS = 10**10
OPEN = ("consent", "running")
"""States that go on, until the time runs out."""

_LATER = sessions.alias("later")
_UNUSED = sa.exists().where(
    _LATER.c.participant_id == sessions.c.participant_id, ~_LATER.c.replaced, ~_LATER.c.used
)
_BY_TOKEN = (  # asked with every request, so made once
    sa.select(
        participants,
        orders.c.placed,
        sessions.c.image_key,
        sessions.c.replaced,
        sessions.c.used,
        _UNUSED.label("unused"),
    )
    .join_from(sessions, participants)
    .join(orders)
    .where(sessions.c.token == sa.bindparam("token"))
)


@dataclass(frozen=True, slots=True)
class Participant:
    """A participant, and the token that was shown: ``current`` unless a later one has taken its place.

    ``unused`` says that the participant's latest token has never been shown, perhaps because it never arrived.
    """

    id: int
    participant: str
    state: str
    done: int
    trials: int
    placed: tuple[Placed, ...]
    simulated: bool = False
    image_key: str = ""
    current: bool = True
    used: bool = True
    unused: bool = False


def begin(
    connection: sa.Connection,
    *,
    arrange: Callable[[int], Sequence[Placed]],
    identity: tuple[str, str] | None,
    parameters: Mapping[str, str],
    screen: Mapping[str, Any],
    simulated: bool,
) -> int:
    """Write a new participant under a random number; return the row's id.

    Parameters
    ----------
    arrange
        The order of the trials for a number.
    identity
        Name and value of what tells people apart, where there is one.
    parameters
        All that the address said; stored with the identity.
    """
    taken = sa.select(participants.c.id)
    number = randbelow(NUMBERS)
    while connection.execute(taken.where(participants.c.participant == f"{number:010d}")).first():
        number = randbelow(NUMBERS)
    placed = arrange(number)
    moment = now()
    row = connection.execute(
        participants.insert()
        .values(
            participant=f"{number:010d}",
            state="consent",
            done=0,
            trials=len(placed),
            screen=json.dumps(dict(screen)),
            simulated=simulated,
            excluded="",
            created_at=moment,
            seen_at=moment,
        )
        .returning(participants.c.id)
    ).scalar_one()
    text = json.dumps([list(asdict(p).values()) for p in placed])
    connection.execute(orders.insert().values(participant_id=row, placed=text))
    if identity is not None or parameters:
        name, value = identity or ("", "")
        connection.execute(
            identities.insert().values(
                participant_id=row, name=name, value=value, parameters=json.dumps(dict(parameters))
            )
        )
    return int(row)


def issue(connection: sa.Connection, participant_id: int, *, token: str, image_key: str) -> None:
    """Give a participant a new token (its digest); all earlier ones are replaced."""
    of_participant = sessions.c.participant_id == participant_id
    connection.execute(sessions.update().where(of_participant, ~sessions.c.replaced).values(replaced=True))
    connection.execute(
        sessions.insert().values(
            token=token,
            participant_id=participant_id,
            image_key=image_key,
            created_at=now(),
            used=False,
            replaced=False,
        )
    )


def by_token(connection: sa.Connection, token: str) -> Participant | None:
    """Find whose token (digest) it is."""
    found = connection.execute(_BY_TOKEN, {"token": token}).first()
    if found is None:
        return None
    row = found._mapping
    return _participant(
        connection, row, row["image_key"], not row["replaced"], bool(row["used"]), bool(row["unused"])
    )


def mark_used(connection: sa.Connection, token: str) -> None:
    """Note that a token (digest) has arrived."""
    connection.execute(sessions.update().where(sessions.c.token == token).values(used=True))


def by_identity(
    connection: sa.Connection, name: str, value: str, *, simulated: bool = False
) -> Participant | None:
    """Find the latest participant of that identity, of the people or of the simulated."""
    found = connection.execute(
        sa.select(participants, orders.c.placed)
        .join_from(identities, participants)
        .join(orders)
        .where(
            identities.c.name == name,
            identities.c.value == value,
            participants.c.simulated == simulated,
        )
        .order_by(participants.c.id.desc())
    ).first()
    return None if found is None else _participant(connection, found._mapping)


def identity_of(connection: sa.Connection, participant_id: int) -> tuple[str, str] | None:
    """Return name and value of a participant's identity, where there is one."""
    found = connection.execute(
        sa.select(identities.c.name, identities.c.value).where(identities.c.participant_id == participant_id)
    ).first()
    return (found.name, found.value) if found and found.name else None


def numbers_of(connection: sa.Connection, value: str) -> list[str]:
    """Return the random numbers of all who came with an identity of that value, in order of their beginning."""
    found = connection.execute(
        sa.select(participants.c.participant)
        .join_from(identities, participants)
        .where(identities.c.value == value, identities.c.name != "")
        .order_by(participants.c.id)
    )
    return [str(number) for number in found.scalars()]


def set_state(connection: sa.Connection, participant_id: int, state: str) -> bool:
    """Note whether somebody takes part (``running``) or not (``refused``).

    Returns
    -------
    Whether it was noted; not, where one of them is noted already.
    """
    moved = connection.execute(
        participants.update()
        .where(participants.c.id == participant_id, participants.c.state == "consent")
        .values(state=state, seen_at=now())
    )
    return moved.rowcount > 0


def exclude(connection: sa.Connection, participant: str, reason: str) -> bool:
    """Note why a participant's answers are not to be used; an empty reason takes it back.

    Returns whether somebody is called so.
    """
    result = connection.execute(
        participants.update().where(participants.c.participant == participant).values(excluded=reason)
    )
    return result.rowcount > 0


def forget(connection: sa.Connection, participant: str, *, with_answers: bool = False) -> bool | None:
    """Delete who a participant is, and with ``with_answers`` all else.

    Returns
    -------
    Whether there was something to delete; None where nobody is called so.
    """
    row = connection.execute(
        sa.select(participants.c.id).where(participants.c.participant == participant)
    ).scalar()
    if row is None:
        return None
    gone = connection.execute(identities.delete().where(identities.c.participant_id == row)).rowcount > 0
    if with_answers:
        for table in (events, answers, sessions, orders):
            connection.execute(table.delete().where(table.c.participant_id == row))
        connection.execute(participants.delete().where(participants.c.id == row))
    return gone or with_answers


def state_of(connection: sa.Connection, row: Mapping[Any, Any]) -> str:
    """State of a participant's row now: one that is open ends as ``expired``, which is never stored.

    So the hours that the experiment gives today count, also for those who have come before.
    """
    hours = connection.get_execution_options().get("expires_hours")
    late = row["state"] in OPEN and hours is not None and since(row["created_at"]) > hours * 3600
    return "expired" if late else str(row["state"])


def _participant(connection: sa.Connection, row: Mapping[Any, Any], *more: Any) -> Participant:
    placed = _placed(row["placed"])
    state = state_of(connection, row)
    kind = bool(row["simulated"])
    return Participant(row["id"], row["participant"], state, row["done"], row["trials"], placed, kind, *more)


@lru_cache(maxsize=512)
def _placed(text: str) -> tuple[Placed, ...]:
    return tuple(Placed(*values) for values in json.loads(text))
