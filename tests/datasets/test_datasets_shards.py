"""Shards are the same data set as the folders they were packed from; what is ill-formed is refused in a sentence."""

from __future__ import annotations

import io
import json
import os
import pickle
import tarfile
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from trichotomy.datasets import ArraySplit, Augmentation, draws, load, pictures, samples
from trichotomy.datasets.cached import CachedSplit
from trichotomy.datasets.reading import FileSplit
from trichotomy.errors import InputError

Files = Mapping[str, bytes]


def png(value: int = 0, size: tuple[int, int] = (5, 4)) -> bytes:
    content = io.BytesIO()
    Image.new("RGB", size, (value, 7, 9)).save(content, "PNG")
    return content.getvalue()


def shard(path: Path, files: Files | Iterable[tuple[str, bytes]], mode: str = "w") -> Path:
    """A tar file of these, in this order, in the format that WebDataset's writer has."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, mode, format=tarfile.USTAR_FORMAT) as archive:  # type: ignore[call-overload]
        for name, content in files.items() if isinstance(files, Mapping) else files:
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return path


def sample(key: str, label: object, value: int = 0, kind: str = "png") -> dict[str, bytes]:
    return {f"{key}.{kind}": png(value), f"{key}.cls": str(label).encode()}


@pytest.fixture
def two(tmp_path: Path) -> Path:
    """The smallest data set: two classes, one shard for each split."""
    root = tmp_path / "two"
    shard(root / "a-train-0.tar", sample("x", 0, 10) | sample("y", 1, 20))
    shard(root / "a-val-0.tar", sample("x", 1, 30))
    return root


def written(path: Path, found: Iterable[tuple[str, int, bytes]]) -> None:
    """By WebDataset's own writer where it is installed."""
    try:
        from webdataset import TarWriter
    except ImportError:
        shard(path, [(f"{key}.{kind}", content) for key, label, image in found
                     for kind, content in (("cls", str(label).encode()), ("png", image))])  # fmt: skip
        return
    with TarWriter(str(path)) as writer:
        for key, label, image in found:
            writer.write({"__key__": key, "cls": label, "png": image})


@pytest.mark.parametrize("held", [True, False], ids=["in memory", "when asked for"])
def test_shards_are_the_folders_they_were_packed_from(
    image_folder: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, held: bool
):
    root = image_folder(splits=("train", "val"), classes=("cat", "dog"), per_class=7)
    if not held:
        monkeypatch.setattr(pictures, "IN_MEMORY", 6 * 5 * 3)
    (tmp_path / "shards").mkdir()
    for split in ("train", "val"):
        images = sorted((root / split).rglob("*.png"), reverse=True)
        for k in range(0, len(images), 5):
            these = [
                (f"{p.parent.name}/{p.stem}", int(p.parent.name == "dog"), p.read_bytes())
                for p in images[k : k + 5]
            ]
            written(tmp_path / "shards" / f"pets-{split}-{k:04d}.tar", these)
    (tmp_path / "shards" / "classes.txt").write_text("cat\ndog\n")
    folders = load("imagefolder", data=root, train_items=9)
    packed = load("shards", data=tmp_path / "shards", train_items=9)
    assert packed.classes == folders.classes
    assert packed.options == folders.options
    for split in ("train", "test"):
        one, other = getattr(packed, split), getattr(folders, split)
        assert isinstance(one, ArraySplit if held else FileSplit)
        assert one.ids.tolist() == [name.removesuffix(".png") for name in other.ids]
        assert one.labels.tolist() == other.labels.tolist()
        assert one.paths is None
        drawn = draws(1, 0, len(one.ids))
        which = Augmentation(crop="resized", size=8, flip=True)
        order = np.random.default_rng(0).permutation(len(one.ids))
        one = pickle.loads(pickle.dumps(one))
        np.testing.assert_array_equal(
            one.images(order, which, drawn[order]), other.images(order, which, drawn[order])
        )


def test_ids_labels_and_classes(two: Path):
    d = load("shards", data=two)
    assert d.train.ids.tolist() == ["train/x", "train/y"]
    assert d.test.ids.tolist() == ["test/x"]
    assert (d.train.labels.tolist(), d.test.labels.tolist(), d.classes) == ([0, 1], [1], ("0", "1"))
    assert d.train.images([0, 1])[:, 0, 0, 0].tolist() == [10, 20]


