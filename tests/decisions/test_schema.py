"""What makes Decisions, and what validate says when they are not."""

from __future__ import annotations

import numpy as np
import pytest

import trichotomy as tri
from trichotomy.decisions import correctness
from trichotomy.errors import InputError


def test_two_dimensions_become_one_epoch():
    d = tri.from_arrays([[0, 1, -1], [2, -2, 1]], target=[0, 1, 1])
    assert dict(d.sizes) == {"observer": 2, "epoch": 1, "item": 3}
    assert d["response"].dtype == np.int16
    assert d["observer"].values.tolist() == ["observer-0", "observer-1"]
    assert d["condition"].values.tolist() == d["observer"].values.tolist()
    assert d["kind"].values.tolist() == ["model", "model"]
    assert d["planned_epochs"].values.tolist() == [1, 1]


def test_correctness_tells_missing_from_wrong():
    d = tri.from_arrays([[0, 1, -1, 3], [2, -2, 1, 3]], target=[0, 1, 1, -1])
    assert correctness(d).values[:, 0].tolist() == [[1, 1, -1, -1], [0, 0, 1, -1]]


def test_given_correctness_wins():
    d = tri.from_arrays([[0, 1]], correct=[[0, 1]], target=[0, 0])
    assert correctness(d).values.ravel().tolist() == [0, 1]


def test_many_classes_need_int32():
    assert tri.from_arrays([[40_000]], target=[1])["response"].dtype == np.int32


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "need responses or 0/1 correctness"),
        ({"response": [0, 1]}, "1 dimensions"),
        ({"response": [["a"]]}, "map class names to indices"),
        ({"response": [[0.5]]}, "whole numbers; found 0.5"),
        ({"response": [[0, 1]], "correct": [[1]]}, "has shape"),
        ({"response": [[0]], "observers": ["a", "b"]}, "2 observer ids are given for 1 observers"),
        ({"response": [[0], [1]], "observers": ["a", "a"]}, "duplicate observer ids: 'a'"),
        ({"response": [[0, 1]], "items": ["x", "x"]}, "duplicate item ids: 'x'"),
        ({"response": [[0, 1]], "target": [0]}, "one class index per item"),
        ({"response": [[0]], "epochs": [0, 1]}, "2 epochs are named but the arrays hold 1"),
        ({"response": [[0]], "target": [5], "classes": ["a"]}, "targets outside the 1 classes: 5"),
        (
            {"response": [[7]], "target": [0], "classes": ["a"], "observers": ["net"]},
            "7 for observer 'net', epoch 0",
        ),
        ({"response": [[-3]], "target": [0]}, "outside -2"),
        ({"correct": [[2]]}, "'correct' lie outside -1..1"),
        ({"response": [[2**33]]}, "lie outside -2..2147483647: 8589934592"),
        ({"correct": [[257]]}, "'correct' lie outside -1..1: 257"),
        ({"response": [[0]], "target": [1.7]}, "target must hold whole numbers; found 1.7"),
        ({"response": [[0]], "target": [np.nan]}, "target must hold whole numbers; found nan"),
        ({"response": [[0]], "target": [-5]}, "'target' lie outside -1"),
        ({"response": [[0]], "p_target": [[3.0]]}, "'p_target' lie outside 0..1: 3.0"),
        ({"response": [[0]], "observer_coords": {"kind": ["alien"]}}, "kind must be model or human: 'alien'"),
        ({"response": [[0]], "observer_coords": {"condition": ["a", "b"]}}, "coordinates do not fit"),
        ({"response": np.zeros((1, 2, 1), int), "epochs": [1, 1]}, "epochs must increase"),
        ({"response": np.zeros((0, 3), int)}, "no observer at all"),
    ],
)
def test_what_does_not_fit_is_named(arguments, message):
    with pytest.raises(InputError, match=message.replace("(", r"\(").replace(".", r"\.")):
        tri.from_arrays(**arguments)


def test_validate_names_missing_structure():
    d = tri.from_arrays([[0]], target=[0])
    with pytest.raises(InputError, match="no 'target' per item"):
        tri.validate(d.drop_vars("target"))


def test_validate_names_missing_coordinates():
    with pytest.raises(InputError, match="no 'condition' per observer"):
        tri.validate(tri.from_arrays([[0]], target=[0]).drop_vars("condition"))


def test_validate_refuses_another_schema():
    d = tri.from_arrays([[0]], target=[0])
    d.attrs["schema_version"] = 99
    with pytest.raises(InputError, match="schema_version is 99"):
        tri.validate(d)


def test_simulate_is_reproducible_and_leaves_global_state_alone():
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    assert tri.simulate(4, 50, rng=3).drop_attrs().equals(tri.simulate(4, 50, rng=3).drop_attrs())
    assert not tri.simulate(4, 50, rng=3).equals(tri.simulate(4, 50, rng=4))
    assert (np.random.get_state()[1] == before).all()  # noqa: NPY002


def test_simulated_accuracy_and_difficulty_agree():
    d = tri.simulate(20, 4000, label_errors=0.0, rng=1)
    right = correctness(d).mean(("observer", "epoch"))
    assert np.corrcoef(right, 1 - d["difficulty"])[0, 1] > 0.9
    assert float(right.mean()) == pytest.approx(0.75 / 1.05, abs=0.02)


def test_ids_may_come_from_other_decisions():
    d = tri.from_arrays([[0, 1, 1]], target=[0, 1, 1], items=["a", "b", "c"], observers=["one"])
    other = tri.from_arrays([[1, 1, 0]], target=[0, 1, 1], items=d["item"], observers=["two"])
    assert tri.concat([d, other]).sizes["item"] == 3
