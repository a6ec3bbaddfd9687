"""CIFAR's python archives, packed and unpacked, and its download."""

from __future__ import annotations

import pickle
import shutil
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from trichotomy.datasets import cifar, load
from trichotomy.errors import InputError, MissingExtraError

PER_BATCH = 20
EDITIONS = {"cifar10": cifar.CIFAR10, "cifar100": cifar.CIFAR100}


def batch(name: str, edition: cifar.Edition) -> dict[bytes, Any]:
    count = PER_BATCH if edition.classes == 10 else 200
    rng = np.random.default_rng(list(name.encode()))
    data: dict[bytes, Any] = {
        b"data": rng.integers(0, 256, (count, 3072), np.uint8),
        edition.labels.encode(): [int(x) for x in rng.permutation(count) % edition.classes],
        b"filenames": [f"{i}.png".encode() for i in range(count)],
    }
    if edition.classes == 100:
        data[b"coarse_labels"] = [0] * count
    return data


@pytest.fixture
def batches(tmp_path: Path) -> Callable[..., Path]:
    """Write the files of an edition, a few images each, as Python 2 would have: protocol 2, keys of bytes."""

    def write(name: str = "cifar10", **changed: Any) -> Path:
        edition = EDITIONS[name]
        folder = tmp_path / name / edition.folder
        folder.mkdir(parents=True)
        for file in (*edition.batches["train"], *edition.batches["test"]):
            (folder / file).write_bytes(pickle.dumps(changed.get(file, batch(file, edition)), 2))
        names = [f"class {i}".encode() for i in range(edition.classes)][::-1]
        meta = changed.get("meta", {edition.names.encode(): names, b"num_vis": 3072})
        (folder / edition.meta).write_bytes(pickle.dumps(meta, 2))
        return folder

    return write


@pytest.fixture(params=["cifar10", "cifar100"])
def original(request: pytest.FixtureRequest, batches) -> tuple[str, Path]:
    folder = batches(request.param)
    return request.param, folder


def test_the_python_archive_in_all_its_forms(original: tuple[str, Path], tmp_path: Path):
    name, folder = original
    edition = EDITIONS[name]
    told = []
    d = load(name, data=folder.parent, progress=lambda *call: told.append(call))
    assert d.classes == tuple(f"class {i}" for i in reversed(range(edition.classes)))
    assert (d.train.channels, d.train.size, d.train.paths) == (3, (32, 32), None)
    assert (d.mean, d.std) == ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
    assert d.train.ids[:2].tolist() == ["train/00000", "train/00001"]
    assert told[-1] == (name, len(edition.files), len(edition.files))
    second = edition.batches["train"][-1]
    expected = batch(second, edition)
    images = d.train.images(np.arange(len(d.train.ids)))
    last = images[-len(expected[b"data"]) :]
    np.testing.assert_array_equal(last.reshape(len(last), -1), expected[b"data"])
    assert d.train.labels[-len(last) :].tolist() == expected[edition.labels.encode()]

    (tmp_path / "packed").mkdir()
    archive = tmp_path / "packed" / edition.archive
    with tarfile.open(archive, "w:gz") as file:
        file.add(folder, edition.folder)
    for place in (folder, archive, archive.parent):
        other = load(name, data=place)
        assert other.classes == d.classes
        for split in ("train", "test"):
            assert getattr(other, split).content_hash() == getattr(d, split).content_hash()


def test_a_subset_of_the_python_archive(original: tuple[str, Path]):
    name, folder = original
    whole, part = load(name, data=folder), load(name, data=folder, train_items=50, test_items=10, seed=3)
    assert len(part.train.ids) == 50
    if name == "cifar10":
        assert np.bincount(part.train.labels).tolist() == [5] * 10
        assert np.bincount(part.test.labels).tolist() == [1] * 10
    positions = np.searchsorted(whole.train.ids, part.train.ids)
    np.testing.assert_array_equal(part.train.images(np.arange(50)), whole.train.images(positions))


class Runs:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return Path.mkdir, (self.path,)


@pytest.mark.parametrize("archived", [False, True])
def test_a_malicious_batch_runs_nothing(batches, tmp_path: Path, archived: bool):
    folder = batches(data_batch_3={"data": Runs(tmp_path / "owned"), "labels": []})
    place = folder
    if archived:
        place = tmp_path / cifar.CIFAR10.archive
        with tarfile.open(place, "w:gz") as file:
            file.add(folder, cifar.CIFAR10.folder)
    with pytest.raises(InputError, match=r"data_batch_3 in .* is a pickle that asks for \S+; only arrays"):
        load("cifar10", data=place)
    assert not (tmp_path / "owned").exists()


GOOD = {"data": np.zeros((2, 3072), np.uint8), "labels": [0, 9]}


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (
            {"data": np.zeros((2, 3071), np.uint8)},
            "test_batch in .* holds no images of 32x32 pixels under 'data'",
        ),
        ({"data": np.zeros((2, 3072))}, "holds no images of 32x32 pixels"),
        ({"data": np.array(3, np.uint8)}, "holds no images of 32x32 pixels"),
        ({"data": b"abc"}, "holds no images of 32x32 pixels"),
        ({"labels": [0]}, "does not hold one label from 0 to 9 per image"),
        ({"labels": [0, 10]}, "does not hold one label from 0 to 9 per image"),
        ({"labels": [-1, 1]}, "does not hold one label"),
        ({"labels": [0, True]}, "does not hold one label"),
        ({"labels": [0, 10**30]}, "does not hold one label"),
        ({"labels": "01"}, "does not hold one label"),
        ({"labels": np.array([0.0, 1.0])}, "does not hold one label"),
    ],
)
def test_batches_that_are_not_as_published_are_refused(batches, changed: dict[str, Any], message: str):
    folder = batches(test_batch=GOOD | changed)
    for file in cifar.CIFAR10.batches["train"]:
        (folder / file).write_bytes(pickle.dumps(GOOD | {"labels": np.array([3, 4])}, 2))
    (folder / "batches.meta").write_bytes(pickle.dumps({"label_names": [str(i) for i in range(10)]}, 2))
    with pytest.raises(InputError, match=message):
        load("cifar10", data=folder)


