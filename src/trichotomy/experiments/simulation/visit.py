"""One participant's way through the application, by HTTP alone."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx2

from trichotomy.errors import TrichotomyError
from trichotomy.experiments.simulation.people import Knowledge, Person

TOO_MANY = 429
PATIENCE = (0.05, 0.1, 0.2, 0.5, 1.0)
"""Seconds between tries after a lost connection or a server that is busy."""


class UnexpectedReplyError(TrichotomyError):
    """The server answered otherwise than a participant can go on with."""


@dataclass(slots=True)
class Visit:
    """What a participant saw.

    Attributes
    ----------
    acknowledged
        Trials that the server has acknowledged, in order.
    times
        Their reaction times in ms, as they were sent.
    sent, waits
        When each answer was sent (by ``time.perf_counter``), and seconds until it was acknowledged.
    tries_lost
        Requests that had to be sent again.
    """

    token: str = ""
    state: str = ""
    acknowledged: list[int] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    sent: list[float] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    tries_lost: int = 0
    code: str | None = None


async def visit(
    client: httpx2.AsyncClient,
    person: Person,
    knows: Knowledge,
    *,
    parameters: Mapping[str, str],
    pause: float = 0.0,
    tries: int = 1,
    answered: Callable[[], None] = lambda: None,
    seen: Visit | None = None,
) -> Visit:
    """Take part from consent to completion code, as the page does.

    Parameters
    ----------
    client
        Whose base address is the server's.
    pause
        Mean seconds between an acknowledgement and the next answer (evenly between half and one and a half).
    tries
        How often a request is sent before its loss is an error.
    answered
        Called after every acknowledgement.
    seen
        Filled as the visit goes on, for those who look at it after a failure.

    Raises
    ------
    UnexpectedReplyError
        An answer of the server that a participant cannot go on with.
    """
    seen = Visit() if seen is None else seen
    ask = _asking(client, seen, tries)
    window = {"width": 1280, "height": 800, "touch": False}
    entered = await ask(
        "POST", "api/sessions", {"parameters": dict(parameters), "token": None, "screen": window}
    )
    seen.token, seen.state = entered["token"], entered["state"]
    if seen.state == "consent":
        seen.state = (await ask("POST", "api/consent", {"agreed": True}))["state"]
    described = await ask("GET", "api/experiment", None)
    position = await ask("GET", "api/next", None)
    names: dict[str, str] = {}
    while not position["complete"]:
        coming = position["next"]
        if coming["first_of_block"] or not set(coming["images"]) <= set(names):
            for image in (await ask("GET", f"api/blocks/{coming['block']}", None))["images"]:
                names[image] = knows.recognise(await ask("GET", f"api/images/{image}", None))
        if pause:
            await asyncio.sleep(pause * person.rng.uniform(0.5, 1.5))
        given, rt = person.answer(described, [names[i] for i in coming["images"]], knows)
        body = {"answer": given, "rt_ms": rt, "started_at_ms": time.time() * 1000 - rt, "events": []}
        begun = time.perf_counter()
        position = await ask("POST", f"api/trials/{coming['trial']}", body)
        seen.sent.append(begun)
        seen.waits.append(time.perf_counter() - begun)
        seen.acknowledged.append(position["acknowledged"])
        seen.times.append(rt)
        answered()
    seen.code = (await ask("GET", "api/completion", None))["code"]
    seen.state = "complete"
    return seen


def _asking(
    client: httpx2.AsyncClient, seen: Visit, tries: int
) -> Callable[[str, str, dict[str, Any] | None], Awaitable[Any]]:
    async def ask(method: str, path: str, body: dict[str, Any] | None) -> Any:
        headers = {"authorization": f"Bearer {seen.token}"} if seen.token else {}
        attempt = 0
        while True:
            try:
                reply = await client.request(method, path, json=body, headers=headers)
            except httpx2.TransportError:
                if attempt + 1 == tries:
                    raise
            else:
                if reply.status_code < 300:
                    return (
                        reply.json() if reply.headers["content-type"] == "application/json" else reply.content
                    )
                if reply.status_code == TOO_MANY:
                    await asyncio.sleep(float(reply.headers["retry-after"]))
                    continue
                if reply.status_code not in (500, 502, 503, 504) or attempt + 1 == tries:
                    msg = f"{method} {path}: {reply.status_code} {reply.text[:200]}"
                    raise UnexpectedReplyError(msg)
            seen.tries_lost += 1
            await asyncio.sleep(PATIENCE[min(attempt, len(PATIENCE) - 1)])
            attempt += 1

    return ask
