"""Images of items: which file is whose, and what small copies of them look like."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest

pytest.importorskip("PIL", reason="Pillow is not installed")

from PIL import Image

from trichotomy.datasets import ArraySplit
from trichotomy.datasets.depicted import folder_images, split_images
from trichotomy.errors import InputError


@pytest.fixture
def tree(tmp_path):
    """Make image files below a folder: names -> folder."""

    def make(*names: str):
        for k, name in enumerate(names):
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (8, 6), (k, 0, 0)).save(tmp_path / name)
        return tmp_path

    return make


def found(folder, items, paths=None):
    files = folder_images(folder, items, paths).files
    return [file and file.relative_to(folder).as_posix() for file in files]


@pytest.mark.parametrize(
    ("hint", "file"),
    [
        ("val/cat/1.png", "val/cat/1.png"), ("cat/1.png", "val/cat/1.png"), ("1.png", "val/cat/1.png"),
        ("1", "val/cat/1.png"), ("cat/1", "val/cat/1.png"), ("root/val/cat/1.png", "val/cat/1.png"),
        ("./val\\cat\\1.png", "val/cat/1.png"), ("dog/1.png", None), ("../val/cat/1.png", "val/cat/1.png"),
        ("/etc/passwd", None), ("../../etc/passwd.png", None), ("", None), ("2.jpeg", "flat-2.png"),
    ],
)  # fmt: skip
def test_a_file_is_the_one_whose_path_ends_alike(tree, hint, file):
    folder = tree("val/cat/1.png", "flat-2.png", "val/dog/3.png")
    if hint == "2.jpeg":
        hint = "flat-2.jpeg"
    assert found(folder, ["3", hint]) == ["val/dog/3.png", file]


def test_of_several_files_or_several_names_none_is_taken(tree):
    folder = tree("a/1.png", "b/1.png", "2.png", "c/3.jpg", "c/3.png")
    items = ["1", "a/1", "x/2", "y/2", "3", "3.jpg"]
    assert found(folder, items) == [None, "a/1.png", None, None, None, "c/3.jpg"]


def test_the_file_of_that_very_path_goes_before_others_of_its_name(tree):
    items = ["one.png", "z/one.png", "two.png"]
    assert found(tree(*items, "two.png.png"), [*items, "one"]) == [*items, None]


def test_a_path_stands_before_an_id_and_may_be_shared(tree):
    folder = tree("one.png", "two.png")
    assert found(folder, ["one", "q1", "q2", "two"], ["two.png", "one.png", "one.png", None]) == [
        "two.png",
        "one.png",
        "one.png",
        "two.png",
    ]


def test_no_image_at_all_is_an_error_that_names_an_item(tree, tmp_path):
    with pytest.raises(InputError, match=r"1 images, none of which .* 'item-9'"):
        folder_images(tree("a.png"), ["item-9"])
    with pytest.raises(InputError, match="there is no folder"):
        folder_images(tmp_path / "nowhere", ["a"])


def test_thumbnails_are_small_and_say_their_type(tmp_path):
    Image.new("RGB", (1000, 500), (200, 30, 30)).save(tmp_path / "large.jpg")
    Image.new("L", (32, 32), 77).save(tmp_path / "tiny.png")
    (tmp_path / "bad.png").write_bytes(b"no image")
    images = folder_images(tmp_path, ["large", "tiny", "bad", "absent"])
    assert images.there.tolist() == [True, True, True, False]
    large, tiny = images.thumbnail(0, 192), images.thumbnail(1, 192)
    assert (large.kind, large.width, large.height) == ("image/jpeg", 192, 96)
    assert (tiny.kind, tiny.width, tiny.height) == ("image/png", 32, 32)
    pixels = np.asarray(Image.open(BytesIO(large.content)))
    assert np.abs(pixels.astype(int) - [200, 30, 30]).max() < 6
    with pytest.raises(InputError, match=r"bad\.png cannot be read"):
        images.thumbnail(2, 192)
    with pytest.raises(InputError, match="no image of item number 4"):
        images.thumbnail(3, 192)


def test_a_version_is_another_one_once_the_file_is(tmp_path):
    file = tmp_path / "a.png"
    Image.new("RGB", (4, 4)).save(file)
    images = folder_images(tmp_path, ["a"])
    before = images.version(0)
    assert images.version(0) == before
    Image.new("RGB", (9, 9), (1, 2, 3)).save(file)
    assert images.version(0) != before
    file.unlink()
    assert images.version(0)


def test_pixels_are_whole_where_small_and_alike_else_the_middle(tmp_path):
    for name, size in (("a", (30, 20)), ("b", (30, 20)), ("c", (300, 100))):
        Image.new("RGB", size, (9, 200, 30)).save(tmp_path / f"{name}.png")
    images = folder_images(tmp_path, ["a", "b", "c", "absent"])
    assert images.pixels([1, 0], 80).shape == (2, 3, 20, 30)
    assert images.pixels([0, 2], 80).shape == (2, 3, 80, 80)
    assert (images.pixels([0, 2], 80)[:, 1] == 200).all()
    with pytest.raises(InputError, match="no image of item number 4"):
        images.pixels([0, 3], 80)


@pytest.mark.parametrize("channels", [1, 3])
def test_images_of_a_split_are_its_own(channels):
    pixels = np.arange(3 * channels * 8 * 8, dtype=np.uint8).reshape(3, channels, 8, 8)
    images = split_images(ArraySplit(pixels, [0, 1, 0], ["x", "y", "z"]), ["z", "absent", "x"])
    assert images.there.tolist() == [True, False, True]
    shown = np.asarray(Image.open(BytesIO(images.thumbnail(0, 96).content)))
    assert np.array_equal(shown.reshape(8, 8, channels), pixels[2].transpose(1, 2, 0))
    assert images.version(0) != images.version(2)
