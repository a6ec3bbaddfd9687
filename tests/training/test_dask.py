"""Studies on a Dask cluster of this machine's processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from gate import AT, Gate, gate_in
from processes import until, workers_of
from small_study import InProcess, differing

from trichotomy.errors import InputError
from trichotomy.training import DaskExecutor, stands, study
from trichotomy.training.execution.notes import notes_of

pytest.importorskip("distributed", reason="dask[distributed] is not installed")
RECIPE = """
conditions = ["base", "nesterov"]
longer = 0
[dataset]
train_per_class = 10
test_per_class = 5
[settings]
architecture = "gated_network:Gated"
epochs = 3
batch_size = 12
milestones = [2]
train = { flip = true }
test = {}
"""
STUDY = [sys.executable, "-m", "trichotomy", "study", "gaussian", "--recipe", "recipe.toml"]
DASK = ["--dask", "local", "--workers", "2"]


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Gate]:
    (tmp_path / "recipe.toml").write_text(RECIPE)
    yield from gate_in(tmp_path)


@contextmanager
def started(folder: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [*STUDY, *arguments], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True,
    )  # fmt: skip
    with process:
        try:
            yield process
        finally:
            process.kill()


def parent_of(process: int) -> int:
    return int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])


def test_a_study_whose_dask_worker_is_killed_equals_one_in_one_process(gate, tmp_path):
    out = tmp_path / "s.zarr"
    with started(tmp_path, "--out", "s.zarr", *DASK) as run:
        until(out.exists)
        gate.reached(out, "base", "nesterov")
        before = notes_of(out)["base"]
        os.kill(parent_of(before.process), signal.SIGKILL)  # the worker of Dask's, and with it all below
        until(lambda: notes_of(out)["base"].process != before.process)
        gate.open()
        said, err = run.communicate(timeout=120)
    assert run.returncode == 0, err
    assert said.splitlines()[0] == "2 of 2 networks are trained."
    assert err.count("accuracy") == 2
    assert "Traceback" not in err
    assert notes_of(out)["base"].first == AT + 1
    assert {s.state for s in stands(out).standings} == {"done"}
    whole = tmp_path / "whole.zarr"
    assert not study("gaussian", whole, recipe="recipe.toml", executor=InProcess()).failed
    assert differing(out, whole) == []


@pytest.mark.long
def test_ctrl_c_ends_the_tasks(gate, tmp_path):
    out = tmp_path / "s.zarr"
    with started(tmp_path, "--out", "s.zarr", *DASK) as run:
        until(out.exists)
        gate.reached(out, "base", "nesterov")
        assert {s.state for s in stands(out).standings} == {"running"}
        os.killpg(run.pid, signal.SIGINT)  # as a terminal does: all of its processes
        _, err = run.communicate(timeout=180)
    assert run.returncode == 130, err
    assert "Go on with the same command and --resume" in err
    assert "Traceback" not in err
    until(lambda: not workers_of(out), 15)
    assert {s.state for s in stands(out).standings} == {"stopped"}


@pytest.mark.long
def test_a_network_that_fails_is_told_with_its_reason(tmp_path):
    (tmp_path / "recipe.toml").write_text(
        RECIPE.replace('["base", "nesterov"]', '["base"]').replace("gated_network:Gated", "tiny-plain")
        + '[[condition]]\nname = "wild"\ninstances = [{ learning_rate = 1e9 }]\n'
    )
    with started(tmp_path, "--out", "s.zarr", *DASK) as run:
        _, err = run.communicate(timeout=120)
    assert run.returncode == 1
    assert "Failed: wild: the training loss is" in err
    assert {s.observer: s.state for s in stands(tmp_path / "s.zarr").standings} == {
        "base": "done", "wild": "failed"
    }  # fmt: skip


@pytest.mark.long
def test_a_scheduler_that_does_not_answer_is_refused_at_once(tmp_path):
    begun = time.monotonic()
    with started(tmp_path, "--out", "s.zarr", "--dask", "tcp://127.0.0.1:9") as run:
        _, err = run.communicate(timeout=180)
    assert run.returncode == 2
    assert err.splitlines()[-1].startswith("Error: no Dask scheduler answers at tcp://127.0.0.1:9")
    assert "Traceback" not in err
    assert time.monotonic() - begun < 40
    assert list(tmp_path.iterdir()) == []


def test_a_number_of_workers_that_is_none_is_refused():
    with pytest.raises(InputError, match="workers is 0"):
        DaskExecutor(address="local", workers=0)
