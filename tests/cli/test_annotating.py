"""--annotations, --accepted and --order as a person uses them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import trichotomy as tri


@pytest.fixture
def store(run) -> tri.Decisions:
    """Four observers on sixty photos stored class by class, and files about them."""
    rng = np.random.default_rng(1)
    target = np.repeat(np.arange(6), 10)
    response = np.where(rng.random((4, 60)) < 0.6, target, rng.integers(6, size=(4, 60)))
    ids = [f"ILSVRC2012_val_{n:08d}" for n in rng.permutation(60) + 1]
    d = tri.from_arrays(response, target=target, items=ids)
    tri.write(d, "d.zarr")
    accepted = [[int(t), int(t + 1) % 6] if k % 9 else [] for k, t in enumerate(target)]
    Path("real.json").write_text(json.dumps([accepted[k] for k in np.argsort(ids)]))
    Path("wrong.txt").write_text("\n".join(ids[::7]) + "\n")
    Path("groups.csv").write_text("class,superclass\n" + "".join(f"{k},group{k % 2}\n" for k in range(6)))
    return d


FILES = ("--annotations", "real.json", "--annotations", "label_error=wrong.txt", "--annotations", "groups.csv",
         "--order", "file-name")  # fmt: skip


def test_a_store_is_annotated_and_the_report_says_what_follows(run, store):
    status, out, _ = run("analyze", "d.zarr", "--out", "r", "--json", *FILES)
    assert status == 0
    page = Path("r/report.html").read_text()
    assert "Do labels explain the impossible items?" in page
    figures = {p.stem for p in Path("r/figures").iterdir()}
    assert {"enrichment", "ambiguity", "superclasses", "label-errors"} <= figures
    assert not {"item-map", "discrimination", "difficulty-models"} & figures
    assert "accepted_labels" in Path("r/items.csv").read_text().splitlines()[0]
    summary = json.loads(out)
    assert summary["items"] == 60
    assert [row["annotation"] for row in summary["annotations"]] == ["label_error"]
    assert summary["annotations"][0]["share"] == 9 / 60


@pytest.mark.parametrize(
    "name", ["enrichment", "ambiguity", "superclasses", "difficulty-models", "item-map", "discrimination"]
)
def test_each_figure_by_name(run, store, name):
    status, out, _ = run("figure", name, "d.zarr", "--out", "f.svg", *FILES)
    assert status == 0
    assert out.startswith("f.svg: ")


def test_accepted_labels_rescore_and_the_report_warns(run, store):
    status, out, _ = run(
        "analyze", "d.zarr", "--out", "r", "--json", "--accepted", "real.json", "--order", "file-name"
    )
    assert status == 0
    summary = json.loads(out)
    assert summary["items"] == 53
    assert any("7 of 60 items have no accepted label in real.json" in w for w in summary["warnings"])
    _, plain, _ = run("analyze", "d.zarr", "--out", "p", "--json")
    assert summary["accuracy"]["mean"] > json.loads(plain)["accuracy"]["mean"]


def test_read_stores_the_annotations(run, store):
    lines = ["model,image,prediction,label"]
    for m, name in enumerate(store["observer"].values):
        lines += [
            f"{name},{i},{r},{t}"
            for i, r, t in zip(
                store["item"].values, store["response"].values[m, 0], store["target"].values, strict=True
            )
        ]
    Path("p.csv").write_text("\n".join(lines) + "\n")
    Path("size.csv").write_text(
        "image,size\n" + "".join(f"{i},{k}\n" for k, i in enumerate(store["item"].values))
    )
    status, _, err = run("read", "p.csv", "--out", "p.zarr", "--annotations", "size.csv", *FILES)
    assert status == 0, err
    d = tri.open("p.zarr")
    assert {"size", "accepted_labels", "target_rejected", "label_error", "superclass"} <= set(d.coords)
    assert int(d["label_error"].sum()) == 9


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--annotations", "real.json"], "has no ids; say in which order it is"),
        (["--accepted", "real.json", "--order", "item"], "read in the order 'item', names the target of"),
        (["--annotations", "real.json", "--order", "filename"], "Did you mean file-name"),
        (["--order", "item"], "--order is of the files of --annotations or --accepted"),
        (["--annotations", "nothing.json"], "no file nothing.json"),
        (["--accepted", "wrong.txt"], "holds no accepted labels"),
    ],
)
def test_wrong_input_is_one_sentence_and_leaves_nothing(run, store, arguments, sentence):
    status, out, err = run("analyze", "d.zarr", "--out", "r", *arguments)
    assert (status, out) == (2, "")
    assert sentence in err
    assert err.startswith("Error: ")
    assert not Path("r").exists()


def test_a_figure_without_its_annotation_says_what_it_needs(run, store):
    for name, sentence in (
        ("superclasses", "'superclass'"),
        ("enrichment", "true or false"),
        ("ambiguity", "votes"),
    ):
        status, _, err = run("figure", name, "d.zarr", "--out", "f.png")
        assert status == 2
        assert sentence in err
