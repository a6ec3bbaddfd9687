"""Opening a database: SQLite in the experiment's folder, or PostgreSQL by URL; migrated when opened."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, NoSuchModuleError, OperationalError

from trichotomy.errors import InputError, MissingExtraError, TrichotomyError
from trichotomy.experiments.database.address import read_address, shown
from trichotomy.experiments.database.migrating import check_ours, check_up_to_date, migrate, no_answers
from trichotomy.experiments.database.tables import experiments
from trichotomy.experiments.database.times import now

LOCK = 7_204_511
"""Number of the advisory lock under which PostgreSQL is migrated and sessions begin."""
BUSY_SECONDS = 30
TIDY_SECONDS = 5
PAUSE_SECONDS = 0.05
CONNECTIONS = 8


class BusyError(TrichotomyError):
    """Another program writes into the file of SQLite at this moment; nothing was done."""


class GoneError(TrichotomyError):
    """The file of SQLite that was opened is not there any more, or another is in its place."""


@dataclass(frozen=True, slots=True)
class Database:
    """An open database.

    Attributes
    ----------
    place
        Where the answers are, in words and without a password.
    writers
        How many transactions may run at a time: SQLite knows one.
    file
        Device and inode of the file of SQLite.
    """

    engine: sa.Engine
    place: str
    writers: int
    file: tuple[int, int] | None = None

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """Begin a transaction that ends well with the block, or not at all.

        Raises
        ------
        BusyError, GoneError
            Of SQLite.
        """
        if self.file is not None and self.file != _identity(self.place):
            msg = f"{self.place} was removed or replaced while it was in use; put it back, or stop the server"
            raise GoneError(msg)
        with _busy(self.place), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """Begin a transaction that sees one state of the database and writes nothing."""
        with _busy(self.place), _looking(self.engine) as connection:
            yield connection

    def tidy(self) -> bool:
        """Leave nothing of what was deleted in SQLite's log; return whether that was possible.

        It is not while somebody reads an earlier state; a short while is waited for them, in which others may write.
        """
        if self.engine.dialect.name != "sqlite":
            return True
        end = time.monotonic() + TIDY_SECONDS
        with self.engine.connect() as connection:
            raw = _raw(connection)
            raw.execute("PRAGMA busy_timeout=0")  # else SQLite keeps writers out while it waits
            try:
                while raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
                    if time.monotonic() > end:
                        return False
                    time.sleep(PAUSE_SECONDS)
            finally:
                connection.invalidate()
        return True

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def open_database(
    where: str | Path,
    *,
    digest: str,
    kind: str,
    create: bool = True,
    write: bool = True,
    expires_hours: float | None = None,
    patience: float = BUSY_SECONDS,
) -> Database:
    """Open a database, and bring its tables up to date where it is to be written.

    Parameters
    ----------
    where
        A file of SQLite, or a URL (``postgresql://user:password@host/name``).
    digest, kind
        Of the experiment; a database belongs to one.
    create
        Make the tables, or bring them up to date; else they must be there, and nothing is made.
    write
        Whether it is to be written at all; else a file that may only be read will do.
    expires_hours
        Hours after which who has not finished has run out of time; None is never.
    patience
        Seconds that a transaction waits for another program that writes into the file of SQLite.

    Raises
    ------
    InputError
        It cannot be opened, it belongs to another experiment or program, or its tables are not those of this version.
    """
    url = read_address(where)
    place, sqlite = shown(url), url.get_backend_name() == "sqlite"
    if not create and sqlite and not Path(place).is_file():
        raise no_answers(place)
    engine = _engine(url, write=write, patience=BUSY_SECONDS)
    try:
        if create:
            if sqlite:
                _prepare_file(engine, place)
            with engine.begin() as connection:
                lock(connection)
                migrate(connection)
        with engine.begin() if write else _looking(engine) as connection:
            if not create:
                check_up_to_date(connection, place)
            _belongs(connection, digest, kind, place, create=create)
    except DBAPIError as error:
        what = (
            "that it is a file of SQLite that may be used" if sqlite else "the address and that it is running"
        )
        msg = f"the database at {place} cannot be used: {_first_line(error)}; check {what}"
        raise InputError(msg) from error
    finally:
        engine.dispose()
    engine = _engine(url, write=write, patience=patience).execution_options(expires_hours=expires_hours)
    return Database(engine, place, 1 if sqlite else CONNECTIONS, _identity(place) if sqlite else None)


def lock(connection: sa.Connection) -> None:
    """Let one transaction at a time go on, until it ends; SQLite's that write are alone anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))


def _prepare_file(engine: sa.Engine, place: str) -> None:
    """Make a file that nobody else can read, as it will say who took part; readers and a writer beside each other."""
    if Path(place).parent.is_dir():
        Path(place).touch(mode=0o600)
    with _looking(engine) as connection:
        check_ours(connection, place)
    with engine.connect() as connection:
        _raw(connection).execute("PRAGMA journal_mode=WAL")


def _engine(url: URL, *, write: bool, patience: float) -> sa.Engine:
    """Make an engine; what fails in a statement is told without its values, which may say who takes part."""
    try:
        if url.get_backend_name() == "sqlite":

            def connected() -> sqlite3.Connection:
                address = _sqlite_uri(Path(url.database or ""), write=write)
                return sqlite3.connect(address, uri=True, timeout=patience, check_same_thread=False)

            engine = sa.create_engine(url, creator=connected, hide_parameters=True)
            sa.event.listen(engine, "connect", _prepare)
            sa.event.listen(engine, "begin", _begin)
            return engine
        return sa.create_engine(url, pool_size=CONNECTIONS, max_overflow=2, hide_parameters=True)
    except (ImportError, NoSuchModuleError) as error:
        feature = "answers in PostgreSQL"
        raise MissingExtraError(feature, "web") from error


def _sqlite_uri(file: Path, *, write: bool) -> str:
    """Address of a file that is there; one that is only read and that nobody has open is left as it is, log and all."""
    file = file.resolve()
    mode = "mode=rw" if write else "mode=ro" if Path(f"{file}-wal").exists() else "immutable=1"
    return f"{file.as_uri()}?{mode}"


def _prepare(connection: sqlite3.Connection, _record: Any) -> None:
    """A commit survives the end of the process, at once; what is deleted is overwritten."""
    connection.isolation_level = None  # transactions are begun by us
    for pragma in ("synchronous=NORMAL", "foreign_keys=ON", "secure_delete=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: sa.Connection) -> None:
    reading = connection.get_execution_options().get("reading", False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


@contextmanager
def _looking(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Begin a transaction that sees one state."""
    one_state = {"isolation_level": "REPEATABLE READ"} if engine.dialect.name == "postgresql" else {}
    with engine.connect().execution_options(reading=True, **one_state) as connection, connection.begin():
        yield connection


@contextmanager
def _busy(place: str) -> Iterator[None]:
    """Tell apart what can be tried again, as it has done nothing."""
    try:
        yield
    except OperationalError as error:
        code = getattr(error.orig, "sqlite_errorcode", None)
        if code is None or code & 0xFF != sqlite3.SQLITE_BUSY:
            raise
        msg = f"another program writes into {place} at this moment; try again when it has ended"
        raise BusyError(msg) from error


def _identity(file: str) -> tuple[int, int] | None:
    """Device and inode of a file, None where there is none."""
    try:
        found = Path(file).stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _raw(connection: sa.Connection) -> sqlite3.Connection:
    raw = connection.connection.driver_connection
    assert isinstance(raw, sqlite3.Connection)
    return raw


def _belongs(connection: sa.Connection, digest: str, kind: str, place: str, *, create: bool) -> None:
    if create:
        lock(connection)
    found = connection.execute(sa.select(experiments.c.digest)).scalar()
    if found is None and not create:
        raise no_answers(place)
    if found is None:
        connection.execute(experiments.insert().values(id=1, digest=digest, kind=kind, created_at=now()))
    elif found != digest:
        msg = (
            f"the answers at {place} belong to another experiment, or its items, trials, classes or questions were "
            "changed after people took part; give this one a database of its own"
        )
        raise InputError(msg)


def _first_line(error: DBAPIError) -> str:
    return str(error.orig).strip().split("\n")[0]
