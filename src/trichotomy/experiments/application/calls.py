"""From a request to a function of the site and back: body, token, thread."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from anyio import CapacityLimiter, sleep
from anyio.to_thread import run_sync
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from trichotomy.experiments.database import BusyError, GoneError, Participant, by_token, mark_used
from trichotomy.web import RefusedError, bearer, digest, read_json, refusing, report
from trichotomy.web.refusals import Endpoint

if TYPE_CHECKING:
    import sqlalchemy as sa

    from trichotomy.experiments.application.site import Site

PATIENCE_SECONDS = 2.0
WAIT_SECONDS, LONGEST_WAIT_SECONDS = 0.01, 0.2
BUSY = "The server is busy; please try again in a moment."
GONE = "The answers cannot be stored at this moment; the experimenter is told. Please try again later."
TAKEN_OVER = "This experiment is open in another tab or window; go on there."


@dataclass(frozen=True, slots=True)
class Asked:
    """A request: token (empty where none), body, parts of the path, and whose it is for the limit of rate alone."""

    token: str = ""
    body: Mapping[str, Any] = field(default_factory=dict)
    path: Mapping[str, Any] = field(default_factory=dict)
    client: str = ""


Reply: TypeAlias = "Response | Mapping[str, Any] | tuple[int, Mapping[str, Any]]"
Call: TypeAlias = "Callable[[Site, Asked], Reply]"


def endpoint(site: Site, run: Call, threads: CapacityLimiter | None) -> Endpoint:
    """Make an endpoint of a function that runs in one of the threads, or without them at once."""

    @refusing
    async def answered(request: Request) -> Response:
        asked = Asked(
            token=bearer(request),
            body=await read_json(request) if request.method == "POST" else {},
            path=request.path_params,
            client=request.client.host if request.client else "",
        )
        reply = await _run(site, run, asked, threads)
        if isinstance(reply, Response):
            return reply
        status, content = reply if isinstance(reply, tuple) else (200, reply)
        return JSONResponse(content, status)

    return answered


async def _run(site: Site, run: Call, asked: Asked, threads: CapacityLimiter | None) -> Reply:
    """Run a function; nobody else waits while another program keeps this one from writing (SQLite)."""
    end, wait = time.monotonic() + PATIENCE_SECONDS, WAIT_SECONDS
    while True:
        try:
            return run(site, asked) if threads is None else await run_sync(run, site, asked, limiter=threads)
        except BusyError as error:
            if time.monotonic() > end:
                raise RefusedError(503, "busy", BUSY) from error
        except GoneError as error:
            report("Answers cannot be stored: %s", error)
            raise RefusedError(503, "gone", GONE) from error
        await sleep(wait)
        wait = min(2 * wait, LONGEST_WAIT_SECONDS)


def seen(site: Site, asked: Asked, *, states: tuple[str, ...] = ()) -> Participant:
    """Return the participant that asks only to read, as ``whose``; writes nothing but that a new token has arrived."""
    with site.database.reading() as connection:
        who = _holder(connection, asked, states)
    if not who.used:
        with site.database.writing() as connection:
            mark_used(connection, digest(asked.token))
    return who


def whose(connection: sa.Connection, asked: Asked, *, states: tuple[str, ...] = ()) -> Participant:
    """Return the participant that asks.

    Parameters
    ----------
    states
        Those in which this can be asked; any where there is none.

    Raises
    ------
    RefusedError
        401 unknown token, 409 a later token has taken over or the state does not allow it.
    """
    who = _holder(connection, asked, states)
    if not who.used:
        mark_used(connection, digest(asked.token))
    return who


def _holder(connection: sa.Connection, asked: Asked, states: tuple[str, ...]) -> Participant:
    token = digest(asked.token)
    who = by_token(connection, token) if asked.token else None
    if who is None:
        raise RefusedError(401, "token", "This session is not known; reload the page.")
    if not who.current:
        raise RefusedError(409, "taken-over", TAKEN_OVER)
    if states and who.state not in states:
        raise RefusedError(409, who.state, SENTENCES[who.state])
    return who


SENTENCES = {
    "consent": "Please read and answer the consent form first.",
    "running": "The experiment is not finished.",
    "complete": "You have finished; all answers are stored.",
    "expired": "The time for this experiment has run out.",
    "refused": "You did not agree to take part, so nothing is shown.",
}
