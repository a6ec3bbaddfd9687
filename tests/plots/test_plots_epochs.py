from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trichotomy.errors import InputError, UnknownNameError
from trichotomy.plots import condition_curves
from trichotomy.plots.epochs import _apart
from trichotomy.plots.looks import STUDY_LOOKS


def draw(study, what, **options):
    return condition_curves(study.condition_dynamics, study.conditions, study.trained, what=what, **options)


def lines(ax):
    return {line.get_label()[1:]: line for line in ax.lines}


def test_a_line_per_condition_up_to_the_last_epoch_of_all(study):
    drawn = lines(draw(study, "kappa").figure.axes[0])
    assert sorted(drawn) == sorted(study.condition_consistency["condition"].values)
    for name, line in drawn.items():
        expected = study.condition_dynamics["kappa"].sel(condition=name).values[:6]
        assert line.get_ydata() == pytest.approx(expected)
        assert line.get_xdata().tolist() == list(range(6))
        assert name not in STUDY_LOOKS or line.get_linestyle() == STUDY_LOOKS[name].dashes


def test_further_epochs_of_base_are_left_out_and_told(study):
    drawing = draw(study, "accuracy")
    base = lines(drawing.figure.axes[0])["base"]
    assert base.get_xdata().tolist() == list(range(6))
    assert base.get_ydata() == pytest.approx(
        study.condition_dynamics["accuracy"].sel(condition="base").values[:6]
    )
    assert "Not drawn: 3 further epochs of base alone." in drawing.caption


def test_accuracy_and_changes_are_of_trained_conditions_alone(study):
    for what in ("accuracy", "changed"):
        assert sorted(lines(draw(study, what).figure.axes[0])) == sorted(study.trained)


def test_bands_reach_from_the_lowest_to_the_highest_network(study):
    ax = draw(study, "accuracy").figure.axes[0]
    bands = {c.get_label().removeprefix("_range "): c for c in ax.collections}
    assert "nesterov" not in bands  # one network has no range
    corners = bands["combined"].get_paths()[0].vertices
    result = study.condition_dynamics.sel(condition="combined").isel(epoch=slice(6))
    for epoch in range(6):
        at = corners[corners[:, 0] == epoch, 1]
        assert at.min() == pytest.approx(float(result["accuracy_lowest"][epoch]))
        assert at.max() == pytest.approx(float(result["accuracy_highest"][epoch]))


def test_changes_of_right_and_of_the_answer_have_a_panel_each(study):
    figure = draw(study, "changed").figure
    titles = [ax.get_title(loc="left") for ax in figure.axes]
    assert titles == ["Right turned wrong or wrong right", "Another answer"]
    for ax, name in zip(figure.axes, ("changed", "changed_response"), strict=True):
        drawn = lines(ax)["order"]
        assert drawn.get_xdata()[0] == 1  # there is nothing before the first epoch
        assert drawn.get_ydata() == pytest.approx(
            study.condition_dynamics[name].sel(condition="order").values[1:6]
        )


def test_without_responses_there_is_one_panel(study):
    result = study.condition_dynamics
    lacking = result.assign(changed_response=result["changed_response"] * np.nan)
    assert len(condition_curves(lacking, what="changed").figure.axes) == 1


@pytest.mark.parametrize("width", [7.1, 5.5, 3.4])
@pytest.mark.parametrize("what", ["kappa", "accuracy", "changed"])
def test_names_at_the_ends_do_not_meet_and_stay_beside_the_axis(study, what, width):
    ax = draw(study, what, width=width).figure.axes[-1]
    names = {t.get_text(): t.xyann[1] for t in ax.texts}
    assert sorted(names) == sorted(lines(ax))
    heights = np.sort(list(names.values()))
    assert np.diff(heights).min() > 0.03
    assert heights[0] >= 0
    assert heights[-1] <= 1
    ends = {name: lines(ax)[name].get_ydata()[-1] for name in names}
    assert sorted(names, key=names.get) == sorted(ends, key=ends.get)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_moved_heights_keep_their_order_and_distance(heights):
    gap = 0.08
    moved = _apart(np.sort(np.array(heights)), gap)
    assert (np.diff(moved) >= gap - 1e-9).all()
    assert moved.min() >= -1e-9
    assert moved.max() <= 1 + 1e-9


def test_heights_that_are_apart_stay():
    assert _apart(np.array([0.1, 0.5, 0.9]), 0.1) == pytest.approx([0.1, 0.5, 0.9])


def test_two_that_meet_move_as_far_each():
    assert _apart(np.array([0.5, 0.5]), 0.1) == pytest.approx([0.45, 0.55])


def test_alt_has_the_first_and_last_value(study):
    values = study.condition_dynamics["accuracy"].sel(condition="order").values
    assert f"order {values[0]:.1%} to {values[5]:.1%}" in draw(study, "accuracy").alt


def test_an_unknown_curve_is_an_error(study):
    with pytest.raises(UnknownNameError, match="Did you mean accuracy"):
        condition_curves(study.condition_dynamics, what="acuracy")


def test_one_epoch_is_an_error(study):
    with pytest.raises(InputError, match="two epochs or more"):
        condition_curves(study.condition_dynamics.isel(epoch=[5]))
