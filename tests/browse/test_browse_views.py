"""Views against their slow definition, item by item."""

from __future__ import annotations

import math

import numpy as np
import pytest

pytest.importorskip("starlette", reason="the extra 'web' is not installed")
pytest.importorskip("uvicorn", reason="the extra 'web' is not installed")

from trichotomy.browse import chosen, view_of
from trichotomy.browse.catalogue import DIFFICULTIES
from trichotomy.web import RefusedError


def asked(c, text):
    pairs = [tuple(part.split("=", 1)) for part in text.split("&")] if text else []
    return chosen(c, view_of(c, pairs)).tolist()


FILTERS = {
    "difficulty=trivial": lambda c, k: DIFFICULTIES[c.category[k]] == "trivial",
    "difficulty=impossible&difficulty=left out": lambda c, k: c.category[k] in (0, -1),
    "class=cat&class=bird": lambda c, k: c.target[k] in (1, 2),
    "right=net-0&right=net-4&wrong=net-2": lambda c, k: (c.right[[0, 4, 2], k] == [1, 1, 0]).all(),
    "wrong=net-1": lambda c, k: c.right[1, k] == 0,
    "number=2..3": lambda c, k: 2 <= c.number_right[k] <= 3,
    "number=4": lambda c, k: c.number_right[k] == 4,
    "a=net-0&b=net-1": lambda _c, _k: True,
    "a=net-0&b=net-1&differ=correctness": lambda c, k: {*c.right[[0, 1], k]} == {0, 1},
    "a=net-0&b=net-1&differ=a": lambda c, k: [*c.right[[0, 1], k]] == [1, 0],
    "a=net-0&b=net-1&differ=b": lambda c, k: [*c.right[[0, 1], k]] == [0, 1],
    "a=net-0&b=net-1&differ=answer": lambda c, k: (
        -1 not in c.response[[0, 1], k] and c.response[0, k] != c.response[1, k]
    ),
    "a=net-0&b=net-2&b_says=no answer": lambda c, k: c.response[2, k] == -2,
    "a=net-0&a_says=cat": lambda c, k: c.response[0, k] == 2,
    "where=label_error=true": lambda _c, k: k % 9 == 0,
    "where=superclass=thing&where=label_error=false": lambda _c, k: k % 3 == 0 and k % 9,
    "where=brightness=0.2..0.5": lambda c, k: 0.2 <= c.notes["brightness"].values[k] <= 0.5,
    "first=2..": lambda c, k: 2 <= c.first[k] < math.inf,
    "final=never": lambda c, k: c.final[k] == math.inf,
    "q=CAT 4": lambda c, k: "cat" in c.items[k] and "4" in c.items[k],
    "only=3.7.3.9999": lambda _c, k: k in (3, 7),
}


@pytest.mark.parametrize("text", FILTERS)
def test_a_view_holds_the_items_that_are_as_it_says(catalogued, text):
    expected = [k for k in range(len(catalogued.items)) if FILTERS[text](catalogued, k)]
    assert asked(catalogued, text) == expected
    assert expected or "never" in text


@pytest.mark.parametrize(
    ("sort", "value"),
    [
        ("item", lambda c, k: c.items[k]), ("right", lambda c, k: c.number_right[k] / c.number_asked[k]),
        ("class", lambda c, k: c.class_name(c.target[k])), ("answers", lambda c, k: c.answers[k]),
        ("first", lambda c, k: c.first[k]), ("final", lambda c, k: c.final[k]),
        ("forgotten", lambda c, k: c.forgotten[k]), ("note:brightness", lambda c, k: c.notes["brightness"].values[k]),
        ("note:superclass", lambda c, k: c.notes["superclass"].values[k]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("down", ["", "1"])
def test_a_view_is_sorted_with_what_is_unknown_last(catalogued, sort, value, down):
    found = asked(catalogued, f"sort={sort}&down={down}")
    assert sorted(found) == list(range(len(catalogued.items)))
    values = [value(catalogued, k) for k in found]
    known = [v for v in values if v == v]
    assert all(v != v for v in values[len(known) :])
    assert known == sorted(known, reverse=bool(down))
    ties = [(k, n) for k, n, v, w in zip(found, found[1:], values, values[1:], strict=False) if v == w]
    assert all(k < n for k, n in ties)


def test_the_order_given_can_be_turned(catalogued):
    assert asked(catalogued, "down=1") == list(range(len(catalogued.items)))[::-1]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("difficulty=hard", "class of difficulty 'hard'"), ("class=whale", "no class called 'whale'"),
        ("right=net-9", "no observer called 'net-9'"), ("differ=much", "no difference 'much'"),
        ("number=two", "is a range"), ("first=nan..2", "is a range"), ("where=colour=red", "no annotation called"),
        ("where=remark=x", "no annotation called"), ("where=brightness=x", "is a range"), ("only=1.x", "'only' is"),
        ("only=" + ".".join(["1"] * 501), "'only' is"), ("sort=mood", "no order 'mood'"),
        ("sort=note:absent", "no order"),
    ],
)  # fmt: skip
def test_what_is_not_there_is_refused_in_a_sentence(catalogued, text, message):
    with pytest.raises(RefusedError, match=message) as refused:
        asked(catalogued, text)
    assert refused.value.status == 422


def test_what_a_view_does_not_know_is_passed_over(catalogued):
    assert asked(catalogued, "colour=red&class=") == list(range(len(catalogued.items)))


def test_found_items_cannot_be_changed_by_who_gets_them(catalogued):
    found = chosen(catalogued, view_of(catalogued, []))
    with pytest.raises(ValueError, match="read-only"):
        found[0] = 5
    assert isinstance(found, np.ndarray)
