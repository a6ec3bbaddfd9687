"""Coming in: sessions that begin, go on or are taken over, and consent."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from trichotomy.experiments.application import fields
from trichotomy.experiments.application.calls import SENTENCES, TAKEN_OVER, Asked, Reply, whose
from trichotomy.experiments.database import (
    Participant,
    begin,
    by_identity,
    by_token,
    identity_of,
    issue,
    lock,
    set_state,
)
from trichotomy.experiments.database.participants import OPEN
from trichotomy.experiments.design import arrange
from trichotomy.web import RefusedError, digest, new_token

if TYPE_CHECKING:
    import sqlalchemy as sa

    from trichotomy.experiments.application.site import Site

LONGEST_TOKEN = 256
SIMULATED = "simulated"
"""Parameter of an address: ``1`` where nobody takes part but a program, or the researcher who has a look."""


def enter(site: Site, asked: Asked) -> Reply:
    """Begin a session or go on with one; the token that is given replaces all earlier ones of the participant.

    Whom a recruitment service names is the same person wherever they come from; without a name, an earlier token tells.
    """
    policies = site.experiment.policies
    parameters = fields.parameters(asked.body, (SIMULATED, *policies.identify_by))
    screen = fields.screen(asked.body)
    earlier = asked.body.get("token")
    if earlier is not None and (not isinstance(earlier, str) or len(earlier) > LONGEST_TOKEN):
        raise RefusedError(422, "token", "token is the one that was given before, or null.")
    identity = next(((n, parameters[n]) for n in policies.identify_by if parameters.get(n)), None)
    simulated = parameters.get(SIMULATED) == "1"
    if policies.require_identity and identity is None and not simulated:
        message = "Please come by the link of the recruitment service; it says who takes part."
        raise RefusedError(403, "identity", message)
    token, image_key = new_token(), new_token()
    with site.database.writing() as connection:
        if not site.rate.allow(asked.client):  # counted once, though what is busy is tried again
            raise RefusedError(
                429, "rate", "Many people begin at this moment; please wait a minute and reload."
            )
        lock(connection)
        known = _known(
            connection, earlier, identity, simulated=simulated, again=simulated or not policies.one_try
        )
        if known is None:
            row = begin(
                connection,
                arrange=partial(arrange, site.experiment),
                identity=identity,
                parameters=parameters,
                screen=screen,
                simulated=simulated,
            )
            state = "consent"
        else:
            row, state = known.id, known.state
        issue(connection, row, token=digest(token), image_key=image_key)
    return 201, {"token": token, "state": state, "resumed": known is not None}


def consent(site: Site, asked: Asked) -> Reply:
    """Take down whether somebody agrees to take part."""
    agreed = asked.body.get("agreed")
    if not isinstance(agreed, bool):
        raise RefusedError(422, "agreed", "agreed is true or false.")
    with site.database.writing() as connection:
        who = whose(connection, asked)
        wanted = "running" if agreed else "refused"
        if who.state == "consent" and not set_state(connection, who.id, wanted):
            who = whose(connection, asked)  # what was said in another request, at the same time
        if who.state not in ("consent", wanted):
            raise RefusedError(409, who.state, SENTENCES[who.state])
    return {"state": wanted}


def _known(
    connection: sa.Connection,
    earlier: str | None,
    identity: tuple[str, str] | None,
    *,
    simulated: bool,
    again: bool,
) -> Participant | None:
    """Find the participant that goes on, or None where a new one begins; who has finished may do so ``again``."""
    who = by_identity(connection, *identity, simulated=simulated) if identity else None
    if who is None and earlier:
        who = by_token(connection, digest(earlier))
        if who is not None and identity is not None and identity_of(connection, who.id) != identity:
            who = None  # another person at the same computer
        if who is not None and who.simulated != simulated:
            who = None  # the researcher had a look at it here, and now a person comes
        if who is not None and not who.current and not who.unused:
            raise RefusedError(409, "taken-over", TAKEN_OVER)
    finished = who is not None and who.state not in OPEN
    return None if finished and again else who
