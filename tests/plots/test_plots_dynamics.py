from __future__ import annotations

import numpy as np
import pytest

from trichotomy.errors import InputError
from trichotomy.plots import learning_curves
from trichotomy.plots.style import INK


def lines(ax):
    return {line.get_label().removeprefix("_"): line for line in ax.lines}


def test_three_panels_share_the_epochs(learning):
    axes = learning_curves(learning.dynamics).figure.axes
    assert [ax.get_title(loc="left") for ax in axes] == [
        "Accuracy",
        "Kappa to base",
        "Changed until next epoch",
    ]
    assert {ax.get_xlim() for ax in axes} == {(0, 5)}
    assert {ax.get_xlabel() for ax in axes} == {"Epoch"}


def test_lines_are_the_values_where_they_are_known(learning):
    accuracy, kappa, changed = learning_curves(learning.dynamics).figure.axes
    row = learning.dynamics.sel(observer="order/1")
    assert lines(accuracy)["order/1"].get_ydata() == pytest.approx(row["accuracy"].values[:5])
    assert lines(accuracy)["base"].get_xdata().tolist() == [0, 1, 2, 3, 4, 5]
    assert lines(changed)["order/1"].get_ydata() == pytest.approx(row["changed"].values[:4])
    assert "base" not in lines(kappa)


def test_siblings_share_a_colour_and_the_reference_is_dark(learning):
    drawn = lines(learning_curves(learning.dynamics).figure.axes[0])
    assert drawn["order/1"].get_color() == drawn["order/2"].get_color() != drawn["half"].get_color()
    assert drawn["base"].get_color() == INK


def test_conditions_are_named(learning):
    legend = learning_curves(learning.dynamics).figure.legends[0]
    assert [t.get_text() for t in legend.get_texts()] == ["base", "order", "half"]


def test_too_many_conditions_are_drawn_alike(learning):
    rows = [0] * 20
    many = learning.dynamics.isel(observer=rows).assign_coords(
        observer=[f"o{k}" for k in range(20)], condition=("observer", [f"c{k}" for k in range(20)])
    )
    many.attrs["reference"] = "o3"
    drawn = lines(learning_curves(many).figure.axes[0])
    assert drawn["o3"].get_color() == INK
    assert len({line.get_color() for line in drawn.values()}) == 2


def test_one_observer_has_no_panel_of_kappa(learning):
    axes = learning_curves(learning.dynamics.isel(observer=[0])).figure.axes
    assert [ax.get_title(loc="left") for ax in axes] == ["Accuracy", "Changed until next epoch"]


def test_a_narrow_figure_stacks_the_panels(learning):
    width, height = learning_curves(learning.dynamics, width=3.4).figure.get_size_inches()
    assert height > width


def test_alt_has_first_and_last_accuracy(learning):
    accuracy = learning.dynamics["accuracy"].sel(observer="base").values
    alt = learning_curves(learning.dynamics).alt
    assert f"{accuracy[0]:.1%} at epoch 0, {accuracy[-1]:.1%} at epoch 5" in alt


def test_one_epoch_is_an_error(learning):
    with pytest.raises(InputError, match="two epochs"):
        learning_curves(learning.dynamics.isel(epoch=[0]))


def test_nobody_with_an_accuracy_is_an_error(learning):
    with pytest.raises(InputError, match="two epochs"):
        learning_curves(learning.dynamics.assign(accuracy=learning.dynamics["accuracy"] * np.nan))
