"""Decisions, images and experiments, small; both databases."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import socket
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest

from trichotomy.decisions import from_arrays
from trichotomy.experiments.design import new_experiment, open_folder

CLASSES = ("airplane", "bird", "cat", "dog")
ITEMS = 160


def png(colour: int) -> bytes:
    """An image of one pixel, of one of 2**24 colours."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        whole = kind + content
        return struct.pack(">I", len(content)) + whole + struct.pack(">I", zlib.crc32(whole))

    head = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    pixel = zlib.compress(b"\0" + colour.to_bytes(3, "big"))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", pixel) + chunk(b"IEND", b"")


@pytest.fixture(scope="session")
def decisions():
    """Eight observers on 160 items of four classes: 60 trivial, 40 in-between, 60 impossible."""
    rng = np.random.default_rng(5)
    target = np.arange(ITEMS) % 4
    ease = np.repeat([1.0, 0.5, 0.0], [60, 40, 60])
    right = rng.random((8, ITEMS)) < ease
    right[0, 60:100], right[1, 60:100] = True, False  # in-between for sure
    response = np.where(right, target, (target + 1) % 4)
    ids = [f"img{k:03d}" for k in range(ITEMS)]
    return from_arrays(
        response,
        target=target,
        items=ids,
        observers=[f"net-{k}" for k in range(8)],
        classes=CLASSES,
        observer_coords={"condition": ["resnet"] * 4 + ["vgg"] * 4},
        item_coords={
            "label_error": np.arange(ITEMS) % 20 == 0,
            "path": [f"{CLASSES[t]}/{i}.png" for i, t in zip(ids, target, strict=True)],
            "superclass": ["vehicle" if t == 0 else "animal" for t in target],
        },
    )


@pytest.fixture(scope="session")
def images(tmp_path_factory, decisions) -> Path:
    """An image for every item but the last."""
    folder = tmp_path_factory.mktemp("images")
    for k, path in enumerate(decisions["path"].values[:-1]):
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_bytes(png(k))
    return folder


@pytest.fixture(scope="session")
def drawn() -> dict[str, Path]:
    """Experiments that were made already, by kind and options."""
    return {}


@pytest.fixture
def made(tmp_path, decisions, images, drawn, tmp_path_factory):
    """Make a short experiment: kind, further options -> folder."""

    def make(kind: str, **options):
        sizes = {"pairs": (6, 2), "ratings": (3, 2), "categorise": (8, 2)}[kind]
        options = {"n": sizes[0], "practice": sizes[1], "checks": 1, **options}
        place = tmp_path / kind
        if options.get("n", 0) > 50 or place.exists():
            return new_experiment(kind, decisions, place, images=images, **options)
        key = f"{kind} {sorted(options.items())}"
        if key not in drawn:
            first = tmp_path_factory.mktemp("drawn") / kind
            drawn[key] = new_experiment(kind, decisions, first, images=images, **options).path
        shutil.copytree(drawn[key], place)
        return open_folder(place)

    return make


@pytest.fixture(scope="session")
def postgres():
    """A PostgreSQL server of this machine alone: the URL to make databases at."""
    pytest.importorskip("psycopg", reason="psycopg is not installed")
    from benchmarks.postgres import UnavailableError
    from benchmarks.postgres import postgres as running

    server = running(durable=False)
    try:
        url = server.__enter__()
    except UnavailableError as error:
        pytest.skip(str(error))
    yield url
    server.__exit__(None, None, None)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request, tmp_path) -> str:
    """Where answers go, in turn in either database."""
    if request.param == "sqlite":
        return str(tmp_path / "answers.sqlite")
    from benchmarks.postgres import new_database

    return new_database(request.getfixturevalue("postgres"))


@pytest.fixture
def site(made):
    """Open an experiment to be run: kind, options of the design -> site; closed in the end."""
    pytest.importorskip("starlette", reason="the extra 'web' is not installed")
    pytest.importorskip("sqlalchemy", reason="the extra 'web' is not installed")
    from trichotomy.experiments.application import open_site

    opened = []

    def make(kind: str, *, database: str | None = None, sessions_per_minute: float = 0, **options):
        folder = made(kind, **options)
        opened.append(
            open_site(
                folder.path, database=database, admin_token=ADMIN, sessions_per_minute=sessions_per_minute
            )
        )
        return opened[-1]

    yield make
    for each in opened:
        each.database.close()


ADMIN = "the-admin-token-of-these-tests"


class Browser:
    """One participant's requests to the application in this process."""

    def __init__(self, site, *, token: str | None = None) -> None:
        import httpx2

        from trichotomy.experiments.application import application

        self.token = token
        self._client = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app=application(site)), base_url="http://localhost"
        )

    def send(self, method: str, path: str, body=None, *, headers=None, **more):
        headers = dict(headers or {})
        if self.token and "authorization" not in headers:
            headers["authorization"] = f"Bearer {self.token}"
        if body is not None:
            more["json"] = body
        return asyncio.run(self._client.request(method, path, headers=headers, **more))

    def get(self, path: str, **more):
        return self.send("GET", path, **more)

    def post(self, path: str, body, **more):
        return self.send("POST", path, body, **more)

    def enter(self, parameters=None, token=None):
        reply = self.post("/api/sessions", {"parameters": parameters or {}, "token": token, "screen": {}})
        self.token = reply.json().get("token")
        return reply

    def agree(self):
        return self.post("/api/consent", {"agreed": True})

    def answer(self, trial: int, choice="left", **more):
        return self.post(f"/api/trials/{trial}", {"answer": {"choice": choice}, "rt_ms": 700.5, **more})


@pytest.fixture
def browser():
    """Make a participant's browser: site -> Browser."""
    return Browser


def raw(port: int, request: bytes) -> tuple[int, bytes]:
    """Send bytes as they are; return the status (0: the connection was closed before) and all that came."""
    reply = b""
    with (
        contextlib.suppress(ConnectionError),  # closed before all was sent
        socket.create_connection(("127.0.0.1", port), timeout=10) as connection,
    ):
        connection.sendall(request)
        while part := connection.recv(65536):
            reply += part
    head = reply.split(b" ", 2)
    return (int(head[1]), reply) if len(head) > 2 else (0, reply)


@pytest.fixture(name="raw")
def sending_raw():
    """Send bytes to a port: port, request -> status, reply."""
    return raw


@pytest.fixture
def server():
    """Run experiments by the command line: folder, options -> Server; ended in the end."""
    pytest.importorskip("uvicorn", reason="the extra 'web' is not installed")
    from benchmarks.serving import Server

    running = []

    def start(folder: Path, *options: str) -> Server:
        running.append(Server(folder, *options))
        return running[-1]

    yield start
    for each in running:
        each.close()
