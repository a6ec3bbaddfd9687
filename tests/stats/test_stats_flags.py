"""Flagged items by difficulty."""

from __future__ import annotations

import numpy as np
import pytest
from statsmodels.stats.proportion import proportion_confint

import trichotomy as tri
from trichotomy.errors import InputError, UnknownNameError


@pytest.mark.parametrize("tolerance", [0, 1])
def test_shares_by_number_right_and_by_class(zoo: tri.Decisions, tolerance: int) -> None:
    result = tri.flag_shares(zoo, tolerance=tolerance)
    s = (zoo["response"].values[:, 0] == zoo["target"].values).sum(axis=0)
    flagged = zoo["label_error"].values
    for k in range(6):
        row = result.sel(number_right=k)
        assert int(row["count"]) == (s == k).sum()
        assert int(row["flagged"]) == (s == k)[flagged].sum()
        assert float(row["share"]) == pytest.approx(flagged[s == k].mean())
        low, high = proportion_confint((s == k)[flagged].sum(), (s == k).sum(), method="wilson")
        np.testing.assert_allclose(row["ci"], [low, high], atol=1e-12)
    category = tri.partition(zoo, tolerance=tolerance)["category"].values
    for code, name in enumerate(("impossible", "in-between", "trivial")):
        row = result.sel(difficulty=name)
        n, hits = (category == code).sum(), (category == code)[flagged].sum()
        assert (int(row["difficulty_count"]), int(row["difficulty_flagged"])) == (n, hits)
        assert float(row["difficulty_share"]) == pytest.approx(hits / n)
        low, high = proportion_confint(hits, n, method="wilson")
        np.testing.assert_allclose(row["difficulty_ci"], [low, high], atol=1e-12)
    assert result.attrs["flags"] == "label_error"
    assert result.attrs["flagged"] == 16


def test_no_items_no_share() -> None:
    d = tri.from_arrays(correct=[[1, 1, 0], [1, 1, 0]], item_coords={"label_error": [0, 1, 1]})
    result = tri.flag_shares(d)
    assert result["count"].values.tolist() == [1, 0, 2]
    np.testing.assert_array_equal(result["share"], [1.0, np.nan, 0.5])
    assert np.isnan(result["ci"].values[1]).all()


def test_items_that_somebody_did_not_answer_are_left_out(patchy: tri.Decisions) -> None:
    marked = patchy.assign_coords(odd=("item", np.arange(160) % 2 == 1))
    result = tri.flag_shares(marked, flags="odd")
    c = tri.correctness(marked).values[:, 0]
    complete = (c >= 0).all(axis=0)
    assert result.attrs["left_out"] == (~complete).sum()
    assert int(result["count"].sum()) == complete.sum() == result.attrs["n"]
    assert int(result["flagged"].sum()) == complete[1::2].sum()


def test_an_annotation_that_is_not_there_is_refused(patchy: tri.Decisions, zoo: tri.Decisions) -> None:
    with pytest.raises(UnknownNameError, match="no annotation called 'label_error'"):
        tri.flag_shares(patchy)
    with pytest.raises(UnknownNameError, match="Did you mean label_error"):
        tri.flag_shares(zoo, flags="label_errors")
    with pytest.raises(InputError, match="describes observers"):
        tri.flag_shares(zoo, flags="condition")
