from __future__ import annotations

import numpy as np
import pytest

from trichotomy.errors import InputError
from trichotomy.plots import accuracy_bars, class_accuracy


def line(ax, label):
    return next(line for line in ax.lines if line.get_label() == label)


def band(ax):
    return next(c for c in ax.collections if c.get_label() == "interval")


def words(ax):
    return [t.get_text() for t in ax.texts]


def test_rows_are_sorted_with_the_best_on_top(small):
    ax = accuracy_bars(small.accuracy).figure.axes[0]
    values = small.accuracy["accuracy"].values
    order = np.argsort(-values, kind="stable")
    assert line(ax, "Accuracy").get_xdata() == pytest.approx(values[order])
    names = small.accuracy["observer"].values[order].tolist()
    assert [t.get_text() for t in ax.get_yticklabels()] == names
    assert ax.get_ylim()[0] > ax.get_ylim()[1]


def test_intervals_are_those_of_the_result(small):
    ax = accuracy_bars(small.accuracy).figure.axes[0]
    order = np.argsort(-small.accuracy["accuracy"].values, kind="stable")
    drawn = np.array([segment[:, 0] for segment in band(ax).get_segments()])
    assert drawn == pytest.approx(small.accuracy["ci"].values[order])
    assert "95% intervals (Wilson score over items)" in accuracy_bars(small.accuracy).caption


def test_all_of_a_hundred_rows_are_named(many):
    figure = accuracy_bars(many.accuracy.isel(observer=slice(99))).figure
    assert len(figure.axes[0].get_yticklabels()) == 99
    assert figure.axes[0].get_yticklabels()[0].get_fontsize() >= 5
    assert figure.get_figheight() < 9.5


def test_more_observers_become_a_curve_with_named_ends(many):
    ax = accuracy_bars(many.accuracy).figure.axes[0]
    values = many.accuracy["accuracy"].values
    assert line(ax, "Accuracy").get_ydata() == pytest.approx(np.sort(values))
    assert any(str(many.accuracy["observer"].values[values.argmax()]) in w for w in words(ax))


def test_an_observer_without_decisions_is_called_undefined(small):
    result = small.accuracy.copy(deep=True)
    result["accuracy"][0] = np.nan
    result["ci"][0] = np.nan
    ax = accuracy_bars(result).figure.axes[0]
    assert [t.get_text() for t in ax.get_yticklabels()][-1] == result["observer"].values[0]
    assert words(ax) == ["undefined"]


def test_alt_names_the_ends(small):
    result = small.accuracy
    best = int(result["accuracy"].values.argmax())
    assert (
        f"{result['observer'].values[best]} with {float(result['accuracy'][best]):.1%}"
        in accuracy_bars(result).alt
    )


def test_unequal_numbers_of_items_are_told(odd):
    low = int(odd.accuracy["n"].min())
    assert f"on {low} to 200 items" in accuracy_bars(odd.accuracy).caption


def test_no_accuracy_is_an_error(small):
    with pytest.raises(InputError, match="no observer"):
        accuracy_bars(small.accuracy.assign(accuracy=small.accuracy["accuracy"] * np.nan))


def test_few_classes_are_rows(small):
    ax = class_accuracy(small.classes).figure.axes[0]
    assert [t.get_text() for t in ax.get_yticklabels()] == small.classes["class"].values[::-1].tolist()


def test_many_classes_are_a_curve_with_a_band_and_named_ends(many):
    drawing = class_accuracy(many.classes)
    ax = drawing.figure.axes[0]
    assert line(ax, "Mean accuracy of the observers").get_ydata() == pytest.approx(
        many.classes["accuracy"].values
    )
    corners = band(ax).get_paths()[0].vertices[:, 1]
    assert corners.min() == pytest.approx(many.classes["ci"].values.min())
    assert corners.max() == pytest.approx(many.classes["ci"].values.max())
    hardest, easiest = str(many.classes["class"].values[0]), str(many.classes["class"].values[-1])
    assert f"Hardest: {hardest}" in drawing.alt
    assert f"Easiest: {easiest}" in drawing.alt
    assert any(w.startswith(hardest) for w in words(ax))
    assert "Band: 95% intervals" in drawing.caption


def test_one_class_is_an_error(small):
    with pytest.raises(InputError, match="two or more"):
        class_accuracy(small.classes.isel({"class": [0]}))
