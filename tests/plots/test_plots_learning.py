from __future__ import annotations

import numpy as np
import pytest

from trichotomy import stats
from trichotomy.decisions import at_epoch
from trichotomy.errors import InputError
from trichotomy.plots import learning_map
from trichotomy.plots.raster import MOST_COLUMNS


def pixels(drawing):
    return drawing.figure.axes[0].images[0].get_array().filled(np.nan)


def test_each_column_is_an_item_from_the_easiest_to_the_hardest(study):
    drawn = pixels(learning_map(study.learning_map, study.partition))
    shares = study.learning_map["share_right"].values[:6]
    key = [(-r, -m) for r, m in zip(study.partition["right"].values, shares.mean(axis=0), strict=True)]
    order = sorted(range(200), key=lambda i: key[i])
    assert drawn == pytest.approx(shares[:, order])
    assert (np.diff(drawn[-1]) <= 1e-6).all()


def test_epochs_that_not_all_ran_are_left_out_and_told(study):
    drawing = learning_map(study.learning_map, study.partition)
    assert study.learning_map.sizes["epoch"] == 9
    assert pixels(drawing).shape == (6, 200)
    assert "Not drawn: 3 epochs that not all of them ran." in drawing.caption
    assert [t.get_text() for t in drawing.figure.axes[0].get_yticklabels()] == list("012345")


def test_many_items_are_averaged_and_the_figure_says_so(study):
    items = np.arange(1001) % 200
    wide = study.learning_map.isel(item=items).assign_coords(item=[f"i{k}" for k in range(1001)])
    partition = study.partition.isel(item=items).assign_coords(item=wide["item"].values)
    drawing = learning_map(wide, partition)
    drawn = pixels(drawing)
    assert drawn.shape == (6, 334)
    assert drawn.shape[1] <= MOST_COLUMNS
    sizes = np.array([3] * 333 + [2])
    assert (drawn * sizes).sum(axis=1) == pytest.approx(wide["share_right"].values[:6].sum(axis=1), rel=1e-4)
    assert "each column the mean of 3 neighbours" in drawing.figure.axes[0].get_xlabel()
    assert "each column is the mean of 3 neighbours" in drawing.caption


def test_items_are_joined_by_id(study):
    shuffled = study.learning_map.isel(item=np.random.default_rng(0).permutation(200))
    drawn = pixels(learning_map(shuffled, study.partition))
    assert np.array_equal(drawn, pixels(learning_map(study.learning_map, study.partition)))


def test_shares_nobody_has_are_blank(learning):
    result = stats.learning_map(learning.history).copy(deep=True)
    result["share_right"][:, 7] = np.nan
    drawn = (
        learning_map(result, stats.partition(at_epoch(learning.history))).figure.axes[0].images[0].get_array()
    )
    assert np.ma.getmaskarray(drawn).all(axis=0).sum() == 1


def test_alt_has_shares_of_each_class_of_difficulty(study):
    trivial = study.partition["category"].values == 2
    last = study.learning_map["share_right"].values[5, trivial].mean()
    assert f"{trivial.mean():.1%} trivial" in learning_map(study.learning_map, study.partition).alt
    assert last == 1
    assert "100.0% at epoch 5" in learning_map(study.learning_map, study.partition).alt


def test_one_epoch_is_an_error(study):
    with pytest.raises(InputError, match="two epochs or more"):
        learning_map(study.learning_map.isel(epoch=[5, 8]), study.partition)


def test_items_that_the_map_lacks_are_an_error(study):
    with pytest.raises(InputError, match="190 items that the map"):
        learning_map(study.learning_map.isel(item=slice(10)), study.partition)
