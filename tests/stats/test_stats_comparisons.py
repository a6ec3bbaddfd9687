"""Who is compared with whom."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from studies import members, record, study

import trichotomy as tri
from trichotomy.errors import InputError
from trichotomy.stats import Comparison


def test_a_studys_own_comparisons_in_its_order() -> None:
    found = tri.comparisons(study(20))
    assert [c.condition for c in found] == [
        "nesterov", "initialization", "order", "half-data", "plus-1", "plus-2", "different-data",
    ]  # fmt: skip
    assert found[1] == Comparison("initialization", tuple(members("initialization")), ("base",))
    assert found[5] == Comparison("plus-2", ("base",), ("base",), 2)
    assert found[6] == Comparison("different-data", ("half-data-1",), ("half-data-2",), 0)


def test_observers_that_were_dropped_are_left_out_and_sides_without_any_drop_the_comparison() -> None:
    d = tri.select(study(20), drop=["initialization-2", "nesterov", "half-data-2"])
    found = {c.condition: c for c in tri.comparisons(d)}
    assert found["initialization"].observers == ("initialization-1", "initialization-3")
    assert found["half-data"].observers == ("half-data-1",)
    assert set(found) == {"initialization", "order", "half-data", "plus-1", "plus-2"}
    without_base = tri.comparisons(tri.select(study(20), drop="base"))
    assert [c.condition for c in without_base] == ["different-data"]


def plain(conditions: list[str]) -> tri.Decisions:
    names = [f"{c}/{k}" for k, c in enumerate(conditions)]
    coords = {"condition": np.array(conditions, dtype=object)}
    return tri.from_arrays(correct=np.eye(len(names)), observers=names, observer_coords=coords)


def test_without_a_study_each_condition_stands_against_base() -> None:
    assert tri.comparisons(plain(["vgg", "base", "vit", "vgg", "base"])) == (
        Comparison("vgg", ("vgg/0", "vgg/3"), ("base/1", "base/4")),
        Comparison("vit", ("vit/2",), ("base/1", "base/4")),
    )


def test_without_a_base_the_first_observers_condition_takes_its_place() -> None:
    found = tri.comparisons(plain(["vgg", "vit", "vgg"]))
    assert found == (Comparison("vit", ("vit/1",), ("vgg/0", "vgg/2")),)


def test_one_condition_is_compared_with_nothing() -> None:
    one = plain(["vgg", "vgg"])
    assert tri.comparisons(one) == ()
    with pytest.raises(InputError, match="all observers are of one condition, 'vgg'"):
        tri.condition_consistency(one)


def test_a_study_that_lost_its_references_says_so() -> None:
    d = tri.select(study(20), observers=["nesterov", "order-*"])
    assert tri.comparisons(d) == ()
    with pytest.raises(InputError, match="none of the study's comparisons is left"):
        tri.condition_dynamics(d)


ENTRY = {"condition": "x", "observers": ["order-1"], "references": ["base"], "shift": 0}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (None, "'comparisons' is None, not a list"),
        ("base", "'comparisons' is 'base', not a list"),
        (["base"], "comparison 1 is 'base', not a table"),
        ([ENTRY, {**ENTRY, "condition": 3}], "'condition' of comparison 2 is 3, not a name"),
        ([{**ENTRY, "observers": "order-1"}], "'observers' of comparison 1 is 'order-1', not a list"),
        ([{**ENTRY, "references": [1]}], r"'references' of comparison 1 is \[1\], not a list"),
        ([{"condition": "x", "observers": ["base"]}], "'references' of comparison 1 is None"),
        ([{**ENTRY, "shift": 1.5}], "'shift' of comparison 1 is 1.5, not a whole number"),
        ([{**ENTRY, "shift": True}], "'shift' of comparison 1 is True"),
        ([ENTRY, ENTRY], "the comparison 'x' is there 2 times"),
    ],
)
def test_a_malformed_record_is_refused(given: Any, message: str) -> None:
    with pytest.raises(InputError, match=f"record of the study.*{message}"):
        tri.comparisons(study(20, comparisons=given))


def test_a_study_that_is_no_table_is_refused() -> None:
    d = study(20)
    d.attrs["provenance"] = {"study": ["quick"]}
    with pytest.raises(InputError, match="it is a list, not a table"):
        tri.comparisons(d)


def test_an_observer_named_twice_counts_once() -> None:
    entry = {**ENTRY, "observers": ["order-1", "order-1"]}
    assert tri.comparisons(study(20, comparisons=[entry]))[0].observers == ("order-1",)


def test_the_shift_may_be_left_out() -> None:
    entry = {k: v for k, v in record()["comparisons"][0].items() if k != "shift"}
    assert tri.comparisons(study(20, comparisons=[entry]))[0].shift == 0
