from __future__ import annotations

import numpy as np
import pytest

import trichotomy as tri
from trichotomy import stats
from trichotomy.errors import InputError
from trichotomy.plots import consistency_by_condition
from trichotomy.plots.consistency import MOST_VECTOR


def dots(ax):
    return [np.asarray(c.get_offsets()) for c in ax.collections if c.get_label() == "_pairs"]


def means(ax, lane):
    return [line.get_xdata()[0] for line in ax.lines if line.get_label() == f"_mean {lane}"]


def test_every_pair_is_a_dot_within_its_condition_and_in_the_rows_of_two_others(small):
    ax = consistency_by_condition(small.consistency).figure.axes[0]
    kappa = small.consistency["kappa"].values
    alike = np.equal.outer(*[small.consistency["condition_a"].values] * 2)
    above = np.triu(np.ones_like(alike), 1).astype(bool)
    drawn = np.sort(np.concatenate([d[:, 0] for d in dots(ax)]))
    expected = np.concatenate([kappa[alike & above], np.repeat(kappa[~alike & above], 2)])
    assert drawn == pytest.approx(np.sort(expected))


def test_rows_are_conditions_by_mean_and_numbers_are_plain_means(small):
    drawing = consistency_by_condition(small.consistency)
    ax = drawing.figure.axes[0]
    condition = small.consistency["condition_a"].values
    kappa = small.consistency["kappa"].values
    between = {c: kappa[np.ix_(condition == c, condition != c)].mean() for c in set(condition)}
    order = sorted(between, key=lambda c: -between[c])
    assert [t.get_text() for t in ax.get_yticklabels()] == order
    assert means(ax, "between") == pytest.approx([between[c] for c in order])
    for c in order:
        assert f"{between[c]:.3f} between" in drawing.alt


def test_dots_stay_in_their_row(small):
    ax = consistency_by_condition(small.consistency).figure.axes[0]
    for offsets in dots(ax):
        rows = np.round(offsets[:, 1])
        assert len(set(rows)) == 1
        assert (np.abs(offsets[:, 1] - rows) < 0.5).all()


def test_the_same_result_gives_the_same_dots(small):
    first, second = (dots(consistency_by_condition(small.consistency).figure.axes[0]) for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


def test_one_pair_stands_in_one_row_with_its_interval(pair):
    drawing = consistency_by_condition(pair.consistency)
    ax = drawing.figure.axes[0]
    assert [t.get_text() for t in ax.get_yticklabels()] == ["condition-1 with condition-2"]
    bar = next(c for c in ax.collections if c.get_label() == "_interval")
    assert bar.get_segments()[0][:, 0] == pytest.approx(pair.consistency["ci"].values[0, 1])
    assert "dirichlet" in drawing.caption
    assert "95%" in drawing.caption


def test_many_conditions_give_the_distribution_of_all_pairs(many):
    drawing = consistency_by_condition(many.consistency)
    ax = drawing.figure.axes[0]
    values, edges, _ = ax.patches[0].get_data()
    kappa = many.consistency["kappa"].values[np.triu_indices(40, 1)]
    assert values.sum() == len(kappa) == 780
    assert edges[0] <= kappa.min() < edges[1]
    assert edges[-2] <= kappa.max() < edges[-1]
    mean = next(line for line in ax.lines if line.get_label() == "_mean")
    assert mean.get_xdata()[0] == pytest.approx(kappa.mean())
    assert f"{kappa.mean():.3f}" in drawing.alt
    assert "780 pairs" in drawing.caption


def test_many_conditions_set_off_pairs_within(many):
    condition = many.consistency["condition_a"].values.copy()
    condition[1] = condition[0]
    ax = consistency_by_condition(
        many.consistency.assign_coords(condition_a=("observer_a", condition))
    ).figure.axes[0]
    assert [p.get_data().values.sum() for p in ax.patches] == [780, 1]


def test_many_dots_become_pixels():
    result = stats.error_consistency(tri.simulate(observers=40, items=100, conditions=2), draws=2)
    ax = consistency_by_condition(result).figure.axes[0]
    assert sum(map(len, dots(ax))) > MOST_VECTOR
    assert all(c.get_rasterized() for c in ax.collections if c.get_label() == "_pairs")


def test_undefined_pairs_are_not_drawn_but_told(small):
    result = small.consistency.copy(deep=True)
    result["kappa"][0, 1] = result["kappa"][1, 0] = np.nan
    drawing = consistency_by_condition(result)
    whole = sum(map(len, dots(consistency_by_condition(small.consistency).figure.axes[0])))
    assert sum(map(len, dots(drawing.figure.axes[0]))) == whole - 2
    assert "1 pair with undefined kappa not drawn" in drawing.caption


def test_a_constant_observer_is_named(odd):
    assert "always right or always wrong: always right." in consistency_by_condition(odd.consistency).caption


def test_nothing_defined_is_an_error(pair):
    with pytest.raises(InputError, match="no pair"):
        consistency_by_condition(pair.consistency.assign(kappa=pair.consistency["kappa"] * np.nan))
