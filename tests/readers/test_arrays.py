"""Shapes, names, top-k and faults of NumPy files."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import numpy as np
import pytest

from trichotomy.decisions import correctness
from trichotomy.errors import InputError, UnknownNameError
from trichotomy.readers import read

Y = np.array([3, 1, 1], dtype=np.uint16)


def warnings(d):
    return " ".join(d.attrs["provenance"]["warnings"])


def save(folder: Path, **arrays: object) -> Path:
    np.savez(folder / "d.npz", **arrays)
    return folder / "d.npz"


def test_one_npy_per_model_and_targets_beside(tmp_path: Path):
    np.save(tmp_path / "a.npy", np.array([3, 1, 0]))
    np.save(tmp_path / "b.npy", np.array([3, 2, 1], dtype=np.float32))
    np.save(tmp_path / "labels.npy", Y)
    d = read(tmp_path, targets=tmp_path / "labels.npy")
    assert d["observer"].values.tolist() == ["a", "b"]
    assert d["item"].values.tolist() == ["0", "1", "2"]
    assert correctness(d).values[:, 0].tolist() == [[1, 1, 0], [1, 0, 1]]
    assert "joined by their position" in warnings(d)


def test_names_of_axes_are_kept_in_order(tmp_path: Path):
    path = save(
        tmp_path, preds=[[3, 1, 0], [1, 1, 1]], labels=Y, models=["z", "a"], ids=np.array([30, 4, 10])
    )
    d = read(path)
    assert d["observer"].values.tolist() == ["z", "a"]
    assert d["item"].values.tolist() == ["30", "4", "10"]
    assert d["response"].values[:, 0].tolist() == [[3, 1, 0], [1, 1, 1]]
    assert d.attrs["provenance"]["configuration"]["columns"] == {
        "observers": "models", "items": "ids", "responses": "preds", "targets": "labels"
    }  # fmt: skip


def test_unnamed_observers_are_numbered(tmp_path: Path):
    d = read(save(tmp_path, preds=[[3, 1, 0], [1, 1, 1]], labels=Y))
    assert d["observer"].values.tolist() == ["d/0", "d/1"]
    assert d["condition"].values.tolist() == ["d/0", "d/1"]


def test_top_k(tmp_path: Path):
    best = np.array([[[3, 0], [2, 1], [0, 2]], [[0, 3], [0, 2], [1, 0]]])
    path = save(tmp_path, top5=best, y=Y)
    assert correctness(read(path)).values[:, 0].tolist() == [[1, 0, 0], [0, 0, 1]]
    d = read(path, top_k=2)
    assert d["response"].values[:, 0].tolist() == best[..., 0].tolist()
    assert d["correct"].values[:, 0].tolist() == [[1, 1, 0], [1, 0, 1]]
    assert "among the first 2 answers" in warnings(d)
    with pytest.raises(
        InputError, match=r"top-3 correctness needs the 3 best answers, but d\.npz has 2 per item"
    ):
        read(path, top_k=3)


def test_top_k_with_targets_from_a_table(tmp_path: Path):
    path = save(tmp_path, top5=np.array([[["cat", "dog"], ["cat", "ant"]]]), items=["x", "y"])
    (tmp_path / "t.csv").write_text("item,label\ny,dog\nx,dog\n")
    d = read(path, targets=tmp_path / "t.csv", top_k=2)
    assert d["correct"].values.ravel().tolist() == [1, 0]
    with pytest.raises(InputError, match="top-2 correctness needs targets"):
        read(path, top_k=2)


def test_epochs_by_their_own_array(tmp_path: Path):
    cube = np.array([[[3, 1, 0], [3, 1, 1]]])
    d = read(save(tmp_path, responses=cube, y=Y, epochs=[10, 20]))
    assert d["epoch"].values.tolist() == [10, 20]
    assert d["response"].values.tolist() == cube.tolist()


def test_correctness_matrices(tmp_path: Path):
    right = np.array([[True, False], [True, True]])
    for array in (right, right.astype(float), right.astype(np.int8)):
        d = read(save(tmp_path, correct=array))
        assert d["correct"].values[:, 0].tolist() == [[1, 0], [1, 1]]
        assert "response" not in d
    np.save(tmp_path / "m.npy", right)
    assert read(tmp_path / "m.npy")["correct"].values[:, 0].tolist() == [[1, 0], [1, 1]]
    gaps = read(save(tmp_path, correct=np.array([[1, np.nan]])))
    assert gaps["correct"].values.ravel().tolist() == [1, -1]
    assert "1 decisions have no value" in warnings(gaps)


def test_class_names_and_missing_values(tmp_path: Path):
    d = read(save(tmp_path, preds=np.array([["cat", "", "ant"]]), labels=np.array(["cat", "cat", "dog"])))
    assert d.attrs["classes"] == ["cat", "dog", "ant"]
    assert d["response"].values.ravel().tolist() == [0, -1, 2]
    d = read(save(tmp_path, preds=np.array([[3, np.nan, 1]]), y=Y))
    assert d["response"].values.ravel().tolist() == [3, -1, 1]
    assert "1 responses have no value" in warnings(d)


def test_probabilities(tmp_path: Path):
    d = read(save(tmp_path, preds=[3, 1, 1], y=Y, confidence=np.array([0.5, 0.25, np.nan])))
    np.testing.assert_array_equal(d["p_response"].values.ravel(), [0.5, 0.25, np.nan])
    with pytest.raises(InputError, match=r"1 values of p_response .* first 2 in d\.npz, at \[0, 1\]"):
        read(save(tmp_path, preds=[3, 1, 1], y=Y, confidence=np.array([0.5, 2, 0.5])))


REFUSED = {
    "mean correctness": (
        {"": [0.36, 0.5, 1.0]},
        r"d\.npy holds fractions, first 0\.36 at \[0, 0\]; means and",
    ),
    "mean under its name": (
        {"correct": [0.36, 1.0]},
        r"'0\.36' in column 'correct' \(d\.npz, at \[0, 0\]\) is neither",
    ),
    "objects": (
        {"preds": np.array([1, "a", None], dtype=object), "y": Y},
        r"d\.npz holds Python objects, which need pickle",
    ),
    "object array": (
        {"": np.array([1, None], dtype=object)},
        r"d\.npy holds Python objects, which need pickle",
    ),
    "wrong length": ({"preds": [[3, 1]], "y": Y}, r"'preds' of d\.npz has shape \(1, 2\) for 3 items"),
    "four axes": ({"preds": np.zeros((1, 1, 1, 1), int), "y": [0]}, r"has shape \(1, 1, 1, 1\) for 1 items"),
    "too few names": (
        {"preds": [[3, 1, 0]], "y": Y, "names": ["a", "b"]},
        r"'names' of d\.npz has shape \(2,\) for 1 obs",
    ),
    "item twice": (
        {"preds": [[3, 1, 0]], "y": Y, "ids": [7, 8, 7]},
        r"'ids' of d\.npz names '7' more than once",
    ),
    "targets twice": (
        {"preds": [[3, 1]], "y": [[0, 1]], "ids": [1, 2]},
        r"targets of shape \(1, 2\) for 2 items",
    ),
    "nothing known": (
        {"foo": [1], "bar": [2]},
        r"no array of d\.npz looks like responses.*'foo', 'bar'.*--map",
    ),
    "complex": ({"preds": np.array([1j]), "y": [0]}, r"'preds' of d\.npz \(responses\) holds complex128"),
    "no cells": ({"preds": np.zeros((0, 3), int), "y": Y}, r"'preds' of d\.npz \(responses\) is empty"),
    "no targets": ({"preds": [[3, 1, 0]]}, r"d\.npz has neither targets nor correctness"),
    "epochs": ({"preds": [[3, 1, 0]], "y": Y, "epochs": [1, 2]}, r"names 2 epochs where the answers have 1"),
    "negative": (
        {"preds": [[3, -7, 0]], "y": Y},
        r"'-7' in column 'preds' \(d\.npz, at \[0, 1\]\) is no class index",
    ),
    "shape of p": (
        {"preds": [[3, 1, 0]], "y": Y, "prob": [[0.5]]},
        r"'prob' of d\.npz has shape \(1, 1\) where",
    ),
}


@pytest.mark.parametrize("fault", REFUSED)
def test_refused_with_place_and_remedy(tmp_path: Path, fault: str):
    arrays, message = REFUSED[fault]
    if list(arrays) == [""]:
        path = tmp_path / "d.npy"
        np.save(path, arrays[""], allow_pickle=True)
    else:
        path = save(tmp_path, **arrays)
    with pytest.raises(InputError, match=message) as refused:
        read(path)
    assert "\n" not in str(refused.value)


def test_a_pickle_is_never_loaded(tmp_path: Path):
    import pickle

    class Bomb:
        def __reduce__(self):
            return (Path(tmp_path / "harm").touch, ())

    for name in ("d.npy", "d.npz"):
        path = tmp_path / name
        path.write_bytes(pickle.dumps(Bomb()))
        with pytest.raises(InputError, match=f"{name} is no NumPy file"):
            read(path)
    np.savez(tmp_path / "e.npz", preds=np.array([Bomb()], dtype=object), y=np.array([0]))
    with pytest.raises(InputError, match="need pickle"):
        read(tmp_path / "e.npz")
    assert not (tmp_path / "harm").exists()


@pytest.mark.parametrize("name", ["d.npy", "d.npz"])
@pytest.mark.parametrize("share", [0.05, 0.5, 0.9])
def test_truncated_files(tmp_path: Path, name: str, share: float):
    path = tmp_path / name
    if name == "d.npz":
        save(tmp_path, preds=np.arange(1000), y=np.arange(1000))
    else:
        np.save(path, np.arange(1000))
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(InputError, match=f"{name} is (truncated or )?no NumPy file"):
        read(path)


def test_a_flipped_byte_in_an_archive_is_found(tmp_path: Path):
    path = save(tmp_path, preds=np.arange(1000), y=np.arange(1000))
    data = bytearray(path.read_bytes())
    data[2000] ^= 1
    path.write_bytes(bytes(data))
    with pytest.raises(InputError, match=r"d\.npz is truncated or no NumPy file"):
        read(path)


def test_archive_without_arrays(tmp_path: Path):
    with zipfile.ZipFile(tmp_path / "d.npz", "w"):
        pass
    with pytest.raises(InputError, match=r"d\.npz"):
        read(tmp_path / "d.npz")


def test_options_that_do_not_fit(tmp_path: Path):
    path = save(tmp_path, preds=[[3, 1, 0]], y=Y)
    with pytest.raises(InputError, match="arrays have no columns to select rows by"):
        read(path, where={"phase": "test"})
    with pytest.raises(UnknownNameError, match=r"no array of d\.npz called 'predz'. Did you mean preds"):
        read(path, mapping={"responses": "predz"})
    np.save(tmp_path / "one.npy", np.array([3, 1, 0]))
    with pytest.raises(InputError, match=r"one\.npy holds one array without a name.*array called 'y'.*\.npz"):
        read(tmp_path / "one.npy", mapping={"targets": "y"})
    (tmp_path / "t.csv").write_text("image,pred,label\nx,0,0\n")
    with pytest.raises(InputError, match="top-k correctness needs arrays"):
        read(tmp_path / "t.csv", top_k=2)


def test_only_the_arrays_that_are_needed_are_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = save(
        tmp_path, preds=[[3, 1, 0]], y=Y, notes=np.array([{"a": 1}], dtype=object), logits=np.zeros((3, 5))
    )
    loaded: list[str] = []
    original = np.lib.npyio.NpzFile.__getitem__

    def counting(self, key):
        loaded.append(key)
        return original(self, key)

    monkeypatch.setattr(np.lib.npyio.NpzFile, "__getitem__", counting)
    assert read(path).sizes["item"] == 3
    assert sorted(loaded) == ["preds", "y"]
    with pytest.raises(InputError, match=r"array 'notes' of d\.npz holds Python objects, which need pickle"):
        read(path, mapping={"observers": "notes"})


def test_objects_among_annotations_are_left_out(tmp_path: Path):
    path = save(tmp_path, preds=[[3, 1, 0]])
    (tmp_path / "labels.csv").write_text("item,label\n0,3\n1,1\n2,1\n")
    np.savez(
        tmp_path / "t.npz",
        y=np.array(Y),
        boxes=np.array([{}, {}, {}], dtype=object),
        size=np.array([1, 2, 3]),
    )
    d = read(path, targets=tmp_path / "t.npz")
    assert d["size"].values.tolist() == [1, 2, 3]
    assert "boxes" not in d.coords
    assert re.search(r"boxes.* of t\.npz holds Python objects.*left out", warnings(d))
    d = read(path, targets=tmp_path / "labels.csv", annotations=tmp_path / "t.npz")
    assert re.search(r"boxes.* of t\.npz holds Python objects.*left out", warnings(d))
    np.savez(tmp_path / "t.npz", y=np.array(Y, dtype=object))
    with pytest.raises(InputError, match=r"array 'y' of t\.npz holds Python objects"):
        read(path, targets=tmp_path / "t.npz")


def test_annotations_without_a_value_per_item(tmp_path: Path):
    path = save(tmp_path, preds=[[3, 1, 0]], y=Y)
    np.savez(tmp_path / "a.npz", boxes=np.zeros((3, 4)))
    with pytest.raises(InputError, match=r"no array of a\.npz has one value per item"):
        read(path, annotations=tmp_path / "a.npz")


def test_an_array_that_unpacks_to_far_more_than_it_is_is_refused(tmp_path, monkeypatch):
    from trichotomy.readers import arrayfiles

    monkeypatch.setattr(arrayfiles, "ALWAYS", 1000)
    np.savez_compressed(
        tmp_path / "d.npz", responses=np.zeros((100, 5000), dtype=np.int64), targets=np.zeros(5000, int)
    )
    with pytest.raises(InputError, match=r"'responses' in d\.npz would unpack from .* to 4,000,128 bytes"):
        read(tmp_path / "d.npz")
    monkeypatch.setattr(arrayfiles, "ALWAYS", 10_000_000)
    assert read(tmp_path / "d.npz").sizes["observer"] == 100
