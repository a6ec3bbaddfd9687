"""Annotations: every kind of source, joined by id or by a declared order that the targets must confirm."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import trichotomy as tri
from trichotomy.errors import InputError, UnknownNameError
from trichotomy.readers.entries import entropy

N, K = 60, 6


@pytest.fixture
def photos() -> tri.Decisions:
    """Three observers on ImageNet-like files stored class by class, so that stored and file-name order differ."""
    rng = np.random.default_rng(1)
    number = rng.permutation(N) + 1
    target = np.repeat(np.arange(K), N // K)
    response = np.where(rng.random((3, N)) < 0.6, target, rng.integers(K, size=(3, N)))
    response[0, 3], response[1, 4] = tri.MISSING, tri.NO_ANSWER
    return tri.from_arrays(response, target=target, items=[f"ILSVRC2012_val_{n:08d}.JPEG" for n in number])


def numbers(d: tri.Decisions) -> np.ndarray:
    return np.array([int(str(i)[15:23]) for i in d["item"].values])


def by_file_name(d: tri.Decisions, values: list[Any]) -> list[Any]:
    """Put one value per item, as stored, in the order of file names."""
    return [values[k] for k in np.argsort(numbers(d))]


@pytest.fixture
def accepted(photos: tri.Decisions) -> list[list[int]]:
    """Accepted labels per item as stored: two for every third, none for every tenth, another for every seventh."""
    labels = []
    for k, t in enumerate(photos["target"].values.tolist()):
        own = [(t + 1) % K] if k % 7 == 3 else [t]
        labels.append([] if k % 10 == 5 else own + [(t + 2) % K] * (k % 3 == 0))
    return labels


def written(tmp_path: Path, content: Any, name: str = "real.json") -> Path:
    path = tmp_path / name
    path.write_text(json.dumps(content))
    return path


def test_accepted_labels_in_file_name_order(photos, accepted, tmp_path) -> None:
    path = written(tmp_path, by_file_name(photos, accepted))
    d = tri.annotate(photos, path, order="file-name")
    counts = np.array([len(own) or np.nan for own in accepted])
    np.testing.assert_array_equal(d["accepted_labels"], counts)
    targets = photos["target"].values.tolist()
    rejected = [float(t not in own) if own else np.nan for own, t in zip(accepted, targets, strict=True)]
    np.testing.assert_array_equal(d["target_rejected"], rejected)
    assert "correct" not in d
    assert "accepted_labels" not in photos.coords
    assert d.attrs["provenance"]["annotations"][0]["order"] == "file-name"
    assert d.attrs["provenance"]["annotations"][0]["agreement"] == pytest.approx(1 - np.nanmean(rejected))


def test_another_order_than_declared_is_refused_with_both_agreements(photos, accepted, tmp_path) -> None:
    path = written(tmp_path, by_file_name(photos, accepted))
    with pytest.raises(InputError) as refused:
        tri.annotate(photos, path, order="item")
    message = str(refused.value)
    assert "real.json, read in the order 'item', names the target of" in message
    assert "is expected" in message
    assert "in the order 'file-name' 8" in message
    with pytest.raises(InputError, match="has no ids; say in which order it is"):
        tri.annotate(photos, path)
    tri.annotate(photos, written(tmp_path, accepted, "stored.json"), order="item")
    with pytest.raises(InputError, match="another order"):
        tri.annotate(photos, tmp_path / "stored.json", order="file-name")


def test_rescoring_counts_any_accepted_label_and_leaves_out_items_without(photos, accepted, tmp_path) -> None:
    path = written(tmp_path, by_file_name(photos, accepted))
    d = tri.annotate(photos, path, order="file-name", rescore=True)
    kept = [k for k, own in enumerate(accepted) if own]
    assert d["item"].values.tolist() == photos["item"].values[kept].tolist()
    for m in range(3):
        for place, k in enumerate(kept):
            answer = int(photos["response"].values[m, 0, k])
            wanted = -1 if answer == tri.MISSING else int(answer in accepted[k])
            assert int(d["correct"].values[m, 0, place]) == wanted
    warnings = d.attrs["provenance"]["warnings"]
    assert warnings[-1] == "6 of 60 items have no accepted label in real.json and were left out"
    assert tri.partition(d).attrs["n"] == len(kept) - 1  # one decision is missing


def test_part_of_the_items_by_the_number_in_their_name(photos, accepted, tmp_path) -> None:
    path = written(tmp_path, by_file_name(photos, accepted))
    whole = tri.annotate(photos, path, order="file-name")
    part = tri.annotate(photos.isel(item=slice(7, 29)), path, order="file-name")
    np.testing.assert_array_equal(part["accepted_labels"], whole["accepted_labels"][7:29])
    plain = photos.assign_coords(item=np.array([f"cat{n}" for n in numbers(photos)], dtype=object))
    away = plain.isel(item=np.flatnonzero((numbers(photos) > 1) & (numbers(photos) < N)))
    with pytest.raises(InputError, match="counted from 0 or from 1 cannot be told"):
        tri.annotate(away, path, order="file-name")


def test_names_without_numbers_are_sorted(photos, accepted) -> None:
    names = [f"{chr(97 + n % 26)}{chr(97 + n // 26)}.png" for n in numbers(photos)]
    d = photos.assign_coords(item=np.array(names, dtype=object))
    entries = [accepted[k] for k in np.argsort(names)]
    found = tri.annotate(d, entries, order="file-name")
    np.testing.assert_array_equal(found["accepted_labels"], [len(own) or np.nan for own in accepted])


@pytest.mark.parametrize(
    "form", ["{:08d}", "{}", "val/n0/ILSVRC2012_val_{:08d}.JPEG", "ILSVRC2012_val_{:08d}"]
)
def test_flagged_ids_in_any_form(photos, form, tmp_path) -> None:
    chosen = numbers(photos)[[2, 30, 41]]
    path = tmp_path / "wrong.txt"
    path.write_text("".join(f"{form.format(n)}\n" for n in chosen))
    d = tri.annotate(photos, path)
    assert np.flatnonzero(d["wrong"]).tolist() == [2, 30, 41]
    assert tri.annotate(photos, [form.format(n) for n in chosen])["label_error"].sum() == 3
    assert tri.annotate(photos, path, name="bad")["bad"].dtype == bool


def test_ids_that_are_not_there_are_counted_or_refused(photos) -> None:
    some = [str(photos["item"].values[0]), "ILSVRC2012_val_00099999.JPEG"]
    d = tri.annotate(photos, some)
    assert d["label_error"].sum() == 1
    assert "1 of 2 entries" in d.attrs["provenance"]["warnings"][0]
    with pytest.raises(InputError, match="no id of what was given"):
        tri.annotate(photos, ["nothing", "like it"])


def votes(d: tri.Decisions, shift: int = 0) -> list[dict[str, Any]]:
    rng = np.random.default_rng(2)
    rows = []
    for k in range(0, N, 2):
        counts = rng.multinomial(5, [0.4, 0.3, 0.2, 0.1]).tolist()
        rows.append({
            "id": int(numbers(d)[k]), "url": "x", "given_original_label": int((d["target"].values[k] + shift) % K),
            "mturk": dict(zip(("given", "guessed", "neither", "both"), counts, strict=True)),
        })  # fmt: skip
    return rows


def test_votes_flag_what_fewer_than_half_confirm(photos, tmp_path) -> None:
    rows = votes(photos)
    d = tri.annotate(photos, written(tmp_path, rows, "mturk.json"))
    for place, row in zip(range(0, N, 2), rows, strict=True):
        counts = np.array(list(row["mturk"].values()))
        assert bool(d["label_error"][place]) == (counts[0] < 3)
        p = counts[counts > 0] / 5
        assert float(d["vote_entropy"][place]) == pytest.approx(-(p * np.log2(p)).sum(), abs=1e-12)
        assert float(d["vote_agreement"][place]) == counts[0] / 5
    assert not d["label_error"].values[1::2].any()
    assert np.isnan(d["vote_entropy"].values[1::2]).all()
    assert tri.annotate(photos, rows, name="mturk_error")["mturk_error"].sum() == d["label_error"].sum()


def test_votes_on_other_labels_are_refused(photos, tmp_path) -> None:
    with pytest.raises(InputError, match=r"names the target of 0\.0% of the items, where at least 95"):
        tri.annotate(photos, written(tmp_path, votes(photos, shift=1), "mturk.json"))


@pytest.mark.parametrize("suffix", ["npy", "json"])
def test_soft_labels(photos, suffix, tmp_path) -> None:
    rng = np.random.default_rng(4)
    counts = (
        rng.multinomial(50, np.full(K, 1 / K), size=N) + 40 * np.eye(K, dtype=int)[photos["target"].values]
    )
    counts[9] = 0
    path = tmp_path / f"human.{suffix}"
    if suffix == "npy":
        np.save(path, counts)
    else:
        path.write_text(json.dumps((counts * 1.0).tolist()))
    d = tri.annotate(photos, path, order="item")
    known = np.arange(N) != 9
    np.testing.assert_array_equal(d["human_label"].values[known], counts.argmax(axis=1)[known])
    np.testing.assert_allclose(
        d["human_agreement"].values[known], (counts.max(axis=1) / counts.sum(axis=1).clip(1))[known]
    )
    assert np.isnan([d[n].values[9] for n in ("human_label", "human_entropy", "human_agreement")]).all()
    with pytest.raises(InputError, match="another order"):
        tri.annotate(photos, path, order="file-name")


def test_entropy_in_bits() -> None:
    found = entropy(np.array([[1, 1, 0, 0], [0.25, 0.25, 0.25, 0.25], [3, 0, 0, 0], [0, 0, 0, 0]]))
    np.testing.assert_allclose(found, [1, 2, 0, np.nan])


def test_tables_by_item_keep_their_columns(photos, tmp_path) -> None:
    path = tmp_path / "t.csv"
    rows = [f"{i},{k},{'yes' if k % 2 else 'no'},{k / 2}" for k, i in enumerate(photos["item"].values[:50])]
    path.write_text("\n".join(["file_name,target,odd,size", *rows]))
    d = tri.annotate(photos, path)
    assert d["item_target"].values[:3].tolist() == [0, 1, 2]
    assert d["odd"].values[:2].tolist() == ["no", "yes"]
    assert d["size"].values[49] == 24.5
    assert np.isnan(d["size"].values[50:]).all()
    frame = pd.DataFrame({"size": np.arange(3.0)}, index=photos["item"].values[:3])
    assert tri.annotate(photos, frame)["size"].values[:3].tolist() == [0, 1, 2]
    assert tri.annotate(photos, {str(photos["item"].values[5]): 3}, name="n")["n"].values[5] == 3


def test_an_array_of_true_and_false_needs_an_order(photos, tmp_path) -> None:
    mask = np.arange(N) % 5 == 0
    np.save(tmp_path / "flags.npy", mask.astype(float)[:, None])
    d = tri.annotate(photos, tmp_path / "flags.npy", order="item")
    np.testing.assert_array_equal(d["flags"], mask)
    assert d["flags"].dtype == bool
    with pytest.raises(InputError, match="has no ids"):
        tri.annotate(photos, mask)
    with pytest.raises(InputError, match="60 entries for 59 items"):
        tri.annotate(photos.isel(item=slice(59)), mask, order="item")


@pytest.mark.parametrize("keys", ["names", "indices", "order", "wordnet"])
def test_tables_of_classes(photos, keys, tmp_path) -> None:
    wordnet = [f"n{k:08d}" for k in (12, 40, 77, 101, 444, 999)]
    ids = {"names": list("abcdef"), "indices": range(K), "order": range(K), "wordnet": wordnet}[keys]
    own = [f"super{k % 2}" for k in range(K)]
    rows = [f"{i},{s}" for i, s in zip(ids, own, strict=True)]
    d = photos.assign_attrs(classes=list("abcdef") if keys == "names" else [])
    path = tmp_path / "classes.csv"
    if keys == "order":
        path.write_text("\n".join(["superclass", *own]))
        d = tri.annotate(d, path, order="class")
    else:
        shuffled = [rows[k] for k in (3, 0, 5, 1, 4, 2)]
        path.write_text("\n".join([("wnid" if keys == "wordnet" else "class") + ",superclass", *shuffled]))
        d = tri.annotate(d, path)
    np.testing.assert_array_equal(d["superclass"], np.array(own, dtype=object)[photos["target"].values])


def test_classes_that_are_not_these_are_refused(photos, tmp_path) -> None:
    (tmp_path / "c.csv").write_text("class,superclass\nant,x\nbee,y\n")
    with pytest.raises(
        InputError, match="is about classes such as 'ant', and the decisions have 6 without names"
    ):
        tri.annotate(photos, tmp_path / "c.csv")
    with pytest.raises(InputError, match="2 entries for 6 classes"):
        tri.annotate(photos, [True, False], order="class")


def test_annotations_survive_a_store(photos, accepted, tmp_path) -> None:
    d = tri.annotate(photos, accepted, order="item", rescore=True)
    d = tri.annotate(d, [str(d["item"].values[0])])
    tri.write(d, tmp_path / "d.zarr")
    back = tri.open(tmp_path / "d.zarr")
    for name in ("accepted_labels", "target_rejected", "label_error"):
        np.testing.assert_array_equal(back[name], d[name])
    assert back.attrs["provenance"]["annotations"] == d.attrs["provenance"]["annotations"]
    np.testing.assert_array_equal(tri.correctness(back), d["correct"])


def test_without_targets_the_check_is_missing_and_said(photos, accepted) -> None:
    d = photos.assign(target=("item", np.full(N, -1, dtype=np.int16)))
    found = tri.annotate(d, accepted, order="item")
    assert "could not be checked" in found.attrs["provenance"]["warnings"][0]


def test_a_name_that_something_else_has_is_changed(photos, tmp_path) -> None:
    assert "item_condition" not in photos.coords
    d = tri.annotate(photos, {str(photos["item"].values[0]): 1.5}, name="instance")
    assert d["stimulus_instance"].dims == ("item",)
    assert d["instance"].dims == ("observer",)
    (tmp_path / "item.txt").write_text(str(photos["item"].values[0]))
    assert tri.annotate(photos, tmp_path / "item.txt")["item_item"].values.tolist() == [True] + [False] * (
        N - 1
    )


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("{", "is no JSON"),
        ("[]", "has no entry"),
        ("[[0.5, -0.5], [1.0, 0.0]]", "negative soft labels"),
        ("[[0.5, 0.5], [1.0]]", "rows of 1, 2 soft labels"),
        ("[[1, -2], [0]]", "no class indices"),
        ('[1.5, "a"]', "mixes 'float', 'str'"),
        ('[{"mturk": {"given": 3}}]', "is not as cleanlab's votes are"),
        ("[7, 7.5]", "mixes"),
        ("3", "is of type int"),
    ],
)
def test_what_is_not_understood_is_one_sentence(photos, content, sentence, tmp_path) -> None:
    path = tmp_path / "x.json"
    path.write_text(content)
    with pytest.raises(InputError) as refused:
        tri.annotate(photos, path, order="item")
    assert sentence in str(refused.value)
    assert "\n" not in str(refused.value)


def test_wrong_files_orders_and_names(photos, accepted, tmp_path) -> None:
    with pytest.raises(InputError, match="no file"):
        tri.annotate(photos, tmp_path / "nothing.json")
    with pytest.raises(UnknownNameError, match="Did you mean file-name"):
        tri.annotate(photos, accepted, order="filename")
    with pytest.raises(InputError, match="leave their name to it"):
        tri.annotate(photos, accepted, order="item", name="x")
    with pytest.raises(InputError, match="holds no accepted labels"):
        tri.annotate(photos, [str(photos["item"].values[0])], rescore=True)
    with pytest.raises(InputError, match="several entries for 'a'"):
        tri.annotate(photos, pd.DataFrame({"x": [1, 2]}, index=["a", "a"]))
    (tmp_path / "x.png").write_bytes(b"1")
    with pytest.raises(InputError, match="annotates no items"):
        tri.annotate(photos, tmp_path / "x.png")
    np.save(tmp_path / "o.npy", np.array([{}], dtype=object), allow_pickle=True)
    with pytest.raises(InputError, match="pickle"):
        tri.annotate(photos, tmp_path / "o.npy", order="item")
    only = tri.from_arrays(correct=np.ones((2, 4)), target=[0, 1, 0, 1])
    with pytest.raises(InputError, match="needs the classes answered"):
        tri.annotate(only, [[0], [1], [0], [1]], order="item", rescore=True)
