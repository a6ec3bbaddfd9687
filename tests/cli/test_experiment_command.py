"""``trichotomy experiment``: from a store to answers, and what is refused."""

from __future__ import annotations

import json
import struct
import zlib

import numpy as np
import pytest

import trichotomy as tri
from trichotomy.decisions import from_arrays, write

NEW = ("experiment", "new")
UNFLAGGED = (
    "x.zarr flags no label errors, so none are left out; add them with --annotations label_error=FILE\n"
)


@pytest.fixture
def prepared(run, tmp_path):
    """The command line in a folder with ``x.zarr`` and ``images``."""
    target = np.arange(60) % 3
    right = np.repeat([True, False], 30)
    response = np.where(right, target, (target + 1) % 3)
    ids = [f"i{k:02d}" for k in range(60)]
    write(
        from_arrays(np.tile(response, (3, 1)), target=target, items=ids, classes=["ant", "bee", "cow"]),
        tmp_path / "x.zarr",
    )
    (tmp_path / "images").mkdir()
    for k, name in enumerate(ids):
        (tmp_path / "images" / f"{name}.png").write_bytes(_png(k))
    return run


def _png(k: int) -> bytes:
    def chunk(kind: bytes, content: bytes) -> bytes:
        whole = kind + content
        return struct.pack(">I", len(content)) + whole + struct.pack(">I", zlib.crc32(whole))

    head = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(bytes([0, k, k, k])))
        + chunk(b"IEND", b"")
    )


def new(run, kind, *more, out="e"):
    return run(*NEW, kind, "x.zarr", "--images", "images", "--out", out, *more)


def test_a_design_says_what_it_made(prepared, tmp_path):
    status, out, _ = new(prepared, "pairs", "--n", "6", "--practice", "2", "--match-class", "--seed", "4")
    assert status == 0
    assert "2 of practice, 6 main, 2 attention checks" in out
    assert "trichotomy experiment run e" in out
    made = json.loads((tmp_path / "e" / "experiment.json").read_text())
    assert (made["kind"], made["seed"], made["policies"]["expires_hours"]) == ("pairs", 4, 24)


def test_policies_and_timing_are_options(prepared, tmp_path):
    options = [
        "--n",
        "6",
        "--practice",
        "0",
        "--repeat",
        "--expires",
        "0",
        "--identify-by",
        "WORKER",
        "--only-identified",
    ]
    options += [
        "--completion-code",
        "C",
        "--completion-link",
        "https://x.org/?cc=C",
        "--image-ms",
        "0",
        "--no-mask",
    ]
    status, _, err = new(prepared, "categorise", *options)
    assert (status, err) == (0, UNFLAGGED)
    made = json.loads((tmp_path / "e" / "experiment.json").read_text())
    assert made["policies"] == {
        "one_try": False, "expires_hours": None, "identify_by": ["WORKER"], "require_identity": True,
        "completion_code": "C", "completion_link": "https://x.org/?cc=C",
    }  # fmt: skip
    assert made["timing"] == {"fixation_ms": 300, "image_ms": None, "mask": False, "timeout_ms": 1500}


def test_a_design_says_what_the_decisions_do_not(prepared, tmp_path):
    sizes = ("--n", "6", "--practice", "0")
    unsure = "equally sure of all pairs; keep p_target in the store, or give --tolerance"
    assert unsure in new(prepared, "pairs", *sizes)[2]
    assert unsure not in new(prepared, "pairs", *sizes, "--tolerance", "1", out="tolerant")[2]
    assert new(prepared, "pairs", *sizes, "--exclude", "none", "--tolerance", "1", out="all")[2] == ""
    made = json.loads((tmp_path / "e" / "experiment.json").read_text())
    assert made["provenance"]["configuration"]["exclude"] is None
    x = tri.open(tmp_path / "x.zarr")
    more = x.assign(p_target=(x["response"].dims, np.full(x["response"].shape, 0.5, dtype=np.float32)))
    write(more.assign_coords(label_error=("item", np.arange(60) == 3)), tmp_path / "y.zarr")
    status, _, err = prepared(*NEW, "pairs", "y.zarr", "--images", "images", "--out", "f", *sizes)
    assert (status, err) == (0, "")
    made = json.loads((tmp_path / "f" / "experiment.json").read_text())
    assert made["provenance"]["configuration"]["exclude"] == "label_error"
    assert {i["p_target"] for i in made["items"] if not i["own"]} == {0.5}


@pytest.mark.parametrize(
    ("kind", "numbers"),
    [
        ("pairs", {"n": 80, "practice": 5, "blocks": 2}),
        ("ratings", {"n": 100, "practice": 6, "blocks": 6}),
        (
            "categorise",
            {"n": 160, "practice": 16, "blocks": 4, "image_ms": 200, "timeout_ms": 1500, "mask": True},
        ),
    ],
)
def test_options_of_a_kind_are_its_own_and_those_of_all(kind, numbers):
    from inspect import signature

    from trichotomy.cli import experiment_new
    from trichotomy.experiments.design import TIMING
    from trichotomy.experiments.design.kinds import KINDS

    own = {p.name: p.default for p in signature(getattr(experiment_new, kind)).parameters.values()}
    assert (
        own.items() >= {**numbers, "checks": 2, "seed": 0, "tolerance": 0, "exclude": "label_error"}.items()
    )
    drawn = signature(KINDS[kind].draw).parameters
    assert (drawn["n"].default, drawn["practice"].default) == (own["n"], own["practice"])
    if kind == "categorise":
        assert (TIMING.image_ms, TIMING.timeout_ms, TIMING.mask) == (200, 1500, True)


