"""Augmentation: against the slow definition, and independent of the batch."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from trichotomy.datasets import Augmentation, draws
from trichotomy.datasets.augment import augment, augment_pictures
from trichotomy.datasets.crops import ATTEMPTS, windows
from trichotomy.errors import InputError, UnknownNameError

ALL = (
    Augmentation(),
    Augmentation(flip=True),
    Augmentation(crop="padded", padding=2, flip=True),
    Augmentation(crop="padded", padding=1, size=5),
    Augmentation(crop="resized", flip=True),
    Augmentation(crop="resized", size=7),
    Augmentation(crop="centre", size=4),
    Augmentation(crop="centre", size=8, resize=11, flip=True),
)


def pixels(count: int = 6, channels: int = 3, height: int = 9, width: int = 8, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, channels, height, width), np.uint8)


def test_draws_are_those_of_philox(philox):
    """A change would redo every study: counter (block, 0, 0, 1), key (seed, epoch), 53 bits each."""
    numbers = [number >> 11 for block in range(1, 4) for number in philox((block, 0, 0, 1), (7, 3))]
    assert (draws(7, 3, 2).reshape(-1) * 2**53).astype(np.uint64).tolist() == numbers[:10]


@given(seed=st.integers(0, 2**64 - 1), epoch=st.integers(0, 1000), count=st.integers(1, 50))
def test_draws_depend_on_seed_epoch_and_item_only(seed: int, epoch: int, count: int):
    drawn = draws(seed, epoch, count)
    assert drawn.shape == (count, 5)
    assert ((drawn >= 0) & (drawn < 1)).all()
    np.testing.assert_array_equal(drawn, draws(seed, epoch, count + 7)[:count])
    assert (drawn != draws(seed, epoch + 1, count)).any()
    assert (drawn != draws((seed + 1) % 2**64, epoch, count)).any()


def test_draws_are_uniform():
    drawn = draws(0, 0, 20_000)
    assert drawn.mean(axis=0) == pytest.approx(0.5, abs=0.01)
    assert np.corrcoef(drawn.T)[np.triu_indices(5, 1)] == pytest.approx(0, abs=0.03)


@pytest.mark.parametrize(("seed", "epoch"), [(-1, 0), (2**64, 0), (1.0, 0), (True, 0), (0, -1), (0, "1")])
def test_draws_refuse_what_is_no_seed(seed, epoch):
    with pytest.raises(InputError, match=r"the (seed|epoch) is .*; give a whole number from 0 to"):
        draws(seed, epoch, 1)


def test_padded_crop_and_flip_are_the_slow_definition():
    images, drawn, pad = pixels(20), draws(1, 2, 20), 3
    result = augment(images, Augmentation(crop="padded", padding=pad, flip=True), drawn)
    for image, (flip, vertical, horizontal, _, _), found in zip(images, drawn, result, strict=True):
        wide = np.pad(image, ((0, 0), (pad, pad), (pad, pad)))
        top, left = int(vertical * (2 * pad + 1)), int(horizontal * (2 * pad + 1))
        window = wide[:, top : top + 9, left : left + 8]
        np.testing.assert_array_equal(found, window[:, :, ::-1] if flip < 0.5 else window)


def test_the_largest_draw_is_still_within_the_image():
    last = np.full((6, 5), np.nextafter(1, 0))
    result = augment(pixels(), Augmentation(crop="padded", padding=2), last)
    np.testing.assert_array_equal(result[:, :, :7, :6], pixels()[:, :, 2:, 2:])
    assert not result[:, :, 7:].any()
    assert not result[:, :, :, 6:].any()
    boxes = windows(last[:, 1:], 9, 8)
    assert (boxes[:, 2] <= 8).all()
    assert (boxes[:, 3] <= 9).all()


@given(data=st.data(), which=st.sampled_from(ALL), channels=st.sampled_from([1, 2, 3]))
@settings(max_examples=60, deadline=None)
def test_an_item_is_the_same_in_every_batch(data: st.DataObject, which: Augmentation, channels: int):
    images, drawn = pixels(6, channels), draws(5, 1, 6)
    whole = augment(images, which, drawn)
    batch = np.array(data.draw(st.lists(st.integers(0, 5), min_size=1, max_size=9)))
    np.testing.assert_array_equal(augment(images[batch], which, drawn[batch]), whole[batch])


@pytest.mark.parametrize("which", ALL)
def test_a_picture_is_augmented_as_in_a_batch(which: Augmentation):
    images, drawn = pixels(), draws(0, 0, 6)
    whole = augment(images, which, drawn)
    for i in range(6):
        picture = Image.fromarray(np.ascontiguousarray(images[i].transpose(1, 2, 0)))
        np.testing.assert_array_equal(augment_pictures([picture], which, drawn[i : i + 1])[0], whole[i])


@pytest.mark.parametrize("which", ALL)
def test_images_are_not_written_to(which: Augmentation):
    images = pixels()
    augment(images, which, draws(0, 0, 6))
    np.testing.assert_array_equal(images, pixels())


@pytest.mark.parametrize("which", ALL)
def test_the_size_is_the_one_named(which: Augmentation):
    height, width = (which.size, which.size) if which.size else (9, 8)
    assert augment(pixels(), which, draws(0, 0, 6)).shape == (6, 3, height, width)
    assert augment(pixels(0), which, draws(0, 0, 0)).shape == (0, 3, height, width)


@given(seed=st.integers(0, 99))
def test_flipping_twice_is_nothing(seed: int):
    images, drawn = pixels(seed=seed), draws(seed, 0, 6)
    flip = Augmentation(flip=True)
    np.testing.assert_array_equal(augment(augment(images, flip, drawn), flip, drawn), images)


def test_half_of_the_images_are_flipped():
    images = np.tile(np.array([[[[1, 2]]]], np.uint8), (10_000, 1, 1, 1))
    flipped = augment(images, Augmentation(flip=True), draws(0, 0, 10_000))[:, 0, 0, 0] == 2
    assert flipped.mean() == pytest.approx(0.5, abs=0.015)


@pytest.mark.parametrize(("height", "width"), [(32, 32), (375, 500), (20, 90), (90, 20), (1, 1), (3, 1)])
def test_windows_lie_within_the_image_and_have_the_usual_aspects(height: int, width: int):
    boxes = windows(draws(0, 0, 3000)[:, 1:], height, width)
    w, h = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    assert (boxes >= 0).all()
    assert (boxes[:, 2] <= width).all()
    assert (boxes[:, 3] <= height).all()
    assert (w >= 1).all()
    assert (h >= 1).all()
    assert (w <= (h + 0.5) * 4 / 3 + 0.5).all()
    assert (h <= (w + 0.5) * 4 / 3 + 0.5).all()


@pytest.mark.parametrize(
    ("height", "width", "expected"),
    [
        (32, 32, [5.20, 5.18, 21.61, 21.64]),
        (375, 500, [51.89, 108.5, 270.69, 282.52]),
        (20, 60, [2.1, 21.48, 15.82, 16.75]),
    ],
)  # fmt: skip
def test_windows_are_distributed_as_torchvisions(height: int, width: int, expected: list[float]):
    """Means of top, left, height, width of 20,000 windows of torchvision 0.28 (RandomResizedCrop.get_params)."""
    boxes = windows(draws(3, 0, 20_000)[:, 1:], height, width)
    left, top, right, bottom = boxes.T
    found = np.array([top, left, bottom - top, right - left])
    error = found.std(axis=1) * np.sqrt(2 / 20_000)
    assert (np.abs(found.mean(axis=1) - expected) < 4 * error + 0.01).all()


def test_where_no_window_fits_the_largest_in_the_middle_is_taken():
    """A strip 100 times as wide as high: the aspect 4/3 allows no more than 4 pixels of width in 3 of height."""
    boxes = windows(np.full((1, 4), 0.999), 3, 300)
    assert ATTEMPTS == 10
    np.testing.assert_array_equal(boxes, [[148, 0, 152, 3]])
    np.testing.assert_array_equal(windows(np.full((1, 4), 0.999), 300, 3), [[0, 148, 3, 152]])


def test_a_centre_crop_is_the_middle():
    images = pixels(height=9, width=8)
    np.testing.assert_array_equal(
        augment(images, Augmentation(crop="centre", size=4)), images[:, :, 2:6, 2:6]
    )


def test_a_centre_crop_resizes_the_shorter_side():
    ramp = np.tile(np.linspace(0, 250, 40).astype(np.uint8), (1, 1, 20, 1))
    result = augment(ramp, Augmentation(crop="centre", size=10, resize=10))
    assert result.shape == (1, 1, 10, 10)
    assert result[0, 0, 0].astype(int) == pytest.approx(
        ramp[0, 0, 0].reshape(20, 2).mean(axis=1)[5:15], abs=2
    )


def test_large_batches_are_resized_by_several_threads_to_the_same_bytes():
    images, drawn = pixels(8, 3, 420, 420), draws(0, 0, 8)
    which = Augmentation(crop="resized", size=20)
    assert images.size > 2**22
    together = augment(images, which, drawn)
    for i in range(8):
        np.testing.assert_array_equal(augment(images[i : i + 1], which, drawn[i : i + 1])[0], together[i])


def test_what_is_not_drawn_needs_no_draws():
    images = pixels()
    assert augment(images, Augmentation()) is images
    assert augment(images, Augmentation(crop="centre", size=3)).shape == (6, 3, 3, 3)
    assert not Augmentation(crop="centre").drawn


@pytest.mark.parametrize("which", [a for a in ALL if a.drawn])
def test_missing_draws_are_refused(which: Augmentation):
    with pytest.raises(InputError, match=r"no draws were given; pass draws=trichotomy\.datasets\.draws"):
        augment(pixels(), which)


@pytest.mark.parametrize("shape", [(5, 5), (6, 4), (30,)])
def test_draws_of_another_shape_are_refused(shape: tuple[int, ...]):
    with pytest.raises(InputError, match="give one row of 5 for each of the 6 images"):
        augment(pixels(), Augmentation(flip=True), np.zeros(shape))


@pytest.mark.parametrize("value", [-0.1, 1.0, np.nan])
def test_draws_out_of_range_are_refused(value: float):
    with pytest.raises(InputError, match="must be at least 0 and below 1"):
        augment(pixels(), Augmentation(flip=True), np.full((6, 5), value))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"crop": "padded", "size": 0}, "size of an augmentation is 0"),
        ({"crop": "padded", "size": 2.5}, r"size of an augmentation is 2\.5"),
        ({"crop": "padded", "padding": -1}, "padding of an augmentation is -1"),
        ({"crop": "padded", "padding": None}, "padding of an augmentation is None"),
        ({"padding": 4}, "padding is 4, but the crop is 'none'; only 'padded' pads"),
        ({"crop": "resized", "resize": 4}, "resize is 4, but the crop is 'resized'"),
        (
            {"crop": "centre", "size": 8, "resize": 7},
            "a centre crop of 8 does not fit into a shorter side of 7",
        ),
        ({"flip": "no"}, "flip of an augmentation is 'no'; give true or false"),
    ],
)
def test_augmentations_that_make_no_sense_are_refused(wrong, message: str):
    with pytest.raises(InputError, match=message):
        Augmentation(**wrong)


def test_an_unknown_crop_is_refused():
    with pytest.raises(UnknownNameError, match=r"no crop called 'center'. Did you mean centre"):
        Augmentation(crop="center")


@pytest.mark.parametrize(
    ("which", "message"),
    [
        (Augmentation(size=4), "the images are 9x8, not 4x4; name a crop"),
        (Augmentation(crop="padded", size=12, padding=1), "a window of 12x12 does not fit into images of 9x8 padded"),
        (Augmentation(crop="centre", size=9), "a centre crop of 9x9 does not fit into an image of 9x8; give resize"),
    ],
)  # fmt: skip
def test_windows_that_do_not_fit_are_refused(which: Augmentation, message: str):
    with pytest.raises(InputError, match=message):
        augment(pixels(), which, draws(0, 0, 6))
