"""Plates: which items they show, and that the images are those of these items."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from simulated_study import CONDITIONS, simulated_study
from trichotomy import datasets, stats
from trichotomy.datasets import ArraySplit
from trichotomy.datasets.depicted import split_images
from trichotomy.datasets.recorded import load_recorded
from trichotomy.decisions import at_epoch, correctness
from trichotomy.errors import InputError
from trichotomy.report import Analysis
from trichotomy.report.plates import LARGEST, extreme_items, plate, tricky_pairs, tricky_positions

FEW = {name: CONDITIONS[name] for name in ("base", "nesterov", "initialization")}
GAUSSIAN = {
    "name": "gaussian",
    "options": {"train_per_class": 2, "test_per_class": 8, "seed": 5},
    "data": None,
}


@pytest.fixture(scope="module")
def split():
    return datasets.load("gaussian", **GAUSSIAN["options"]).test


@pytest.fixture(scope="module")
def study(split):
    return simulated_study(split=split, epochs=3, longer=1, conditions=FEW, dataset=GAUSSIAN)


@pytest.mark.parametrize(("which", "sign"), [("easiest", -1), ("hardest", 1)])
def test_items_are_sorted_by_number_right_then_by_all_decisions_then_by_id(study, which, sign):
    partition, learning = stats.partition(at_epoch(study)), stats.learning_map(study)
    found = extreme_items(partition, learning, which)
    right = correctness(at_epoch(study)).values[:, 0].sum(axis=0)
    every = correctness(study).values
    share = (every == 1).sum(axis=(0, 1)) / (every >= 0).sum(axis=(0, 1))
    ids = study["item"].values
    expected = sorted(range(80), key=lambda i: (sign * right[i], round(sign * share[i], 6), ids[i]))
    assert found.tolist() == expected[:32]


def test_one_epoch_breaks_ties_by_id(study):
    partition = stats.partition(at_epoch(study))
    found = extreme_items(partition, None, "easiest")
    right = partition["right"].values
    assert found.tolist() == sorted(range(80), key=lambda i: (-right[i], study["item"].values[i]))[:32]


def test_items_that_not_all_answered_are_not_shown(study):
    partition = stats.partition(at_epoch(study)).copy(deep=True)
    first = extreme_items(partition, None, "easiest")[0]
    partition["category"][first] = partition["right"][first] = -1
    for which in ("easiest", "hardest"):
        assert first not in extreme_items(partition, None, which)


def test_images_labels_and_shares_are_those_of_the_items(study, split):
    a = Analysis(study.isel(item=np.random.default_rng(0).permutation(80)))
    for found, which in ((a.easiest, "easiest"), (a.hardest, "hardest")):
        positions = extreme_items(a.partition, a.learning_map, which)
        items = a.partition["item"].values[positions]
        place = [split.ids.tolist().index(item) for item in items]
        assert found.which == which
        assert np.array_equal(found.images, split.images(place))
        assert found.labels == [f"class {split.labels[k] + 1}" for k in place]
        assert found.shares == pytest.approx(a.partition["right"].values[positions] / 7)


def test_large_images_are_made_smaller(study):
    partition = stats.partition(at_epoch(study))
    pixels = np.zeros((80, 3, 100, 140), np.uint8)
    pixels[:, 0] = 200
    own = ArraySplit(pixels, np.zeros(80, int), study["item"].values)
    found = plate(study, partition, np.arange(4), split_images(own, study["item"].values), "easiest")
    assert found.images.shape == (4, 3, LARGEST, LARGEST)
    assert (found.images[:, 0] == 200).all()


def test_a_data_set_that_lacks_an_item_is_an_error(study, split):
    images = split_images(ArraySplit(np.zeros((1, 1, 8, 8), np.uint8), [0], ["x"]), study["item"].values)
    with pytest.raises(InputError, match="no image of item number 1"):
        plate(study, stats.partition(at_epoch(study)), np.arange(4), images, "easiest")
    other = study.assign_coords(item=[f"other {k}" for k in range(80)])
    with pytest.raises(
        InputError, match="the data set 'gaussian' has none of these items, such as 'other 0'"
    ):
        Analysis(other).images  # noqa: B018


def test_a_record_runs_no_code_and_fetches_nothing(monkeypatch):
    with pytest.raises(InputError, match="Python code, which a report does not run"):
        load_recorded({"name": "shutil:rmtree", "options": {"path": "x"}, "data": None})
    asked = {}

    def load(_, **options):
        asked.update(options)

    monkeypatch.setattr(datasets, "load", load)
    load_recorded({"name": "cifar10", "options": {"download": True, "test_items": 5}, "data": "here"})
    assert asked == {"data": Path("here"), "test_items": 5, "train_items": 1}


def test_few_training_images_are_loaded():
    assert len(load_recorded(GAUSSIAN).train.ids) == 1
    assert len(load_recorded(GAUSSIAN).test.ids) == 80


@pytest.mark.parametrize(
    "description",
    [
        {"name": "no-such-set", "options": {}, "data": None}, {"name": None, "options": {}, "data": None},
        {"name": "gaussian", "options": {"colour": 3}, "data": None}, {"name": "gaussian", "options": 3, "data": None},
        {"name": "cifar10", "options": {}, "data": "no/such/folder"},
    ],
)  # fmt: skip
def test_what_cannot_be_loaded_is_an_input_error(description):
    with pytest.raises(InputError, match=r"cannot be loaded|does not say"):
        load_recorded(description)


def test_pairs_are_of_one_class_where_possible_and_say_where_the_hard_image_stands(study, split):
    now = at_epoch(study)
    partition = stats.partition(now)
    easiest, hardest = (extreme_items(partition, None, which) for which in ("easiest", "hardest"))
    chosen = tricky_positions(now["target"].values, easiest, hardest, np.random.default_rng(2))
    found = tricky_pairs(now, partition, split_images(split, now["item"].values), *chosen)
    images = split.images(np.arange(len(split.ids)))
    target = now["target"].values
    used = set()
    for pair, labels, right, hard in zip(
        found.images, found.labels, found.right_is_hard, hardest, strict=False
    ):
        assert np.array_equal(pair[int(right)], images[hard])
        (easy,) = [int(i) for i in easiest if np.array_equal(images[i], pair[1 - int(right)])]
        assert easy not in used
        used.add(easy)
        alike = [i for i in easiest if target[i] == target[hard] and i not in used]
        assert target[easy] == target[hard] or not alike
        assert labels == tuple(
            now.attrs["classes"][target[i]] for i in ((easy, hard) if right else (hard, easy))
        )
    assert len(found.images) == 8
    assert set(found.right_is_hard) == {True, False}
