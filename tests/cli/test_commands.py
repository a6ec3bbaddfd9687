"""The command line as a person uses it: each command, its help, one wrong input."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import trichotomy as tri
from trichotomy.cli import main


@pytest.fixture
def predictions(tmp_path) -> Path:
    d = tri.simulate(4, 60, rng=2)
    lines = ["model,image,prediction,label"]
    for m, name in enumerate(d["observer"].values):
        lines += [
            f"{name},{item},{d['response'].values[m, 0, i]},{d['target'].values[i]}"
            for i, item in enumerate(d["item"].values)
        ]
    path = tmp_path / "my_predictions.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.mark.parametrize(
    "command", ["", "read", "analyze", "figure", "similarity", "study", "demo", "formats"]
)
def test_help(run, command):
    status, out, _ = run(*filter(None, [command, "--help"]))
    assert status == 0
    assert "Usage: trichotomy" in out


def test_version(run):
    assert run("--version") == (0, f"trichotomy {tri.__version__}\n", "")


def test_read_says_what_it_took_each_column_for(run, predictions):
    status, out, err = run("read", predictions.name, "--out", "d.zarr")
    assert status == 0
    assert "4 observers x 1 epoch x 60 items" in out
    assert [line.split() for line in out.splitlines()[1:5]] == [
        ["observers", "from", "model"],
        ["items", "from", "image"],
        ["responses", "from", "prediction"],
        ["targets", "from", "label"],
    ]
    assert err == ""
    assert tri.open("d.zarr").sizes["item"] == 60


def test_analyze_writes_a_report(run, predictions):
    status, out, _ = run("analyze", predictions.name, "--out", "report/")
    assert status == 0
    assert "of the 60 items can tell these 4 observers apart" in out
    found = {p.relative_to("report").as_posix() for p in Path("report").rglob("*") if p.is_file()}
    assert {"report.html", "summary.json", "items.csv", "pairs.csv", "figures/difficulty.svg"} <= found
    assert not list(Path().glob(".report*"))


def test_json_is_one_object_and_equals_the_file(run, predictions):
    status, out, err = run("analyze", predictions.name, "--out", "report", "--json")
    assert status == 0
    summary = json.loads(out)
    assert summary == json.loads(Path("report/summary.json").read_text())
    assert (summary["schema"], summary["items"], summary["observers"]) == (1, 60, 4)
    assert sum(summary["difficulty"]["counts"]) == 60
    assert "Traceback" not in err


def test_a_store_and_its_file_give_the_same_numbers(run, predictions):
    run("read", predictions.name, "--out", "d.zarr")
    _, direct, _ = run("analyze", predictions.name, "--out", "a", "--json")
    _, stored, _ = run("analyze", "d.zarr", "--out", "b", "--json")
    assert json.loads(direct) == json.loads(stored)


def test_drop_tolerance_exclude_epoch_and_one_per(run):
    tri.write(tri.simulate(8, 80), "d.zarr")
    options = [
        "--drop",
        "condition-1/*",
        "--tolerance",
        "1",
        "--exclude",
        "label_error",
        "--one-per",
        "condition",
    ]
    status, out, _ = run("analyze", "d.zarr", "--out", "r", "--json", "--epoch", "0", *options)
    assert status == 0
    summary = json.loads(out)
    assert summary["observers"] == 6
    assert summary["difficulty"]["observers"] == ["condition-2/2", "condition-3/2", "condition-4/2"]
    assert summary["items"] == 80 - int(tri.open("d.zarr")["label_error"].sum())
    assert summary["options"]["observers_dropped"] == ["condition-1/1", "condition-1/2"]


@pytest.mark.parametrize("suffix", ["png", "pdf", "svg"])
def test_figure_in_any_format(run, suffix):
    tri.write(tri.simulate(4, 60), "d.zarr")
    status, out, _ = run("figure", "accuracy", "d.zarr", "--out", f"f.{suffix}")
    assert status == 0
    assert out.startswith(f"f.{suffix}: ")
    assert Path(f"f.{suffix}").stat().st_size > 1000


@pytest.mark.parametrize(
    "arguments", [["demo", "--out", "demo"], ["study", "gaussian", "--out", "s.zarr"], ["study", "gaussian", "--plan"]]
)  # fmt: skip
def test_without_torch_the_extra_is_named(run, monkeypatch, arguments):
    monkeypatch.setitem(sys.modules, "torch", None)
    status, out, err = run(*arguments)
    assert (status, out) == (2, "")
    assert err.startswith("Error: training networks needs an extra that is not installed")
    assert 'pip install "trichotomy[train]"' in err
    assert list(Path().iterdir()) == []


def test_formats_lists_the_readers(run):
    _, out, _ = run("formats")
    assert [line.split()[0] for line in out.splitlines()][:3] == ["table", "arrays", "modelvshuman"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["read", "nothing.csv", "--out", "d.zarr"], "no file nothing.csv"),
        (["read", "{csv}", "--out", "taken.zarr"], "taken.zarr exists already"),
        (["read", "{csv}", "--out", "d.zarr", "--map", "foo=bar"], "no field called 'foo'"),
        (["read", "{csv}", "--out", "d.zarr", "--map", "items"], "--map takes NAME=VALUE; got 'items'"),
        (["read", "{csv}", "--out", "d.zarr", "--map", "items=a", "--map", "items=b"], "names 'items' twice"),
        (["read", "{csv}", "--out", "d.zarr", "--format", "tabel"], "Did you mean table"),
        (["analyze", "nothing.csv", "--out", "r"], "no file nothing.csv"),
        (["analyze", "taken.zarr", "--out", "taken.zarr"], "taken.zarr exists already"),
        (["analyze", "taken.zarr", "--out", "r", "--drop", "nobody"], "no observer called 'nobody'"),
        (["analyze", "taken.zarr", "--out", "r", "--tolerance", "2"], "tolerance 2 does not fit 4 observers"),
        (["analyze", "taken.zarr", "--out", "r", "--epoch", "3"], "there is no epoch 3"),
        (["analyze", "taken.zarr", "--out", "r", "--exclude", "labelerror"], "Did you mean label_error"),
        (
            ["analyze", "taken.zarr", "--out", "r", "--one-per", "model"],
            "no choice for one_per called 'model'",
        ),
        (["analyze", "taken.zarr", "--out", "r", "--targets", "t.csv"], "is a store"),
        (["analyze", "taken.zarr", "{csv}", "--out", "r"], "give one store"),
        (["figure", "heatmap", "taken.zarr", "--out", "f.png"], "Did you mean heatmaps"),
        (["figure", "accuracy", "taken.zarr", "--out", "f.docx"], "'.docx'"),
        (
            ["figure", "accuracy", "taken.zarr", "--images", ".", "--out", "f.png"],
            "--images is for the figures easiest",
        ),
        (["figure", "dynamics", "taken.zarr", "--out", "f.png"], "needs decisions at two epochs or more"),
        (
            ["figure", "learning-order", "taken.zarr", "--out", "f.png"],
            "needs decisions at two epochs or more",
        ),
        (["figure", "cartography", "taken.zarr", "--out", "f.png"], "with the probability of the target"),
        (["figure", "forgeting", "taken.zarr", "--out", "f.png"], "Did you mean forgetting"),
        (["demo", "--out", "taken.zarr"], "exists already"),
        (["demo", "--out", "."], "is the current folder"),
        (["analyze", "taken.zarr", "--out", "."], "is the current folder"),
        (["read", "https://example.org/x.csv", "--out", "d.zarr"], "download it"),
        (["analyze", "nosuch://bucket/d.zarr", "--out", "r"], "nosuch://bucket/d.zarr"),
    ],
)
def test_wrong_input_is_one_sentence_and_status_2(run, predictions, arguments, sentence):
    tri.write(tri.simulate(4, 60), "taken.zarr")
    before = sorted(p.name for p in Path().iterdir())
    status, out, err = run(*(a.format(csv=predictions.name) for a in arguments))
    assert status == 2
    assert out == ""
    assert sentence in err
    assert err.startswith("Error: ")
    assert "Traceback" not in err
    assert sorted(p.name for p in Path().iterdir()) == before


@pytest.mark.parametrize("command", ["read", "analyze", "figure", "formats", "study", "demo"])
def test_an_unknown_option_is_status_2(run, command):
    status, _, err = run(command, "--no-such-option")
    assert status == 2
    assert "No such option" in err


def test_a_negative_seed_is_status_2(run):
    status, _, err = run("analyze", "x.zarr", "--out", "x", "--seed", "-1")
    assert status == 2
    assert "greater than or equal to 0" in err


def test_debug_shows_the_traceback(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(tri_error(), match="no file"):
        main(["read", "nothing.csv", "--out", "d.zarr", "--debug"])


def tri_error() -> type[Exception]:
    from trichotomy.errors import TrichotomyError

    return TrichotomyError


def test_a_damaged_store_is_one_sentence(run):
    store = tri.write(tri.simulate(3, 200), "d.zarr")
    chunk = Path(store.path) / "response" / "c.2.0.0"
    data = bytearray(chunk.read_bytes())
    data[len(data) // 2] ^= 4
    chunk.write_bytes(data)
    status, _, err = run("analyze", "d.zarr", "--out", "r")
    assert status == 2
    assert "observer 'condition-3/1', epoch 0" in err
    assert not Path("r").exists()


def test_force_replaces_a_report_but_not_other_folders(run):
    tri.write(tri.simulate(3, 50), "d.zarr")
    assert run("analyze", "d.zarr", "--out", "r")[0] == 0
    assert run("analyze", "d.zarr", "--out", "r")[0] == 2
    assert run("analyze", "d.zarr", "--out", "r", "--force")[0] == 0
    Path("mine").mkdir()
    Path("mine/notes.txt").write_text("keep")
    status, _, err = run("analyze", "d.zarr", "--out", "mine", "--force")
    assert (status, Path("mine/notes.txt").read_text()) == (2, "keep")
    assert "is not a report" in err


def test_force_keeps_a_report_folder_that_holds_something_else(run):
    tri.write(tri.simulate(3, 50), "d.zarr")
    run("analyze", "d.zarr", "--out", "r")
    Path("r/mynotes.txt").write_text("keep")
    status, _, err = run("analyze", "d.zarr", "--out", "r", "--force")
    assert (status, Path("r/mynotes.txt").read_text()) == (2, "keep")
    assert "is not a report" in err


def test_analyze_says_what_it_took_each_column_for(run, predictions):
    _, out, err = run("analyze", predictions.name, "--out", "r")
    assert "responses  from prediction" in err
    assert "from prediction" not in out
    assert "Column for responses" in Path("r/report.html").read_text()


@pytest.mark.long
def test_the_seed_reaches_every_interval_that_is_drawn(run):
    tri.write(tri.simulate(4, 60), "d.zarr")
    for seed in ("0", "0", "1"):
        run("analyze", "d.zarr", "--out", f"r{seed}", "--seed", seed, "--force")
    pairs = [Path(f"r{seed}/pairs.csv").read_text().splitlines()[1].split(",") for seed in ("0", "1")]
    names = Path("r0/pairs.csv").read_text().splitlines()[0].split(",")
    changed = {name for name, a, b in zip(names, *pairs, strict=True) if a != b}
    assert changed == {
        f"kappa{kind}_{end}" for kind in ("", "_insample", "_crossfit") for end in ("lower", "upper")
    }


def test_interrupting_leaves_nothing(run, monkeypatch):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    tri.write(tri.simulate(3, 50), "d.zarr")
    monkeypatch.setattr("trichotomy.report.output.render", interrupt)
    status, _, err = run("analyze", "d.zarr", "--out", "r")
    assert status == 130
    assert "Interrupted" in err
    assert [p.name for p in Path().iterdir()] == ["d.zarr"]


def test_as_a_module_and_its_completion():
    done = subprocess.run(
        [sys.executable, "-m", "trichotomy", "--show-completion", "bash"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "_TRICHOTOMY_COMPLETE" in done.stdout + done.stderr


def test_progress_in_plain_lines_after_a_second(capsys, monkeypatch):
    from trichotomy.cli import progress

    clock = iter(np.arange(0.0, 100.0, 0.8))
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(clock))
    with progress.steps("Working", unit="files") as step:
        for k in range(10):
            step("part", k, 10)
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "Working: part (1 of 10 files) [2 s]"
    assert len(lines) == 2
