"""``trichotomy curate`` as a person uses it."""

from __future__ import annotations

import json

import numpy as np
import pytest

import trichotomy as tri
from kindred import population


@pytest.fixture
def store(run, tmp_path):
    """In the folder in which commands run."""
    tri.write(population(items=400), tmp_path / "d.zarr")
    return "d.zarr"


def test_help(run):
    status, out, _ = run("curate", "--help")
    assert status == 0
    assert "--keep" in out


def test_items_in_between_as_indices(run, store):
    status, out, _ = run("curate", store, "--keep", "in-between", "--out", "kept.npy", "--splits", "1")
    assert status == 0
    assert "data card: kept.npy.card.md" in out
    category = tri.partition(tri.open(store))["category"].values
    assert np.load("kept.npy").tolist() == np.flatnonzero(category == 1).tolist()


def test_a_size_with_a_curve_and_a_card(run, store, tmp_path):
    status, out, err = run(
        "curate", store, "--size", "40", "--out", "s.csv", "--splits", "1", "--curve", "c.svg", "--stratify", "class"
    )  # fmt: skip
    assert status == 0, err
    assert "Rank correlation of held-out observers" in out
    assert len((tmp_path / "s.csv").read_text().splitlines()) == 41
    assert (tmp_path / "c.svg").is_file()
    assert "40 of 400" in (tmp_path / "s.csv.card.md").read_text()


def test_json_is_one_object(run, store):
    status, out, _ = run("curate", store, "--size", "30", "--out", "s.txt", "--splits", "1", "--json")
    assert status == 0
    found = json.loads(out)
    assert found["size"] == 30
    assert 0 < found["validation"]["rank"] <= 1
    assert len(found["validation"]["rank_ci"]) == 2


def test_json_writes_nan_as_null(run, store):
    out = run("curate", store, "--size", "30", "--out", "s.txt", "--drop", "net-[3-7]*", "--json")[1]
    assert json.loads(out)["validation"] == {
        **json.loads(out)["validation"], "verdict": "too few", "rank": None, "rank_ci": [None, None],
    }  # fmt: skip


def test_families_from_a_file_or_an_annotation(run, store, tmp_path):
    names = tri.open(store)["observer"].values
    (tmp_path / "kin.csv").write_text("observer,family\n" + "".join(f"{o},{o[:5]}\n" for o in names))
    status, _, err = run(
        "curate", store, "--size", "30", "--out", "s.txt", "--splits", "1", "--families", "kin.csv"
    )
    assert status == 0, err
    assert "by `family`" in (tmp_path / "s.txt.card.md").read_text()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--out", "s.csv"], "say which items to keep"),
        (["--size", "30", "--out", "s.xls"], "names no format"),
        (["--size", "30", "--out", "s.csv", "--to", "pickle"], "no format of subsets"),
        (["--keep", "easy", "--out", "s.csv"], "class of difficulty"),
        (["--size", "500", "--out", "s.csv"], "only 400 items"),
        (["--size", "30", "--out", "no/s.csv"], "there is no folder no"),
        (["--size", "30", "--out", "s.csv", "--families", "kin.csv"], "cannot read the families"),
        (["--size", "30", "--out", "s.csv", "--families", "kin"], "coordinate of observers"),
        (["--size", "30", "--out", "s.csv", "--curve", "c.xyz"], "names no format"),
        (["--size", "30", "--out", "s.csv", "--curve", "no/c.svg"], "there is no folder no"),
        (["--size", "30", "--out", "s.csv", "--tolerance", "12"], "tolerance"),
    ],
)
def test_wrong_input_is_one_sentence_and_leaves_nothing(run, store, tmp_path, arguments, words):
    status, out, err = run("curate", store, *arguments)
    assert (status, out) == (2, "")
    assert words in err
    assert err.count("\n") == 1
    assert [p.name for p in tmp_path.iterdir()] == [store]
