from __future__ import annotations

import numpy as np
import pytest

from trichotomy.errors import InputError
from trichotomy.plots import FIGURES, consistency_overview


def draw(r, **options):
    return consistency_overview(*(getattr(r, n) for n in FIGURES["overview"].needs), **options)


def points(ax, *labels):
    return [float(line.get_xdata()[0]) for line in ax.lines if line.get_label() in labels]


def test_dots_are_the_means_and_diamonds_the_expectations(small):
    ax = draw(small).figure.axes[0]
    raw = float(small.mean_consistency["mean"].sel(scope="all"))
    means = [raw, *(float(r["mean"]) for r in (small.insample, small.crossfit, small.residual))]
    expected = [
        small.raw_conditional_independence,
        *(float(r["conditional_independence"]) for r in (small.insample, small.crossfit, small.residual)),
    ]
    assert points(ax, "observed", "_observed") == pytest.approx(means)
    assert points(ax, "expected from shared difficulty alone", "_expected") == pytest.approx(expected)


def test_lines_are_the_intervals(small):
    ax = draw(small).figure.axes[0]
    drawn = [tuple(line.get_xdata()) for line in ax.lines if line.get_label() == "_over items"]
    assert drawn[0] == pytest.approx(small.mean_consistency["ci"].sel(scope="all").values)
    assert drawn[2] == pytest.approx(small.crossfit["mean_ci"].values)
    wide = next(line for line in ax.lines if line.get_label() == "_over observers")
    assert tuple(wide.get_xdata()) == pytest.approx(
        small.mean_consistency["jackknife_ci"].sel(scope="all").values
    )


def test_caption_says_how_intervals_were_made(small):
    caption = draw(small).caption
    assert "linearised over items" in caption
    assert "jackknife over observers" in caption


def test_alt_has_the_numbers(small):
    assert f"pruned, cross-fitted: {float(small.crossfit['mean']):.3f}" in draw(small).alt


def test_what_is_undefined_says_so(pair):
    drawing = draw(pair)
    assert "pruned, cross-fitted: undefined" in drawing.alt
    assert [t.get_text() for t in drawing.figure.axes[0].texts].count("undefined") == 4
    assert "jackknife" not in drawing.caption


def test_nothing_defined_is_an_error(pair):
    nothing = pair.mean_consistency.assign(mean=pair.mean_consistency["mean"] * np.nan)
    with pytest.raises(InputError, match="no mean consistency"):
        consistency_overview(nothing, pair.crossfit, pair.crossfit, pair.residual, 0.5)