def test_folders_of_shards_and_test_before_val(two: Path):
    for split, value in (("train", 1), ("val", 2), ("test", 3)):
        shard(two.parent / "b" / split / "0001.tar", sample(f"deep/{split}", 0, value))
    d = load("shards", data=two.parent / "b")
    assert (d.train.ids.tolist(), d.test.ids.tolist()) == (["train/deep/train"], ["test/deep/test"])
    assert d.test.images([0])[0, 0, 0, 0] == 3


def test_records_give_labels_and_names(two: Path):
    def record(**content: object) -> bytes:
        return json.dumps(content).encode()

    shard(two / "a-train-0.tar", {
        "x.jpeg": png(), "x.json": record(label=1, label_name="owl"), "y.WEBP": png(),
        "y.json": record(label=0, class_name="hen"), "y.txt": b"a hen", "__info__.json": b"{}", "._x.cls": b"?",
    })  # fmt: skip
    shard(two / "a-val-0.tar", {**sample("x", 1), "x.json": record(label=0, width=4)})  # .cls goes before
    d = load("shards", data=two)
    assert d.classes == ("hen", "owl")
    assert (d.train.labels.tolist(), d.test.labels.tolist()) == ([1, 0], [1])


def test_long_names_and_other_members(two: Path):
    with tarfile.open(two / "a-train-0.tar", "w", format=tarfile.PAX_FORMAT) as archive:
        directory = tarfile.TarInfo("some")
        directory.type = tarfile.DIRTYPE
        archive.addfile(directory)
        for name, content in sample("some/" + "ö" * 120, 1, 5).items():
            entry = tarfile.TarInfo(f"./{name}")
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    d = load("shards", data=two)
    assert d.train.ids.tolist() == ["train/some/" + "ö" * 120]
    assert d.train.images([0])[0, 0, 0, 0] == 5


