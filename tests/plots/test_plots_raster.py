from __future__ import annotations

import numpy as np
import pytest

import trichotomy as tri
from trichotomy import stats
from trichotomy.decisions import correctness
from trichotomy.errors import InputError, UnknownNameError
from trichotomy.plots import decision_raster
from trichotomy.plots.raster import MOST_COLUMNS


def pixels(drawing):
    return drawing.figure.axes[0].images[0].get_array()


def easiest_first(partition):
    return np.lexsort((-partition["right"].values, -partition["category"].values))


def test_each_cell_is_a_decision_items_from_easy_to_hard(small):
    drawn = pixels(decision_raster(small.history, small.partition))
    expected = correctness(small.history).values[:, 0][:, easiest_first(small.partition)]
    assert np.array_equal(drawn, expected)
    assert (np.diff(drawn.sum(axis=0)) <= 0).all()


def test_rows_are_the_observers(small):
    ax = decision_raster(small.history, small.partition).figure.axes[0]
    assert [t.get_text() for t in ax.get_yticklabels()] == small.history["observer"].values.tolist()


def test_many_items_are_averaged_and_the_figure_says_so():
    d = tri.simulate(observers=3, items=1001)
    partition = stats.partition(d)
    drawing = decision_raster(d, partition)
    drawn = pixels(drawing).filled(np.nan)
    assert drawn.shape == (3, 334)
    assert drawn.shape[1] <= MOST_COLUMNS
    sorted_decisions = correctness(d).values[:, 0][:, easiest_first(partition)]
    assert drawn[:, 0] == pytest.approx(sorted_decisions[:, :3].mean(axis=1))
    assert drawn[:, -1] == pytest.approx(sorted_decisions[:, 999:].mean(axis=1))
    label = drawing.figure.axes[0].get_xlabel().replace("\n", " ")
    assert "each column the mean of 3 neighbours" in label
    assert "each column is the mean of 3 neighbours" in drawing.caption
    assert drawing.figure.axes[0].get_xlim() == (0, 1001)


def test_few_items_are_not_averaged(small):
    drawing = decision_raster(small.history, small.partition)
    assert "mean" not in drawing.figure.axes[0].get_xlabel() + drawing.caption


def test_missing_decisions_are_masked(odd):
    drawing = decision_raster(odd.history, odd.partition)
    missing = correctness(odd.history).values[:, 0][:, easiest_first(odd.partition)] < 0
    assert missing.any()
    assert np.array_equal(np.ma.getmaskarray(pixels(drawing)), missing)
    assert "Grey: missing." in drawing.caption
    assert "items that not every observer answered" in drawing.caption


def test_epochs_of_one_observer(learning):
    drawing = decision_raster(learning.history, learning.partition, observer="half")
    expected = correctness(learning.history).sel(observer="half").values[:, easiest_first(learning.partition)]
    drawn = pixels(drawing)
    assert np.array_equal(drawn.filled(-1), expected)
    assert drawing.figure.axes[0].get_ylabel() == "Epoch"
    assert [t.get_text() for t in drawing.figure.axes[0].get_yticklabels()] == list("012345")
    assert "half" in drawing.alt


def test_epochs_of_the_first_observer_by_default(learning):
    assert "epochs of base" in decision_raster(learning.history, learning.partition).alt


def test_takes_a_correctness_matrix(small):
    drawn = pixels(decision_raster(correctness(small.history), small.partition))
    assert np.array_equal(drawn, pixels(decision_raster(small.history, small.partition)))


def test_items_are_joined_by_id(small):
    shuffled = small.history.isel(item=np.random.default_rng(0).permutation(300))
    drawn = pixels(decision_raster(shuffled, small.partition))
    assert np.array_equal(drawn, pixels(decision_raster(small.history, small.partition)))


def test_the_partition_may_have_fewer_items(small):
    some = small.partition.isel(item=slice(40))
    assert pixels(decision_raster(small.history, some)).shape == (6, 40)


def test_alt_has_the_share_right(small):
    share = (correctness(small.history).values == 1).mean()
    assert (
        f"{share:.1%} of the decisions drawn are right" in decision_raster(small.history, small.partition).alt
    )


def test_an_unknown_observer_is_an_error(learning):
    with pytest.raises(UnknownNameError, match="bass"):
        decision_raster(learning.history, learning.partition, observer="bass")


def test_items_that_the_decisions_lack_are_an_error(small):
    with pytest.raises(InputError, match="260 items that the decisions lack"):
        decision_raster(small.history.isel(item=slice(40)), small.partition)


def test_an_observer_without_decisions_is_an_error(small):
    nothing = correctness(small.history) * 0 - 1
    with pytest.raises(InputError, match="made none"):
        decision_raster(nothing, small.partition, observer="condition-1/1")