@pytest.mark.parametrize(
    "meta", [{}, {"label_names": ["a"]}, {"label_names": "abcdefghij"}, {"label_names": list(range(10))}]
)
def test_the_classes_are_named(batches, meta: dict[str, Any]):
    folder = batches()
    (folder / "batches.meta").write_bytes(pickle.dumps(meta, 2))
    with pytest.raises(InputError, match=r"batches\.meta in .* does not name the 10 classes"):
        load("cifar10", data=folder)


def test_missing_and_huge_files_are_named(batches, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    folder = batches()
    (folder / "data_batch_4").unlink()
    with pytest.raises(InputError, match=r"data_batch_4 cannot be read \(No such file or directory\)"):
        load("cifar10", data=folder)
    archive = tmp_path / cifar.CIFAR10.archive
    with tarfile.open(archive, "w:gz") as file:
        file.add(folder, cifar.CIFAR10.folder)
    with pytest.raises(InputError, match=r"lacks some of the files data_batch_1, .*; download it again"):
        load("cifar10", data=archive)
    monkeypatch.setattr(cifar, "LARGEST_MEMBER", 1000)
    with pytest.raises(InputError, match="data_batch_1 is larger than a batch of images"):
        load("cifar10", data=folder)


def test_folders_of_images(image_folder):
    root = image_folder(classes=[f"c{i:02d}" for i in range(100)], per_class=1)
    d = load("cifar100", data=root)
    assert len(d.classes) == 100
    assert d.train.paths is not None
    with pytest.raises(InputError, match="holds images of 100 classes, and cifar10 has 10; load another set"):
        load("cifar10", data=root)


def test_the_python_archive_goes_before_images(batches, image_folder):
    folder = batches()
    images = image_folder(classes=[f"c{i}" for i in range(10)], per_class=1)
    shutil.move(images / "train", folder.parent / "train")
    shutil.move(images / "test", folder.parent / "test")
    assert load("cifar10", data=folder.parent).train.ids[0] == "train/00000"


def test_a_place_without_the_data_is_refused(tmp_path: Path):
    with pytest.raises(InputError, match="cifar10 is read from a folder; name it with --data"):
        load("cifar10")
    with pytest.raises(
        InputError, match=r"holds neither cifar-10-python\.tar\.gz, nor cifar-10-batches-py/, nor"
    ):
        load("cifar10", data=tmp_path)
    (tmp_path / "a.csv").touch()
    with pytest.raises(InputError, match=r"a\.csv holds neither"):
        load("cifar10", data=tmp_path / "a.csv")
    for name in ("a.tar", "b.tar.xz"):
        (tmp_path / name).touch()
    with pytest.raises(
        InputError, match=r"holds several archives \(a\.tar, b\.tar\.xz\); name the one to read"
    ):
        load("cifar10", data=tmp_path)


@pytest.fixture
def torchvision(monkeypatch: pytest.MonkeyPatch, batches) -> list[tuple[str, bool]]:
    """A torchvision whose download is a copy."""
    calls = []

    def CIFAR10(root: str, download: bool) -> None:  # noqa: N802
        calls.append((root, download))
        folder = batches()
        shutil.copytree(folder, Path(root) / cifar.CIFAR10.folder)

    module = ModuleType("torchvision.datasets")
    module.CIFAR10 = CIFAR10
    monkeypatch.setitem(sys.modules, "torchvision", ModuleType("torchvision"))
    monkeypatch.setitem(sys.modules, "torchvision.datasets", module)
    return calls


def test_a_download_is_made_once(torchvision, tmp_path: Path):
    place = tmp_path / "new"
    d = load("cifar10", data=place, download=True)
    assert len(d.train.ids) == 5 * PER_BATCH
    assert d.options == {}
    assert load("cifar10", data=place, download=True).train.content_hash() == d.train.content_hash()
    assert torchvision == [(str(place), True)]


def test_a_download_that_fails_is_a_sentence(torchvision, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def failing(root: str, download: bool) -> None:
        raise OSError("no network")

    monkeypatch.setattr(sys.modules["torchvision.datasets"], "CIFAR10", failing)
    with pytest.raises(
        InputError, match=r"downloading CIFAR10 failed \(no network\); try again, or put cifar-10"
    ):
        load("cifar10", data=tmp_path, download=True)


def test_a_download_needs_torchvision(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "torchvision.datasets", None)
    with pytest.raises(MissingExtraError, match=r'downloading CIFAR10 needs .*"trichotomy\[vision\]"'):
        load("cifar10", data=tmp_path, download=True)


def test_a_torchvision_that_does_not_fit_its_torch_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def broken(name: str) -> None:
        raise RuntimeError("operator torchvision::nms does not exist")

    monkeypatch.setattr(cifar, "import_module", broken)
    with pytest.raises(
        InputError, match=r"torchvision cannot be loaded \(operator torchvision::nms does not exist\)"
    ):
        load("cifar10", data=tmp_path, download=True)


def test_download_is_true_or_false(tmp_path: Path):
    with pytest.raises(InputError, match="download of the data set cifar10 is 'yes'; give true or false"):
        load("cifar10", data=tmp_path, download="yes")
