from __future__ import annotations

import numpy as np
import pytest

from trichotomy import stats
from trichotomy.decisions import at_epoch
from trichotomy.errors import InputError
from trichotomy.plots import flagged_shares
from trichotomy.plots.style import CLASS_COLOUR


def dots(ax):
    """Share and colour by number right."""
    return {
        int(x): (y, line.get_color())
        for line in ax.lines
        if line.get_marker() == "o"
        for x, y in zip(line.get_xdata(), line.get_ydata(), strict=True)
    }


def test_each_dot_is_the_share_flagged_in_the_colour_of_its_class(study):
    drawn = dots(flagged_shares(study.flag_shares).figure.axes[0])
    shares = study.flag_shares["share"].values
    assert [y for y, _ in drawn.values()] == pytest.approx(shares, nan_ok=True)
    assert drawn[0][1] == CLASS_COLOUR["impossible"]
    assert drawn[31][1] == CLASS_COLOUR["trivial"]
    assert {colour for right, (_, colour) in drawn.items() if 0 < right < 31} == {CLASS_COLOUR["in-between"]}


def test_tolerance_moves_the_classes(study):
    result = stats.flag_shares(at_epoch(study.history), tolerance=2)
    drawn = dots(flagged_shares(result).figure.axes[0])
    assert drawn[2][1] == CLASS_COLOUR["impossible"]
    assert drawn[29][1] == CLASS_COLOUR["trivial"]
    assert drawn[3][1] == CLASS_COLOUR["in-between"]


def test_intervals_are_those_of_the_result(study):
    ax = flagged_shares(study.flag_shares).figure.axes[0]
    drawn = {
        int(s[0, 0]): s[:, 1]
        for c in ax.collections
        if c.get_label() == "_interval"
        for s in c.get_segments()
        if len(s)
    }
    bounds = study.flag_shares["ci"].values
    known = np.flatnonzero(study.flag_shares["count"].values)
    for k in known:
        assert drawn[k] == pytest.approx(bounds[k])


def test_the_strip_and_the_alt_give_the_share_of_each_class(study):
    drawing = flagged_shares(study.flag_shares)
    share = float(study.flag_shares["difficulty_share"].sel(difficulty="impossible"))
    assert f"{share:.1%}" in [t.get_text() for t in drawing.figure.axes[0].texts]
    assert f"{share:.1%} of the impossible" in drawing.alt
    assert "flagged as label errors" in drawing.alt


def test_other_annotations_are_named(study):
    d = at_epoch(study.history).assign_coords(odd=("item", study.history["label_error"].values))
    assert "flagged (odd)" in flagged_shares(stats.flag_shares(d, flags="odd")).caption


def test_nothing_flagged_is_an_error(study):
    with pytest.raises(InputError, match="0 flagged items"):
        flagged_shares(study.flag_shares.assign(flagged=study.flag_shares["flagged"] * 0))
