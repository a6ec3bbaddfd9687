"""Serving an application on this machine, until it is stopped."""

from __future__ import annotations

import logging
import signal
import socket
from collections.abc import Callable

import uvicorn
from starlette.types import ASGIApp

from trichotomy.errors import InputError
from trichotomy.web.connections import limited, most_connections
from trichotomy.web.reports import SELDOM

LOOPBACK = ("127.0.0.1", "localhost", "::1")
"""Names that only this machine is reached by."""
GRACE_SECONDS = 5
KEEP_ALIVE_SECONDS = 75
"""Longer than browsers and proxies keep a connection, so that none is closed while a request is on its way."""
ACCEPTED = 16
"""Connections that asyncio accepts in a row, before it looks at one; that many lines it writes where it cannot."""
QUEUE = 1024
"""Connections that the system keeps until they are accepted."""


def bound(host: str, port: int) -> socket.socket:
    """Take an address; port 0 is any that is free.

    Raises
    ------
    InputError
        It is taken, or not of this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # with the protocol named, asyncio sends small parts at once; else each answer waits 40 ms for the one before
    taken = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        taken.bind((host, port))
    except OSError as error:
        taken.close()
        msg = f"cannot listen at {host}, port {port} ({error.strerror or error}); choose another --port"
        raise InputError(msg) from error
    return taken


def serve(app: ASGIApp, at: socket.socket, *, started: Callable[[], None] = lambda: None) -> None:
    """Serve until Ctrl-C or SIGTERM; requests under way are finished first.

    No addresses of clients are written anywhere: there is no access log, and none are taken from headers.

    Parameters
    ----------
    at
        As ``bound`` gives it.
    started
        Called once requests are answered.
    """
    config = uvicorn.Config(
        app,
        access_log=False,
        backlog=ACCEPTED,
        date_header=True,
        http=limited(most_connections()),
        lifespan="on",
        log_level="warning",
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=GRACE_SECONDS,
        ws="none",
    )
    for name in ("uvicorn.error", "asyncio"):  # what clients can bring about fills no disk
        logging.getLogger(name).addFilter(SELDOM)
    server = _Server(config, started)
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends as Ctrl-C does
    try:
        server.run(sockets=[at])
    except KeyboardInterrupt:  # uvicorn repeats the signal once it has ended well
        pass
    finally:
        signal.signal(signal.SIGTERM, before)
        at.close()


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, started: Callable[[], None]) -> None:
        super().__init__(config)
        self._when_started = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for each in sockets or ():
            each.listen(QUEUE)  # asyncio has one number for this and for ACCEPTED
        if self.started:
            self._when_started()
