"""The cache changes how fast images are read and nothing else, whatever is done to it."""

from __future__ import annotations

import os
import pickle
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from trichotomy.datasets import Augmentation, Dataset, cached, draws, load, reading
from trichotomy.datasets import cached as cached_function
from trichotomy.datasets.cache import Cache
from trichotomy.datasets.cached import CachedSplit
from trichotomy.errors import InputError

MODES = (
    ("RGB", ".jpg"), ("L", ".jpg"), ("CMYK", ".jpg"), ("P", ".png"), ("RGBA", ".png"), ("1", ".png"), ("RGB", ".webp"),
    ("I;16", ".png"),
)  # fmt: skip
CROPS = (
    Augmentation(crop="resized", size=16, flip=True),
    Augmentation(crop="resized", size=16),
    Augmentation(crop="centre", size=12, resize=14, flip=True),
    Augmentation(crop="centre", size=8),
)


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    """Images of all kinds and of different sizes."""
    rng = np.random.default_rng(3)
    for split, count in (("train", 24), ("test", 8)):
        for i in range(count):
            mode, suffix = MODES[i % len(MODES)]
            height, width = rng.integers(14, 60, 2)
            pixels = rng.integers(0, 256, (height // 4 + 1, width // 4 + 1, 3), np.uint8)
            picture = Image.fromarray(pixels).resize((width, height))
            if mode == "I;16":
                picture = Image.fromarray(np.asarray(picture.convert("L")).astype(np.uint16) * 256)
            else:
                picture = picture.convert(mode)
            path = tmp_path / "mixed" / split / "ab"[i % 2] / f"{i:03d}{suffix}"
            path.parent.mkdir(parents=True, exist_ok=True)
            picture.save(path)
    return tmp_path / "mixed"


def folder_of(cache: Path, split: str = "train") -> Path:
    (found,) = cache.glob(f"imagefolder-{split}-*")
    return found


def alike(one: Dataset, other: Dataset) -> None:
    """Both give the same pixels for every crop, whatever the batch."""
    for split in ("train", "test"):
        a, b = getattr(one, split), getattr(other, split)
        count = len(a.ids)
        assert a.ids.tolist() == b.ids.tolist()
        assert a.content_hash() == b.content_hash()
        drawn = draws(5, 1, count)
        some = np.random.default_rng(0).permutation(count)[: count - 1]
        for which in CROPS:
            np.testing.assert_array_equal(
                a.images(some, which, drawn[some]), b.images(some, which, drawn[some])
            )
        for i in range(count):
            whole = a.images([i])
            np.testing.assert_array_equal(whole, b.images([i]))
            padded = Augmentation(crop="padded", padding=2, flip=True)
            np.testing.assert_array_equal(*(each.images([i], padded, drawn[[i]]) for each in (a, b)))


@pytest.mark.parametrize("shorter", [None, 20])
def test_pixels_are_the_same_with_and_without(mixed: Path, tmp_path: Path, shorter: int | None):
    plain = load("imagefolder", data=mixed, shorter=shorter)
    told = []
    quick = load(
        "imagefolder", data=mixed, shorter=shorter, cache=tmp_path / "c", progress=lambda *c: told.append(c)
    )
    assert isinstance(quick.train, CachedSplit)
    assert plain.options == quick.options == ({} if shorter is None else {"shorter": shorter})
    alike(plain, quick)
    assert told[-1] == ("imagefolder (test) into the cache", 8, 8)
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "c").rglob("*") if path.is_file()}
    assert {path.name for path in before} == {"pixels", "sums", "shapes.npy"}
    again = pickle.loads(pickle.dumps(cached(plain, tmp_path / "c")))
    alike(plain, again)
    assert {p: p.stat().st_mtime_ns for p in (tmp_path / "c").rglob("*") if p.is_file()} == before


def test_images_come_from_the_cache_and_not_from_their_files(mixed: Path, tmp_path: Path, monkeypatch):
    expected = load("imagefolder", data=mixed).train.images(np.arange(24), CROPS[-1])
    quick = load("imagefolder", data=mixed, cache=tmp_path / "c")
    monkeypatch.setattr(reading, "decode", lambda *_, **__: pytest.fail("it was decoded"))
    np.testing.assert_array_equal(quick.train.images(np.arange(24), CROPS[-1]), expected)
    assert not folder_of(tmp_path / "c", "train").joinpath("sums").read_bytes().count(bytes(8)) > 24


