"""Opening a database: SQLite in the experiment's folder, or PostgreSQL by URL; migrated when opened."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from trichotomy.errors import InputError, MissingExtraError
from trichotomy.experiments.database.tables import experiments
from trichotomy.experiments.database.times import now

LOCK = 7_204_511
"""Number of the advisory lock under which PostgreSQL is migrated and sessions begin."""
BUSY_SECONDS = 30
TIDY_SECONDS = 5
CONNECTIONS = 8


@dataclass(frozen=True, slots=True)
class Database:
    """An open database.

    Attributes
    ----------
    place
        Where the answers are, in words and without a password.
    writers
        How many transactions may run at a time: SQLite knows one.
    """

    engine: sa.Engine
    place: str
    writers: int

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """Begin a transaction that ends well with the block, or not at all."""
        with self.engine.begin() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """Begin a transaction that sees one state of the database and writes nothing."""
        with self.engine.connect().execution_options(reading=True) as connection, connection.begin():
            yield connection

    def tidy(self) -> bool:
        """Leave nothing of what was deleted in SQLite's log; return whether that was possible.

        It is not while somebody reads an earlier state; a short while is waited for them.
        """
        if self.engine.dialect.name != "sqlite":
            return True
        with self.engine.connect() as connection:
            raw = connection.connection.driver_connection
            assert isinstance(raw, sqlite3.Connection)
            raw.execute(f"PRAGMA busy_timeout={1000 * TIDY_SECONDS:.0f}")
            busy, *_ = raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            raw.execute(f"PRAGMA busy_timeout={1000 * BUSY_SECONDS}")
            return not busy

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def open_database(where: str | Path, *, digest: str, kind: str, create: bool = True) -> Database:
    """Open a database, and bring its tables up to date where it is to be written.

    Parameters
    ----------
    where
        A file of SQLite, or a URL (``postgresql://user:password@host/name``).
    digest, kind
        Of the experiment; a database belongs to one.
    create
        Make the tables, or bring them up to date; else they must be there, and nothing is made.

    Raises
    ------
    InputError
        It cannot be opened, it belongs to another experiment, or its tables are not those of this version.
    """
    url = _url(where)
    place = (
        url.database or "" if url.get_backend_name() == "sqlite" else url.render_as_string(hide_password=True)
    )
    if not create and url.get_backend_name() == "sqlite" and not Path(place).is_file():
        raise _nothing(place)
    engine = _engine(url)
    try:
        if create:
            _private(url)
            _migrate(engine)
        with engine.begin() as connection:
            if not create:
                _up_to_date(connection, place)
            _belongs(connection, digest, kind, place, create=create)
    except DBAPIError as error:
        engine.dispose()
        msg = f"the database at {place} cannot be used: {_first_line(error)}; check the address and that it is running"
        raise InputError(msg) from error
    except InputError:
        engine.dispose()
        raise
    return Database(engine, place, 1 if url.get_backend_name() == "sqlite" else CONNECTIONS)


def lock(connection: sa.Connection) -> None:
    """Let one transaction at a time go on, until it ends; SQLite's that write are alone anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))


def _url(where: str | Path) -> URL:
    text = str(where)
    if "://" not in text:
        return URL.create("sqlite", database=text)
    try:
        url = make_url(text)
    except ArgumentError as error:
        msg = "the address of the database is no URL; it looks like postgresql://user:password@host/name"
        raise InputError(msg) from error
    if url.get_backend_name() not in ("sqlite", "postgresql"):
        msg = f"answers are stored by SQLite or PostgreSQL, not {url.get_backend_name()}"
        raise InputError(msg)
    return url.set(drivername="postgresql+psycopg") if url.get_backend_name() == "postgresql" else url


def _private(url: URL) -> None:
    """Let nobody else read a new file, which will say who took part."""
    if url.get_backend_name() == "sqlite" and url.database and Path(url.database).parent.is_dir():
        Path(url.database).touch(mode=0o600)


def _engine(url: URL) -> sa.Engine:
    try:
        if url.get_backend_name() == "sqlite":
            engine = sa.create_engine(url, connect_args={"timeout": BUSY_SECONDS})
            sa.event.listen(engine, "connect", _prepare)
            sa.event.listen(engine, "begin", _begin)
            return engine
        return sa.create_engine(url, pool_size=CONNECTIONS, max_overflow=2)
    except (ImportError, NoSuchModuleError) as error:
        feature = "answers in PostgreSQL"
        raise MissingExtraError(feature, "web") from error


def _prepare(connection: sqlite3.Connection, _record: Any) -> None:
    """Readers and a writer beside each other; a commit survives the end of the process, at once."""
    connection.isolation_level = None  # transactions are begun by us
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "secure_delete=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: sa.Connection) -> None:
    reading = connection.get_execution_options().get("reading", False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def _migrate(engine: sa.Engine) -> None:
    config = _config()
    with engine.begin() as connection:
        lock(connection)
        config.attributes["connection"] = connection
        _current(connection, config)
        command.upgrade(config, "head")


def _up_to_date(connection: sa.Connection, place: str) -> None:
    """Refuse tables that are not there or of an earlier version: who only looks makes and changes none."""
    config = _config()
    current = _current(connection, config)
    if current is None:
        raise _nothing(place)
    if current != ScriptDirectory.from_config(config).get_current_head():
        msg = (
            f"the tables at {place} were made by an earlier version of trichotomy (step {current}); "
            "`trichotomy experiment run` brings them up to date"
        )
        raise InputError(msg)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", "trichotomy.experiments.database:migrations")
    config.set_main_option("path_separator", "os")
    return config


def _current(connection: sa.Connection, config: Config) -> str | None:
    """Step that the tables are at, None where there are none; refused where it is of a later version."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    current = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if current is not None and current not in known:
        msg = f"the tables were made by a later version of trichotomy (step {current}); install that one"
        raise InputError(msg)
    return current


def _belongs(connection: sa.Connection, digest: str, kind: str, place: str, *, create: bool) -> None:
    lock(connection)
    found = connection.execute(sa.select(experiments.c.digest)).scalar()
    if found is None and not create:
        raise _nothing(place)
    if found is None:
        connection.execute(experiments.insert().values(id=1, digest=digest, kind=kind, created_at=now()))
    elif found != digest:
        msg = (
            f"the answers at {place} belong to another experiment, or its items or trials were changed after "
            "people took part; give this one a database of its own"
        )
        raise InputError(msg)


def _nothing(place: str) -> InputError:
    msg = f"there are no answers at {place}; run the experiment first"
    return InputError(msg)


def _first_line(error: DBAPIError) -> str:
    return str(error.orig).strip().split("\n")[0]