def test_shards_with_a_cache(two: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(pictures, "IN_MEMORY", 5 * 4 * 3)
    told = []
    plain = load("shards", data=two)
    quick = load("shards", data=two, cache=tmp_path / "c", progress=lambda *call: told.append(call))
    assert told[0] == ("shards (lists of shards)", 0, 2)
    assert isinstance(quick.train, CachedSplit)
    monkeypatch.setattr(samples, "members", lambda *_, **__: pytest.fail("it was listed again"))
    again = load("shards", data=two, cache=tmp_path / "c")
    for d in (quick, again):
        assert d.train.content_hash() == plain.train.content_hash()
        np.testing.assert_array_equal(d.train.images([1, 0]), plain.train.images([1, 0]))
    monkeypatch.undo()
    time.sleep(0.01)
    shard(two / "a-train-0.tar", sample("x", 0, 11) | sample("y", 1, 21))
    assert load("shards", data=two, cache=tmp_path / "c").train.images([0])[0, 0, 0, 0] == 11


def test_a_list_that_is_damaged_is_made_again(two: Path, tmp_path: Path):
    first = load("shards", data=two, cache=tmp_path / "c")
    lists = sorted((tmp_path / "c" / "shards").iterdir())
    assert len(lists) == 2
    for path in lists:
        content = path.read_bytes()
        path.write_bytes(content[: len(content) // 2])
    again = load("shards", data=two, cache=tmp_path / "c")
    assert again.train.ids.tolist() == first.train.ids.tolist()
    assert [path.read_bytes()[:2] for path in lists] == [b"PK", b"PK"]
    assert sorted((tmp_path / "c" / "shards").iterdir()) == lists


def link(path: Path) -> None:
    with tarfile.open(path, "w") as archive:
        entry = tarfile.TarInfo("x.png")
        entry.type, entry.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(entry)


def cut(path: Path, count: int) -> None:
    os.truncate(path, path.stat().st_size - count)


TRAIN = "a-train-0.tar"


@pytest.mark.parametrize(
    ("breaking", "message"),
    [
        (lambda r: shard(r / TRAIN, {"x.png": png()}), r"train-0\.tar holds an image and no class for 'x'; add x\.cls"),
        (lambda r: shard(r / TRAIN, {"x.cls": b"1"}), r"holds a class and no image for 'x'; add \.jpg or"),
        (lambda r: shard(r / TRAIN, {**sample("x", 0), "x.jpg": png()}), r"holds 2 images for 'x'; a sample has one"),
        (lambda r: shard(r / TRAIN, sample("x", -1)), r"has the class -1 for 'x', and there are 0 in the training"),
        (lambda r: shard(r / "a-val-0.tar", sample("x", 2)), r"class 2 for 'x', and there are 2 in the training"),
        (lambda r: (r / "classes.txt").write_text("one\n"), r"class 1 for 'y', and there are 1 in classes\.txt"),
        (lambda r: (r / "classes.txt").write_text("one\none\n"), r"two classes are called 'one'; name each once"),
        (lambda r: (r / "classes.txt").write_bytes(b"\xff\xfe"), r"classes\.txt is no text in UTF-8"),
        (lambda r: shard(r / TRAIN, sample("x", "cat")), r"the class of 'x' is 'cat'; give a whole number"),
        (lambda r: shard(r / TRAIN, sample("x", 10**9)), r"the class of 'x' is '1000000000'; give a whole number"),
        (lambda r: shard(r / TRAIN, {"x.png": png(), "x.json": b"[1]"}), r"class of 'x' is 'no JSON object'"),
        (lambda r: shard(r / TRAIN, {"x.png": png(), "x.json": b"{}"}), r"class of 'x' is 'None'; give a whole"),
        (lambda r: shard(r / TRAIN, {"x.png": png(), "x.cls": b"1" * 2**21}), r"takes 2097152 bytes, which is no"),
        (lambda r: shard(r / "a-train-1.tar", sample("y", 0)), r"key 'y' is in .*train-0\.tar and in .*train-1\.tar"),
        (lambda r: shard(r / TRAIN, [("x.png", png()), ("x.png", png())]), r"holds 'x\.png' twice"),
        (lambda r: shard(r / TRAIN, {**sample("x", 0), "./x.cls": b"1"}), r"'x\.cls' and '\./x\.cls', which are one"),
        (lambda r: shard(r / TRAIN, sample("../x", 0)), r"holds '\.\./x\.png', which is no plain file within it"),
        (lambda r: link(r / TRAIN), r"holds 'x\.png', which is no plain file within it"),
        (lambda r: shard(r / TRAIN, {}), r"of the train split, .*train-0\.tar and others, hold no image"),
        (lambda r: cut(r / TRAIN, 10240 - 512 * 3), r"train-0\.tar is damaged or no tar archive \(unexpected end"),
        (lambda r: cut(r / TRAIN, 10240 - 512 * 8), r"train-0\.tar ends without a tar file's end; it was cut off"),
        (lambda r: (r / TRAIN).write_bytes(b"no tar file" * 100), r"train-0\.tar is damaged or no tar archive"),
        (lambda r: shard(r / TRAIN, sample("x", 0), "w:gz"), r"train-0\.tar is compressed, and items are read by"),
        (lambda r: (r / TRAIN).rename(r / f"{TRAIN}.gz"), r"train-0\.tar\.gz is compressed, and items are read by"),
        (lambda r: (r / TRAIN).unlink(), r"holds no shards of the train split; name them \*train\*\.tar, or put them"),
        (lambda r: (r / "a-val-0.tar").unlink(), r"no shards of the test split; name them \*test\*\.tar or \*val\*"),
        (lambda r: (r / TRAIN).rename(r / "train-val.tar"), r"train-val\.tar is named like a shard of both splits"),
    ],
)  # fmt: skip
def test_what_is_ill_formed_is_refused(two: Path, breaking: Callable[[Path], object], message: str):
    breaking(two)
    with pytest.raises(InputError, match=message):
        load("shards", data=two)


def test_names_of_classes_that_differ(two: Path):
    both = {"x.png": png(), "x.json": b'{"label": 0, "label_name": "hen"}'}
    shard(two / "a-val-0.tar", {"x.png": png(), "x.json": b'{"label": 0, "label_name": "owl"}'})
    shard(two / TRAIN, both)
    with pytest.raises(
        InputError, match=r"calls the class 0 'owl', and another sample calls it 'hen'; correct one"
    ):
        load("shards", data=two)


def test_a_shard_that_changes_while_it_is_used(two: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(pictures, "IN_MEMORY", 5 * 4 * 3)
    d = load("shards", data=two)
    os.truncate(two / TRAIN, 700)
    with pytest.raises(InputError, match=r"the shard .*train-0\.tar has become shorter than it was"):
        d.train.images([1])
    (two / TRAIN).unlink()
    with pytest.raises(InputError, match=r"the shard .*train-0\.tar cannot be read any more"):
        d.train.images([1])
    with pytest.raises(InputError, match=r"the shard .*train-0\.tar cannot be found any more"):
        d.train.content_hash()


def test_a_damaged_image_is_named_with_its_shard(two: Path):
    shard(two / TRAIN, {"x.png": b"no image", "x.cls": b"1"})
    with pytest.raises(
        InputError, match=r"the image train/x of a-train-0\.tar cannot be read \(not a known format\)"
    ):
        load("shards", data=two)
