"""Reading real decisions, and the published numbers that then come out by the shortest computation."""

from __future__ import annotations

import hashlib
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

from trichotomy.decisions import MISSING, NO_ANSWER, correctness
from trichotomy.errors import InputError
from trichotomy.readers import read

IMAGENET_67 = {"responses": "top5", "targets": "y", "observers": "names", "items": "val_index"}


def right(d: xr.Dataset) -> np.ndarray:
    """int8[M, N] of the only epoch."""
    return correctness(d).values[:, 0]


def kappa(a: np.ndarray, b: np.ndarray) -> float:
    observed = np.mean(a == b)
    expected = a.mean() * b.mean() + (1 - a.mean()) * (1 - b.mean())
    return (observed - expected) / (1 - expected) if expected < 1 else np.nan


@pytest.fixture(scope="module")
def imagenet_x(reference: Path) -> xr.Dataset:
    folder = reference / "imagenet-x"
    files = [folder / f"{name}.csv" for name in ("DINO", "ResNet50", "SimCLR", "ViT")]
    return read(files, targets=folder / "filename_label.csv")


@pytest.fixture(scope="module")
def imagenet_67(reference: Path) -> xr.Dataset:
    return read(reference / "imagenet-val-67" / "imnet_val_top5_67.npz", mapping=IMAGENET_67)


def test_imagenet_x_accuracies_and_shares(imagenet_x: xr.Dataset, expected: dict[str, Any]):
    wanted = expected["imagenet-x"]
    accuracy = dict(zip(imagenet_x["observer"].values, right(imagenet_x).mean(axis=1).tolist(), strict=True))
    assert accuracy == pytest.approx(wanted["accuracy"], abs=1e-9)
    s = right(imagenet_x).sum(axis=0)
    assert (s == 4).mean() == pytest.approx(wanted["trivial"], abs=1e-9)
    assert (s == 0).mean() == pytest.approx(wanted["impossible"], abs=1e-9)


def test_imagenet_x_kappa(imagenet_x: xr.Dataset, expected: dict[str, Any]):
    rows = dict(zip(imagenet_x["observer"].values, right(imagenet_x), strict=True))
    for pair, value in expected["imagenet-x"]["kappa"].items():
        a, b = pair.split("|")
        assert kappa(rows[a], rows[b]) == pytest.approx(value, abs=5e-7)


def test_imagenet_x_probabilities_and_provenance(imagenet_x: xr.Dataset, reference: Path):
    first = imagenet_x["p_response"].sel(observer="DINO", item="ILSVRC2012_val_00000293.JPEG").item()
    assert first == pytest.approx(0.6347642541, abs=5e-4)
    provenance = imagenet_x.attrs["provenance"]
    assert provenance["configuration"]["columns"] == {
        "items": "file_name",
        "responses": "predicted_class",
        "targets": "label (filename_label.csv)",
        "p_response": "predicted_probability",
    }
    hashes = {entry["name"]: entry["sha256"] for entry in provenance["sources"]}
    for name in ("ViT.csv", "filename_label.csv"):
        assert hashes[name] == hashlib.sha256((reference / "imagenet-x" / name).read_bytes()).hexdigest()
    assert provenance["warnings"] == []


def test_targets_file_among_the_sources_is_left_out(reference: Path, tmp_path: Path):
    for name in ("DINO.csv", "ViT.csv", "filename_label.csv"):
        (tmp_path / name).symlink_to(reference / "imagenet-x" / name)
    for source in (tmp_path, tmp_path / "*.csv"):
        d = read(source, targets=tmp_path / "filename_label.csv")
        assert d["observer"].values.tolist() == ["DINO", "ViT"]


def test_67_networks(imagenet_67: xr.Dataset, expected: dict[str, Any]):
    wanted = expected["imagenet-val-67"]
    names = imagenet_67["observer"].values.tolist()
    s = right(imagenet_67).sum(axis=0)
    assert (s == 67).mean() == pytest.approx(wanted["all_67"]["trivial"], abs=1e-9)
    assert (s == 0).mean() == pytest.approx(wanted["all_67"]["impossible"], abs=1e-9)
    without = right(imagenet_67)[[not n.startswith("fv_") for n in names]].sum(axis=0)
    assert (without == 64).mean() == pytest.approx(wanted["without_fv_64"]["trivial"], abs=1e-9)
    assert (without == 0).mean() == pytest.approx(wanted["without_fv_64"]["impossible"], abs=1e-9)
    assert right(imagenet_67)[names.index("resnet50")].mean() == pytest.approx(
        wanted["top1"]["resnet50"], abs=1e-9
    )
    assert imagenet_67["item"].values[:2].tolist() == ["293", "2138"]


def test_67_networks_top_5(reference: Path, expected: dict[str, Any]):
    d = read(reference / "imagenet-val-67" / "imnet_val_top5_67.npz", mapping=IMAGENET_67, top_k=5)
    accuracy = d["correct"].sel(observer="resnet50").values.mean()
    assert accuracy == pytest.approx(expected["imagenet-val-67"]["top5"]["resnet50"], abs=1e-9)
    assert any("first 5 answers" in w for w in d.attrs["provenance"]["warnings"])


