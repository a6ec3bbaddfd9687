"""How decisions form, drawn: what the lines and bars say, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

import trichotomy as tri
from trichotomy import stats
from trichotomy.errors import InputError
from trichotomy.plots import (
    consistency_curves,
    data_map,
    early_curves,
    forgetting,
    learning_epochs,
    learning_order_matrix,
)
from trichotomy.plots.wording import told_apart


def line(ax, label):
    return next(one for one in ax.lines if one.get_label() == label)


def test_learning_lines_are_the_cumulated_shares(study):
    first, final = learning_epochs(study.learned).figure.axes
    for ax, name in ((first, "first"), (final, "final")):
        for label, group in (("all items", "all"), ("trivial", "trivial")):
            np.testing.assert_allclose(line(ax, label).get_ydata(), study.learned[name].sel(group=group))


def test_bars_of_forgetting_are_whole(study):
    bars, conditions = forgetting(study.learned).figure.axes
    ends = {round(p.get_x() + p.get_width(), 9) for p in bars.patches}
    assert max(ends) == 1
    widths = [p.get_width() for p in bars.containers[0]]
    assert widths[0] == pytest.approx(float(study.learned["unforgettable"].sel(group="all")))
    assert len(conditions.get_yticklabels()) == study.learned.sizes["condition"]


def test_one_condition_has_no_panel_of_conditions():
    rng = np.random.default_rng(0)
    d = tri.from_arrays(correct=rng.integers(0, 2, (1, 4, 30)).astype(np.int8), epochs=range(1, 5))
    drawing = forgetting(stats.learned(d))
    assert len(drawing.figure.axes) == 1
    assert "strokes" not in drawing.caption


def test_a_single_class_is_not_drawn_beside_all_items():
    rng = np.random.default_rng(0)
    correct = rng.integers(0, 2, (9, 4, 30)).astype(np.int8)
    correct[0, -1], correct[1, -1] = 0, 1
    figure = learning_epochs(stats.learned(tri.from_arrays(correct=correct, epochs=range(1, 5)))).figure
    assert len(figure.axes[0].lines) == 1
    assert not figure.legends


def test_matrix_of_orders_and_its_numbers(study):
    matrix, scopes = learning_order_matrix(study.learning_order).figure.axes
    shown = matrix.images[0].get_array()
    np.testing.assert_allclose(np.ma.filled(shown, np.nan), study.learning_order["mean"])
    assert len(matrix.texts) == np.isfinite(study.learning_order["mean"].values).sum()
    assert [t.get_text().replace("\n", " ") for t in scopes.get_yticklabels()] == [
        "first right", "right for good", "first right, learned by both",
    ]  # fmt: skip


def test_undefined_orders_are_refused():
    d = tri.from_arrays(correct=np.ones((3, 3, 5), dtype=np.int8), epochs=[1, 2, 3])
    with pytest.raises(InputError, match="learned all their items at once"):
        learning_order_matrix(stats.learning_order(d))


def test_early_curves_mark_where_enough_is_told(study):
    result = study.early_partition
    agreement, classes = early_curves(result).figure.axes
    np.testing.assert_allclose(line(agreement, "_agreement").get_ydata(), result["agreement"])
    np.testing.assert_allclose(line(agreement, "_chance").get_ydata(), result["chance"])
    np.testing.assert_allclose(
        line(classes, "_trivial recall").get_ydata(), result["recall"].sel(difficulty="trivial")
    )
    assert agreement.texts[0].get_text() == f"epoch {float(result['told']):.0f}"


def test_one_class_leaves_nothing_to_draw():
    d = tri.from_arrays(correct=np.ones((3, 2, 9), dtype=np.int8), epochs=[1, 2])
    with pytest.raises(InputError, match="all items are trivial, so there is no partition to tell early"):
        early_curves(stats.early_partition(d))


def test_consistency_curves_have_what_is_defined(study):
    ax = consistency_curves(study.consistency_over_epochs).figure.axes[0]
    own = study.consistency_over_epochs["kappa"].sel(scope="within conditions")
    np.testing.assert_allclose(line(ax, "pairs within conditions").get_ydata(), own)
    rng = np.random.default_rng(1)
    d = tri.from_arrays(correct=rng.integers(0, 2, (3, 2, 50)).astype(np.int8), epochs=[1, 2])
    labels = [
        one.get_label() for one in consistency_curves(stats.consistency_over_epochs(d)).figure.axes[0].lines
    ]
    assert "all pairs" in labels
    assert "pairs within conditions" not in labels


def test_consistency_of_nothing_is_refused():
    correct = np.array([[[1, 0, -1, -1]] * 2, [[-1, -1, 1, 0]] * 2])
    with pytest.raises(InputError, match="no two observers answered the same items"):
        consistency_curves(stats.consistency_over_epochs(tri.from_arrays(correct=correct, epochs=[1, 2])))


def test_every_item_is_a_point_of_the_map(study):
    points, regions = data_map(study.cartography).figure.axes
    assert sum(len(c.get_offsets()) for c in points.collections) == study.cartography.attrs["n"]
    assert [t.get_text() for t in regions.get_yticklabels()] == [
        "all items", "easy to learn", "ambiguous", "hard to learn",
    ]  # fmt: skip


def test_names_are_told_apart_by_what_they_do_not_share():
    assert told_apart(["vit_class_data", "vgg16_class_data"]) == ["vit", "vgg16"]
    assert told_apart(["half-data", "different-data"]) == ["half-data", "different-data"]
    assert told_apart(["base", "order"]) == ["base", "order"]
    assert told_apart(["a_data"]) == ["a_data"]
    assert told_apart(["data", "a_data"]) == ["data", "a_data"]
