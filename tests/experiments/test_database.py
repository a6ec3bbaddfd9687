"""The database: made and migrated when opened, one experiment each, the same on SQLite and PostgreSQL."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import time

import pytest

pytest.importorskip("sqlalchemy", reason="the extra 'web' is not installed")
pytest.importorskip("alembic", reason="the extra 'web' is not installed")

import sqlalchemy as sa

from trichotomy.errors import InputError
from trichotomy.experiments.database import (
    Answer,
    BusyError,
    begin,
    by_identity,
    by_token,
    forget,
    issue,
    open_database,
    participant_rows,
    record,
    set_state,
)
from trichotomy.experiments.database.tables import metadata
from trichotomy.experiments.design import Placed


@pytest.fixture
def opened(database):
    d = open_database(database, digest="abc", kind="pairs")
    yield d
    d.close()


def somebody(connection, token="t", trials=3, **more):
    options = {
        "identity": None,
        "parameters": {},
        "screen": {},
        "simulated": False,
        **more,
    }
    row = begin(connection, arrange=lambda _: [Placed(f"t{k}", 0, "left") for k in range(trials)], **options)
    issue(connection, row, token=token, image_key="k")
    set_state(connection, row, "running")
    return by_token(connection, token)


def test_migrations_lead_to_the_tables_that_the_code_knows(opened):
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    with opened.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_migrations_can_be_undone_and_done_again(opened):
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "trichotomy.experiments.database:migrations")
    config.set_main_option("path_separator", "os")
    with opened.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
        assert set(sa.inspect(connection).get_table_names()) == {"alembic_version"}
        command.upgrade(config, "head")
        assert set(metadata.tables) <= set(sa.inspect(connection).get_table_names())


def test_a_database_belongs_to_one_experiment(opened, database):
    open_database(database, digest="abc", kind="pairs").close()
    with pytest.raises(InputError, match="belong to another experiment"):
        open_database(database, digest="other", kind="pairs")


def test_tables_of_a_later_version_are_left_alone(opened, database):
    with opened.engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(InputError, match="later version"):
        open_database(database, digest="abc", kind="pairs")


@pytest.mark.parametrize(
    ("where", "says"),
    [
        ("mysql://x/y", "SQLite or PostgreSQL"),
        ("postgresql://u:secret-word@127.0.0.1:9/x", "cannot be used"),
        ("://", "no URL"),
        ("/no/such/folder/answers.sqlite", "cannot be used"),
        ("postgresql://127.0.0.1:9/x?user=u&password=secret-word", "cannot be used"),
        ("postgresql://u:wrong@secret-word@127.0.0.1:9/x", "%40 for @"),
        ("postgresql://u:wrong@secret-word/x@127.0.0.1/x", "%40 for @"),
        ("postgresql://u:secret-word@127.0.0.1:abc/x", "no URL"),
        ("postgresql://u:secret-word", "no URL"),
        ("postgres://u:secret-word@127.0.0.1:9/x", "cannot be used.*is running"),
        (__file__, "cannot be used.*a file of SQLite"),
        ("", "names no file"),
        (":memory:", "names no file"),
        ("sqlite://", "names no file"),
        ("sqlite:///:memory:", "names no file"),
        ("sqlite:///file:x?mode=memory&uri=true", "no parameters"),
        ("sqlite:///file::memory:", "names no file"),
        ("file::memory:", "names no file"),
    ],
)
def test_a_database_that_cannot_be_opened(where, says):
    with pytest.raises(InputError, match=says) as refused:
        open_database(where, digest="abc", kind="pairs")
    assert "secret-word" not in str(refused.value)


def test_a_password_is_not_shown_wherever_it_stands():
    from trichotomy.experiments.database.address import read_address, shown

    for url in (
        "postgresql://u:secret@h:5/x?user=u&password=secret&sslpassword=secret",
        "postgres://:secret@/x",
    ):
        assert "secret" not in shown(read_address(url))
    assert shown(read_address("postgresql://u:p@h:5/x?host=/run")) == "postgresql://u@h:5/x?host=%2Frun"


def test_a_statement_that_fails_does_not_say_who_takes_part(opened):
    from trichotomy.experiments.database.tables import identities

    with pytest.raises(sa.exc.DBAPIError) as failed, opened.writing() as connection:
        connection.execute(
            identities.insert().values(participant_id=77, name="PID", value="somebody-known", parameters="{}")
        )
    assert "somebody-known" not in str(failed.value)


def test_a_reader_sees_one_state(opened):
    with opened.reading() as reader:
        before = participant_rows(reader)
        with opened.writing() as connection:
            somebody(connection)
        assert participant_rows(reader) == before == []
    with opened.reading() as reader:
        assert len(participant_rows(reader)) == 1


def test_a_file_of_another_program_is_left_as_it_is(tmp_path):
    import sqlite3

    place = tmp_path / "theirs.sqlite"
    with sqlite3.connect(place) as theirs:
        theirs.execute("CREATE TABLE moz_places (x INTEGER)")
    theirs.close()
    before = place.read_bytes()
    with pytest.raises(InputError, match=r"another program \(it holds 'moz_places'\)"):
        open_database(place, digest="abc", kind="pairs")
    assert place.read_bytes() == before


def test_answers_are_read_where_nobody_can_write(tmp_path):
    """As root would, but for the right to write everywhere."""
    folder = tmp_path / "read-only"
    folder.mkdir()
    d = open_database(folder / "a.sqlite", digest="abc", kind="pairs")
    with d.writing() as connection:
        somebody(connection)
    d.close()
    program = (
        "import sys; from trichotomy.experiments.database import open_database, participant_rows\n"
        "d = open_database(sys.argv[1], digest='abc', kind='pairs', create=False, write=False)\n"
        "with d.reading() as connection: print(len(participant_rows(connection)))"
    )
    plain = [] if os.getuid() else ["setpriv", "--bounding-set=-dac_override", "--inh-caps=-dac_override"]
    if plain and not shutil.which("setpriv"):
        pytest.skip("root may write everywhere, and setpriv is not installed")
    (folder / "a.sqlite").chmod(0o444)
    folder.chmod(0o555)
    try:
        made = subprocess.run(
            [*plain, sys.executable, "-c", program, folder / "a.sqlite"],
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        folder.chmod(0o755)
    assert (made.stdout, made.stderr) == ("1\n", "")
    assert [p.name for p in folder.iterdir()] == ["a.sqlite"]


def test_who_only_looks_sees_what_is_still_in_the_log(tmp_path):
    d = open_database(tmp_path / "a.sqlite", digest="abc", kind="pairs")
    with d.writing() as connection:
        somebody(connection)
    looking = open_database(tmp_path / "a.sqlite", digest="abc", kind="pairs", create=False, write=False)
    with looking.reading() as connection:
        assert len(participant_rows(connection)) == 1
    with pytest.raises(sa.exc.OperationalError, match="readonly"), looking.writing() as connection:
        somebody(connection, token="u")
    looking.close()
    d.close()


def test_who_forgets_lets_others_write_while_it_waits_for_a_reader(tmp_path):
    from concurrent.futures import ThreadPoolExecutor

    path = tmp_path / "a.sqlite"
    d = open_database(path, digest="abc", kind="pairs")
    quick = open_database(path, digest="abc", kind="pairs", patience=0)
    with d.writing() as connection:
        somebody(connection)
    with ThreadPoolExecutor(1) as pool, d.reading() as reader:
        participant_rows(reader)
        tidied = pool.submit(d.tidy)
        written = 0
        for k in range(40):
            time.sleep(0.01)
            with contextlib.suppress(BusyError), quick.writing() as connection:
                somebody(connection, token=f"t{k}")
                written += 1
    assert tidied.result() is True
    assert written > 20
    quick.close()
    d.close()


def test_who_has_not_said_yet_says_it_once(opened):
    with opened.writing() as connection:
        who = somebody(connection)
        assert set_state(connection, who.id, "refused") is False
        assert by_token(connection, "t").state == "running"


def test_nobody_else_can_read_who_took_part(tmp_path):
    d = open_database(tmp_path / "a.sqlite", digest="abc", kind="pairs")
    with d.writing() as connection:
        somebody(connection)
    assert {p.name: oct(p.stat().st_mode & 0o777) for p in tmp_path.glob("a.sqlite*")} == dict.fromkeys(
        ("a.sqlite", "a.sqlite-wal", "a.sqlite-shm"), "0o600"
    )
    d.close()


def test_a_file_that_is_no_database(tmp_path):
    (tmp_path / "x.sqlite").write_bytes(b"no database" * 1000)
    with pytest.raises(InputError, match="not a database"):
        open_database(tmp_path / "x.sqlite", digest="abc", kind="pairs")
    with pytest.raises(InputError, match="run the experiment first"):
        open_database(tmp_path / "y.sqlite", digest="abc", kind="pairs", create=False)
    assert not (tmp_path / "y.sqlite").exists()


def test_who_only_looks_makes_no_tables(database):
    with pytest.raises(InputError, match="run the experiment first") as refused:
        open_database(database, digest="abc", kind="pairs", create=False)
    assert "there are no answers at" in str(refused.value)
    open_database(database, digest="abc", kind="pairs").close()
    d = open_database(database, digest="abc", kind="pairs", create=False)
    with d.writing() as connection:
        connection.execute(metadata.tables["experiments"].delete())
    d.close()
    with pytest.raises(InputError, match="run the experiment first"):
        open_database(database, digest="abc", kind="pairs", create=False)


def test_who_only_looks_at_a_database_of_somebody_else_leaves_it_empty(database):
    engine = sa.create_engine(
        database.replace("postgresql://", "postgresql+psycopg://")
        if "://" in database
        else f"sqlite:///{database}"
    )
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE theirs (x INTEGER)"))
    with pytest.raises(InputError, match="run the experiment first"):
        open_database(database, digest="abc", kind="pairs", create=False)
    assert sa.inspect(engine).get_table_names() == ["theirs"]
    engine.dispose()


def test_tables_of_an_earlier_version_are_brought_up_to_date_by_a_run_alone(opened, database, monkeypatch):
    from alembic.script import ScriptDirectory

    monkeypatch.setattr(ScriptDirectory, "get_current_head", lambda _: "0002")
    with pytest.raises(InputError, match=r"earlier version of trichotomy .* experiment run"):
        open_database(database, digest="abc", kind="pairs", create=False)


def test_what_was_deleted_stays_in_the_log_while_somebody_reads(tmp_path, monkeypatch):
    monkeypatch.setattr("trichotomy.experiments.database.connection.TIDY_SECONDS", 0.1)
    d = open_database(tmp_path / "a.sqlite", digest="abc", kind="pairs")
    with d.writing() as connection:
        somebody(connection, identity=("PID", "somebody-known"))
    with d.reading() as reader:
        participant = participant_rows(reader)[0]["participant"]
        with d.writing() as connection:
            assert forget(connection, participant)
        assert d.tidy() is False
        assert b"somebody-known" in (tmp_path / "a.sqlite-wal").read_bytes()
    assert d.tidy() is True
    assert b"somebody-known" not in b"".join(p.read_bytes() for p in tmp_path.glob("a.sqlite*"))
    d.close()


def test_an_answer_is_stored_once_and_in_order(opened):
    given = Answer({"choice": "left"}, correct=True, rt_ms=5.5, started_at_ms=None)
    with opened.writing() as connection:
        who = somebody(connection)
        assert record(connection, who, 1, "main", given) is False  # not the next one
        assert record(connection, who, 0, "main", given) is True
        assert record(connection, who, 0, "main", given) is False
    with opened.reading() as connection:
        assert [(r["done"], r["state"]) for r in participant_rows(connection)] == [(1, "running")]


def test_what_fails_half_way_is_not_there(opened):
    given = Answer({"choice": "left"}, True, 5.5, None, events=[("blur", 1.0)])
    with opened.writing() as connection:
        who = somebody(connection)

    def fails():
        with opened.writing() as connection:
            record(connection, who, 0, "main", given)
            msg = "power cut"
            raise RuntimeError(msg)

    with pytest.raises(RuntimeError, match="power cut"):
        fails()
    with opened.reading() as connection:
        assert participant_rows(connection)[0]["done"] == 0
    with opened.writing() as connection:
        assert record(connection, who, 0, "main", given) is True


def test_answers_that_come_at_the_same_time_are_stored_once(opened):
    from concurrent.futures import ThreadPoolExecutor

    given = Answer({"choice": "left"}, True, 5.5, None)
    with opened.writing() as connection:
        who = somebody(connection)

    def store(_):
        with opened.writing() as connection:
            return record(connection, who, 0, "main", given)

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(store, range(16))) == [False] * 15 + [True]


def test_a_crowd_that_begins_at_once_with_one_identity_is_one_participant(site, browser, database):
    import asyncio

    import httpx2

    from trichotomy.experiments.application import application

    s = site("pairs", database=database)
    app = application(s)

    async def all_at_once():
        async with httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app=app), base_url="http://localhost"
        ) as client:
            body = {"parameters": {"PROLIFIC_PID": "same"}}
            return await asyncio.gather(*(client.post("/api/sessions", json=body) for _ in range(12)))

    assert {r.status_code for r in asyncio.run(all_at_once())} == {201}
    with s.database.reading() as connection:
        assert len(participant_rows(connection)) == 1
        assert by_identity(connection, "PROLIFIC_PID", "same") is not None


def test_only_a_digest_opens_and_only_the_latest_is_current(opened):
    with opened.writing() as connection:
        who = somebody(connection, token="first")
        issue(connection, who.id, token="second", image_key="k2")
        old, new = by_token(connection, "first"), by_token(connection, "second")
        assert (old.current, new.current, old.id == new.id) == (False, True, True)
        assert old.unused
        assert by_token(connection, "third") is None