@pytest.mark.parametrize(
    ("kind", "options", "says"),
    [
        ("pairs", ["--expires", "inf", "--n", "6", "--practice", "0"], "finite numbers"),
        ("pairs", ["--n", "40"], "45 trivial items are needed and 30"),
        ("pairs", ["--from", "vgg*"], "no observer or condition called 'vgg*'"),
        ("pairs", ["--exclude", "blurred"], "no annotation called 'blurred'"),
        ("pairs", ["--images", "nowhere"], "there is no folder nowhere of images"),
        ("pairs", ["--without", "nowhere.txt"], "nowhere.txt cannot be read"),
        ("pairs", ["--without", "latin1.txt"], "latin1.txt cannot be read (it is no text in UTF-8)"),
        ("pairs", ["--completion-link", "javascript:alert(1)"], "begins with https://"),
        ("ratings", ["--n", "5"], "5 in-between items are needed and 0"),
        ("ratings", ["--questions", "nowhere.toml"], "nowhere.toml"),
        ("categorise", ["--superclasses"], "two superclasses or more"),
    ],
)
def test_a_design_that_cannot_be(prepared, tmp_path, kind, options, says):
    (tmp_path / "latin1.txt").write_bytes("i0\u00fc".encode("latin-1"))
    status, out, err = new(prepared, kind, *options)
    assert (status, out) == (2, "")
    assert says in err
    assert "Traceback" not in err
    assert not (tmp_path / "e").exists()


def test_what_is_there_is_kept(prepared):
    new(prepared, "pairs", "--n", "6", "--practice", "0")
    status, _, err = new(prepared, "pairs", "--n", "6", "--practice", "0")
    assert status == 2
    assert "--force" in err
    assert new(prepared, "pairs", "--n", "6", "--practice", "0", "--force")[0] == 0


