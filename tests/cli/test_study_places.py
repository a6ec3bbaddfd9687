"""``trichotomy study`` somewhere else than here, and where a study stands."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="torch is not installed")

SMALL = """
conditions = ["base"]
longer = 0
[dataset]
train_per_class = 10
test_per_class = 5
[settings]
epochs = 2
batch_size = 12
milestones = [1]
[[condition]]
name = "wild"
instances = [{ learning_rate = 1e9 }]
"""


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> Path:
    """A study of which one network is trained and one has failed."""
    folder = tmp_path_factory.mktemp("finished")
    (folder / "small.toml").write_text(SMALL)
    words = ["study", "gaussian", "--recipe", "small.toml", "--out", "a.zarr", "--workers", "1"]
    done = subprocess.run([sys.executable, "-m", "trichotomy", *words], cwd=folder, check=False)
    assert done.returncode == 1
    return folder / "a.zarr"


def test_status_is_a_table_and_a_sentence(run, finished):
    status, out, err = run("study", "--out", str(finished), "--status")
    assert (status, err) == (0, "")
    head, base, wild, total, again = out.splitlines()
    assert head.split()[:4] == ["network", "state", "epoch", "accuracy"]
    assert base.split()[:3] == ["base", "done", "2/2"]
    assert wild.split()[:3] == ["wild", "failed", "0/2"]
    assert "the training loss is" in wild
    assert total == "1 of 2 networks are trained, 1 failed; 2 of 4 epochs."
    assert (
        again == f"Go on with those that stopped or failed: the command that began {finished}, and --resume."
    )


def test_status_needs_no_data_and_names_of_data_sets_do_not_matter(run, finished):
    """Of ImageNet there is none here."""
    shown = []
    for name in (("imagenet",), ()):
        status, out, err = run("study", *name, "--out", str(finished), "--status")
        assert (status, err) == (0, "")
        shown.append(
            [line.split()[:3] for line in out.splitlines()]
        )  # how long ago is another time each time
    assert shown[0] == shown[1]
    assert len(shown[0]) > 2


def test_status_as_json(run, finished):
    status, out, err = run("study", "--out", str(finished), "--status", "--json")
    assert (status, err) == (0, "")
    found = json.loads(out)
    assert found["total"] == {
        "networks": 2, "done": 1, "running": 0, "waiting": 0, "stopped": 0, "failed": 1, "epochs": 2,
        "epochs_planned": 4, "seconds_left": None,
    }  # fmt: skip
    base, wild = found["networks"]
    assert (base["observer"], base["state"], base["epoch"], base["epochs"]) == ("base", "done", 2, 2)
    assert 0 <= base["accuracy"] <= 1
    assert wild["reason"].startswith("the training loss is")
    assert (found["schema"], found["dataset"], found["jobs"]) == (1, "gaussian", [])


def test_a_queue_that_cannot_be_asked_is_noted(run, finished, tmp_path, monkeypatch):
    copy = tmp_path / "copy.zarr"
    shutil.copytree(finished, copy)
    (copy / "study" / "submissions").mkdir()
    job = {"id": "7_0", "cluster": "slurm", "observers": ["wild"], "submitted": 1.0}
    (copy / "study" / "submissions" / "7.json").write_text(json.dumps([job]))
    monkeypatch.setenv("PATH", "")
    status, out, err = run("study", "--out", str(copy), "--status")
    assert status == 0
    assert "1 of 2 networks are trained" in out
    assert "no squeue here" in err


SENTENCES = {
    ("--status",): "say of which study",
    ("--status", "--out", "no.zarr"): "there is no store at no.zarr",
    ("--out", "x.zarr"): "say on what to train",
    ("gaussian", "--out", "x.zarr", "--json"): "--json is for --plan or --status",
    ("gaussian", "--out", "x.zarr", "--no-wait"): "needs --slurm",
    ("gaussian", "--out", "x.zarr", "--slurm", "partition=a", "--dask", "local"): "two places",
    ("gaussian", "--out", "x.zarr", "--slurm", "patition=a"): "Did you mean partition",
    ("gaussian", "--out", "x.zarr", "--slurm", "gpus=a"): "'a' is not a number of gpus",
}


@pytest.mark.parametrize("words", SENTENCES, ids=" ".join)
def test_what_does_not_fit_is_refused_in_a_sentence(run, tmp_path, words):
    status, out, err = run("study", *words)
    assert (status, out) == (2, "")
    (line,) = err.splitlines()
    assert line.startswith("Error: ")
    assert SENTENCES[words] in line
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("module", "words"), [("submitit", ("--slurm", "partition=a")), ("distributed", ("--dask", "local"))]
)
def test_what_is_not_installed_is_named(tmp_path, module, words):
    """Python finds a module of that name that cannot be imported, as if there were none."""
    (tmp_path / f"{module}.py").write_text(f"raise ModuleNotFoundError({module!r})\n")
    done = subprocess.run(
        [sys.executable, "-m", "trichotomy", "study", "gaussian", "--out", "x.zarr", *words],
        cwd=tmp_path, capture_output=True, text=True, check=False, env=os.environ | {"PYTHONSAFEPATH": ""},
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.startswith("Error: ")
    assert 'pip install "trichotomy[cluster]"' in done.stderr
    assert not (tmp_path / "x.zarr").exists()
