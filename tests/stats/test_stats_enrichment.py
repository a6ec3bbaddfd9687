"""Annotated items by class of difficulty."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats.contingency import odds_ratio
from statsmodels.stats.proportion import proportion_confint

import trichotomy as tri
from trichotomy import stats
from trichotomy.errors import InputError, UnknownNameError


@pytest.fixture
def annotated(zoo: tri.Decisions) -> tri.Decisions:
    """The zoo, its impossible items flagged more often; ``odd`` is unknown for some."""
    category = tri.partition(zoo)["category"].values
    rng = np.random.default_rng(4)
    odd = np.where(rng.random(160) < 0.1, np.nan, (rng.random(160) < np.where(category == 0, 0.7, 0.2)) * 1.0)
    return zoo.assign_coords(odd=("item", odd))


@pytest.mark.parametrize("tolerance", [0, 1])
def test_shares_odds_and_what_is_left_are_counted_from_the_items(annotated, tolerance) -> None:
    result = tri.enrichment(annotated, tolerance=tolerance)
    assert result["annotation"].values.tolist() == ["label_error", "odd"]
    category = tri.partition(annotated, tolerance=tolerance)["category"].values
    for name in ("label_error", "odd"):
        marked = np.nan_to_num(annotated[name].values.astype(float)) == 1
        row = result.sel(annotation=name)
        assert float(row["whole"]) == pytest.approx(marked.mean())
        for code, label in enumerate(("impossible", "in-between", "trivial")):
            cell, inside = row.sel(difficulty=label), category == code
            a, b = (marked & inside).sum(), (marked & ~inside).sum()
            c, d = (~marked & inside).sum(), (~marked & ~inside).sum()
            assert (int(cell["flagged"]), int(cell["count"])) == (a, a + c)
            np.testing.assert_allclose(cell["ci"], proportion_confint(a, a + c, method="wilson"), atol=1e-12)
            theirs = odds_ratio([[a, b], [c, d]], kind="conditional")
            assert float(cell["odds_ratio"]) == pytest.approx(theirs.statistic, rel=1e-4)
            bounds = theirs.confidence_interval(0.95)
            np.testing.assert_allclose(cell["odds_ratio_ci"], [bounds.low, bounds.high], rtol=1e-3)
            assert float(cell["without"]) == pytest.approx(c / (c + d))


def test_what_is_left_is_the_partition_of_the_other_items(annotated) -> None:
    left = tri.partition(annotated, exclude="odd")
    result = tri.enrichment(annotated, flags="odd").sel(annotation="odd")
    np.testing.assert_allclose(result["without"], left["share"])
    np.testing.assert_allclose(result["without_ci"], left["ci"])
    np.testing.assert_allclose(result["partition"], tri.partition(annotated)["share"])


def test_shares_are_those_of_flag_shares(annotated) -> None:
    result, flags = tri.enrichment(annotated, flags=["label_error"]), tri.flag_shares(annotated)
    np.testing.assert_allclose(result["share"][0], flags["difficulty_share"])
    np.testing.assert_allclose(result["ci"][0], flags["difficulty_ci"])


def test_items_that_somebody_did_not_answer_are_left_out(patchy: tri.Decisions) -> None:
    marked = patchy.assign_coords(odd=("item", np.arange(160) % 2 == 1))
    complete = (tri.correctness(marked).values[:, 0] >= 0).all(axis=0)
    result = tri.enrichment(marked)
    assert int(result["count"].sum()) == complete.sum() == result.attrs["n"]
    assert int(result["flagged"].sum()) == complete[1::2].sum()


def test_names_are_those_of_annotations_that_are_true_or_false(zoo: tri.Decisions) -> None:
    d = zoo.assign_coords(
        none=("item", np.zeros(160)), text=("item", np.array(["yes", "no"] * 80, dtype=object)),
        number=("item", np.arange(160.0)),
    )  # fmt: skip
    assert stats.flag_names(d) == ("label_error", "text")


def test_nothing_flagged_has_no_odds_and_nothing_at_all_is_refused(zoo: tri.Decisions) -> None:
    d = zoo.assign_coords(none=("item", np.zeros(160, dtype=bool)))
    result = tri.enrichment(d, flags="none")
    assert np.isnan(result["odds_ratio"]).all()
    with pytest.raises(InputError, match="true for some and false for others"):
        tri.enrichment(d.drop_vars("label_error"))
    with pytest.raises(UnknownNameError, match="Did you mean label_error"):
        tri.enrichment(d, flags="label_errors")
