"""Folders of images: in memory where small, from the files where not, the same items either way."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from trichotomy.datasets import ArraySplit, Augmentation, draws, load, pictures
from trichotomy.datasets.folders import file_states
from trichotomy.datasets.reading import FileSplit
from trichotomy.errors import InputError


def images(split) -> np.ndarray:
    return split.images(np.arange(len(split.ids)))


def test_a_small_folder_is_held_in_memory(image_folder):
    root = image_folder()
    told = []
    d = load(f"imagefolder:{root}", progress=lambda *call: told.append(call))
    assert d.classes == ("cat", "dog")
    assert d.train.ids.tolist() == [f"train/{name}/{i:03d}.png" for name in d.classes for i in range(3)]
    assert d.train.labels.tolist() == [0, 0, 0, 1, 1, 1]
    assert d.test.paths is not None
    assert d.test.paths.tolist() == d.test.ids.tolist()
    assert isinstance(d.train, ArraySplit)
    assert (d.train.channels, d.train.size) == (3, (6, 5))
    assert (d.mean, d.std) == ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
    expected = np.asarray(Image.open(root / "train/dog/001.png")).transpose(2, 0, 1)
    np.testing.assert_array_equal(d.train.images([4])[0], expected)
    assert told[-1] == (f"imagefolder:{root}", 12, 12)


def test_a_large_folder_is_read_when_asked_for(image_folder, monkeypatch: pytest.MonkeyPatch):
    root = image_folder(size=(40, 30), per_class=4)
    small = load("imagefolder", data=root)
    monkeypatch.setattr(pictures, "IN_MEMORY", 40 * 30 * 3)
    large = load("imagefolder", data=root)
    assert isinstance(large.train, FileSplit)
    assert large.train.size is None
    assert large.train.channels == 3
    assert large.train.ids.tolist() == small.train.ids.tolist()
    np.testing.assert_array_equal(images(large.train), images(small.train))
    positions, drawn = np.array([5, 0, 5]), draws(1, 0, 8)
    for which in (
        Augmentation(crop="resized", size=16, flip=True),
        Augmentation(crop="centre", size=20, resize=24),
        Augmentation(crop="padded", padding=3, flip=True),
    ):
        np.testing.assert_array_equal(
            large.train.images(positions, which, drawn[positions]),
            small.train.images(positions, which, drawn[positions]),
        )  # fmt: skip
    assert large.train.images(np.zeros(0, int)).shape[:2] == (0, 3)


def test_a_shorter_side_is_part_of_what_the_data_are(image_folder, monkeypatch: pytest.MonkeyPatch):
    root = image_folder(size=(40, 30))
    whole, small, smaller = (load("imagefolder", data=root, shorter=n) for n in (None, 20, 10))
    assert [d.options for d in (whole, small, smaller)] == [{}, {"shorter": 20}, {"shorter": 10}]
    assert [d.train.size for d in (whole, small, smaller)] == [(40, 30), (26, 20), (13, 10)]
    monkeypatch.setattr(pictures, "IN_MEMORY", 40 * 30 * 3)
    read = [load("imagefolder", data=root, shorter=n) for n in (None, 20, 10)]
    assert len({d.train.content_hash() for d in read}) == 3
    which, drawn = Augmentation(crop="resized", size=8, flip=True), draws(0, 1, 6)
    for one, other in zip((whole, small, smaller), read, strict=True):
        assert isinstance(other.train, FileSplit)
        np.testing.assert_array_equal(
            other.train.images(np.arange(6), which, drawn), one.train.images(np.arange(6), which, drawn)
        )
    for wrong in (0, True, "256", 2.5):
        with pytest.raises(
            InputError, match=r"shorter of the data set imagefolder is .*; give a whole number"
        ):
            load("imagefolder", data=root, shorter=wrong)


def test_images_of_different_sizes(image_folder):
    root = image_folder()
    Image.new("L", (9, 4), 7).save(root / "train/cat/zzz.png")
    d = load("imagefolder", data=root)
    assert isinstance(d.train, FileSplit)
    assert isinstance(d.test, FileSplit)
    last = int(np.flatnonzero(d.train.ids == "train/cat/zzz.png")[0])
    assert d.train.images([last]).shape == (1, 3, 4, 9)
    assert d.train.images([0, last], Augmentation(crop="centre", size=4)).shape == (2, 3, 4, 4)
    with pytest.raises(
        InputError, match=r"train/cat/000\.png is 6x5 and train/cat/zzz\.png is 4x9; ask for a crop"
    ):
        d.train.images([0, last])


def test_imagenet_has_val_and_nothing_else(image_folder):
    root = image_folder(splits=("train", "val"), classes=("n02", "n01"))
    d = load("imagenet", data=root)
    assert d.classes == ("n01", "n02")
    assert d.test.ids[0] == "test/n01/000.png"
    assert d.test.paths is not None
    assert d.test.paths[0] == "val/n01/000.png"
    (root / "val").rename(root / "test")
    with pytest.raises(InputError, match=r"lacks a folder train/ or val/; lay out train/<class>/<image>"):
        load("imagenet", data=root)


def test_a_folder_has_test_or_else_val(image_folder):
    root = image_folder(splits=("train", "val"))
    assert load("imagefolder", data=root).test.paths[0].startswith("val/")
    image_folder("other", splits=("test",))
    (root.parent / "other/test").rename(root / "test")
    assert load("imagefolder", data=root).test.paths[0].startswith("test/")


class Backwards:
    """A folder whose files the system lists in another order."""

    def __init__(self, entries) -> None:
        self.entries = iter(sorted(entries, key=lambda entry: entry.name, reverse=True))

    def __iter__(self):
        return self.entries

    def __next__(self):
        return next(self.entries)

    def __enter__(self):
        return self

    def __exit__(self, *_) -> None:
        self.entries = iter(())


def test_the_order_of_files_makes_no_difference(image_folder, monkeypatch: pytest.MonkeyPatch):
    root = image_folder(per_class=8)
    first = load("imagefolder", data=root, train_items=7, test_items=3, seed=4)
    scan = os.scandir
    monkeypatch.setattr(os, "scandir", lambda path: Backwards(scan(path)))
    second = load("imagefolder", data=root, train_items=7, test_items=3, seed=4)
    assert len(first.train.ids) == 7
    for split in ("train", "test"):
        one, other = getattr(first, split), getattr(second, split)
        assert one.ids.tolist() == other.ids.tolist()
        assert one.content_hash() == other.content_hash()


def test_only_the_chosen_images_are_decoded(image_folder):
    root = image_folder(per_class=5)
    chosen = load("imagefolder", data=root, train_items=4, test_items=2)
    kept = {*chosen.train.paths, *chosen.test.paths}
    for path in root.rglob("*.png"):
        if path.relative_to(root).as_posix() not in kept:
            path.write_bytes(b"damaged")
    again = load("imagefolder", data=root, train_items=4, test_items=2)
    assert again.train.content_hash() == chosen.train.content_hash()
    assert np.bincount(again.train.labels).tolist() == [2, 2]
    with pytest.raises(InputError, match=r"the image (train|test)/\w+/00\d\.png cannot be read"):
        load("imagefolder", data=root)


def test_a_damaged_image_is_named_when_it_is_asked_for(image_folder, monkeypatch: pytest.MonkeyPatch):
    root = image_folder()
    monkeypatch.setattr(pictures, "IN_MEMORY", 6 * 5 * 3)
    (root / "train/dog/001.png").write_bytes(b"damaged")
    d = load("imagefolder", data=root)
    assert d.train.images([0, 5]).shape == (2, 3, 6, 5)
    with pytest.raises(
        InputError, match=r"the image train/dog/001\.png cannot be read \(not a known format\)"
    ):
        d.train.images([0, 4])


def test_hash_of_files_read_when_asked_for(image_folder, monkeypatch: pytest.MonkeyPatch):
    root = image_folder()
    monkeypatch.setattr(pictures, "IN_MEMORY", 6 * 5 * 3)
    first = load("imagefolder", data=root).train.content_hash()
    os.utime(root / "train/cat/000.png", (1, 1))
    assert load("imagefolder", data=root).train.content_hash() == first
    with (root / "train/cat/000.png").open("ab") as file:
        file.write(b"\0")
    d = load("imagefolder", data=root)
    assert d.train.content_hash() != first
    assert d.train.content_hash() == d.train.content_hash()
    unhashed = load("imagefolder", data=root)
    (root / "train/cat/000.png").unlink()
    with pytest.raises(InputError, match=r"000\.png cannot be found any more"):
        unhashed.train.content_hash()


def test_it_pickles_and_works_from_another_folder(
    image_folder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    root = image_folder()
    monkeypatch.setattr(pictures, "IN_MEMORY", 6 * 5 * 3)
    monkeypatch.chdir(root.parent)
    d = load(f"imagefolder:{root.name}")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    back = pickle.loads(pickle.dumps(d))
    np.testing.assert_array_equal(back.train.images([1]), d.train.images([1]))


def test_subfolders_count_and_other_files_do_not(image_folder):
    root = image_folder()
    (root / "train/cat/more").mkdir()
    Image.new("RGB", (5, 6)).save(root / "train/cat/more/x.PNG")
    (root / "train/cat/.hidden").mkdir()
    Image.new("RGB", (5, 6)).save(root / "train/cat/.hidden/x.png")
    for extra in ("train/cat/._000.png", "train/cat/notes.txt", "train/readme.md"):
        (root / extra).write_text("x")
    d = load("imagefolder", data=root)
    assert len(d.train.ids) == 7
    assert "train/cat/more/x.PNG" in d.train.ids


def test_gray_and_palette_folders_are_three_channels(image_folder):
    for mode in ("L", "P"):
        d = load("imagefolder", data=image_folder(mode, mode=mode))
        assert images(d.train).shape == (6, 3, 6, 5)


def remove(root: Path, name: str) -> None:
    for path in sorted((root / name).rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    (root / name).rmdir()


@pytest.mark.parametrize(
    ("breaking", "message"),
    [
        (lambda root: remove(root, "train"), r"lacks a folder train/ or test/ or val/"),
        (lambda root: remove(root, "test"), r"lacks a folder train/ or test/ or val/"),
        (lambda root: remove(root, "train/cat"), "the class 'cat' has test images and no training images"),
        (lambda root: (root / "train/empty").mkdir(), r"the class folder .*train/empty holds no image; add some"),
        (lambda root: [remove(root, f"test/{c}") for c in ("cat", "dog")], r"test holds no folder; it is to hold one"),
    ],
)  # fmt: skip
def test_folders_that_are_no_data_set_are_refused(image_folder, breaking, message: str):
    root = image_folder()
    breaking(root)
    with pytest.raises(InputError, match=message):
        load("imagefolder", data=root)


def test_names_that_are_no_text_are_refused(image_folder):
    root = image_folder()
    try:
        os.rename(os.fsencode(root / "train/cat/000.png"), os.fsencode(root / "train/cat") + b"/\xff.png")  # noqa: PTH104 (bytes)
    except OSError:
        pytest.skip("this file system keeps names as text")
    with pytest.raises(
        InputError, match=r"holds an image whose name is no text, 'train/cat/\\udcff\.png'; rename it"
    ):
        load("imagefolder", data=root)


def test_a_folder_that_may_not_be_listed(image_folder, monkeypatch: pytest.MonkeyPatch):
    root = image_folder()

    def refusing(path, *args):
        if Path(path).name == blocked:
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path, *args)

    scan = os.scandir
    monkeypatch.setattr(os, "scandir", refusing)
    for blocked in ("train", "dog"):
        with pytest.raises(InputError, match=rf"{blocked} cannot be listed \(Permission denied\)"):
            load("imagefolder", data=root)


@pytest.mark.parametrize("name", ["imagenet", "imagefolder"])
def test_a_folder_must_be_named_and_be_one(name: str, tmp_path: Path):
    with pytest.raises(InputError, match=rf"{name} is read from a folder; name it with --data"):
        load(name)
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match=r"file is none; check the path"):
        load(name, data=tmp_path / "file")
    with pytest.raises(InputError, match=r"there is no folder .*nowhere for the data set"):
        load(name, data=tmp_path / "nowhere")


def test_sizes_of_files_asked_for_side_by_side_stand_in_their_order(
    tmp_path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("trichotomy.datasets.folders.MANY", 3)
    names = np.array([f"{k}.png" for k in range(10)], object)
    for k, name in enumerate(names):
        (tmp_path / name).write_bytes(bytes(k))
    assert file_states(str(tmp_path), names)[:, 0].tolist() == list(range(10))
    assert file_states(str(tmp_path), names[:0]).tolist() == []
