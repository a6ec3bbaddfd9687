"""Rarefaction and influence: how the partition depends on the observers."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.colors import to_hex

from trichotomy.errors import InputError
from trichotomy.plots import influence_bars, rarefaction_curve
from trichotomy.plots.rarefaction import _apart
from trichotomy.plots.style import BLUE, VERMILLION


def curves(ax):
    return {line.get_label(): line for line in ax.lines}


def test_curves_are_the_expected_shares(small):
    ax = rarefaction_curve(small.rarefaction).figure.axes[0]
    for name in ("trivial", "impossible"):
        assert curves(ax)[name].get_xdata().tolist() == [1, 2, 3, 4, 5, 6]
        assert curves(ax)[name].get_ydata() == pytest.approx(small.rarefaction[name].values)


def test_curves_are_named_at_their_ends(small):
    drawing = rarefaction_curve(small.rarefaction)
    end = f"{float(small.rarefaction['trivial'][-1]):.1%}"
    assert f"trivial {end}" in [t.get_text() for t in drawing.figure.axes[0].texts]
    assert f"{end} with all 6" in drawing.alt


def test_sizes_without_a_share_are_not_drawn(odd):
    ax = rarefaction_curve(odd.rarefaction).figure.axes[0]
    assert curves(ax)["trivial"].get_xdata().tolist() == [3, 4, 5, 6, 7]


def test_labels_of_near_ends_are_moved_apart():
    ends = _apart({"trivial": 0.20, "impossible": 0.21}, top=1.0)
    assert ends["impossible"] - ends["trivial"] == pytest.approx(0.1)
    assert _apart({"trivial": 0.2, "impossible": 0.6}, top=1.0) == {"trivial": 0.2, "impossible": 0.6}


def test_one_size_is_no_curve(small):
    with pytest.raises(InputError, match="two sizes"):
        rarefaction_curve(small.rarefaction.isel(observers_drawn=[0]))


def test_bars_are_the_changes_largest_first(small):
    ax = influence_bars(small.influence).figure.axes[0]
    assert [b.get_width() for b in ax.containers[0]] == pytest.approx(small.influence["change"].values)
    names = small.influence["observer"].values.tolist()
    assert [t.get_text() for t in ax.get_yticklabels()] == names


def test_shares_without_the_observer_stand_beside(small):
    texts = [t.get_text() for t in influence_bars(small.influence).figure.axes[0].texts]
    assert f"{float(small.influence['trivial'][0]):.1%}" in texts


def test_most_limits_and_highlighted_ones_stay(small):
    names = small.influence["observer"].values
    drawing = influence_bars(small.influence, [str(names[5])], most=2)
    ax = drawing.figure.axes[0]
    assert [t.get_text() for t in ax.get_yticklabels()] == [names[0], names[1], names[5]]
    assert [to_hex(b.get_facecolor()) for b in ax.containers[0]] == [BLUE, BLUE, VERMILLION]
    assert f"Highlighted: {names[5]}." in drawing.alt
    assert "Shown: 3 of 6 observers" in drawing.caption


def test_alt_has_the_largest_change(small):
    change = 100 * float(small.influence["change"][0])
    name = small.influence["observer"].values[0]
    assert f"{name}, {change:+.1f} percentage points" in influence_bars(small.influence).alt


def test_no_room_for_bars_is_an_error(small):
    with pytest.raises(InputError, match="nothing to draw"):
        influence_bars(small.influence, most=0)


def test_negative_changes_point_left(small):
    result = small.influence.assign(change=-np.abs(small.influence["change"]))
    assert influence_bars(result).figure.axes[0].get_xlim()[0] < 0
