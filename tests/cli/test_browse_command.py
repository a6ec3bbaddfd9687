"""``trichotomy browse``: it starts, answers, stops, and says what is wrong."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request

import numpy as np
import pytest

from trichotomy.decisions import from_arrays, write


@pytest.fixture
def prepared(run, tmp_path):
    """The command line in a folder with ``x.zarr`` and ``texts.jsonl``."""
    pytest.importorskip("starlette", reason="the extra 'web' is not installed")
    pytest.importorskip("uvicorn", reason="the extra 'web' is not installed")
    target = np.arange(12) % 3
    ids = [f"q{k}" for k in range(12)]
    response = np.stack([target, (target + 1) % 3, np.where(target == 1, 1, 0)])
    write(from_arrays(response, target=target, items=ids, classes=["a", "b", "c"]), tmp_path / "x.zarr")
    lines = [json.dumps({"item": i, "question": f"Which is\nnumber {i}?", "topic": "x"}) for i in ids]
    (tmp_path / "texts.jsonl").write_text("\n".join(lines) + "\n")
    (tmp_path / "empty").mkdir()
    return run


def test_it_serves_until_it_is_stopped(prepared, tmp_path):
    command = [sys.executable, "-m", "trichotomy", "browse", "x.zarr", "--texts", "texts.jsonl", "--no-open"]
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, text=True, env=environment
    ) as server:
        line = server.stdout.readline()
        assert line.startswith("12 items (no images), 3 observers: http://127.0.0.1:")
        address = line.rpartition(" ")[2].strip()
        with urllib.request.urlopen(f"{address}api/items?q=number+q7&count=1") as answer:
            told = json.load(answer)
        assert [(i["item"], i["snippet"]) for i in told["items"]] == [("q7", "Which is\nnumber q7?")]
        server.send_signal(signal.SIGINT)
        assert server.stdout.read() == "Ctrl-C ends.\nStopped.\n"
        assert server.wait(10) == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--images", "nowhere"), "there is no folder nowhere of images"),
        (("--images", "empty"), "empty holds 0 images"),
        (("--texts", "nothing"), "neither a file nor an annotation of the items: 'nothing'"),
        (("--epoch", "7"), "there is no epoch 7"),
        (("--drop", "zzz"), "no observer called 'zzz'"),
        (("--tolerance", "9"), "tolerance"),
        (("--one-per", "mood"), "mood"),
        (("--port", "99999"), "65535"),
    ],
)
def test_what_is_wrong_is_one_sentence(prepared, options, message):
    status, out, err = prepared("browse", "x.zarr", "--no-open", *options)
    assert (status, out) == (2, "")
    assert message in err
    assert "Traceback" not in err


def test_a_port_that_is_taken_is_said_before_anything_is_read(prepared):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        status, _, err = prepared("browse", "absent.zarr", "--no-open", "--port", port)
    assert status == 2
    assert "choose another --port" in err


def test_a_network_that_failed_is_left_out_and_named(prepared, tmp_path):
    d = from_arrays(
        [[[0, 1]] * 2, [[0, 1]] * 2, [[0, 0], [-1, -1]]], target=[0, 1], epochs=[0, 1], observers=["a", "b", "c"],
        observer_coords={"failure": ["", "", "out of memory"]},
    )  # fmt: skip
    write(d, tmp_path / "f.zarr")
    command = [sys.executable, "-m", "trichotomy", "browse", "f.zarr", "--no-open"]
    with subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as server:
        said = server.stderr.readline()
        server.send_signal(signal.SIGTERM)
        server.communicate(timeout=20)
    assert said == "Warning: c is left out: out of memory\n"
