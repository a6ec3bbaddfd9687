"""Gaussian images: the right distribution, the same images however they are asked for."""

from __future__ import annotations

import pickle
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trichotomy.datasets import Augmentation, draws, load
from trichotomy.datasets import gaussian as module
from trichotomy.datasets.gaussian import GaussianSplit, _bytes
from trichotomy.errors import InputError


def by_id(split) -> dict[str, bytes]:
    return dict(
        zip(split.ids, (image.tobytes() for image in split.images(np.arange(len(split.ids)))), strict=True)
    )


@pytest.fixture
def lazy(monkeypatch: pytest.MonkeyPatch):
    """Make every set too large for memory."""
    monkeypatch.setattr(module, "IN_MEMORY", 0)


def test_the_embedded_set():
    d = load("gaussian")
    assert d.classes == tuple(f"sd {i}" for i in range(1, 11))
    assert (len(d.train.ids), len(d.test.ids)) == (2000, 1000)
    assert (d.train.channels, d.train.size, d.train.paths) == (1, (8, 8), None)
    assert (d.mean, d.std) == ((0.5,), (0.25,))
    assert d.train.ids[0] == "train/1/0000"
    assert sorted(d.train.ids) == d.train.ids.tolist()
    assert not set(d.train.ids) & set(d.test.ids)
    labels = [int(one.split("/")[1]) - 1 for one in d.test.ids]
    assert d.test.labels.tolist() == labels


@pytest.mark.parametrize("sd", [1, 3, 10, 60, 100])
def test_pixels_are_rounded_and_clipped_normal(sd: int):
    """Share of every byte against the normal distribution's, by chi-squared with bytes of small share put together."""
    d = load("gaussian", size=64, classes=sd, train_per_class=60, test_per_class=1, train_items=60 * sd)
    values = d.train.images(np.flatnonzero(d.train.labels == sd - 1))
    found = np.bincount(values.reshape(-1), minlength=256)
    cumulative = [NormalDist(128, sd).cdf(byte + 0.5) for byte in range(255)]
    expected = np.diff([0, *cumulative, 1]) * values.size
    common = expected > 20
    observed, wanted = ([*x[common], x[~common].sum()] for x in (found, expected))
    chi = sum((o - e) ** 2 / e for o, e in zip(observed, wanted, strict=True) if e > 0)
    freedom = common.sum()
    assert chi < freedom + 5 * np.sqrt(2 * freedom)


@given(sd=st.integers(1, 300), seed=st.integers(0, 100))
@settings(deadline=None, max_examples=30)
def test_the_table_gives_what_a_search_does(sd: int, seed: int):
    rng = np.random.default_rng(seed)
    numbers = np.concatenate([
        rng.integers(0, 2**32, 500, np.uint32),
        np.array([0, 1, 2**32 - 1, 2**31, 2**16, 2**16 - 1], np.uint32),
    ])  # fmt: skip
    thresholds = np.array([NormalDist(128, sd).cdf(byte + 0.5) for byte in range(255)]) * 2.0**32
    slow = np.array([(np.rint(thresholds) <= number).sum() for number in numbers.astype(float)])
    found = _bytes(numbers, sd)
    assert (
        found == slow
    ).mean() > 0.99  # two ways of computing the normal distribution differ in the last digit
    assert np.abs(found.astype(int) - slow).max() <= 1


def test_channels_and_pixels_are_independent():
    d = load("gaussian", size=4, channels=3, classes=20, train_per_class=400, test_per_class=1)
    values = d.train.images(np.flatnonzero(d.train.labels == 19)).reshape(400, -1).astype(float)
    correlation = np.corrcoef(values.T)[np.triu_indices(48, 1)]
    assert correlation.std() == pytest.approx(1 / np.sqrt(400), rel=0.15)
    assert np.abs(correlation).max() < 5 / np.sqrt(400)


def test_more_classes_images_or_another_split_size_change_nothing_else():
    small = load("gaussian", classes=3, train_per_class=5, test_per_class=4)
    large = load("gaussian", classes=12, train_per_class=20, test_per_class=6)
    for split in ("train", "test"):
        few, many = by_id(getattr(small, split)), by_id(getattr(large, split))
        assert few.items() <= many.items()
        assert len(set(many.values())) == len(many)
    assert not set(by_id(large.train).values()) & set(by_id(large.test).values())


def test_the_seed_changes_every_image():
    first, second = (
        by_id(load("gaussian", seed=seed, train_per_class=5, test_per_class=1).train) for seed in (0, 1)
    )
    assert first.keys() == second.keys()
    assert all(first[one] != second[one] for one in first)


