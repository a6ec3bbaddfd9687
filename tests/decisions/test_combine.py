"""Joining by item id."""

from __future__ import annotations

import numpy as np
import pytest

import trichotomy as tri
from trichotomy.decisions import correctness
from trichotomy.errors import InputError


def part(name, items, response, target, **more):
    return tri.from_arrays([response], target=target, observers=[name], items=items, **more)


def test_items_are_joined_by_id_not_position():
    d = tri.concat([part("a", ["x", "y"], [0, 1], [0, 1]), part("b", ["y", "z"], [1, 2], [1, 2])])
    assert d["item"].values.tolist() == ["x", "y", "z"]
    assert d["response"].values[:, 0].tolist() == [[0, 1, -1], [-1, 1, 2]]
    assert d["target"].values.tolist() == [0, 1, 2]


def test_classes_are_joined_by_name():
    d = tri.concat(
        [
            part("a", ["x"], [1], [1], classes=["cat", "dog"]),
            part("b", ["x"], [-2], [0], classes=["dog", "owl"]),
        ]
    )
    assert d.attrs["classes"] == ["cat", "dog", "owl"]
    assert d["target"].values.tolist() == [1]
    assert correctness(d).values.ravel().tolist() == [1, 0]


def test_epochs_are_joined_and_planned_epochs_follow():
    one = tri.from_arrays(np.zeros((1, 2, 1), int), target=[0], observers=["a"], items=["x"], epochs=[0, 5])
    two = tri.from_arrays(np.zeros((1, 1, 1), int), target=[0], observers=["b"], items=["x"], epochs=[3])
    d = tri.concat([one, two])
    assert d["epoch"].values.tolist() == [0, 3, 5]
    assert d["planned_epochs"].values.tolist() == [3, 2]
    assert d["response"].values[:, :, 0].tolist() == [[0, -1, 0], [-1, 0, -1]]


def test_a_part_with_correctness_alone_brings_all_to_correctness():
    d = tri.concat(
        [
            part("a", ["x"], [1], [1]),
            tri.from_arrays(correct=[[0]], observers=["b"], items=["x"]),
        ]
    )
    assert correctness(d).values.ravel().tolist() == [1, 0]


def test_annotations_come_from_whoever_has_them():
    d = tri.concat(
        [
            part("a", ["x", "y"], [0, 0], [0, 0]),
            part("b", ["y"], [0], [0], item_coords={"path": ["p.png"], "flag": [True]}),
        ]
    )
    assert d["path"].values.tolist() == ["", "p.png"]
    assert np.isnan(d["flag"].values[0])
    assert d["flag"].values[1] == 1


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ([], "nothing to join"),
        ([part("a", ["x"], [0], [0]), part("a", ["x"], [0], [0])], "observers 'a' occur in more than one"),
        ([part("a", ["x"], [0], [0]), part("b", ["x"], [0], [1])], "targets disagree for 1 items, first 'x'"),
        (
            [part("a", ["x"], [0], [0]), part("b", ["x"], [0], [0], classes=["cat"])],
            "not for those of 'a'",
        ),
    ],
)
def test_what_cannot_be_joined_is_named(parts, message):
    with pytest.raises(InputError, match=message):
        tri.concat(parts)


def test_a_mixture_survives_writing(tmp_path):
    mixed = tri.concat(
        [part("a", ["x"], [1], [1]), tri.from_arrays(correct=[[0]], observers=["b"], items=["x"])]
    )
    store = tri.write(mixed, tmp_path / "mixed.zarr")
    assert store.pending() == []
    assert correctness(store.read()).values.ravel().tolist() == [1, 0]
    assert len(tri.to_dataframe(mixed)) == 2
