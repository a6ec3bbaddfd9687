"""Readers of classifiers' outputs: the kit on files as their producers write them, and each one's traps."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from trichotomy.decisions import correctness, from_arrays
from trichotomy.errors import InputError, MissingExtraError, UnknownNameError
from trichotomy.readers import detect, probabilityarrays, read
from trichotomy.readers.authors import AuthorsReader
from trichotomy.readers.cartography import CartographyReader
from trichotomy.readers.fiftyone import FiftyOneReader
from trichotomy.readers.probabilities import ProbabilitiesReader
from trichotomy.readers.testing import ReaderTests
from trichotomy.readers.timm import TimmReader
from trichotomy.readers.wandb import WandbReader


def told(d) -> str:
    return " ".join(d.attrs["provenance"]["warnings"])


def document(path: Path, value: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value))
    return path


def lines(path: Path, records: list[Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(r) + "\n" for r in records))
    return path


# timm: the frame that inference.py makes, written as its save_results does


def timm_frame(
    best: list[list[int]], names: list[str], *, separate: bool, labels: dict[int, str] | None = None
):
    index = np.array(best)
    prob = np.linspace(0.9, 0.1, index.size).reshape(index.shape).astype(np.float32)
    columns: dict[str, Any] = {"filename": names}
    label = None if labels is None else np.vectorize(labels.__getitem__, otypes=[object])(index)
    for name, values in (("index", index), ("label", label), ("prob", prob)):
        if values is None:
            continue
        if separate:
            columns |= {f"{name}_{k}": values[:, k] for k in range(index.shape[1])}
        else:
            columns[name] = list(values.squeeze(-1) if index.shape[1] == 1 else values)
    return pd.DataFrame(columns)


def timm_save(frame: pd.DataFrame, stem: Path, kind: str) -> Path:
    if kind == "parquet":
        pytest.importorskip("pyarrow")
        frame.set_index("filename").to_parquet(stem.with_suffix(".parquet"))
        return stem.with_suffix(".parquet")
    path = stem.with_suffix(".csv" if kind == "csv" else ".json")
    if kind == "json":
        frame.set_index("filename").to_json(path, indent=4, orient="index")
    elif kind == "json-records":
        frame.to_json(path, lines=True, orient="records")
    elif kind == "json-split":
        frame.to_json(path, indent=4, orient="split", index=False)
    else:
        frame.to_csv(path, index=False)
    return path


class TestTimm(ReaderTests):
    reader = TimmReader

    def example(self, folder: Path):
        a = timm_save(
            timm_frame([[3], [1], [0]], ["x.jpg", "y.jpg", "z.jpg"], separate=False),
            folder / "vit-224",
            "csv",
        )
        b = timm_save(
            timm_frame([[3], [2]], ["x.jpg", "z.jpg"], separate=False), folder / "resnet-224", "csv"
        )
        (folder / "labels.tsv").write_text("image\tlabel\nx.jpg\t3\ny.jpg\t1\nz.jpg\t2\n")
        wanted = from_arrays(
            [[3, 1, 0], [3, -1, 2]], target=[3, 1, 2], observers=["vit-224", "resnet-224"],
            items=["x.jpg", "y.jpg", "z.jpg"],
        )  # fmt: skip
        return [a, b], wanted

    def truncate(self, path: Path):
        path.write_text(path.read_text().rpartition(",")[0])  # within the last line

    def _read(self, paths: Any, **more: Any):
        return super()._read(paths, targets=paths[0].parent / "labels.tsv", **more)


@pytest.mark.parametrize("kind", ["csv", "json", "json-records", "json-split", "parquet"])
@pytest.mark.parametrize("separate", [True, False])
def test_timm_every_way_of_writing(tmp_path: Path, kind: str, separate: bool):
    labels = {0: "a cat", 1: "dog's", 2: "x, y"}
    frame = timm_frame([[1, 0, 2], [2, 1, 0]], ["b.jpg", "a.jpg"], separate=separate, labels=labels)
    path = timm_save(frame, tmp_path / "m", kind)
    targets = tmp_path / "t.tsv"
    targets.write_text("image\tlabel\na.jpg\t1\nb.jpg\t1\n")
    assert detect([path]).name == "timm"
    d = read(path, targets=targets).sel(item=["a.jpg", "b.jpg"])
    assert d["response"].values[0, 0].tolist() == [2, 1]
    np.testing.assert_allclose(d["p_response"].values[0, 0].astype(float), [0.42, 0.9], atol=1e-3)
    top = read(path, targets=targets, top_k=2).sel(item=["a.jpg", "b.jpg"])
    assert correctness(top).values.ravel().tolist() == [1, 1]
    assert correctness(d).values.ravel().tolist() == [0, 1]
    targets.write_text("image\tlabel\na.jpg\tdog's\nb.jpg\ta cat\n")
    named = read(path, targets=targets, mapping={"responses": "label_0"}, top_k=2).sel(
        item=["a.jpg", "b.jpg"]
    )
    assert correctness(named).values.ravel().tolist() == [1, 1]
    with pytest.raises(InputError, match=r"top-4 correctness needs the 4 best answers, but .* has 3"):
        read(path, targets=targets, top_k=4)


def test_timm_traps(tmp_path: Path):
    path = tmp_path / "m.csv"
    path.write_text("filename,label,prob\nx.jpg,cat,0.9\n")
    with pytest.raises(InputError, match=r"nothing says what is right: m.csv has neither targets"):
        read(path)  # label is the answer, not the target
    path.write_text("filename,prob\nx.jpg,0.9\n")
    with pytest.raises(InputError, match=r"says no class, only prob; run inference\.py with --include-index"):
        read(path, format="timm")
    path.write_text('filename,index,prob\nx.jpg,"[1 2]","[.6 .4]"\ny.jpg,[1],[.6]\n')
    with pytest.raises(InputError, match=r"m\.csv, line 3 has 1 values in 'index' where others have 2"):
        read(path)
    path.write_text("filename,index,label,prediction\nx.jpg,1,cat,cat\n")
    assert detect([path]).name == "table"


# dataset cartography


class TestCartography(ReaderTests):
    reader = CartographyReader

    def example(self, folder: Path):
        at = folder / "roberta" / "training_dynamics"
        first = lines(at / "dynamics_epoch_0.jsonl", [
            {"guid": 7, "logits_epoch_0": [0.0, 1.0], "gold": 1}, {"guid": 9, "logits_epoch_0": [2.0, 1.0], "gold": 1},
        ])  # fmt: skip
        second = lines(at / "dynamics_epoch_1.jsonl", [{"guid": 9, "logits_epoch_1": [0.5, 1.0], "gold": 1}])
        p = 1 / (1 + np.exp(-np.array([1.0, 0.5])))
        wanted = from_arrays(
            [[[1, 0], [-1, 1]]], target=[1, 1], observers=["roberta"], items=["7", "9"], epochs=[1, 2],
            p_target=[[[p[0], 1 - p[0]], [np.nan, p[1]]]], p_response=[[[p[0], p[0]], [np.nan, p[1]]]],
        )  # fmt: skip
        return [first, second], wanted


def test_cartography_traps(tmp_path: Path):
    path = lines(tmp_path / "m" / "dynamics_epoch_4.jsonl", [
        {"guid": "a", "logits_epoch_4": [1.0, 2.0], "gold": 0},
        {"guid": "b", "logits_epoch_4": [float("nan"), 2.0], "gold": 0},
    ])  # fmt: skip
    d = read(path)
    assert d["epoch"].values.tolist() == [5]
    assert d["observer"].values.tolist() == ["m"]
    assert "count from 0 after the first pass" in told(d)
    assert correctness(d).values.ravel().tolist() == [0, -1]
    for gold, values, message in (
        (2, [1.0, 2.0], r"line 1 has the gold label 2 for 2 logits"),
        (0, ["1"], r"line 1 has no list of numbers"),
        (0, [], r"line 1 has no list of numbers"),
    ):
        lines(path, [{"guid": "a", "logits_epoch_4": values, "gold": gold}])
        with pytest.raises(InputError, match=message):
            read(path)
    lines(
        path,
        [
            {"guid": "a", "logits_epoch_4": [1, 2], "gold": 0},
            {"guid": "b", "logits_epoch_4": [1, 2, 3], "gold": 0},
        ],
    )
    with pytest.raises(InputError, match=r"line 2 has 3 logits where the first line has 2"):
        read(path)


# class probabilities

P = np.array([[0.7, 0.2, 0.1], [0.1, 0.3, 0.6], [0.4, 0.4, 0.2]])


class TestProbabilities(ReaderTests):
    reader = ProbabilitiesReader

    def example(self, folder: Path):
        q = P[::-1].copy()
        q[0] = np.nan
        np.savez(
            folder / "two.npz",
            pred_probs=np.stack([P, q]),
            labels=np.array([0, 1, 0]),
            models=np.array(["a", "b"]),
        )
        wanted = from_arrays(
            [[0, 2, 0], [-1, 2, 0]], target=[0, 1, 0], observers=["a", "b"], items=["0", "1", "2"],
            p_target=[[0.7, 0.3, 0.4], [np.nan, 0.3, 0.7]], p_response=[[0.7, 0.6, 0.4], [np.nan, 0.6, 0.7]],
        )  # fmt: skip
        return [folder / "two.npz"], wanted


def test_probabilities_of_one_model_with_labels_beside(tmp_path: Path):
    np.save(tmp_path / "vit.npy", P.astype(np.float32))
    np.save(tmp_path / "labels.npy", np.array([0, 1, 1]))
    assert detect([tmp_path / "vit.npy"]).name == "probabilities"
    np.save(tmp_path / "fortran.npy", np.asfortranarray(P))
    assert detect([tmp_path / "fortran.npy"]).name == "probabilities"
    d = read(tmp_path / "vit.npy", targets=tmp_path / "labels.npy")
    assert correctness(d).values.ravel().tolist() == [1, 0, 0]
    np.testing.assert_allclose(d["p_target"].values.ravel().astype(float), [0.7, 0.3, 0.4], atol=1e-3)
    top = read(tmp_path / "vit.npy", targets=tmp_path / "labels.npy", top_k=2)
    assert correctness(top).values.ravel().tolist() == [1, 1, 1]


def test_probabilities_columns_are_classes(tmp_path: Path):
    names = {"classes_": np.array(["cat", "ant", "dog"]), "labels": np.array(["cat", "ant", "dog"])}
    np.savez(tmp_path / "p.npz", predict_proba=P, **names)
    d = read(tmp_path / "p.npz")
    assert list(d.attrs["classes"]) == ["ant", "cat", "dog"]
    assert correctness(d).values.ravel().tolist() == [1, 0, 0]
    np.testing.assert_allclose(d["p_target"].values.ravel().astype(float), [0.7, 0.3, 0.2], atol=1e-3)
    np.savez(tmp_path / "n.npz", predict_proba=P, classes_=np.array([1, 2, 5]), labels=np.array([1, 5, 2]))
    assert read(tmp_path / "n.npz")["response"].values.ravel().tolist() == [1, 5, 1]
    np.savez(tmp_path / "c.npz", predict_proba=P, class_names=names["classes_"], labels=np.array([0, 2, 2]))
    d = read(tmp_path / "c.npz", top_k=1)
    assert correctness(d).values.ravel().tolist() == [1, 1, 0]


def test_probabilities_of_several_models_by_name(tmp_path: Path):
    np.savez(tmp_path / "p.npz", vit=P, resnet=P[::-1], y=np.array([0, 2, 0]))
    d = read(tmp_path / "p.npz", format="probabilities")
    assert d["observer"].values.tolist() == ["vit", "resnet"]
    assert (
        read(tmp_path / "p.npz", format="probabilities", mapping={"responses": "resnet"}).sizes["observer"]
        == 1
    )
    with pytest.raises(UnknownNameError, match=r"no array of p.npz called 'vitt'"):
        read(tmp_path / "p.npz", format="probabilities", mapping={"responses": "vitt"})


def test_one_sigmoid_output_is_class_one(tmp_path: Path):
    np.savez(tmp_path / "p.npz", probs=np.array([[0.9], [0.2], [0.5]]), y=np.array([1, 1, 0]))
    d = read(tmp_path / "p.npz")
    assert d["response"].values.ravel().tolist() == [1, 0, 0]
    np.testing.assert_allclose(d["p_target"].values.ravel().astype(float), [0.9, 0.2, 0.5], atol=1e-3)


def test_probabilities_in_chunks_are_those_of_the_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    rng = np.random.default_rng(1)
    p = rng.dirichlet(np.ones(4), size=(3, 11)).astype(np.float32)
    y = rng.integers(4, size=11)
    np.savez(tmp_path / "p.npz", probs=p, y=y)
    monkeypatch.setattr(probabilityarrays, "CHUNK", 5)
    d = read(tmp_path / "p.npz", top_k=2)
    np.testing.assert_array_equal(d["response"].values[:, 0], p.argmax(axis=2))
    rank = (p > np.take_along_axis(p, y[None, :, None], axis=2)).sum(axis=2)
    np.testing.assert_array_equal(correctness(d).values[:, 0], rank < 2)
    wanted = np.take_along_axis(p, y[None, :, None], axis=2)[..., 0]
    np.testing.assert_array_equal(d["p_target"].values[:, 0], wanted.astype(np.float16))


def test_probabilities_of_other_sizes_are_refused(tmp_path: Path):
    np.savez(tmp_path / "p.npz", vit=P, resnet=P[:2], y=np.array([0, 2, 0]))
    with pytest.raises(
        InputError, match=r"'resnet' of p\.npz is for \(2, 3\) items and classes, 'vit' .* for \(3, 3\)"
    ):
        read(tmp_path / "p.npz", format="probabilities")


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.array([[0.7, 0.3], [0.9, 0.8]]), r"row 1 of the array 'probs' of p\.npz sums to 1\.7, .*softmax"),
        (np.array([[0.7, 0.3], [1.5, -0.5]]), r"row 1 of the array .* holds 1\.5, which is no class"),
        (np.zeros((1, 1, 1, 1)), r"has shape \(1, 1, 1, 1\)"),
        (np.array([[0.5], [1.5]]), r"row 1 of the array .* is 1\.5"),
    ],
)
def test_what_are_no_probabilities(tmp_path: Path, array: np.ndarray, message: str):
    np.savez(tmp_path / "p.npz", probs=array, y=np.zeros(2, dtype=int))
    with pytest.raises(InputError, match=message):
        read(tmp_path / "p.npz")


def test_probabilities_never_unpickle(tmp_path: Path):
    np.savez(tmp_path / "p.npz", probs=P, labels=np.array([0, "a", None], dtype=object))
    with pytest.raises(InputError, match="holds Python objects, which need pickle and are not read"):
        read(tmp_path / "p.npz")


def test_arrays_of_answers_stay_with_their_reader(tmp_path: Path):
    np.save(tmp_path / "correct.npy", np.eye(3))
    np.savez(
        tmp_path / "both.npz", predictions=np.array([0, 1]), probs=np.array([0.5, 0.9]), y=np.array([0, 1])
    )
    assert detect([tmp_path / "correct.npy"]).name == "arrays"
    assert detect([tmp_path / "both.npz"]).name == "arrays"


def test_probabilities_by_scikit_learn_and_read_by_cleanlab(tmp_path: Path):
    linear = pytest.importorskip("sklearn.linear_model")
    rng = np.random.default_rng(3)
    y = np.array(["c", "a", "b"])[np.arange(90) % 3]
    x = rng.normal(size=(90, 2)) + (np.arange(90) % 3)[:, None]
    model = linear.LogisticRegression().fit(x, y)
    proba = model.predict_proba(x)
    np.savez(tmp_path / "lr.npz", predict_proba=proba, classes_=model.classes_, labels=y)
    d = read(tmp_path / "lr.npz")
    assert correctness(d).values.mean() == pytest.approx(model.score(x, y))
    rank = pytest.importorskip("cleanlab.rank")
    numbers = np.searchsorted(model.classes_, y)
    quality = rank.get_self_confidence_for_each_label(numbers, proba)
    np.testing.assert_allclose(d["p_target"].values.ravel().astype(float), quality, atol=1e-3)


# the paper's own files


def results(folder: Path, epoch: int, answers: Any, targets: Any, **options: Any) -> Path:
    torch = pytest.importorskip("torch")
    folder.mkdir(parents=True, exist_ok=True)
    info = [["MODEL", "ResNet18"], ["LR", 0.1], ["NUM", 1]]
    path = folder / f"RESULTS_EP{epoch}.txt"
    torch.save([info, torch.tensor(answers), torch.tensor(targets)], path, **options)
    return path


class TestAuthors(ReaderTests):
    reader = AuthorsReader

    def example(self, folder: Path):
        paths = [
            results(folder / "Base" / "NUM1", 0, [0, 1, 1], [0, 1, 2]),
            results(folder / "Base" / "NUM1", 1, [0, 1, 2], [0, 1, 2]),
            results(folder / "LR" / "NUM2", 1, [2, 1, 2], [0, 1, 2]),
        ]
        wanted = from_arrays(
            [[[0, 1, 1], [0, 1, 2]], [[-1, -1, -1], [2, 1, 2]]], target=[0, 1, 2], observers=["Base/1", "LR/2"],
            items=["0", "1", "2"], epochs=[0, 1],
        )  # fmt: skip
        return paths, wanted

    def test_provenance_holds_hashes(self, tmp_path: Path):
        paths, _ = self.example(tmp_path)
        sources = read(paths).attrs["provenance"]["sources"]
        assert len({entry["sha256"] for entry in sources}) == 3


def test_a_folder_of_the_authors_with_models_and_losses(tmp_path: Path):
    torch = pytest.importorskip("torch")
    folder = tmp_path / "Base" / "NUM3"
    results(folder, 0, [0, 1], [0, 0], _use_new_zipfile_serialization=False)  # as before torch 1.6
    torch.save(torch.zeros(3), folder / "TRAIN_LOSS.txt")
    (folder / "MODEL_EP0").write_bytes(pickle.dumps(print))
    d = read(folder)
    assert d["observer"].values.tolist() == ["Base/3"]
    assert d["condition"].values.tolist() == ["Base"]
    assert "called by their position in the test set" in told(d)
    assert correctness(d).values.ravel().tolist() == [1, 0]
    with pytest.raises(InputError, match=r"TRAIN_LOSS.txt holds no decisions"):
        read(folder / "TRAIN_LOSS.txt")


class Runs:
    """Something whose pickle would run code."""

    def __reduce__(self):
        return (Path.touch, (Path("ran"),))


@pytest.mark.parametrize("new", [True, False])
def test_the_authors_files_never_run_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, new: bool):
    torch = pytest.importorskip("torch")
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "RESULTS_EP0.txt"
    torch.save([Runs(), torch.zeros(2), torch.zeros(2)], path, _use_new_zipfile_serialization=new)
    with pytest.raises(InputError, match="could run code and is not read") as refused:
        read(path)
    assert "\n" not in str(refused.value)
    assert not (tmp_path / "ran").exists()
    torch.save([1, torch.zeros(2, 2), torch.zeros(2)], path)
    with pytest.raises(InputError, match=r"is not \[info, answers, targets\]"):
        read(path)


def test_the_authors_files_without_torch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    import sys

    (tmp_path / "RESULTS_EP0.txt").write_bytes(b"\x80\x02")
    assert detect([tmp_path / "RESULTS_EP0.txt"]).name == "trivial-or-impossible"
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingExtraError, match=r"trichotomy\[train\]"):
        read(tmp_path / "RESULTS_EP0.txt")


# Weights & Biases


class TestWandb(ReaderTests):
    reader = WandbReader

    def example(self, folder: Path):
        def image(run: str, digest: str) -> dict[str, str]:
            return {"_type": "image-file", "path": f"media/images/{run}_{digest}.png", "sha256": digest}

        def table(run: str, rows: list[list[Any]]) -> Path:
            at = folder / f"run-20250301_101010-{run}" / "files" / "media" / "table"
            return document(
                at / f"preds_0_{run}.table.json", {"columns": ["image", "prediction", "truth"], "data": rows}
            )

        a = table("a1", [[image("a1", "x"), "cat", "cat"], [image("a1", "y"), "cat", "dog"]])
        b = table("b2", [[image("b2", "y"), "dog", "dog"]])
        wanted = from_arrays(
            [[0, 0], [-1, 1]], target=[0, 1], observers=["a1", "b2"], items=["x", "y"], classes=["cat", "dog"]
        )
        return [a, b], wanted


def test_wandb_traps(tmp_path: Path):
    path = document(tmp_path / "t.table.json", {"columns": ["id", 0, "y"], "data": [[1, 2, 2], [2, 2]]})
    with pytest.raises(InputError, match=r"t\.table\.json, row 2 has 2 cells where the table has 3 columns"):
        read(path)
    document(path, {"columns": ["id", 0, "y"], "data": [[1, 2, 2], [2, 2, 1]]})
    d = read(path, mapping={"responses": "0"})
    assert d["observer"].values.tolist() == ["t"]
    assert correctness(d).values.ravel().tolist() == [1, 0]
    document(path, {"columns": ["id", "id"], "data": []})
    with pytest.raises(InputError, match="several columns called 'id'"):
        read(path)
    document(path, [])
    with pytest.raises(InputError, match="no columns and data"):
        read(path)


def test_wandb_tables_of_one_name_in_two_runs(tmp_path: Path):
    for run in ("a1", "b2"):
        at = tmp_path / f"offline-run-20250301_101010-{run}" / "files" / "media" / "table"
        document(at / "p_0_1.table.json", {"columns": ["id", "pred", "y"], "data": [["x", 1, 1]]})
    assert read(str(tmp_path / "*" / "files" / "media" / "table" / "*"))["observer"].values.tolist() == [
        "a1",
        "b2",
    ]


def test_a_table_by_wandb_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    wandb = pytest.importorskip("wandb")
    monkeypatch.setenv("WANDB_SILENT", "true")
    run = wandb.init(mode="offline", project="p", dir=str(tmp_path))
    rows = [["x", "cat", "cat"], ["y", "dog", "cat"]]
    run.log({"preds": wandb.Table(columns=["image", "prediction", "truth"], data=rows)})
    name = run.id
    run.finish()
    d = read(list(tmp_path.rglob("*.table.json")))
    assert d["observer"].values.tolist() == [name]
    assert correctness(d).values.ravel().tolist() == [1, 0]


# FiftyOne


def label(name: str, confidence: float | None = None) -> dict[str, Any]:
    return {
        "_id": {"$oid": "0"},
        "_cls": "Classification",
        "tags": [],
        "label": name,
        "confidence": confidence,
        "logits": None,
    }


class TestFiftyOne(ReaderTests):
    reader = FiftyOneReader

    def example(self, folder: Path):
        samples = [
            {"_id": {"$oid": "1"}, "filepath": "data/x.jpg", "ground_truth": label("cat"),
             "vit": label("cat", 0.75), "resnet": label("dog", 0.5)},
            {"_id": {"$oid": "2"}, "filepath": "data/y.jpg", "ground_truth": label("dog"),
             "vit": label("dog", 0.25), "resnet": None},
        ]  # fmt: skip
        path = document(folder / "samples.json", {"samples": samples})
        wanted = from_arrays(
            [[0, 1], [1, -1]], target=[0, 1], observers=["vit", "resnet"], items=["x.jpg", "y.jpg"],
            classes=["cat", "dog"], p_response=[[0.75, 0.25], [0.5, np.nan]],
        )  # fmt: skip
        return [path], wanted


def test_fiftyone_fields_and_side_files(tmp_path: Path):
    TestFiftyOne().example(tmp_path)
    document(tmp_path / "metadata.json", {"name": "d"})
    assert read(tmp_path).sizes["observer"] == 2
    d = read(tmp_path, mapping={"responses": "resnet", "targets": "vit"})
    assert correctness(d).values.ravel().tolist() == [0]
    with pytest.raises(
        UnknownNameError, match=r"no field of classifications in samples.json called 'vitt'.*Did you mean vit"
    ):
        read(tmp_path, mapping={"responses": "vitt"})
    document(tmp_path / "samples.json", {"samples": [{"filepath": "x", "ground_truth": label("a")}]})
    with pytest.raises(InputError, match="no field of predictions beside 'ground_truth'"):
        read(tmp_path)


def test_fiftyone_labels_of_one_observer_each(tmp_path: Path):
    document(
        tmp_path / "vit" / "labels.json", {"classes": ["cat", "dog"], "labels": {"x": 0, "y": 1, "z": None}}
    )
    document(
        tmp_path / "resnet" / "labels.json",
        {"labels": {"x": {"label": "dog", "confidence": 0.5}, "y": "dog"}},
    )
    (tmp_path / "t.csv").write_text("image,label\nx,cat\ny,dog\n")
    d = read([tmp_path / "vit", tmp_path / "resnet"], targets=tmp_path / "t.csv")
    assert d["observer"].values.tolist() == ["vit", "resnet"]
    assert correctness(d).values[:, 0].tolist() == [[1, 1], [0, 1]]
    document(tmp_path / "vit" / "labels.json", {"classes": ["cat"], "labels": {"x": 3}})
    with pytest.raises(InputError, match=r"labels\.json, 'x' is 3, and there are 1 classes"):
        read(tmp_path / "vit")
    document(tmp_path / "vit" / "labels.json", {"labels": {"x": ["cat", "dog"]}})
    with pytest.raises(InputError, match=r"'x' is no single label"):
        read(tmp_path / "vit")