def test_what_pixels_depend_on_has_a_cache_of_its_own(mixed: Path, tmp_path: Path):
    def caches() -> set[str]:
        return {path.name for path in (tmp_path / "c").glob("*-train-*")}

    load("imagefolder", data=mixed, cache=tmp_path / "c")
    first = caches()
    load("imagefolder", data=mixed, cache=tmp_path / "c")
    assert caches() == first
    load("imagefolder", data=mixed, cache=tmp_path / "c", shorter=20)
    assert len(caches()) == 2
    # The same name, size in bytes and time, elsewhere: nothing but the folder tells them apart.
    shutil.copytree(mixed, tmp_path / "other")
    load("imagefolder", data=tmp_path / "other", cache=tmp_path / "c")
    assert len(caches()) == 3
    changed = next(mixed.glob("train/a/*.png"))
    content = bytearray(changed.read_bytes())
    time.sleep(0.01)
    changed.write_bytes(content)  # the size stays
    load("imagefolder", data=mixed, cache=tmp_path / "c")
    assert len(caches()) == 4


@pytest.mark.parametrize("damage", ["pixels", "sums"])
def test_damage_is_noticed_and_repaired(mixed: Path, tmp_path: Path, damage: str):
    plain = load("imagefolder", data=mixed)
    quick = load("imagefolder", data=mixed, cache=tmp_path / "c")
    file = folder_of(tmp_path / "c") / damage
    whole = file.read_bytes()
    spoilt = bytearray(whole)
    spoilt[1] ^= 4  # of the first image, or of its checksum
    spoilt[-8] ^= 1
    file.write_bytes(spoilt)
    alike(plain, quick)
    assert file.read_bytes() == whole


def test_sizes_that_were_exchanged_are_noticed(mixed: Path, tmp_path: Path):
    plain = load("imagefolder", data=mixed)
    load("imagefolder", data=mixed, cache=tmp_path / "c")
    file = folder_of(tmp_path / "c") / "shapes.npy"
    np.save(file, np.load(file)[:, ::-1])  # as many bytes for each image, all pixels in their places
    alike(plain, load("imagefolder", data=mixed, cache=tmp_path / "c"))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda folder: (folder / "shapes.npy").unlink(),
        lambda folder: (folder / "shapes.npy").write_bytes(b"x"),
        lambda folder: np.save(folder / "shapes.npy", np.ones((3, 2), np.int32)),
        lambda folder: os.truncate(folder / "pixels", 100),
        lambda folder: (folder / "sums").unlink(),
        lambda folder: (folder / "pixels").write_bytes(b""),
    ],
)
def test_the_remains_of_a_cache_are_made_whole(mixed: Path, tmp_path: Path, spoil: Callable[[Path], None]):
    plain = load("imagefolder", data=mixed)
    load("imagefolder", data=mixed, cache=tmp_path / "c")
    spoil(folder_of(tmp_path / "c"))
    alike(plain, load("imagefolder", data=mixed, cache=tmp_path / "c"))
    assert not Cache(folder_of(tmp_path / "c")).missing().any()


def test_an_image_larger_than_its_header_says_is_read_from_its_file(mixed: Path, tmp_path: Path, monkeypatch):
    plain = load("imagefolder", data=mixed)
    monkeypatch.setattr(reading, "measure", lambda *_, **__: (7, 5))
    alike(plain, load("imagefolder", data=mixed, cache=tmp_path / "c"))


def test_a_cache_that_may_only_be_read(mixed: Path, tmp_path: Path, monkeypatch):
    plain = load("imagefolder", data=mixed)
    load("imagefolder", data=mixed, cache=tmp_path / "c")
    folder = folder_of(tmp_path / "c")
    spoilt = bytearray((folder / "pixels").read_bytes())
    spoilt[0] ^= 255
    (folder / "pixels").write_bytes(spoilt)
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write anywhere
    alike(plain, load("imagefolder", data=mixed, cache=tmp_path / "c"))
    assert (folder / "pixels").read_bytes() == spoilt


def test_sets_held_in_memory_need_none(image_folder, tmp_path: Path):
    d = load("imagefolder", data=image_folder(), cache=tmp_path / "c")
    assert cached_function(d, tmp_path / "c") is d
    assert not (tmp_path / "c").exists()


