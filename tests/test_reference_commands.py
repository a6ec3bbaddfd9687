"""The commands on real predictions: the numbers that must come out, and the report in a browser."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from trichotomy.cli import main


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("commands")

    def run(*arguments: str) -> int:
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(folder)
            with pytest.raises(SystemExit) as stopped:
                main(list(arguments))
        return int(stopped.value.code or 0)

    run.folder = folder  # type: ignore[attr-defined]
    return run


@pytest.fixture(scope="module")
def networks(run, reference) -> Path:
    """The store of the 67 networks, read as the README says."""
    source = str(reference / "imagenet-val-67" / "imnet_val_top5_67.npz")
    maps = ["responses=top5", "targets=y", "observers=names", "items=val_index"]
    assert run("read", source, *(word for m in maps for word in ("--map", m)), "--out", "d.zarr") == 0
    return run.folder / "d.zarr"


def summary(run, *arguments: str, out: str) -> dict[str, Any]:
    assert run("analyze", *arguments, "--out", out, "--json") == 0
    return json.loads((run.folder / out / "summary.json").read_text())


@pytest.fixture(scope="module")
def whole(run, networks) -> dict[str, Any]:
    return summary(run, "d.zarr", out="whole")


@pytest.fixture(scope="module")
def sound(run, networks) -> dict[str, Any]:
    return summary(run, "d.zarr", "--drop", "fv_*", out="sound")


def shares(numbers: dict[str, Any]) -> dict[str, float]:
    return {k: pytest.approx(numbers["difficulty"][k]["share"], abs=1e-9) for k in ("trivial", "impossible")}


def kappas(folder: Path) -> dict[frozenset[str], float]:
    with (folder / "pairs.csv").open(newline="") as file:
        return {
            frozenset((r["observer_a"], r["observer_b"])): float(r["kappa"]) for r in csv.DictReader(file)
        }


def test_all_67_networks(whole, expected):
    assert expected["imagenet-val-67"]["all_67"] == shares(whole)
    assert whole["observers"] == 67
    assert whole["items"] == 50_000


def test_the_broken_three_are_named(whole):
    assert set(whole["outsiders"]) == {"fv_4k", "fv_16k", "fv_64k"}
    (warning,) = [w for w in whole["warnings"] if "decide the partition almost alone" in w]
    assert all(name in warning for name in ("fv_4k", "fv_16k", "fv_64k"))
    assert whole["influence"][0]["observer"] == "fv_4k"


def test_64_networks(sound, expected):
    wanted = {k: expected["imagenet-val-67"]["without_fv_64"][k] for k in ("trivial", "impossible")}
    assert wanted == shares(sound)
    assert sound["outsiders"] == []


def test_64_networks_with_tolerance(run, networks, expected):
    numbers = summary(run, "d.zarr", "--drop", "fv_*", "--tolerance", "1", out="tolerant")
    assert expected["imagenet-val-67"]["without_fv_64"]["tolerance_1"] == shares(numbers)


def test_kappas_of_the_networks(run, sound, expected):
    found = kappas(run.folder / "sound")
    for pair, value in expected["imagenet-val-67"]["kappa"].items():
        assert found[frozenset(pair.split("|"))] == pytest.approx(value, abs=1e-9)


def test_the_mean_is_that_of_the_pairs(run, sound):
    found = list(kappas(run.folder / "sound").values())
    assert sound["error_consistency"]["mean"] == pytest.approx(sum(found) / len(found), abs=1e-12)
    assert (
        sound["error_consistency"]["ci"][0]
        < sound["error_consistency"]["mean"]
        < sound["error_consistency"]["ci"][1]
    )


def test_imagenet_x(run, reference, expected):
    folder = reference / "imagenet-x"
    files = [str(folder / f"{name}.csv") for name in ("DINO", "ResNet50", "SimCLR", "ViT")]
    assert run("read", *files, "--targets", str(folder / "filename_label.csv"), "--out", "x.zarr") == 0
    numbers = summary(run, "x.zarr", out="x")
    wanted = expected["imagenet-x"]
    assert {k: wanted[k] for k in ("trivial", "impossible")} == shares(numbers)
    assert numbers["accuracy"]["max"] == pytest.approx(max(wanted["accuracy"].values()), abs=1e-9)
    found = kappas(run.folder / "x")
    for pair, value in wanted["kappa"].items():
        assert found[frozenset(pair.split("|"))] == pytest.approx(value, abs=5e-7)


def test_dirty_rows_are_refused_and_then_read_by_a_rule(run, reference, capsys):
    source = str(reference / "supervised-learning-dynamics" / "vit_classification_data.csv")
    assert run("read", source, "--out", "v.zarr") == 2
    message = capsys.readouterr().err
    assert "467 duplicated rows on 463 keys" in message
    assert "69" in message
    assert not (run.folder / "v.zarr").exists()
    assert run("read", source, "--duplicates", "last", "--out", "v.zarr") == 0


def test_people_on_edges(run, reference):
    files = sorted(map(str, (reference / "model-vs-human" / "edge").glob("*.csv")))
    assert run("read", *files, "--out", "edge.zarr") == 0
    assert summary(run, "edge.zarr", out="edge")["observers"] == 10


@pytest.mark.browser
def test_the_report_of_67_networks_in_a_browser(run, whole, chromium):
    path = run.folder / "whole" / "report.html"
    assert path.stat().st_size < 5_000_000
    context = chromium.new_context(offline=True, accept_downloads=True)
    page = context.new_page()
    trouble: list[str] = []
    page.on("console", lambda message: trouble.append(message.text))
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on(
        "request", lambda request: trouble.append(request.url) if request.url.startswith("http") else None
    )
    page.goto(path.as_uri())
    page.wait_for_function("document.querySelectorAll('canvas').length >= 4")
    assert "50,000 items can tell these 67 observers apart" in page.inner_text("h1")
    assert "fv_4k" in page.inner_text("#warnings")
    with page.expect_download() as started:
        page.get_by_text("items.csv").first.click()
    text = Path(started.value.path()).read_bytes().decode("utf-8")
    assert text == (run.folder / "whole" / "items.csv").read_bytes().decode("utf-8")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert len(rows) == 50_000
    assert sum(row["difficulty"] == "trivial" for row in rows) == round(0.13646 * 50_000)
    assert trouble == []
    context.close()
