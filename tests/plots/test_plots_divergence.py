from __future__ import annotations

import numpy as np
import pytest

from trichotomy.errors import InputError
from trichotomy.plots import neighbour_divergence


def test_dots_are_divergence_and_accuracy_of_each_class(study):
    ax = neighbour_divergence(study.divergence).figure.axes[0]
    (dots,) = [line for line in ax.lines if line.get_label() == "_classes"]
    assert dots.get_xdata() == pytest.approx(study.divergence["divergence"].values)
    assert dots.get_ydata() == pytest.approx(study.divergence["accuracy"].values)
    (bars,) = [c for c in ax.collections if c.get_label() == "_interval"]
    drawn = np.array([segment[:, 1] for segment in bars.get_segments()])
    assert drawn == pytest.approx(study.divergence["ci"].values)
    assert ax.get_xscale() == "log"


def test_the_first_is_the_divergence_of_the_papers_formula(study):
    ax = neighbour_divergence(study.divergence).figure.axes[0]
    assert ax.lines[0].get_xdata()[0] == pytest.approx(np.log(2) + 1 / 8 - 1 / 2)


def test_few_classes_are_named_many_are_not(study):
    result = study.divergence
    assert [t.get_text() for t in neighbour_divergence(result).figure.axes[0].texts] == result[
        "class_name"
    ].values.tolist()
    many = result.isel({"class": np.arange(40) % 9})
    assert not neighbour_divergence(many).figure.axes[0].texts


def test_numbers_stand_as_numbers_on_the_axis(study):
    figure = neighbour_divergence(study.divergence).figure
    figure.canvas.draw()
    texts = [t.get_text() for t in figure.axes[0].get_xticklabels()]
    assert "0.1" in texts
    assert not any("$" in t for t in texts)


def test_classes_without_items_are_left_out(study):
    result = study.divergence.copy(deep=True)
    result["accuracy"][0] = np.nan
    drawing = neighbour_divergence(result)
    assert len(drawing.figure.axes[0].lines[0].get_xdata()) == 8
    assert "8 classes" in drawing.alt


def test_one_class_is_an_error(study):
    with pytest.raises(InputError, match="two classes"):
        neighbour_divergence(study.divergence.isel({"class": [0]}))
