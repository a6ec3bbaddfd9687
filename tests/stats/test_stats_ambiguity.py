"""Difficulty by the ambiguity of labels."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import kendalltau, somersd, spearmanr

import trichotomy as tri
from trichotomy.errors import InputError, UnknownNameError


@pytest.fixture(scope="module")
def ambiguous() -> tri.Decisions:
    """Five observers, 300 items; the more accepted labels, the harder; votes of some."""
    rng = np.random.default_rng(3)
    labels = rng.integers(1, 4, size=300).astype(float)
    correct = rng.random((5, 300)) < (1.1 - 0.3 * labels)
    votes = np.where(rng.random(300) < 0.5, np.nan, rng.random(300))
    return tri.from_arrays(correct=correct, item_coords={"accepted_labels": labels, "vote_entropy": votes})


def test_associations_are_scipys_with_the_number_of_observers_wrong(ambiguous: tri.Decisions) -> None:
    result = tri.label_ambiguity(ambiguous, draws=50)
    wrong = 5 - ambiguous["correct"].values[:, 0].sum(axis=0)
    for name in ("accepted_labels", "vote_entropy"):
        x = ambiguous[name].values
        known = ~np.isnan(x)
        found = result["association"].sel(annotation=name).values
        theirs = [f(x[known], wrong[known]).statistic for f in (spearmanr, kendalltau, somersd)]
        np.testing.assert_allclose(found, theirs, atol=1e-9)
        assert int(result["n"].sel(annotation=name)) == known.sum()
        low, high = result["association_ci"].sel(annotation=name).values.T
        assert np.all((low < found) & (found < high))
    assert float(result["association"].sel(annotation="accepted_labels", statistic="spearman")) > 0.5


def test_levels_hold_the_items_of_each_value(ambiguous: tri.Decisions) -> None:
    result = tri.label_ambiguity(ambiguous, annotations="accepted_labels", draws=5)
    right = ambiguous["correct"].values[:, 0]
    assert result["lowest"].values.tolist() == result["highest"].values.tolist() == [1, 2, 3]
    for k, value in enumerate((1, 2, 3)):
        own = right[:, ambiguous["accepted_labels"].values == value]
        row = result.isel(level=k)
        assert int(row["items"]) == own.shape[1]
        assert float(row["accuracy"]) == pytest.approx(own.mean())
        assert float(row["trivial"]) == pytest.approx(own.all(axis=0).mean())
        assert float(row["impossible"]) == pytest.approx((~own.astype(bool)).all(axis=0).mean())
        mean = own.mean(axis=0)
        half = 1.96 * mean.std(ddof=1) / np.sqrt(len(mean))
        np.testing.assert_allclose(row["accuracy_ci"], own.mean() + np.array([-half, half]), atol=1e-4)


def test_many_values_are_grouped_and_every_known_item_is_in_one_group(ambiguous: tri.Decisions) -> None:
    result = tri.label_ambiguity(ambiguous, annotations=["vote_entropy"], draws=5)
    known = np.isfinite(ambiguous["vote_entropy"].values).sum()
    assert result.sizes["level"] == 8
    assert int(result["items"].sum()) == known
    assert int(result["items"].min()) >= known // 8 - 1
    assert np.all(result["lowest"].values[1:] > result["highest"].values[:-1])


def test_a_seed_gives_the_same_intervals(ambiguous: tri.Decisions) -> None:
    one, two = (tri.label_ambiguity(ambiguous, draws=20, rng=3) for _ in range(2))
    np.testing.assert_array_equal(one["association_ci"], two["association_ci"])
    assert one.attrs["seed"] == 3


def test_wrong_input_is_refused(ambiguous: tri.Decisions, zoo: tri.Decisions) -> None:
    with pytest.raises(InputError, match=r"accepted labels or votes with tri\.annotate"):
        tri.label_ambiguity(zoo)
    with pytest.raises(UnknownNameError, match="Did you mean vote_entropy"):
        tri.label_ambiguity(ambiguous, annotations="votes_entropy")
    text = zoo.assign_coords(odd=("item", np.array(["a", "b"] * 80, dtype=object)))
    with pytest.raises(InputError, match="'odd' is text"):
        tri.label_ambiguity(text, annotations="odd")
