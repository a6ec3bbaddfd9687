from __future__ import annotations

import numpy as np
import pytest
from matplotlib.collections import PolyCollection

from trichotomy.errors import InputError
from trichotomy.plots import condition_heatmap


def image(drawing):
    return drawing.figure.axes[0].images[0]


def written(drawing):
    """Text of the cells by row and column, those of the diagonal's halves by where in the cell they stand."""
    return {(t.get_position()[1], t.get_position()[0]): t.get_text() for t in drawing.figure.axes[0].texts}


def shown(value):
    return f"{value:.2f}".replace("0.", ".").replace("-", "−")


def test_all_items_above_the_diagonal_and_pruned_below(study):
    result = study.condition_matrix
    values = image(condition_heatmap(result)).get_array().filled(np.nan)
    above, below = np.triu_indices(12, 1), np.tril_indices(12, -1)
    assert values[above] == pytest.approx(result["kappa"].values[above])
    assert values[below] == pytest.approx(result["pruned"].values[below])
    assert np.isnan(values.diagonal()).all()


def test_values_stand_in_the_cells(study):
    result = study.condition_matrix
    texts = written(condition_heatmap(result))
    for row in range(12):
        for column in range(12):
            if row != column:
                name = "kappa" if column > row else "pruned"
                assert texts[row, column] == shown(result[name].values[row, column])


@pytest.mark.parametrize("width", [7.1, 3.4])
def test_values_fit_at_any_width(study, width):
    texts = condition_heatmap(study.condition_matrix, width=width).figure.axes[0].texts
    assert len(texts) >= 12 * 11
    assert min(t.get_fontsize() for t in texts) >= 4.6


def test_the_diagonal_is_split_within_conditions_of_several_networks(study):
    result = study.condition_matrix
    drawing = condition_heatmap(result)
    halves = [c for c in drawing.figure.axes[0].collections if isinstance(c, PolyCollection)]
    several = np.isfinite(result["kappa"].values.diagonal())
    assert several.sum() == 6
    for half, name in zip(halves, ("kappa", "pruned"), strict=True):
        assert np.asarray(half.get_array()) == pytest.approx(result[name].values.diagonal()[several])
        assert half.norm is image(drawing).norm
    for k in np.flatnonzero(several):
        inside = {
            t for (row, column), t in written(drawing).items() if max(abs(row - k), abs(column - k)) < 0.5
        }
        assert inside == {shown(result[name].values[k, k]) for name in ("kappa", "pruned")}
    assert "initialization" in drawing.alt.partition("Within a condition")[2]


def test_axes_name_the_conditions(study):
    ax = condition_heatmap(study.condition_matrix).figure.axes[0]
    names = study.condition_matrix["condition_a"].values.tolist()
    assert [t.get_text() for t in ax.get_yticklabels()] == names
    assert [t.get_text() for t in ax.get_xticklabels()] == names


def test_undefined_cells_are_masked_and_told(study):
    result = study.condition_matrix.copy(deep=True)
    result["pruned"][0, 3] = result["pruned"][3, 0] = np.nan
    drawing = condition_heatmap(result)
    assert np.ma.getmaskarray(image(drawing).get_array())[3, 0]
    assert (3, 0) not in written(drawing)
    assert "Hatched: 1 undefined value." in drawing.caption


def test_cells_too_small_for_numbers_have_none(study):
    rows = np.arange(40) % 12
    many = study.condition_matrix.isel(condition_a=rows, condition_b=rows)
    assert not condition_heatmap(many, width=3.4).figure.axes[0].texts


def test_one_condition_is_an_error(study):
    with pytest.raises(InputError, match="two or more"):
        condition_heatmap(study.condition_matrix.isel(condition_a=[0], condition_b=[0]))
