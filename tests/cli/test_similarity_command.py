"""``trichotomy similarity`` as a person uses it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest

import trichotomy as tri
from trichotomy.decisions import write
from trichotomy.representations import Reading, create_features

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "training"))  # for the small study


@pytest.fixture
def stores(run) -> None:
    """d.zarr and f.zarr: decisions and features of four observers."""
    d = tri.simulate(4, 60, rng=2, conditions=4)
    write(d, "d.zarr")
    rng = np.random.default_rng(0)
    shared = rng.normal(size=(60, 6))
    names = d["observer"].values
    readings = [Reading(n, 0, str(c)) for n, c in zip(names, d["condition"].values, strict=True)]
    store = create_features(
        "f.zarr", items=d["item"].values, readings=readings, layers=["penultimate", "logits"]
    )
    for r in readings:
        x = shared + rng.normal(size=(60, 6))
        store.record(r, 0, {"penultimate": x, "logits": x[:, :3]})


def told(err: str) -> list[str]:
    """Lines of standard error that are not progress, which a slow machine shows."""
    return [line for line in err.splitlines() if not line.startswith(("Features: ", "Comparing: "))]


def test_with_features(run, stores):
    status, out, err = run("similarity", "d.zarr", "--features", "f.zarr", "--out", "s")
    assert (status, told(err)) == (0, [])
    assert "Mean similarity of 4 networks" in out
    files = {p.relative_to("s").as_posix() for p in Path("s").rglob("*") if p.is_file()}
    assert {"similarity.json", "pairs.csv", "conditions.csv", "figures/similarity.svg"} <= files
    assert len(Path("s/pairs.csv").read_text().splitlines()) == 7


def test_json_is_one_object_and_equals_the_file(run, stores):
    arguments = ("--features", "f.zarr", "--layer", "logits", "--measure", "cka", "--biased", "--json")
    status, out, _ = run("similarity", "d.zarr", *arguments, "--out", "s")
    assert status == 0
    assert json.loads(out) == json.loads(Path("s/similarity.json").read_text())
    assert json.loads(out)["method"] == "linear CKA, biased"
    assert [c["pairs"] for c in json.loads(out)["conditions"]] == [1, 1, 1]


def test_a_figure_by_name(run, stores):
    status, out, _ = run(
        "figure", "similarity-difficulty", "d.zarr", "--features", "f.zarr", "--out", "x.png"
    )
    assert status == 0
    assert out.startswith("x.png: How the agreement of representations")
    status, _, err = run("figure", "heatmaps", "d.zarr", "--features", "f.zarr", "--out", "y.png")
    assert status == 2
    assert "--features is for the figures similarity, similarity-heatmap" in err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--features", "f.zarr", "--measure", "rda"], "Did you mean rsa"),
        (["--features", "f.zarr", "--layer", "penultimat"], "Did you mean penultimate"),
        (["--features", "f.zarr", "--states"], "exclude each other"),
        (["--features", "f.zarr", "--biased"], "--biased is of --measure cka"),
        (["--features", "f.zarr", "--measure", "rank-rsa", "--bootstrap", "9"], "not offered for rank-rsa"),
        (["--features", "d.zarr"], "is not a store of features"),
        (["--features", "nowhere.zarr"], "there is no store of features at nowhere.zarr"),
        (["--states"], "is not of a study, so there are no states"),
        ([], "is not of a study, so there are no states"),
        (["--features", "f.zarr", "--epoch", "3"], "no features are of epoch 3"),
    ],
)
def test_wrong_input_is_one_sentence_and_leaves_nothing(run, stores, arguments, said):
    if not arguments or "--states" in arguments:
        pytest.importorskip("torch")
    status, out, err = run("similarity", "d.zarr", *arguments, "--out", "s")
    assert (status, out) == (2, "")
    assert said in err
    (sentence,) = told(err)
    assert sentence.startswith("Error: ")
    assert sorted(p.name for p in Path().iterdir()) == ["d.zarr", "f.zarr"]


def test_from_states_and_on_from_there(run):
    pytest.importorskip("torch")
    from small_study import carried_out, only

    carried_out(Path("q.zarr"), only("initialization"))
    status, out, err = run("similarity", "q.zarr", "--out", "s", "--json")
    assert (status, told(err)) == (0, [])
    first = json.loads(out)
    assert first["conditions"][0]["pairs"] == 5
    status, _, err = run("similarity", "q.zarr", "--out", "s")
    assert status == 2
    assert "exists already" in err
    for chunk in Path("s/features.zarr/2/penultimate").glob("c.*"):
        chunk.unlink()
    Path("s/similarity.json").unlink()
    status, out, _ = run("similarity", "q.zarr", "--out", "s", "--json", "--resume")
    assert status == 0
    assert json.loads(out) == first
    status, _, err = run("similarity", "q.zarr", "--out", "s", "--resume", "--layer", "logits")
    assert status == 2
    assert "features with other layers" in err
    status, out, _ = run("similarity", "q.zarr", "--out", "s", "--force", "--layer", "logits", "--json")
    assert status == 0
    assert json.loads(out)["layer"] == "logits"
    assert not list(Path().glob(".*"))
