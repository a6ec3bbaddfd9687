"""Where answers are kept, as it is given: a file of SQLite, or PostgreSQL by URL."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from trichotomy.errors import InputError

POSTGRES = ("postgresql", "postgres")
SHOWN = ("host", "port", "user", "dbname")
"""Parameters of a URL that hold no secret."""


def read_address(where: str | Path) -> URL:
    """Read a file's name or a URL.

    Raises
    ------
    InputError
        It is none, it would keep the answers in memory alone, or it is of another kind of database. No part of a URL
        is repeated: any may be part of a password.
    """
    text = str(where)
    if "://" not in text:
        return _file(text)
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):  # their words hold parts of the URL
        raise _no_url() from None
    if url.get_backend_name() == "sqlite":
        if url.query:
            msg = "the address of a file of SQLite takes no parameters (?...); give the file alone"
            raise InputError(msg)
        return _file(url.database or "")
    if url.get_backend_name() not in POSTGRES:
        msg = f"answers are stored by SQLite or PostgreSQL, not {url.get_backend_name()}"
        raise InputError(msg)
    if text.count("@") > 1:  # what follows the first would be taken for the host, and told
        raise _no_url()
    return url.set(drivername="postgresql+psycopg")


def shown(url: URL) -> str:
    """Write an address without password."""
    if url.get_backend_name() == "sqlite":
        return url.database or ""
    query = {k: v for k, v in url.query.items() if k in SHOWN}
    return URL.create(
        "postgresql", url.username, None, url.host, url.port, url.database, query
    ).render_as_string()


def _file(name: str) -> URL:
    if not name or name == ":memory:" or name.startswith("file:"):
        msg = (
            f"'{name}' names no file: answers kept in memory alone would be lost when the server stops; give the "
            "path of a file, or postgresql://user:password@host/name"
        )
        raise InputError(msg)
    return URL.create("sqlite", database=name)


def _no_url() -> InputError:
    msg = (
        "the address of the database is no URL; it looks like postgresql://user:password@host:5432/name, where a "
        "password has %40 for @ and %2F for /"
    )
    return InputError(msg)
