"""Connections that have no end, and too many of them."""

from __future__ import annotations

import contextlib
import logging
import socket
import subprocess
import sys
import threading
import time
from contextlib import closing

import pytest

pytest.importorskip("starlette", reason="the extra 'web' is not installed")
pytest.importorskip("uvicorn", reason="the extra 'web' is not installed")

import uvicorn
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from trichotomy.web import bound, connections, in_slices, read_json, refusing, reports
from trichotomy.web.rates import Rate

HEAD = (
    b"POST /said HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n"
)
TAKE = b"GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n"
SOON = 0.4
LARGE = bytes(16 * 2**20)


@refusing
async def said(request):
    return JSONResponse(await read_json(request))


@refusing
async def large(_):
    return in_slices(LARGE, "image/png")


@refusing
async def full(_):
    raise OSError(28, "No space left on device")


@refusing
async def wrong(_):
    msg = "an error of this program"
    raise RuntimeError(msg)


@contextlib.contextmanager
def served(most: int = 100):
    routes = [Route("/said", said, methods=["POST"]), Route("/large", large), Route("/full", full)]
    at = bound("127.0.0.1", 0)
    app = Starlette(routes=[*routes, Route("/wrong", wrong)])
    server = uvicorn.Server(
        uvicorn.Config(app, http=connections.limited(most), lifespan="off", log_config=None, access_log=False)
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [at]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield at.getsockname()[1]
    server.should_exit = True
    thread.join(timeout=20)
    at.close()


def open_to(port: int, sent: bytes = b"") -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=5)
    connection.sendall(sent)
    return connection


def ended(connection: socket.socket) -> bool:
    """Whether the other side ends a connection within five seconds, without an answer."""
    try:
        return connection.recv(10) == b""
    except ConnectionResetError:
        return True
    except TimeoutError:
        return False


def status(port: int, path: str) -> bytes:
    with closing(open_to(port, f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())) as connection:
        return connection.recv(65536)[9:12]


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nHost: lo", HEAD, HEAD + b"{"])
def test_a_request_that_does_not_come_is_not_waited_for(monkeypatch, caplog, sent):
    monkeypatch.setattr(connections, "REQUEST_SECONDS", SOON)
    with served() as port, closing(open_to(port, sent)) as connection:
        assert ended(connection)
        assert status(port, "/full") == b"503"
    assert not [r for r in caplog.records if r.exc_info]


def test_a_byte_now_and_then_gives_no_more_time(monkeypatch):
    monkeypatch.setattr(connections, "REQUEST_SECONDS", SOON)
    with served() as port, closing(open_to(port)) as connection:
        start = time.monotonic()
        with contextlib.suppress(ConnectionError):
            while time.monotonic() - start < 10:
                connection.sendall(b"G")
                time.sleep(0.05)
        assert time.monotonic() - start < 5


def test_a_connection_that_was_answered_is_kept_longer_than_a_request_may_take(monkeypatch):
    monkeypatch.setattr(connections, "REQUEST_SECONDS", SOON)
    body = b'{"a": "' + b"x" * 41 + b'"}'
    with served() as port, closing(open_to(port)) as connection:
        for _ in range(2):
            connection.sendall(HEAD)
            connection.sendall(body)
            answer = b""
            while not answer.endswith(b'"}'):
                answer += connection.recv(65536)
            assert answer.startswith(b"HTTP/1.1 200")
            time.sleep(2 * SOON)


def test_an_answer_that_nobody_takes_is_given_up(monkeypatch):
    monkeypatch.setattr(connections, "STALLED_SECONDS", SOON)
    with served() as port, closing(open_to(port, TAKE)) as connection:
        time.sleep(4 * SOON)
        taken = 0
        try:
            while part := connection.recv(2**20):
                taken += len(part)
        except ConnectionResetError:
            pass
        assert taken < len(LARGE)


def test_one_who_reads_slowly_gets_it_all(monkeypatch):
    monkeypatch.setattr(connections, "STALLED_SECONDS", SOON)
    with served() as port, closing(open_to(port, TAKE)) as connection:
        taken = 0
        while taken < len(LARGE):
            taken += len(connection.recv(2**18))
            time.sleep(0.02)
        assert taken > len(LARGE)


def test_where_there_are_too_many_the_one_that_waits_longest_goes():
    with served(most=8) as port:
        waiting = [open_to(port, sent) for sent in (b"", b"GET / HT", HEAD, HEAD + b"{") * 5]
        for _ in range(3):
            assert status(port, "/full") == b"503"  # whoever asks at once is answered
        assert sum(map(ended, waiting[:12])) == 12
        waiting[-1].settimeout(0.1)
        assert not ended(waiting[-1])
        for each in waiting:
            each.close()


def test_a_process_may_open_as_many_files_as_the_system_lets_it_and_keeps_some_back():
    code = (
        "import resource; from trichotomy.web.connections import most_connections;"
        "print(most_connections(), *resource.getrlimit(resource.RLIMIT_NOFILE))"
    )
    shell = f"ulimit -Sn 150; ulimit -Hn 400; exec {sys.executable} -c '{code}'"
    said = subprocess.run(["bash", "-c", shell], capture_output=True, text=True, check=True)
    assert said.stdout.split() == ["272", "400", "400"]


def test_a_failure_is_told_in_a_line_and_once_a_minute(monkeypatch, caplog):
    monkeypatch.setattr(reports.SELDOM, "_rate", Rate(1))
    logging.getLogger("uvicorn.error").addFilter(reports.SELDOM)
    with served() as port:
        assert [status(port, "/full") for _ in range(3)] == [b"503"] * 3
        assert [status(port, "/wrong") for _ in range(3)] == [b"500"] * 3
        for _ in range(3):
            open_to(port, HEAD + b"{").close()
            open_to(port, b"\x16\x03\x01\r\n\r\n").close()
        time.sleep(SOON)
    told = [(r.name, r.getMessage().strip(), bool(r.exc_info)) for r in caplog.records]
    assert sorted(told) == [
        ("trichotomy.web", "Requests fail (OSError): [Errno 28] No space left on device", False),
        ("uvicorn.error", "Exception in ASGI application", True),  # an error of this program, to be reported
        ("uvicorn.error", "Invalid HTTP request received.", False),
    ]