def test_a_pilot_status_export_and_forgetting(prepared, tmp_path, monkeypatch):
    pytest.importorskip("starlette", reason="the extra 'web' is not installed")
    pytest.importorskip("sqlalchemy", reason="the extra 'web' is not installed")
    pytest.importorskip("httpx2", reason="the extra 'web' is not installed")
    new(prepared, "categorise", "--n", "6", "--practice", "0", "--checks", "0")
    status, out, _ = prepared("experiment", "simulate", "e", "--participants", "2", "--out", "pilot")
    assert status == 0
    assert "2 of 2 simulated participants finished, 12 answers" in out
    assert tri.open(tmp_path / "pilot" / "people.zarr").sizes["observer"] == 2
    assert prepared("experiment", "status", "e")[0] == 2  # nobody has come: there is no database
    from trichotomy.experiments.application import open_answers
    from trichotomy.experiments.database import begin
    from trichotomy.experiments.design import arrange, open_folder

    folder = open_folder(tmp_path / "e")
    answers = open_answers(folder)
    with answers.writing() as connection:
        begin(
            connection, arrange=lambda n: arrange(folder.experiment, n), identity=("PROLIFIC_PID", "x"),
            parameters={"PROLIFIC_PID": "x"}, screen={}, simulated=False,
        )  # fmt: skip
    answers.close()
    _, out, _ = prepared("experiment", "status", "e")
    assert "1 consent; 0 answers" in out
    told = json.loads(prepared("experiment", "status", "e", "--json")[1])
    number = told["participants"][0]["participant"]
    assert told["states"] == {"consent": 1}
    assert prepared("experiment", "export", "e", "--out", "out")[:2] == (
        0,
        "out: 0 participants, 0 answers\n",
    )
    assert prepared("experiment", "export", "e", "--out", "out")[0] == 2
    import sqlite3

    monkeypatch.setattr("trichotomy.experiments.database.connection.TIDY_SECONDS", 0.1)
    reader = sqlite3.connect(tmp_path / "e" / "answers.sqlite", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM identities").fetchall()
    status, out, err = prepared("experiment", "forget", "e", number)
    assert (status, out) == (1, f"{number}: identity is deleted\n")
    assert "answers.sqlite-wal" in err
    assert "Stop the server and run this command again" in err
    reader.close()
    assert "no identity is stored" in prepared("experiment", "forget", "e", number)[1]
    status, _, err = prepared("experiment", "forget", "e", "12")
    assert status == 2
    assert "no participant called '12'" in err
    assert "answers are deleted" in prepared("experiment", "forget", "e", number, "--answers")[1]
    assert "nobody has come yet" in prepared("experiment", "status", "e")[1]


def test_who_looks_opens_answers_to_read_alone(prepared, tmp_path):
    pytest.importorskip("starlette", reason="the extra 'web' is not installed")
    sa = pytest.importorskip("sqlalchemy", reason="the extra 'web' is not installed")
    new(prepared, "pairs", "--n", "6", "--practice", "0")
    from trichotomy.cli.experiment_answers import opened
    from trichotomy.experiments.application import open_answers
    from trichotomy.experiments.design import open_folder

    open_answers(open_folder(tmp_path / "e")).close()
    _, answers = opened(tmp_path / "e", None)
    with pytest.raises(sa.exc.OperationalError, match="readonly"), answers.writing() as connection:
        connection.exec_driver_sql("DELETE FROM participants")
    answers.close()


def test_whom_a_recruitment_service_names_is_found_and_forgotten(prepared, tmp_path):
    pytest.importorskip("starlette", reason="the extra 'web' is not installed")
    pytest.importorskip("sqlalchemy", reason="the extra 'web' is not installed")
    new(prepared, "pairs", "--n", "6", "--practice", "0")
    from trichotomy.experiments.application import open_answers
    from trichotomy.experiments.database import begin, identity_of
    from trichotomy.experiments.design import arrange, open_folder

    folder = open_folder(tmp_path / "e")
    answers = open_answers(folder)
    for who in ("known", "known", "other", None):
        with answers.writing() as connection:
            begin(
                connection, arrange=lambda n: arrange(folder.experiment, n), screen={}, simulated=False,
                identity=("PROLIFIC_PID", who) if who else None, parameters={"STUDY_ID": "s"},
            )  # fmt: skip
    answers.close()
    told = json.loads(prepared("experiment", "status", "e", "--identity", "known", "--json")[1])
    numbers = [p["participant"] for p in told["participants"]]
    assert told["states"] == {"consent": 2}
    status, out, _ = prepared("experiment", "forget", "e", "--identity", "known")
    assert (status, out) == (0, "".join(f"{n}: identity is deleted\n" for n in numbers))
    answers = open_answers(folder)
    with answers.reading() as connection:
        left = [identity_of(connection, k) for k in (1, 2, 3)]
    answers.close()
    assert left == [None, None, ("PROLIFIC_PID", "other")]
    for options in (["forget", "e", "--identity", "known"], ["status", "e", "--identity", ""]):
        status, _, err = prepared("experiment", *options)
        assert (status, "nobody is stored under that identity" in err) == (2, True)
        assert "other" not in err
    for options in ([], [numbers[0], "--identity", "known"]):
        assert prepared("experiment", "forget", "e", *options)[0] == 2


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--host", "0.0.0.0"], "--public"),
        (["--public"], "--host-name"),
        (["--public", "--host-name", "https://x.org/"], "a name alone"),
        (["--public", "--host-name", "evil\nx"], r"'evil\nx'"),
        (["--public", "--host-name", "*"], "a name alone"),
        (["--public", "--host-name", "."], "a name alone"),
        (["--admin-token-file", "same"], "can be guessed"),
        (["--admin-token-file", "nowhere"], "make one: openssl rand -hex 32 > nowhere"),
        (["--admin-token-file", "latin"], "it is no text in UTF-8"),
        (["--admin-token-file", "short"], "20 characters"),
        (["--database", "mysql://x/y"], "SQLite or PostgreSQL"),
        (["--database", ""], "lost when the server stops"),
        (["--port", "1", "--host", "127.0.0.9"], "--public"),
    ],
    ids=range(13),
)
def test_a_server_that_is_not_started(prepared, tmp_path, options, says):
    pytest.importorskip("uvicorn", reason="the extra 'web' is not installed")
    pytest.importorskip("sqlalchemy", reason="the extra 'web' is not installed")
    new(prepared, "pairs", "--n", "6", "--practice", "0")
    (tmp_path / "short").write_text("short")
    (tmp_path / "same").write_text("a" * 40)
    (tmp_path / "latin").write_bytes("ü".encode("latin-1") * 30)
    status, out, err = prepared("experiment", "run", "e", *options)
    assert (status, out) == (2, "")
    assert says in err


def test_a_port_that_is_taken_and_an_experiment_that_is_none(prepared):
    import socket

    pytest.importorskip("uvicorn", reason="the extra 'web' is not installed")
    pytest.importorskip("sqlalchemy", reason="the extra 'web' is not installed")
    new(prepared, "pairs", "--n", "6", "--practice", "0")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        status, _, err = prepared("experiment", "run", "e", "--port", str(taken.getsockname()[1]))
    assert status == 2
    assert "choose another --port" in err
    status, _, err = prepared("experiment", "run", "x.zarr")
    assert status == 2
    assert "is not an experiment" in err


def test_without_the_extra_a_server_says_what_to_install(prepared, monkeypatch):
    import sys

    new(prepared, "pairs", "--n", "6", "--practice", "0")
    for name in [n for n in sys.modules if n.startswith(("trichotomy.web", "trichotomy.experiments"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "starlette", None)
    for command in (["run", "e"], ["simulate", "e"], ["status", "e"]):
        status, _, err = prepared("experiment", *command)
        assert status == 2
        assert 'pip install "trichotomy[web]"' in err
