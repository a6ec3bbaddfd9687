"""Choosing observers, items and epochs; the long form."""

from __future__ import annotations

import numpy as np
import pytest

import trichotomy as tri
from trichotomy.decisions import at_epoch, last_common_epoch
from trichotomy.errors import InputError, UnknownNameError


@pytest.fixture
def d():
    return tri.from_arrays(
        [[[0, 1, 2], [1, 1, 2]], [[0, 0, 0], [-1, -1, -1]], [[2, -2, -1], [2, 1, 0]]],
        target=[0, 1, 2],
        observers=["resnet18", "resnet50", "vgg"],
        items=["x", "y", "z"],
        epochs=[1, 2],
        classes=["cat", "dog", "owl"],
        observer_coords={"condition": ["a", "a", "b"]},
        item_coords={"flag": [0.0, 1.0, np.nan], "group": ["p", "q", "p"]},
    )


def test_default_epoch_is_the_last_that_all_have(d):
    assert last_common_epoch(d) == 1
    assert last_common_epoch(tri.select(d, drop="resnet50")) == 2


def test_no_common_epoch_names_who_lacks_it(d):
    d["response"].values[0, 0] = -1
    d["response"].values[2, 1] = -1
    with pytest.raises(InputError, match="'resnet18'"):
        last_common_epoch(tri.select(d, drop="resnet50").assign(response=d["response"][[0, 2]]))


def test_an_epoch_that_is_not_there(d):
    with pytest.raises(InputError, match="no epoch 7; the decisions have 1, 2"):
        at_epoch(d, 7)


@pytest.mark.parametrize(
    ("choice", "left"),
    [
        ({"observers": "resnet*"}, ["resnet18", "resnet50"]),
        ({"drop": ["vgg"]}, ["resnet18", "resnet50"]),
        ({"observers": ["vgg", "resnet18"]}, ["resnet18", "vgg"]),
        ({"where": {"condition": "b"}}, ["vgg"]),
    ],
)
def test_select_observers(d, choice, left):
    assert tri.select(d, **choice)["observer"].values.tolist() == left


def test_select_items(d):
    assert tri.select(d, items=["z", "x"])["item"].values.tolist() == ["z", "x"]
    assert tri.select(d, exclude="flag")["item"].values.tolist() == ["x", "z"]
    assert tri.select(d, where={"group": ["q"]})["item"].values.tolist() == ["y"]


@pytest.mark.parametrize(
    ("choice", "error", "message"),
    [
        ({"drop": "alexnet*"}, UnknownNameError, "no observer called"),
        ({"drop": "*"}, InputError, "no observer is left"),
        ({"items": ["w"]}, InputError, "no items 'w'"),
        ({"items": ["x", "x"]}, InputError, "named more than once"),
        ({"exclude": "group"}, InputError, "neither true nor false for some items: 'p'"),
        ({"exclude": "flags"}, UnknownNameError, "Did you mean flag"),
        ({"exclude": "condition"}, InputError, "describes observers"),
        ({"where": {"grp": "p"}}, UnknownNameError, "Did you mean group"),
    ],
)
def test_select_says_what_is_wrong(d, choice, error, message):
    with pytest.raises(error, match=message):
        tri.select(d, **choice)


def test_long_form_has_a_row_per_decision_asked(d):
    frame = tri.to_dataframe(d)
    assert len(frame) == 3 * 2 * 3 - 4
    row = frame[(frame["observer"] == "vgg") & (frame["epoch"] == 1) & (frame["item"] == "y")].iloc[0]
    assert row["response"] == -2
    assert row["response_name"] != row["response_name"]  # no name: NaN
    assert row["target_name"] == "dog"
    assert row["correct"] == 0


@pytest.mark.parametrize("words", [["yes", "No", ""], ["true", "False", "nan"], ["1", "0", "0.0"]])
def test_flags_in_words(d, words):
    flags = d.assign_coords(noisy=("item", np.array(words, dtype=object)))
    assert tri.select(flags, exclude="noisy")["item"].values.tolist() == ["y", "z"]


def test_the_default_epoch_reads_no_more_than_it_needs(tmp_path, monkeypatch):
    d = tri.from_arrays(np.zeros((2, 4, 3), int), target=[0, 0, 0], epochs=range(4))
    tri.write(d, tmp_path / "s.zarr")
    read: list[object] = []
    from trichotomy.decisions import store

    original = store._StoredArray._read
    monkeypatch.setattr(
        store._StoredArray, "_read", lambda self, key: read.append(key) or original(self, key)
    )
    assert last_common_epoch(tri.open(tmp_path / "s.zarr")) == 3
    assert len(read) == 1
