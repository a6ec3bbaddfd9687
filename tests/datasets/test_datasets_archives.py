"""Archives of images: the same as the folders they were packed from; anything odd in them is refused."""

from __future__ import annotations

import gzip
import io
import tarfile
from pathlib import Path

import numpy as np
import pytest

from trichotomy.datasets import archives, load
from trichotomy.datasets.archives import contents, is_archive, list_images, members
from trichotomy.errors import InputError

TEN = tuple(f"class{i}" for i in range(10))
MODES = {".tar": "w", ".tar.gz": "w:gz", ".tgz": "w:gz", ".tar.xz": "w:xz", ".tar.bz2": "w:bz2"}


@pytest.mark.parametrize(("suffix", "mode"), MODES.items())
@pytest.mark.parametrize("prefix", ["", "./", "CIFAR-10-images-master/"])
def test_an_archive_is_the_folder_it_was_packed_from(
    image_folder, packed, tmp_path: Path, suffix: str, mode: str, prefix: str
):
    folder = image_folder(classes=TEN, per_class=2)
    (folder / "README.md").write_text("x")
    (tmp_path / "data").mkdir()
    packed(folder, tmp_path / "data" / f"c10{suffix}", mode, prefix=prefix)
    from_folder = load("cifar10", data=folder, train_items=15)
    told = []
    from_archive = load(
        "cifar10", data=tmp_path / "data", train_items=15, progress=lambda *call: told.append(call)
    )
    assert from_archive.classes == from_folder.classes
    for split in ("train", "test"):
        one, other = getattr(from_archive, split), getattr(from_folder, split)
        assert one.ids.tolist() == other.ids.tolist()
        assert one.content_hash() == other.content_hash()
        assert one.paths is None
    assert told[-1] == ("cifar10", 35, 35)
    direct = load("cifar10", data=tmp_path / "data" / f"c10{suffix}", train_items=15)
    assert direct.train.content_hash() == from_folder.train.content_hash()


def test_val_stands_for_test(image_folder, packed, tmp_path: Path):
    path = packed(image_folder(splits=("train", "val")), tmp_path / "a.tar", "w")
    classes, listings = list_images(members(path), path.name)
    assert classes == ("cat", "dog")
    assert listings["test"].ids[0] == "test/cat/000.png"
    assert listings["test"].paths[0] == "val/cat/000.png"


def archive(path: Path, *entries: tarfile.TarInfo | str) -> Path:
    with tarfile.open(path, "w") as file:
        for entry in entries:
            info = tarfile.TarInfo(entry) if isinstance(entry, str) else entry
            data = b"x" if info.isreg() else b""
            info.size = len(data)
            file.addfile(info, io.BytesIO(data))
    return path


