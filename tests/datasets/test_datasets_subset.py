"""Subsets and selections: stratified, seeded, and the same whatever the order of files."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trichotomy.datasets import ArraySplit, Augmentation, draws
from trichotomy.datasets.selection import Selection
from trichotomy.datasets.subset import ranks, stratified
from trichotomy.errors import InputError

LABELS = st.lists(st.integers(0, 5), min_size=1, max_size=60).map(lambda values: np.array(values, np.int64))


@given(labels=LABELS, seed=st.integers(0, 2**64 - 1), data=st.data())
def test_classes_are_as_equal_as_can_be(labels: np.ndarray, seed: int, data: st.DataObject):
    count = data.draw(st.integers(1, len(labels)))
    chosen = stratified(labels, count, seed=seed, split=0)
    assert len(chosen) == count
    assert (np.diff(chosen) > 0).all()
    available, taken = np.bincount(labels, minlength=6), np.bincount(labels[chosen], minlength=6)
    assert (taken <= available).all()
    unfilled = taken[taken < available]
    assert not len(unfilled) or taken.max() - unfilled.min() <= 1


@given(labels=LABELS, seed=st.integers(0, 1000))
def test_smaller_subsets_are_parts_of_larger_ones(labels: np.ndarray, seed: int):
    sets = [set(stratified(labels, k, seed=seed, split=1).tolist()) for k in range(1, len(labels) + 1)]
    assert all(small < large for small, large in pairwise(sets))


def test_seed_and_split_choose_others():
    labels = np.repeat(np.arange(4), 50)
    first = stratified(labels, 40, seed=0, split=0)
    np.testing.assert_array_equal(first, stratified(labels, 40, seed=0, split=0))
    assert set(first) != set(stratified(labels, 40, seed=1, split=0))
    assert set(first) != set(stratified(labels, 40, seed=0, split=1))


def test_the_choice_has_a_golden_value():
    """As first computed; a change would change every study of a subset."""
    chosen = stratified(np.repeat(np.arange(3), 5), 7, seed=12, split=0)
    np.testing.assert_array_equal(chosen, [2, 3, 4, 6, 7, 11, 12])


@pytest.mark.parametrize("count", [0, -3, 2.0, True])
def test_a_count_below_one_is_refused(count):
    with pytest.raises(InputError, match=r"train_items is .*; give a whole number of at least 1"):
        stratified(np.zeros(5, np.int64), count, seed=0, split=0, what="train_items")


def test_more_than_there_are_is_refused():
    with pytest.raises(InputError, match="test_items is 6, but there are 5 items; ask for fewer"):
        stratified(np.zeros(5, np.int64), 6, seed=0, split=0, what="test_items")


def test_ranks_count_within_the_class():
    found = ranks(np.array([1, 0, 1, 1, 0]), np.array([0.5, 0.9, 0.1, 0.7, 0.2]))
    np.testing.assert_array_equal(found, [1, 1, 0, 2, 0])


@pytest.fixture
def split() -> ArraySplit:
    images = np.random.default_rng(0).integers(0, 256, (6, 3, 4, 4), np.uint8)
    return ArraySplit(images, [0, 1, 0, 1, 0, 1], list("abcdef"), paths=list("uvwxyz"))


def test_a_selection_is_the_items_chosen(split: ArraySplit):
    part = Selection(split, np.array([4, 1]))
    assert part.ids.tolist() == ["e", "b"]
    assert part.labels.tolist() == [0, 1]
    assert part.paths is not None
    assert part.paths.tolist() == ["y", "v"]
    assert (part.channels, part.size) == (3, (4, 4))
    np.testing.assert_array_equal(part.images([1, 0]), split.images([1, 4]))
    which, drawn = Augmentation(crop="padded", padding=1, flip=True), draws(0, 0, 2)
    np.testing.assert_array_equal(part.images([0, 1], which, drawn), split.images([4, 1], which, drawn))


def test_a_selections_hash_is_its_own(split: ArraySplit):
    hashes = {Selection(split, np.array(chosen)).content_hash() for chosen in ([4, 1], [1, 4], [1], [4])}
    assert len(hashes | {split.content_hash()}) == 5
    assert Selection(split, np.array([1])).content_hash() in hashes