def test_67_networks_need_no_mapping_but_the_obvious(imagenet_67: xr.Dataset, reference: Path):
    d = read(reference / "imagenet-val-67" / "imnet_val_top5_67.npz")
    assert d.drop_attrs().identical(imagenet_67.drop_attrs())


def human_kappa(d: xr.Dataset, excluded: list[str]) -> float:
    """Mean over conditions and pairs of people of kappa on the images of the condition that both answered."""
    values = []
    for condition in np.unique(d["stimulus_condition"].values):
        if condition in excluded:
            continue
        rows = right(d)[:, d["stimulus_condition"].values == condition]
        for a, b in combinations(rows, 2):
            both = (a >= 0) & (b >= 0)
            values.append(kappa(a[both], b[both]))
    return float(np.mean(values))  # none is undefined, or the mean would be NaN


def test_people_on_17_stimulus_sets(reference: Path, expected: dict[str, Any]):
    wanted = expected["model-vs-human"]
    found = {}
    for name in wanted["human_human_kappa"]:
        d = read(reference / "model-vs-human" / name / "*.csv")
        assert set(d["kind"].values) == {"human"}
        found[name] = human_kappa(d, wanted["excluded_conditions"].get(name, []))
    assert {k: round(v, 5) for k, v in found.items()} == wanted["human_human_kappa"]
    assert round(float(np.mean(list(found.values()))), 5) == wanted["mean"]


def test_a_trial_without_an_answer_is_wrong_not_missing(reference: Path):
    d = read(reference / "model-vs-human" / "edge")
    assert (d["response"].values == NO_ANSWER).any()
    assert not (d["response"].values == MISSING).any()
    assert (correctness(d).values[d["response"].values == NO_ANSWER] == 0).all()
    assert len(d.attrs["classes"]) == 16
    assert "na" not in d.attrs["classes"]
    assert dict(zip(d["item"].values, d["category"].values, strict=True))["0/oven10.png"] == "oven"


VIT = "supervised-learning-dynamics/vit_classification_data.csv"


def test_dirty_table_is_refused_with_counts_and_places(reference: Path):
    with pytest.raises(InputError) as refused:
        read(reference / VIT)
    message = str(refused.value)
    assert "467 duplicated rows on 463 keys" in message
    assert "69 of them with conflicting answers" in message
    assert "vit_classification_data.csv, line 2 and line 89" in message
    assert "--duplicates first|last|majority" in message


@pytest.mark.parametrize("rule", ["first", "last", "majority"])
def test_dirty_table_is_read_by_a_named_rule(reference: Path, rule: str):
    import pandas as pd

    frame = pd.read_csv(reference / VIT, dtype=str)
    key = ["run", "epoch", "image_name"]
    if rule == "majority":
        wanted = frame.groupby(key, sort=False)["prediction"].agg(
            lambda p: p.value_counts(sort=False).idxmax()
        )
    else:
        wanted = frame.drop_duplicates(key, keep=rule).set_index(key)["prediction"]
    d = read(reference / VIT, duplicates=rule)
    assert d["observer"].values[2] == "vit_classification_data/3"
    assert d["condition"].values[2] == "vit_classification_data"
    assert d["instance"].values.tolist() == list(range(1, 21))
    assert d["epoch"].values.tolist() == [1, 2, 3, 4, 5, 6]
    classes = np.array([*d.attrs["classes"], ""])
    positions = [
        d.indexes["observer"].get_indexer([f"vit_classification_data/{r}" for r, _, _ in wanted.index])
    ]
    positions += [d.indexes["epoch"].get_indexer([int(e) for _, e, _ in wanted.index])]
    positions += [d.indexes["item"].get_indexer([i for _, _, i in wanted.index])]
    assert (classes[d["response"].values[tuple(positions)]] == wanted.to_numpy()).all()
    assert (d["response"].values != MISSING).sum() == len(wanted)
    assert any(f"--duplicates {rule}" in w for w in d.attrs["provenance"]["warnings"])


def test_where_selects_rows_before_duplicates_are_counted(reference: Path):
    import pandas as pd

    frame = pd.read_csv(reference / VIT, dtype=str)
    test = frame[frame["phase"] == "test"]
    surplus = int(test.duplicated(["run", "epoch", "image_name"]).sum())
    with pytest.raises(InputError, match=rf"^{surplus} duplicated rows"):
        read(reference / VIT, where={"phase": "test"})
    d = read(reference / VIT, where={"phase": "test"}, duplicates="first")
    assert sorted(d["item"].values) == sorted(test["image_name"].unique())


def test_clean_tables_of_all_networks_are_read_together(reference: Path):
    names = ("alexnet", "convnext", "efficientnet", "resnet50", "vgg16")
    folder = reference / "supervised-learning-dynamics"
    d = read([folder / f"{name}_classification_data.csv" for name in names])
    assert d.sizes["observer"] == 100
    assert sorted(set(d["condition"].values)) == [f"{name}_classification_data" for name in names]
    assert (d["response"].values != MISSING).sum() == 5 * 10440
