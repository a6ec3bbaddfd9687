"""Image files: every kind of colours becomes red, green and blue; what is damaged is named."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from trichotomy.datasets import pictures
from trichotomy.datasets.pictures import decode, decode_all, is_image, measure
from trichotomy.errors import InputError

RGB = np.random.default_rng(0).integers(0, 256, (6, 7, 3), np.uint8)


def saved(tmp_path: Path, image: Image.Image, suffix: str = ".png", **options) -> Path:
    path = tmp_path / f"image{suffix}"
    image.save(path, **options)
    return path


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".ppm", ".tif", ".TIFF"])
def test_colours_are_read_as_they_are(tmp_path: Path, suffix: str):
    path = saved(tmp_path, Image.fromarray(RGB), suffix)
    for source in (path, path.read_bytes()):
        picture = decode(source, "it")
        assert picture.mode == "RGB"
        np.testing.assert_array_equal(np.asarray(picture), RGB)


@pytest.mark.parametrize("mode", ["L", "1", "LA"])
def test_gray_becomes_three_equal_channels(tmp_path: Path, mode: str):
    gray = Image.fromarray(RGB).convert("L").convert(mode)
    found = np.asarray(decode(saved(tmp_path, gray), "it"))
    np.testing.assert_array_equal(found, np.repeat(np.asarray(gray.convert("L"))[:, :, None], 3, axis=2))


def test_16_bit_gray_keeps_its_upper_byte(tmp_path: Path):
    values = np.arange(0, 65536, 65536 // 42, dtype=np.uint16)[:42].reshape(6, 7)
    found = np.asarray(decode(saved(tmp_path, Image.fromarray(values)), "it"))
    np.testing.assert_array_equal(found[:, :, 0], values >> 8)


def test_palette_with_and_without_transparency(tmp_path: Path):
    palette = Image.fromarray(RGB).convert("P", palette=Image.Palette.ADAPTIVE, colors=16)
    expected = np.asarray(palette.convert("RGB"))
    np.testing.assert_array_equal(np.asarray(decode(saved(tmp_path, palette), "it")), expected)
    path = saved(tmp_path, palette, transparency=bytes(range(16)))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_array_equal(np.asarray(decode(path, "it")), expected)


def test_transparency_is_left_out(tmp_path: Path):
    alpha = np.concatenate([RGB, np.full((6, 7, 1), 9, np.uint8)], axis=2)
    np.testing.assert_array_equal(np.asarray(decode(saved(tmp_path, Image.fromarray(alpha)), "it")), RGB)


def test_cmyk_jpeg(tmp_path: Path):
    flat = Image.new("RGB", (16, 16), (200, 30, 90)).convert("CMYK")
    found = np.asarray(decode(saved(tmp_path, flat, ".jpg", quality=100), "it"))
    assert found.reshape(-1, 3).mean(axis=0) == pytest.approx([200, 30, 90], abs=3)


def test_the_first_frame_of_an_animation(tmp_path: Path):
    frames = [Image.new("L", (4, 4), value) for value in (10, 200)]
    path = saved(tmp_path, frames[0], ".gif", save_all=True, append_images=frames[1:])
    assert set(np.asarray(decode(path, "it")).reshape(-1)) == {10}


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".bmp", ".gif"])
def test_a_cut_off_file_is_named(tmp_path: Path, suffix: str):
    noise = np.random.default_rng(1).integers(0, 256, (40, 40, 3), np.uint8)
    path = saved(tmp_path, Image.fromarray(noise), suffix)
    path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(
        InputError, match=r"the image train/cat/1 cannot be read \(.+\); copy it again, or remove it"
    ):
        decode(path, "train/cat/1")


@pytest.mark.parametrize("content", [b"", b"no image", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n"])
def test_what_is_no_image_is_named(tmp_path: Path, content: bytes):
    (tmp_path / "a.png").write_bytes(content)
    for source in (tmp_path / "a.png", content):
        with pytest.raises(InputError, match=r"the image a\.png cannot be read \(not a known format\)"):
            decode(source, "a.png")


def test_a_missing_file_is_named(tmp_path: Path):
    with pytest.raises(InputError, match=r"the image a\.png cannot be read .*No such file"):
        decode(tmp_path / "a.png", "a.png")


def test_floating_point_pixels_are_refused(tmp_path: Path):
    path = saved(tmp_path, Image.fromarray(RGB[:, :, 0].astype(np.float32)), ".tif")
    with pytest.raises(InputError, match="pixels of the kind F, save it with 8 bits for each colour"):
        decode(path, "it")


def test_an_image_that_unpacks_to_far_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(pictures, "IN_MEMORY", 100)
    with pytest.raises(InputError, match="7x6 pixels are more than an image of a data set has"):
        decode(saved(tmp_path, Image.fromarray(RGB)), "it")


@pytest.mark.parametrize(
    ("name", "expected"),
    [("a.JPEG", True), ("a.png", True), ("a.txt", False), ("._a.jpg", False), ("jpg", False)],
)
def test_files_are_images_by_name(name: str, expected: bool):
    assert is_image(name) is expected


def encoded(tmp_path: Path, values: list[int], side: int = 2) -> list[tuple[str, bytes]]:
    return [(str(v), saved(tmp_path, Image.new("L", (side, side), v)).read_bytes()) for v in values]


def test_many_are_decoded_in_order_with_progress(tmp_path: Path):
    values = [i % 251 for i in range(150)]
    told: list[tuple[str, int, int]] = []
    found = decode_all(
        iter(encoded(tmp_path, values)), 150, name="it", progress=lambda *call: told.append(call)
    )
    assert found is not None
    assert found.shape == (150, 3, 2, 2)
    assert found[:, 0, 0, 0].tolist() == values
    assert told[-1] == ("it", 150, 150)
    done = [call[1] for call in told]
    assert done == sorted(set(done))
    assert len(done) > 1


def test_sizes_that_differ_are_not_held_in_memory(tmp_path: Path):
    files = [*encoded(tmp_path, [1, 2, 3]), *encoded(tmp_path, [4], side=3)]
    assert decode_all(files, 4, name="it") is None


def test_what_would_take_too_much_is_known_from_the_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    taken: list[str] = []

    def files():
        for name, data in encoded(tmp_path, list(range(50))):
            taken.append(name)
            yield name, data

    monkeypatch.setattr(pictures, "IN_MEMORY", 50 * 12 - 1)
    assert decode_all(files(), 50, name="it") is None
    assert taken == ["0"]
    monkeypatch.setattr(pictures, "IN_MEMORY", 50 * 12)
    assert decode_all(files(), 50, name="it") is not None


@pytest.mark.parametrize("size", [(40, 31), (31, 40), (33, 33), (301, 16), (15, 400)])
@pytest.mark.parametrize("shorter", [16, 17, 1])
def test_a_shorter_side_is_made_that_small(tmp_path: Path, size: tuple[int, int], shorter: int):
    pixels = np.random.default_rng(0).integers(0, 256, (*size, 3), np.uint8)
    path = saved(tmp_path, Image.fromarray(pixels))
    found = decode(path, "it", shorter=shorter)
    assert (found.height, found.width) == measure(path, "it", shorter=shorter)
    if min(size) <= shorter:  # smaller ones are left alone
        assert (found.height, found.width) == size
        return
    longer = shorter * max(size) // min(size)  # rounded down, as torchvision's Resize does
    wanted = (shorter, longer) if size[1] < size[0] else (longer, shorter)
    expected = Image.fromarray(pixels).resize(wanted, Image.Resampling.BILINEAR)
    np.testing.assert_array_equal(np.asarray(found), np.asarray(expected))
