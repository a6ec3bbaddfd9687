"""Scikit-learn's digits: all of them, split at random within each class."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from trichotomy.datasets import load
from trichotomy.errors import InputError, MissingExtraError


def test_without_scikit_learn_the_extra_is_named(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(MissingExtraError, match=r'the digits data set needs .*"trichotomy\[train\]"'):
        load("digits")


@pytest.mark.parametrize("share", [0, 1, -0.2, 1.5, "0.3", True])
def test_the_share_lies_between_0_and_1(share):
    with pytest.raises(
        InputError, match=r"test_share of the data set digits is .*; give a number above 0 and below 1"
    ):
        load("digits", test_share=share)


def test_all_images_are_in_one_of_the_splits():
    sklearn_datasets = pytest.importorskip("sklearn.datasets", reason="scikit-learn is not installed")
    source = sklearn_datasets.load_digits()
    d = load("digits")
    found = {}
    for split in (d.train, d.test):
        for one, label, image in zip(
            split.ids, split.labels, split.images(np.arange(len(split.ids))), strict=True
        ):
            found[int(one.split("/")[1])] = (label, image)
    assert sorted(found) == list(range(1797))
    for i, (label, image) in found.items():
        assert label == source.target[i]
        np.testing.assert_array_equal(image[0], np.rint(source.images[i] / 16 * 255))
    pixels = source.images / 16
    assert (d.mean[0], d.std[0]) == pytest.approx((pixels.mean(), pixels.std()), abs=5e-4)


def test_the_split_is_stratified_and_seeded():
    pytest.importorskip("sklearn", reason="scikit-learn is not installed")
    first, again, other = (
        load("digits", test_share=0.25),
        load("digits", test_share=0.25),
        load("digits", seed=1),
    )
    total = np.bincount(first.train.labels) + np.bincount(first.test.labels)
    np.testing.assert_array_equal(np.bincount(first.test.labels), np.rint(total / 4))
    assert first.train.content_hash() == again.train.content_hash()
    assert set(first.test.ids) != set(other.test.ids)
    assert first.options == {"test_share": 0.25, "seed": 0}
