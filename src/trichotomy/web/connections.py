"""Connections: so many at once, and so long for each to ask and to take its answer."""

from __future__ import annotations

import asyncio
import sys
from typing import cast

from uvicorn.protocols.http.h11_impl import H11Protocol

REQUEST_SECONDS = 20.0
"""From the beginning of a connection, or the first byte of a later request, to the last byte of the request."""
STALLED_SECONDS = 60.0
"""Without the next slice of an answer being taken."""
WANTED_FILES = 8192
SPARE_FILES = 128
"""For the database, images, and connections that are accepted before others have ended."""
MOST, FEWEST = 4096, 16


def most_connections() -> int:
    """Let this process open many files; return how many of them may be connections."""
    if sys.platform == "win32":
        return MOST
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    endless = resource.RLIM_INFINITY
    if soft != endless and soft < WANTED_FILES:
        soft = WANTED_FILES if hard == endless else min(WANTED_FILES, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return MOST if soft == endless else max(FEWEST, min(MOST, soft - SPARE_FILES))


class Connection(H11Protocol):
    """A connection that is closed where a request or the taking of an answer has no end.

    Where there are too many, the one goes that has waited longest without a complete request; browsers connect again.
    """

    most = MOST
    _since = 0.0
    _late: asyncio.TimerHandle | None = None
    _stalled: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Make room, and begin to wait for a request."""
        super().connection_made(transport)
        transport.set_write_buffer_limits(0)  # no more than one slice is held back
        self._since = self.loop.time()
        if len(self.connections) > self.most:
            self._make_room()
        self._watch_request()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing any more."""
        super().connection_lost(exc)
        self._unset_keepalive_if_required()
        for timer in (self._late, self._stalled):
            if timer is not None:
                timer.cancel()

    def data_received(self, data: bytes) -> None:
        """Take a part of a request."""
        super().data_received(data)
        self._watch_request()

    def on_response_complete(self) -> None:
        """Begin to wait for the next request."""
        self._since = self.loop.time()
        super().on_response_complete()

    def pause_writing(self) -> None:
        """Wait until what is sent is taken."""
        super().pause_writing()
        self._stalled = self.loop.call_later(STALLED_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """Go on: it was taken."""
        super().resume_writing()
        if self._stalled is not None:
            self._stalled.cancel()

    def _watch_request(self) -> None:
        """Give the rest of a request so long; a byte now and then gives no more time."""
        if not self._waiting():
            if self._late is not None:
                self._late.cancel()
                self._late = None
        elif self._late is None and not self.transport.is_closing():
            self._late = self.loop.call_later(REQUEST_SECONDS, self.transport.close)

    def _waiting(self) -> bool:
        """Whether there is no complete request that is being answered."""
        return self.cycle is None or self.cycle.response_complete or self.cycle.more_body

    def _make_room(self) -> None:
        held = [c for c in cast("set[Connection]", self.connections) if not c.transport.is_closing()]
        if len(held) > self.most:
            waiting = [c for c in held if c is not self and c._waiting()]
            min(waiting, key=lambda c: c._since, default=self).transport.abort()


def limited(most: int) -> type[Connection]:
    """Make the kind of connection of which there are so many at once."""
    return cast("type[Connection]", type("Connection", (Connection,), {"most": most}))
