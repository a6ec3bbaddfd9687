from __future__ import annotations

import numpy as np
import pytest
from matplotlib.colors import same_color

from trichotomy.errors import InputError
from trichotomy.plots import condition_order, consistency_with_base, equivalence_intervals, verdicts


def labels(ax):
    return [t.get_text() for t in ax.get_yticklabels()]


def marks(ax, what):
    """Value by the row that it stands in."""
    return {
        labels(ax)[int(line.get_ydata()[0])]: line.get_xdata()
        for line in ax.lines
        if line.get_label() == what
    }


def by_condition(result, name):
    return dict(zip(result["condition"].values, result[name].values, strict=True))


def test_rows_go_from_the_most_to_the_least_consistent(study):
    result = study.condition_consistency
    rows = labels(consistency_with_base(result).figure.axes[0])
    kappa = by_condition(result, "kappa")
    assert rows == sorted(kappa, key=lambda c: -kappa[c]) == condition_order(result)
    assert len(rows) == 12


def test_means_pruned_means_and_intervals_are_those_of_the_result(study):
    result = study.condition_consistency
    ax = consistency_with_base(result).figure.axes[0]
    assert {c: x[0] for c, x in marks(ax, "_mean").items()} == by_condition(result, "kappa")
    assert {c: x[0] for c, x in marks(ax, "_pruned").items()} == by_condition(result, "pruned")
    drawn = marks(ax, "_interval")
    for condition, bounds in by_condition(result, "ci").items():
        assert list(drawn[condition]) == pytest.approx(bounds)


def test_every_pair_is_a_pale_dot_in_its_row(study):
    result = study.condition_consistency
    ax = consistency_with_base(result).figure.axes[0]
    drawn = {}
    for dots in (c for c in ax.collections if c.get_label() == "_pairs"):
        offsets = np.asarray(dots.get_offsets())
        (row,) = set(np.round(offsets[:, 1]).astype(int))
        assert (np.abs(offsets[:, 1] - row) < 0.5).all()
        assert dots.get_alpha() < 0.6
        drawn[labels(ax)[row]] = np.sort(offsets[:, 0])
    for condition in result["condition"].values:
        own = result["pair_condition"].values == condition
        assert drawn[condition] == pytest.approx(np.sort(result["pair_kappa"].values[own]))


def test_an_order_given_keeps_each_condition_in_its_place(study):
    order = ["order", "not measured", "base again", *condition_order(study.condition_consistency)[:3]]
    drawing = consistency_with_base(study.condition_consistency, order=order)
    rows = labels(drawing.figure.axes[0])
    assert rows[:6] == order
    assert (
        len(rows) == 14
    )  # the nine conditions of the result that the order leaves out come last, and two are empty
    assert "not measured" not in marks(drawing.figure.axes[0], "_mean")
    assert "not measured undefined" in drawing.alt


def test_the_title_names_the_base_architecture(study):
    assert consistency_with_base(study.condition_consistency).figure.axes[0].get_title(loc="left") == ""
    drawing = consistency_with_base(study.condition_consistency, (), "VGG-11")
    assert drawing.figure.axes[0].get_title(loc="left") == "Base network: VGG-11"
    assert "VGG-11" in drawing.alt


def test_the_caption_says_what_is_compared_with_something_else(study):
    caption = consistency_with_base(study.condition_consistency).caption
    assert "plus-1: base 1 epoch later." in caption
    assert "plus-3: base 3 epochs later." in caption
    assert "different-data: half-data-1 with half-data-2." in caption
    assert "nesterov:" not in caption
    assert "tolerance 1" in caption
    assert f"{study.condition_consistency.attrs['kept']} of 200 items kept" in caption


def test_an_undefined_condition_comes_last_and_is_called_so(study):
    result = study.condition_consistency.copy(deep=True)
    result["kappa"][0] = result["pruned"][0] = np.nan
    first = str(result["condition"].values[0])
    drawing = consistency_with_base(result)
    ax = drawing.figure.axes[0]
    assert labels(ax)[-1] == first
    assert [t.get_text() for t in ax.texts if t.get_text() == "undefined"] == [
        "undefined",
        "undefined",
        "undefined",
    ]
    assert f"{first} undefined" in drawing.alt


def test_many_conditions_can_be_drawn(study):
    names = [f"condition {k}" for k in range(40)]
    rows = np.arange(40) % 12
    result = study.condition_consistency.isel(condition=rows).assign_coords(condition=names)
    figure = consistency_with_base(result).figure
    assert labels(figure.axes[0]) == condition_order(result)
    assert figure.get_figheight() < 10


def test_nothing_defined_is_an_error(study):
    nothing = study.condition_consistency.assign(kappa=study.condition_consistency["kappa"] * np.nan)
    with pytest.raises(InputError, match="no condition has a defined"):
        consistency_with_base(nothing)


def test_differences_are_those_of_the_result_sorted(study):
    result = study.equivalence
    ax = equivalence_intervals(result).figure.axes[0]
    difference = by_condition(result, "difference")
    assert labels(ax) == sorted(difference, key=lambda c: -difference[c])
    bounds = by_condition(result, "ci")
    for condition, drawn in marks(ax, "_interval").items():
        assert list(drawn) == pytest.approx(bounds[condition])
    for row, condition in enumerate(labels(ax)):
        (dot,) = [line for line in ax.lines if line.get_label() == f"_{condition}"]
        assert (dot.get_xdata()[0], dot.get_ydata()[0]) == (difference[condition], row)


def test_the_band_is_the_margin_and_filled_is_equivalent(study):
    result = study.equivalence
    ax = equivalence_intervals(result).figure.axes[0]
    (band,) = [p for p in ax.patches if p.get_label() == "_margin"]
    assert band.get_x() == pytest.approx(-result.attrs["margin"])
    assert band.get_width() == pytest.approx(2 * result.attrs["margin"])
    filled = {
        line.get_label()[1:]
        for line in ax.lines
        if line.get_marker() == "o" and not same_color(line.get_markerfacecolor(), "white")
    }
    assert filled == set(result["condition"].values[result["equivalent"].values])


def test_verdicts_say_where_the_interval_lies(study):
    result = study.equivalence.isel(condition=slice(5)).copy(deep=True)
    result["ci"].values[:] = [(-0.04, 0.04), (0.06, 0.2), (-0.2, -0.051), (-0.06, 0.0), (np.nan, np.nan)]
    result["equivalent"].values[:] = [True, False, False, False, False]
    assert verdicts(result) == ["as alike", "more alike", "less alike", "not settled", "undefined"]


def test_the_caution_of_the_result_is_repeated(study):
    drawing = equivalence_intervals(study.equivalence)
    assert study.equivalence.attrs["caution"] in drawing.caption
    assert "90% intervals" in drawing.caption
    assert f"kappa {study.equivalence.attrs['ceiling_kappa']:.3f} among themselves" in drawing.caption


def test_no_difference_is_an_error(study):
    with pytest.raises(InputError, match="no condition has a defined difference"):
        equivalence_intervals(study.equivalence.assign(difference=study.equivalence["difference"] * np.nan))
