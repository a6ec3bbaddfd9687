"""What stands before every request and on every answer: Host, Origin, security headers."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADERS = {
    "content-security-policy": (
        "default-src 'self'; img-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        "object-src 'none'"
    ),
    "cross-origin-embedder-policy": "require-corp",  # with the next, clocks of browsers are finer
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
NAME = r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.?"
_HOST = re.compile(rf"(?:\[([0-9a-f:.]+)\]|({NAME}))(?::[0-9]{{1,5}})?", re.IGNORECASE)
SAFE = {"GET", "HEAD"}


class Guard:
    """ASGI middleware that lets only requests of this very site through.

    Parameters
    ----------
    app
        What is guarded.
    hosts
        Names (without port) that this site is reached by; a request for another is refused, so that a name which an
        attacker points here (DNS rebinding) is of no use.
    private
        Beginning of the paths that no other site may even read.
    """

    def __init__(self, app: ASGIApp, *, hosts: Iterable[str], private: str = "/api/") -> None:
        self._app = app
        self._hosts = {h.lower().rstrip(".") for h in hosts}
        self._private = private

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse a request, or pass it on; add the headers to what comes back."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
                headers.setdefault("cache-control", "no-store")
            await send(message)

        problem = self._problem(scope)
        if problem:
            code, message = problem
            refusal = JSONResponse({"error": code, "message": message}, 403)
            await refusal(scope, receive, with_headers)
            return
        await self._app(scope, receive, with_headers)

    def _problem(self, scope: Scope) -> tuple[str, str] | None:
        headers = Headers(scope=scope)
        hosts = headers.getlist("host")
        if len(hosts) != 1 or _name(hosts[0]) not in self._hosts:
            return "host", "This server is not known by that name."
        site = headers.get("sec-fetch-site")
        unsafe = scope["method"] not in SAFE
        if (
            site is not None
            and (unsafe or scope["path"].startswith(self._private))
            and site not in ("same-origin", "none")
        ):
            return "origin", "This request comes from another site."
        origins = headers.getlist("origin")
        if any(not _same(origin, hosts[0]) for origin in origins):
            return "origin", "This request comes from another site."
        return None


def _name(host: str) -> str:
    """Name of a Host header, without the port; empty where it is none."""
    found = _HOST.fullmatch(host)
    return (found[1] or found[2]).lower().rstrip(".") if found else ""


def _same(origin: str, host: str) -> bool:
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and parts.netloc.lower() == host.lower()