def test_a_disk_that_is_too_small_is_found_out_before(mixed: Path, tmp_path: Path, monkeypatch):
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=10_000))
    with pytest.raises(
        InputError, match=r"takes 0\.\d+ MB more, and 0\.01 MB are free there; .* shorter=256"
    ):
        load("imagefolder", data=mixed, cache=tmp_path / "c" / "deep")
    assert not (tmp_path / "c").exists()
    monkeypatch.undo()
    load("imagefolder", data=mixed, cache=tmp_path / "c" / "deep")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=10_000))
    load("imagefolder", data=mixed, cache=tmp_path / "c" / "deep")  # what is there takes nothing more


def test_folders_that_cannot_be_used(mixed: Path, tmp_path: Path):
    (tmp_path / "file").touch()
    for wrong in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(InputError, match=r"cannot be made: .*file is no folder that may be written to"):
            load("imagefolder", data=mixed, cache=wrong)


def test_a_disk_that_fails_is_one_sentence(mixed: Path, tmp_path: Path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "pwrite", full)
    with pytest.raises(
        InputError, match=r"cannot be written \(No space left on device\); choose another folder"
    ):
        load("imagefolder", data=mixed, cache=tmp_path / "c")


def test_a_damaged_image_is_named(mixed: Path, tmp_path: Path):
    plain = load("imagefolder", data=mixed)
    damaged = max(mixed.glob("test/b/*.png"))
    damaged.write_bytes(damaged.read_bytes()[:-60])
    with pytest.raises(InputError, match=rf"the image test/b/{damaged.name} cannot be read"):
        cached(plain, tmp_path / "c")


BUILDER = """
import sys, time
from pathlib import Path
from trichotomy.datasets import cached, load, reading
data, folder, go, pause = sys.argv[1:]
decode, count = reading.decode, 0
def slow(*args, **kwargs):
    global count
    count += 1
    time.sleep(float(pause))
    return decode(*args, **kwargs)
reading.decode = slow
sys.modules["trichotomy.datasets.cached"].AT_ONCE = 8
print("ready", flush=True)
while not Path(go).exists():
    time.sleep(0.005)
load("imagefolder", data=data, cache=folder)
print(count)
"""


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """Two hundred images of two sizes."""
    for split, count in (("train", 200), ("test", 4)):
        (tmp_path / "many" / split / "a").mkdir(parents=True)
        for i in range(count):
            rng = np.random.default_rng([count, i])
            pixels = rng.integers(0, 256, (9, 8 + i % 2, 3), np.uint8)
            Image.fromarray(pixels).save(tmp_path / "many" / split / "a" / f"{i:03d}.png")
    return tmp_path / "many"


def builder(data: Path, folder: Path, go: Path, pause: float) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", BUILDER, str(data), str(folder), str(go), str(pause)], stdout=subprocess.PIPE, text=True
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def test_a_builder_that_was_killed_is_gone_on_with(many: Path, tmp_path: Path, monkeypatch):
    go = tmp_path / "go"
    go.touch()
    with builder(many, tmp_path / "c", go, 0.02) as process:
        sums = []
        end = time.monotonic() + 30
        while sum(sums) < 20 and time.monotonic() < end:
            time.sleep(0.01)
            sums = [np.count_nonzero(np.fromfile(p, "<u8")) for p in tmp_path.glob("c/*-train-*/sums")]
        process.send_signal(signal.SIGKILL)
    made = np.fromfile(folder_of(tmp_path / "c") / "sums", "<u8")
    assert 20 <= np.count_nonzero(made) < 200
    decoded = []
    decode = reading.decode
    monkeypatch.setattr(
        reading, "decode", lambda source, *a, **k: (decoded.append(source), decode(source, *a, **k))[1]
    )
    quick = load("imagefolder", data=many, cache=tmp_path / "c")
    assert len(decoded) == 200 - np.count_nonzero(made) + 4
    monkeypatch.undo()
    alike(load("imagefolder", data=many), quick)


def test_two_builders_share_the_work(many: Path, tmp_path: Path):
    go = tmp_path / "go"
    with builder(many, tmp_path / "c", go, 0.01) as one, builder(many, tmp_path / "c", go, 0.01) as other:
        go.touch()
        counts = [int(process.communicate()[0]) for process in (one, other)]
    assert one.returncode == other.returncode == 0
    assert (
        204 <= sum(counts) < 1.6 * 204
    )  # some are done twice, where both take the same ones at the same time
    alike(load("imagefolder", data=many), load("imagefolder", data=many, cache=tmp_path / "c"))
