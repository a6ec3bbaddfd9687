from __future__ import annotations

import pytest

from trichotomy.plots import wording


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (wording.percent(0.3412), "34.1%"),
        (wording.percent(float("nan")), "undefined"),
        (wording.kappa(-0.1234), "−0.123"),
        (wording.kappa(float("nan")), "undefined"),
        (wording.points(0.0123), "+1.2"),
        (wording.points(-0.0123), "−1.2"),
        (wording.points(float("nan")), "undefined"),
        (wording.count(1, "item"), "1 item"),
        (wording.count(50000, "item"), "50,000 items"),
        (wording.clipped("two\n lines"), "two lines"),
        (wording.listed([]), ""),
        (wording.listed(["a"]), "a"),
        (wording.listed(["a", "b", "c"]), "a, b and c"),
        (wording.listed(list("abcdef"), most=2), "a, b and 4 more"),
        (wording.interval({"level": 0.9, "interval": "Wilson"}), "Lines: 90% intervals (Wilson)."),
        (wording.left_out({"left_out": 0}), ""),
    ],
)
def test_words(text, expected):
    assert text == expected


def test_a_long_name_keeps_its_ends():
    clipped = wording.clipped("resnext101_32x4d_with_a_very_long_tail", 20)
    assert len(clipped) == 20
    assert clipped.startswith("resnext101_3")
    assert clipped.endswith("g_tail")
