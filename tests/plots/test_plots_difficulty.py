from __future__ import annotations

import numpy as np
import pytest
from matplotlib.colors import to_hex

from trichotomy.errors import InputError, UnknownNameError
from trichotomy.plots import NULLS, difficulty_histogram
from trichotomy.plots.style import CLASS_COLOUR, INK


def bars(ax):
    return {c.get_label(): c for c in ax.containers}


def texts(figure):
    return [t.get_text() for ax in figure.axes for t in ax.texts]


def test_bars_are_the_shares_in_the_colour_of_their_class(small):
    ax = difficulty_histogram(small.difficulty).figure.axes[0]
    shares = small.difficulty["count"].values / 300
    drawn = bars(ax)
    assert [b.get_height() for b in drawn["impossible"]] == pytest.approx(shares[:1])
    assert [b.get_height() for b in drawn["in-between"]] == pytest.approx(shares[1:6])
    assert [b.get_height() for b in drawn["trivial"]] == pytest.approx(shares[6:])
    assert drawn["trivial"][0].get_x() + drawn["trivial"][0].get_width() / 2 == pytest.approx(6)


def test_tolerance_moves_the_classes(small, odd):
    assert len(bars(difficulty_histogram(odd.difficulty).figure.axes[0])["trivial"]) == 2
    assert len(bars(difficulty_histogram(small.difficulty).figure.axes[0])["trivial"]) == 1


def test_counts_instead_of_shares(small):
    ax = difficulty_histogram(small.difficulty, counts=True).figure.axes[0]
    heights = [b.get_height() for name in ("impossible", "in-between", "trivial") for b in bars(ax)[name]]
    assert heights == small.difficulty["count"].values.tolist()
    assert ax.get_ylabel() == "Items"


def test_curves_are_the_nulls_asked_for(small):
    ax = difficulty_histogram(small.difficulty, nulls=["comonotone", "binomial"]).figure.axes[0]
    curves = {line.get_label(): line.get_ydata() for line in ax.lines if not line.get_label().startswith("_")}
    assert list(curves) == [NULLS["comonotone"].label, NULLS["binomial"].label]
    expected = small.difficulty["probability"].sel(null="binomial").values
    assert curves[NULLS["binomial"].label] == pytest.approx(expected)


@pytest.mark.parametrize("how", ["absent", "undefined"])
def test_a_null_that_is_absent_or_undefined_is_left_out(small, how):
    result = small.difficulty.copy(deep=True)
    if how == "absent":
        result = result.drop_sel(null="beta_binomial")
    else:
        result["probability"].loc[{"null": "beta_binomial"}] = np.nan
    drawing = difficulty_histogram(result)
    assert NULLS["beta_binomial"].label not in [line.get_label() for line in drawing.figure.axes[0].lines]
    assert "beta-binomial" not in drawing.caption
    assert "nan" not in drawing.alt


def test_flagged_items_stand_inside_the_bars(small):
    ax = difficulty_histogram(small.difficulty).figure.axes[0]
    flagged = small.difficulty["flagged"].values
    assert flagged.sum() > 0
    assert [b.get_height() for b in bars(ax)["flagged items"]] == pytest.approx(flagged / 300)
    assert "Dark: flagged items." in difficulty_histogram(small.difficulty).caption


def test_without_flags_nothing_is_overlaid(small):
    result = small.difficulty.assign(flagged=0 * small.difficulty["flagged"])
    drawing = difficulty_histogram(result)
    assert "flagged items" not in bars(drawing.figure.axes[0])
    assert "flagged" not in drawing.alt + drawing.caption


def test_classes_are_named_with_their_shares(small):
    share = dict(zip(small.partition["difficulty"].values, small.partition["share"].values, strict=True))
    drawing = difficulty_histogram(small.difficulty)
    for name, value in share.items():
        assert name in texts(drawing.figure)
        assert f"{value:.1%}" in texts(drawing.figure)
        assert f"{value:.1%} {name}" in drawing.alt


def test_many_observers_merge_into_one_outline_per_class(many):
    ax = difficulty_histogram(many.difficulty).figure.axes[0]
    outlines = {p.get_label(): p for p in ax.patches}
    assert not ax.containers
    values, edges, _ = outlines["in-between"].get_data()
    assert values == pytest.approx(many.difficulty["count"].values[1:-1] / 200)
    assert edges[[0, -1]].tolist() == [0.5, 100.5]


def test_two_observers(pair):
    ax = difficulty_histogram(pair.difficulty).figure.axes[0]
    assert [len(bars(ax)[name]) for name in CLASS_COLOUR] == [1, 1, 1]
    assert ax.get_xlim() == (-0.5, 2.5)


def test_left_out_items_are_told(odd):
    left_out = odd.difficulty.attrs["left_out"]
    assert left_out > 0
    assert f"Left out: {left_out} items" in difficulty_histogram(odd.difficulty).caption


def test_an_unknown_null_is_an_error(small):
    with pytest.raises(UnknownNameError, match="beta_binomial"):
        difficulty_histogram(small.difficulty, nulls=["beta_binomal"])


def test_no_items_is_an_error(small):
    with pytest.raises(InputError, match="nothing to draw"):
        difficulty_histogram(small.difficulty.assign(count=0 * small.difficulty["count"]))


def test_flagged_items_are_dark(small):
    flagged = bars(difficulty_histogram(small.difficulty).figure.axes[0])["flagged items"]
    assert {to_hex(b.get_facecolor()) for b in flagged} == {INK}
