"""Accuracy per observer and per class."""

from __future__ import annotations

import numpy as np
import pytest
from statsmodels.stats.proportion import proportion_confint

import trichotomy as tri
from trichotomy.errors import InputError


def test_accuracy_with_wilson_intervals(zoo: tri.Decisions) -> None:
    result = tri.accuracy(zoo)
    right = (zoo["response"].values[:, 0] == zoo["target"].values).sum(axis=1)
    np.testing.assert_allclose(result["accuracy"], right / 160)
    np.testing.assert_array_equal(result["n"], 160)
    assert result["ci"].dims == ("observer", "ci_bound")
    assert result["ci_bound"].values.tolist() == ["lower", "upper"]
    np.testing.assert_allclose(
        result["ci"].values.T, proportion_confint(right, 160, method="wilson"), atol=1e-12
    )
    assert result["condition"].values.tolist() == ["vgg", "vgg", "resnet", "resnet", "vit"]
    assert "Wilson" in result.attrs["interval"]
    assert result.attrs["epoch"] == 0


def test_missing_decisions_do_not_count_and_no_answer_is_wrong() -> None:
    d = tri.from_arrays([[0, 1, -1, -2], [0, 0, 0, 0]], target=[0, 0, 0, 0])
    result = tri.accuracy(d)
    np.testing.assert_allclose(result["accuracy"], [1 / 3, 1.0])
    np.testing.assert_array_equal(result["n"], [3, 4])


def test_items_without_a_target_do_not_count() -> None:
    result = tri.accuracy(tri.from_arrays([[0, 1, 1]], target=[0, -1, 0]))
    np.testing.assert_allclose(result["accuracy"], [0.5])
    np.testing.assert_array_equal(result["n"], [2])


def test_an_observer_without_decisions_has_no_accuracy() -> None:
    result = tri.accuracy(tri.from_arrays(correct=[[1, 0], [-1, -1]]))
    np.testing.assert_array_equal(np.isnan(result["accuracy"]), [False, True])
    assert np.isnan(result["ci"].values[1]).all()


def test_level(zoo: tri.Decisions) -> None:
    wide, narrow = tri.accuracy(zoo, level=0.99), tri.accuracy(zoo, level=0.8)
    assert np.all(wide["ci"].diff("ci_bound") > narrow["ci"].diff("ci_bound"))
    assert wide.attrs["level"] == 0.99


def test_the_default_epoch_is_the_last_that_all_have(training: tri.Decisions) -> None:
    assert tri.accuracy(training).attrs["epoch"] == 2
    first = tri.accuracy(training, epoch=1)
    assert first.attrs["epoch"] == 1
    np.testing.assert_allclose(first["accuracy"], training["correct"].sel(epoch=1).mean("item"))


def test_an_unknown_epoch_is_refused(training: tri.Decisions) -> None:
    with pytest.raises(InputError, match="there is no epoch 4; the decisions have 0, 1, 2, 5"):
        tri.accuracy(training, epoch=4)


def test_class_difficulty(zoo: tri.Decisions) -> None:
    result = tri.class_difficulty(zoo, tolerance=1)
    right = zoo["response"].values[:, 0] == zoo["target"].values
    assert np.all(np.diff(result["accuracy"]) >= 0)
    assert sorted(result["class"].values) == ["ant", "bee", "cat", "dog"]
    for name in result["class"].values:
        here = right[:, zoo["target"].values == ["ant", "bee", "cat", "dog"].index(name)]
        row = result.sel({"class": name})
        assert float(row["accuracy"]) == pytest.approx(here.mean())
        assert int(row["n"]) == here.shape[1]
        assert float(row["trivial"]) == pytest.approx(np.mean(here.sum(axis=0) >= 4))
        assert float(row["impossible"]) == pytest.approx(np.mean(here.sum(axis=0) <= 1))
        middle = (here.sum(axis=0) > 1) & (here.sum(axis=0) < 4)
        assert float(row["in_between"]) == pytest.approx(middle.mean())
        assert float(row["ci"][0]) < here.mean() < float(row["ci"][1])
    assert result.attrs["left_out"] == 0
    assert result.attrs["tolerance"] == 1


def test_class_intervals_are_about_as_wide_as_a_t_interval_over_items(zoo: tri.Decisions) -> None:
    result = tri.class_difficulty(zoo)
    share = (zoo["response"].values[:, 0] == zoo["target"].values).mean(axis=0)
    for k, name in enumerate(("ant", "bee", "cat", "dog")):
        here = share[zoo["target"].values == k]
        plain = 2 * 1.96 * here.std(ddof=1) / np.sqrt(len(here))
        assert float(result.sel({"class": name})["ci"].diff("ci_bound")[0]) == pytest.approx(plain, rel=0.1)


def test_classes_use_items_that_all_answered(patchy: tri.Decisions) -> None:
    result = tri.class_difficulty(patchy)
    complete = (patchy["response"].values[:, 0] != tri.MISSING).all(axis=0) & (patchy["target"].values >= 0)
    assert int(result["n"].sum()) == complete.sum()
    assert result.attrs["left_out"] == 160 - complete.sum()


def test_classes_without_names_are_numbers() -> None:
    result = tri.class_difficulty(tri.from_arrays([[0, 1, 5, 5]], target=[0, 0, 5, 5]))
    assert result["class"].values.tolist() == ["0", "5"]


def test_no_target_no_classes() -> None:
    with pytest.raises(InputError, match="no target is known"):
        tri.class_difficulty(tri.from_arrays(correct=[[1, 0], [0, 1]]))


def test_classes_need_a_common_item(apart: tri.Decisions) -> None:
    with pytest.raises(InputError, match="no item was answered by all 2 observers"):
        tri.class_difficulty(apart)
