"""Images in memory: sorted by id, hashed to the pixel."""

from __future__ import annotations

import hashlib
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trichotomy.datasets import ArraySplit, Augmentation, Dataset
from trichotomy.errors import InputError

IMAGES = np.random.default_rng(0).integers(0, 256, (5, 2, 3, 4), np.uint8)
LABELS = np.array([0, 1, 2, 1, 0])
IDS = ["a", "b", "c", "d", "e"]


@given(order=st.permutations(range(5)))
def test_the_order_of_items_makes_no_difference(order: list[int]):
    split = ArraySplit(IMAGES[order], LABELS[order], [IDS[i] for i in order], paths=[IDS[i] for i in order])
    assert split.ids.tolist() == IDS
    assert split.paths is not None
    assert split.paths.tolist() == IDS
    np.testing.assert_array_equal(split.labels, LABELS)
    np.testing.assert_array_equal(split.images(np.arange(5)), IMAGES)
    assert split.content_hash() == ArraySplit(IMAGES, LABELS, IDS).content_hash()


@given(place=st.tuples(st.integers(0, 4), st.integers(0, 1), st.integers(0, 2), st.integers(0, 3)))
def test_the_hash_changes_with_one_pixel(place: tuple[int, ...]):
    changed = IMAGES.copy()
    changed[place] ^= 1
    assert ArraySplit(changed, LABELS, IDS).content_hash() != ArraySplit(IMAGES, LABELS, IDS).content_hash()


def test_the_hash_changes_with_labels_ids_and_shape():
    others = [
        ArraySplit(IMAGES, LABELS, IDS),
        ArraySplit(IMAGES, [0, 1, 2, 1, 1], IDS),
        ArraySplit(IMAGES, LABELS, ["a", "b", "c", "d", "f"]),
        ArraySplit(IMAGES.reshape(5, 2, 4, 3), LABELS, IDS),
    ]
    assert len({split.content_hash() for split in others}) == 4


def test_the_hash_has_a_golden_value():
    """It stands in studies' provenance: SHA-256 of ids, labels, shape and pixels, the length before each."""
    split = ArraySplit(np.arange(4, dtype=np.uint8).reshape(2, 1, 1, 2), [0, 1], ["x", "y"])
    labels = bytes(8) + b"\1" + bytes(7)
    content = b"trichotomy images 1\n" + b"3\nx\0y" + b"16\n" + labels + b"12\n(2, 1, 1, 2)" + b"4\n\0\1\2\3"
    assert split.content_hash() == hashlib.sha256(content).hexdigest()
    assert split.content_hash() == "3ae3d0c5a3ce892da7f93710095855399b89aeaea4c8dcec737cba9bc545ab39"


def test_positions_come_in_any_order_and_the_result_is_a_copy():
    split = ArraySplit(IMAGES, LABELS, IDS)
    batch = split.images([3, 0, 3])
    np.testing.assert_array_equal(batch, IMAGES[[3, 0, 3]])
    batch[:] = 0
    np.testing.assert_array_equal(split.images(np.arange(5)), IMAGES)
    mask = np.array([True, False, True, False, False])
    np.testing.assert_array_equal(split.images(mask), IMAGES[[0, 2]])
    assert split.images(np.zeros(0, int)).shape == (0, 2, 3, 4)
    with pytest.raises(IndexError):
        split.images([5])


def test_it_pickles_with_its_data_set():
    split = ArraySplit(IMAGES, LABELS, IDS)
    dataset = Dataset("x", ("p", "q", "r"), split, split, (0.5, 0.5), (0.2, 0.2), {"a": 1})
    back = pickle.loads(pickle.dumps(dataset))
    assert back.classes == dataset.classes
    assert back.train.content_hash() == split.content_hash()
    np.testing.assert_array_equal(
        back.train.images([1], Augmentation(crop="centre", size=2)), IMAGES[[1], :, :2, 1:3]
    )


@pytest.mark.parametrize("images", [IMAGES.astype(float), IMAGES[:, 0], IMAGES.astype(np.int16)])
def test_images_are_bytes_over_four_axes(images: np.ndarray):
    with pytest.raises(InputError, match=r"give uint8\[items, channels, height, width\]"):
        ArraySplit(images, LABELS, IDS)


@pytest.mark.parametrize(
    ("labels", "ids", "paths"),
    [(LABELS[:4], IDS, None), (LABELS, IDS[:4], None), (LABELS, IDS, IDS[:4]), (LABELS * 1.0, IDS, None)],
)
def test_lengths_and_types_agree(labels: np.ndarray, ids: list[str], paths: list[str] | None):
    with pytest.raises(InputError, match="give one id and one class index per image"):
        ArraySplit(IMAGES, labels, ids, paths=paths)