@pytest.mark.parametrize("options", [{}, {"size": 5, "channels": 3}, {"size": 1}, {"train_items": 7}])
def test_images_generated_when_asked_for_are_the_same(monkeypatch: pytest.MonkeyPatch, options):
    whole = load("gaussian", classes=4, train_per_class=6, test_per_class=2, **options)
    monkeypatch.setattr(module, "IN_MEMORY", 0)
    each = load("gaussian", classes=4, train_per_class=6, test_per_class=2, **options)
    assert isinstance(each.train, GaussianSplit)
    assert not isinstance(whole.train, GaussianSplit)
    assert by_id(each.train) == by_id(whole.train)
    assert by_id(each.test) == by_id(whole.test)
    which, positions = Augmentation(crop="padded", padding=2, flip=True), np.array([3, 1, 1])
    drawn = draws(0, 0, 24)[positions]
    np.testing.assert_array_equal(
        each.train.images(positions, which, drawn), whole.train.images(positions, which, drawn)
    )  # fmt: skip


def test_generating_in_steps_changes_nothing(monkeypatch: pytest.MonkeyPatch):
    whole = by_id(load("gaussian", classes=2, train_per_class=11, test_per_class=1).train)
    monkeypatch.setattr(module, "AT_ONCE", 3 * 64)
    assert by_id(load("gaussian", classes=2, train_per_class=11, test_per_class=1).train) == whole


def test_the_papers_size_is_not_held_in_memory():
    d = load(
        "gaussian", size=256, channels=3, classes=100, train_per_class=300, test_per_class=50, normalise=False
    )
    assert isinstance(d.train, GaussianSplit)
    assert (d.mean, d.std) == ((0, 0, 0), (1, 1, 1))
    assert len(pickle.dumps(d)) < 3e6
    last = d.train.images(
        [len(d.train.ids) - 1], Augmentation(crop="resized", size=224, flip=True), draws(0, 0, 1)
    )
    assert last.shape == (1, 3, 224, 224)
    assert d.train.images(np.zeros(0, int)).shape == (0, 3, 256, 256)


def test_hashes_of_what_is_generated_when_asked_for(lazy):
    def hashed(**options):
        return load("gaussian", **({"classes": 2, "train_per_class": 3} | options)).train.content_hash()

    assert hashed() == hashed(test_per_class=7)
    assert len({hashed(), hashed(seed=1), hashed(size=9), hashed(classes=3), hashed(train_per_class=4)}) == 5


def test_pixels_are_those_of_philox(philox):
    """A change would change every Gaussian study: counter (block, class, 0, 3), key (seed, split), 32 bits a pixel."""
    d = load("gaussian", size=3, classes=10, train_per_class=2, test_per_class=1, seed=5)
    for split, word, one in (("train", 0, "train/10/0001"), ("test", 1, "test/10/0000")):
        image, per_image = int(one[-4:]), 2
        blocks = range(1 + image * per_image, 1 + (image + 1) * per_image)
        numbers = [n for block in blocks for n in philox((block, 9, 0, 3), (5, word))]
        halves = [half for number in numbers for half in (number % 2**32, number >> 32)]
        expected = [round(NormalDist(128, 10).inv_cdf((half + 0.5) / 2**32)) for half in halves[:9]]
        items = getattr(d, split)
        assert items.images([items.ids.tolist().index(one)]).reshape(-1).tolist() == expected


def test_numbers_above_9999_keep_ids_unique_and_sorted():
    d = load("gaussian", size=1, classes=1, train_per_class=10_050, test_per_class=1)
    assert len(set(d.train.ids)) == 10_050
    assert sorted(d.train.ids) == d.train.ids.tolist()
    small = by_id(load("gaussian", size=1, classes=1, train_per_class=50, test_per_class=1).train)
    assert small.items() <= by_id(d.train).items()


@pytest.mark.parametrize("name", ["size", "channels", "classes", "train_per_class", "test_per_class"])
@pytest.mark.parametrize("value", [0, 1.5, True, "8"])
def test_sizes_are_whole_numbers(name: str, value):
    with pytest.raises(
        InputError, match=f"{name} of the data set gaussian is .*; give a whole number of at least 1"
    ):
        load("gaussian", **{name: value})


def test_normalise_is_true_or_false():
    with pytest.raises(InputError, match="normalise of the data set gaussian is 'false'; give true or false"):
        load("gaussian", normalise="false")