def special(name: str, kind: bytes, target: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


@pytest.mark.parametrize(
    "odd",
    [
        special("train/cat/1.png", tarfile.SYMTYPE, "/etc/passwd"),
        special("train/cat/1.png", tarfile.LNKTYPE, "train/cat/0.png"),
        special("train/cat/1.png", tarfile.CHRTYPE),
        special("train/cat/1.png", tarfile.FIFOTYPE),
        special("/train/cat/1.png", tarfile.REGTYPE),
        special("train/../../1.png", tarfile.REGTYPE),
        special("..", tarfile.DIRTYPE),
    ],
)
def test_members_that_are_no_plain_files_are_refused(tmp_path: Path, odd: tarfile.TarInfo):
    path = archive(tmp_path / "a.tar", "train/cat/0.png", odd)
    with pytest.raises(
        InputError, match=rf"a\.tar holds '.*{Path(odd.name).name}', which is no plain file within it"
    ):
        members(path)


def test_the_same_name_twice_is_refused(tmp_path: Path):
    with pytest.raises(InputError, match=r"a\.tar holds 'train/cat/0\.png' twice"):
        members(archive(tmp_path / "a.tar", "train/cat/0.png", "train/cat/0.png"))
    path = archive(tmp_path / "b.tar", "train/cat/0.png", "./train/cat/0.png", "test/cat/0.png")
    with pytest.raises(InputError, match=r"b\.tar holds the image train/cat/0\.png more than once"):
        list_images(members(path), path.name)


def test_what_unpacks_to_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = archive(tmp_path / "a.tar", *(f"train/cat/{i}.png" for i in range(5)))
    assert len(members(path)) == 5
    monkeypatch.setattr(archives, "LARGEST_TOTAL", 3)
    with pytest.raises(
        InputError, match=r"a\.tar is larger, unpacked, than is read from an archive \(at 'train/cat/3"
    ):
        members(path)


def test_a_member_that_claims_too_much_is_refused_before_it_is_read(tmp_path: Path):
    info = tarfile.TarInfo("train/cat/0.png")
    info.size = 2**40
    with gzip.open(tmp_path / "a.tar.gz", "wb") as file:
        file.write(info.tobuf())
    with pytest.raises(InputError, match=r"a\.tar\.gz is larger, unpacked"):
        members(tmp_path / "a.tar.gz")


def test_a_header_that_claims_too_much_is_refused_before_it_is_read(tmp_path: Path):
    """A long name is read as a whole before anything can look at it."""
    info = tarfile.TarInfo("././@LongLink")
    info.type, info.size = tarfile.GNUTYPE_LONGNAME, 2**40
    (tmp_path / "a.tar").write_bytes(info.tobuf(tarfile.GNU_FORMAT) + b"\0" * 2048)
    with pytest.raises(
        InputError, match=r"a\.tar is damaged or no tar archive \(a header claims \d{13} bytes\)"
    ):
        members(tmp_path / "a.tar")


@pytest.mark.parametrize(("suffix", "mode"), MODES.items())
def test_a_cut_off_archive_is_named(image_folder, packed, tmp_path: Path, suffix: str, mode: str):
    path = packed(image_folder(size=(40, 40)), tmp_path / f"a{suffix}", mode)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(
        InputError, match=rf"a{suffix} is damaged or no tar archive \(.+\); copy or download it again"
    ):
        members(path)


def test_a_member_cut_off_since_it_was_listed_is_named(tmp_path: Path):
    path = archive(tmp_path / "a.tar", "train/cat/0.png")
    listed = list(members(path).values())
    path.write_bytes(b"")
    with pytest.raises(
        InputError, match=r"a\.tar is damaged or no tar archive \('train/cat/0\.png' is cut off\)"
    ):
        list(contents(path, listed))


@pytest.mark.parametrize("name", ["a.tar.xz", "a.tar.gz", "a.tar", "a.tar.bz2"])
def test_what_is_no_archive_is_named(tmp_path: Path, name: str):
    (tmp_path / name).write_bytes(b"no archive at all" * 100)
    with pytest.raises(InputError, match=rf"{name} is damaged or no tar archive"):
        members(tmp_path / name)


def test_two_data_sets_in_one_archive_are_refused(tmp_path: Path):
    path = archive(tmp_path / "a.tar", "x/train/cat/0.png", "x/test/cat/0.png", "train/cat/0.png")
    with pytest.raises(
        InputError, match=r"a\.tar holds images in '\.' and in 'x'; pack one data set per archive"
    ):
        list_images(members(path), path.name)


def test_an_archive_without_images_is_refused(tmp_path: Path):
    path = archive(tmp_path / "a.tar", "train/cat/0.txt", "0.png", "train/0.png")
    with pytest.raises(
        InputError, match=r"a\.tar holds no images for the train split; lay them out as train/<class>/"
    ):
        list_images(members(path), path.name)


def test_images_of_different_sizes_are_refused(image_folder, packed, tmp_path: Path):
    folder = image_folder(classes=TEN, per_class=1)
    image_folder("more", classes=("class0",), splits=("train",), per_class=1, size=(9, 9))
    (tmp_path / "more/train/class0/000.png").rename(folder / "train/class0/other.png")
    path = packed(folder, tmp_path / "a.tar", "w")
    with pytest.raises(InputError, match=r"a\.tar differ in size or take too much memory; unpack them"):
        load("cifar10", data=path)


@pytest.mark.parametrize(
    ("name", "expected"), [("a.tar", True), ("a.TAR.XZ", True), ("a.zip", False), (".a.tar", False)]
)
def test_archives_by_name(name: str, expected: bool):
    assert is_archive(name) is expected


def test_the_real_images_of_cifar10(reference: Path):
    d = load("cifar10", data=reference / "cifar-10", train_items=60, test_items=30)
    assert d.classes == (
        "airplane",
        "automobile",
        "bird",
        "cat",
        "deer",
        "dog",
        "frog",
        "horse",
        "ship",
        "truck",
    )
    assert np.bincount(d.train.labels).tolist() == [6] * 10
    assert np.bincount(d.test.labels).tolist() == [3] * 10
    assert (d.train.channels, d.train.size, d.train.paths) == (3, (32, 32), None)
    assert d.options == {"train_items": 60, "test_items": 30, "seed": 0}
    assert all(one.startswith("test/") and one.endswith(".jpg") for one in d.test.ids)
    pixels = d.train.images(np.arange(60)) / 255
    assert pixels.mean(axis=(0, 2, 3)) == pytest.approx(
        [0.491, 0.482, 0.447], abs=0.06
    )  # of all 50,000, as published
