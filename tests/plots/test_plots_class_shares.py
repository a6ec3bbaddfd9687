from __future__ import annotations

import numpy as np
import pytest

from trichotomy.errors import InputError
from trichotomy.plots import class_shares


def bars(ax):
    return {c.get_label(): [b.get_width() for b in c] for c in ax.containers}


def sorted_classes(result):
    """The most trivial first, among equals the least impossible."""
    order = np.lexsort((result["impossible"].values, -result["trivial"].values))
    return result.isel({"class": order})


def test_bars_are_the_shares_of_each_class_the_most_trivial_first(study):
    ax = class_shares(study.classes).figure.axes[0]
    expected = sorted_classes(study.classes)
    assert [t.get_text() for t in ax.get_yticklabels()] == expected["class"].values.tolist()
    drawn = bars(ax)
    assert list(drawn) == ["trivial", "in-between", "impossible"]
    for label, values in drawn.items():
        assert values == pytest.approx(expected[label.replace("-", "_")].values)


def test_bars_are_stacked_to_the_whole(study):
    ax = class_shares(study.classes).figure.axes[0]
    ends = [b.get_x() + b.get_width() for b in ax.containers[-1]]
    assert ends == pytest.approx(np.ones(10))
    assert ax.get_xlim() == (0, 1)


def test_many_classes_become_areas(many):
    figure = class_shares(many.classes).figure
    areas = {p.get_label(): p.get_data() for p in figure.axes[0].patches}
    expected = sorted_classes(many.classes)
    trivial, in_between, impossible = (
        expected[name].values for name in ("trivial", "in_between", "impossible")
    )
    assert areas["trivial"].values == pytest.approx(trivial)
    assert areas["in-between"].values == pytest.approx(trivial + in_between)
    assert areas["impossible"].baseline == pytest.approx(trivial + in_between)
    assert areas["impossible"].values == pytest.approx(trivial + in_between + impossible)
    assert figure.get_figheight() < 4


def test_alt_names_the_ends(study):
    expected = sorted_classes(study.classes)["class"].values
    alt = class_shares(study.classes).alt
    assert f"Most trivial: {expected[0]}" in alt
    assert f"Least: {expected[-1]}" in alt


def test_one_class_is_an_error(study):
    with pytest.raises(InputError, match="two or more"):
        class_shares(study.classes.isel({"class": [0]}))
