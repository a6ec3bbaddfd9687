"""A PostgreSQL of this machine alone, for as long as a block lasts."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

USERS = ("postgres", "nobody")
SECONDS = "60"


class UnavailableError(RuntimeError):
    """PostgreSQL cannot be started here; the message says why."""


@contextmanager
def postgres(*, durable: bool = True) -> Iterator[str]:
    """Start PostgreSQL on a free port of the loopback, with a data folder of its own; yield its URL.

    Started by root it runs as another user, since it refuses root.

    Parameters
    ----------
    durable
        Wait for the disk at every commit, as servers do.

    Raises
    ------
    UnavailableError
        It is not installed, or does not start.
    """
    programs = _programs()
    become, user = _become()
    folder = Path(tempfile.mkdtemp(prefix="trichotomy-postgres-"))
    password = secrets.token_hex(16)
    try:
        folder.chmod(0o755)
        data, secret, log = folder / "data", folder / "password", folder / "log"
        secret.write_text(password, encoding="ascii")
        if user:
            for path in (folder, secret):
                shutil.chown(path, user)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        _run(
            [
                *become,
                programs["initdb"],
                "-D",
                data,
                "-U",
                "trichotomy",
                "-A",
                "scram-sha-256",
                "--pwfile",
                secret,
                "-N",
            ],
            folder,
        )
        options = f"-h 127.0.0.1 -p {port} -k {data}" + ("" if durable else " -c fsync=off")
        control = [*become, programs["pg_ctl"], "-D", data, "-w", "-t", SECONDS]
        _run([*control, "-l", log, "-o", options, "start"], folder)
        try:
            yield f"postgresql://trichotomy:{password}@127.0.0.1:{port}/postgres"
        finally:
            _run([*control, "-m", "immediate", "stop"], folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def new_database(url: str) -> str:
    """Make an empty database at a server; return its URL."""
    at = sa.make_url(url).set(drivername="postgresql+psycopg")
    engine = sa.create_engine(at, isolation_level="AUTOCOMMIT")
    name = f"answers_{secrets.token_hex(6)}"
    with engine.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return at.set(drivername="postgresql", database=name).render_as_string(hide_password=False)


def _programs() -> dict[str, str]:
    folders = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name), reverse=True
    )
    path = os.pathsep.join([*map(str, folders), os.environ.get("PATH", "")])
    found = {name: shutil.which(name, path=path) for name in ("initdb", "pg_ctl")}
    missing = [name for name, program in found.items() if program is None]
    if missing:
        msg = f"PostgreSQL is not installed ({', '.join(missing)} not found); Debian's package is called postgresql"
        raise UnavailableError(msg)
    return {name: str(program) for name, program in found.items()}


def _become() -> tuple[list[str], str]:
    """Return the beginning of a command as another user, and that user; nothing where we are not root."""
    if os.geteuid() != 0:
        return [], ""
    names = {entry.pw_name for entry in pwd.getpwall()}
    user = next((u for u in USERS if u in names), None)
    runuser = shutil.which("runuser")
    if user is None or runuser is None:
        msg = "PostgreSQL refuses root, and there is no other user to run it as (runuser, postgres or nobody)"
        raise UnavailableError(msg)
    return [runuser, "-u", user, "--"], user


def _run(command: list[str | Path], folder: Path) -> None:
    done = subprocess.run(
        list(map(str, command)),
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        msg = f"{Path(str(command[-1])).name}: {done.stderr.strip()[-300:]}"
        raise UnavailableError(msg)
