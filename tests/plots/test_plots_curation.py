from __future__ import annotations

import numpy as np
import pytest

import trichotomy as tri
from kindred import population
from trichotomy.errors import InputError
from trichotomy.plots import curation_curves


@pytest.fixture(scope="module")
def curve():
    return tri.curation_curve(population(), sizes=[30, 100, 300], splits=2)


def test_both_panels_draw_their_numbers_and_intervals(curve):
    left, right = curation_curves(curve).figure.axes
    for ax, names in ((left, ("rank", "rank_random")), (right, ("swapped_ratio", "error_ratio"))):
        lines = [line for line in ax.lines if len(line.get_xdata()) == 3]
        bars = ax.collections
        for name, line, bar in zip(names, lines, bars, strict=True):
            assert line.get_ydata() == pytest.approx(curve[name].values)
            assert np.array([s[:, 1] for s in bar.get_segments()]) == pytest.approx(
                curve[f"{name}_ci"].values
            )


def test_without_weights_there_is_no_error(curve):
    nothing = curve.assign(error_ratio=curve["error_ratio"] * np.nan)
    drawing = curation_curves(nothing)
    assert [t.get_text() for t in drawing.figure.axes[1].get_legend().get_texts()] == [
        "pairs in the wrong order"
    ]
    assert "differences in accuracy" not in drawing.caption


def test_the_words_hold_the_numbers(curve):
    drawing = curation_curves(curve)
    assert f"{float(curve['rank'][1]):.3f} against {float(curve['rank_random'][1]):.3f}" in drawing.alt
    assert "24 observers" in drawing.caption
    assert "jackknife" in drawing.caption


def test_a_narrow_figure_stacks_its_panels(curve):
    left, right = curation_curves(curve, width=3.4).figure.axes
    assert left.get_subplotspec().rowspan != right.get_subplotspec().rowspan


def test_too_few_observers_are_refused():
    small = tri.curation_curve(population(families=3), sizes=[30])
    with pytest.raises(InputError, match="too few observers"):
        curation_curves(small)
