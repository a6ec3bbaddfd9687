"""The pigeonhole bootstrap: what it draws, what it gives, how often it covers."""

from __future__ import annotations

import numpy as np
import pytest

from trichotomy import estimators


def test_people_and_items_keep_their_numbers_and_strata_theirs():
    strata = np.array(["a"] * 5 + ["b"] * 3 + ["a"])
    person, item = estimators.crossed_weights(4, 9, strata=strata, draws=50, rng=1)
    assert (person.sum(axis=1) == 4).all()
    assert (item[:, strata == "a"].sum(axis=1) == 6).all()
    assert (item[:, strata == "b"].sum(axis=1) == 3).all()
    again = estimators.crossed_weights(4, 9, strata=strata, draws=50, rng=1)
    np.testing.assert_array_equal(item, again[1])
    alone, _ = estimators.crossed_weights(1, 9, draws=5)
    assert (alone == 1).all()


def test_the_mean_is_that_of_the_table_drawn():
    rng = np.random.default_rng(2)
    x = np.where(rng.random((3, 6)) < 0.2, np.nan, rng.random((3, 6)))
    person, item = estimators.crossed_weights(3, 6, draws=20, rng=3)
    means = estimators.crossed_mean(x, person, item)
    for b in range(20):
        rows, columns = (np.repeat(np.arange(len(w)), w.astype(int)) for w in (person[b], item[b]))
        drawn = x[np.ix_(rows, columns)]
        wanted = np.nan if np.isnan(drawn).all() else np.nanmean(drawn)
        assert means[b] == pytest.approx(wanted, nan_ok=True)


def test_the_variance_has_both_parts():
    """Owen 2007: about that of people, that of items, and three times that of the rest."""
    rng = np.random.default_rng(4)
    M, N, a, b, e = 40, 60, 0.3, 0.2, 0.5
    x = a * rng.standard_normal((M, 1)) + b * rng.standard_normal(N) + e * rng.standard_normal((M, N))
    drawn = estimators.crossed_mean(x, *estimators.crossed_weights(M, N, draws=4000, rng=5))
    wanted = x.mean(axis=1).var() / M + x.mean(axis=0).var() / N + e**2 / (M * N)
    assert drawn.var() == pytest.approx(wanted, rel=0.08)


def test_bounds_are_percentiles_and_undefined_where_the_estimate_is():
    drawn = np.column_stack([np.arange(101.0), np.full(101, np.nan), np.arange(101.0)])
    lower, upper = estimators.percentile_bounds(drawn, [50, 1, np.nan], level=0.9)
    np.testing.assert_allclose(lower, [5, np.nan, np.nan])
    np.testing.assert_allclose(upper, [95, np.nan, np.nan])


def image_ratings(rng, people):
    """Ratings of images whose accuracy is low where the latent quality is high; people differ in level and slope."""
    group = np.repeat([0, 1, 2], (57, 93, 100))
    accuracy = np.choose(group, [0.0, rng.uniform(0.09, 0.91, 250), 1.0])
    latent = rng.standard_normal(250) - 0.9 * accuracy
    level, slope = 0.6 * rng.standard_normal((people, 1)), 1 + 0.3 * rng.standard_normal((people, 1))
    x = np.round(2 + slope * latent + level + 1.2 * rng.standard_normal((people, 250)))
    return np.clip(x, 0, 10), accuracy, group


def correlation(x, y, group, person, item):
    total, n = estimators.item_totals(x, person)
    weights = item / np.bincount(group)[group]
    return estimators.weighted_pearson(total / n, np.broadcast_to(y, total.shape), weights)


@pytest.mark.long
@pytest.mark.parametrize("people", [4, 8, 20])
def test_coverage_of_a_correlation_of_mean_ratings(people):
    rng = np.random.default_rng(people)
    ones = np.ones((1, people)), np.ones((1, 250))
    truth = np.mean([correlation(*image_ratings(rng, people), *ones)[0] for _ in range(3000)])
    hits, runs = 0, 300
    for _ in range(runs):
        x, y, group = image_ratings(rng, people)
        weights = estimators.crossed_weights(people, 250, strata=group, draws=400, rng=rng)
        estimate = correlation(x, y, group, *ones)[0]
        low, high = estimators.percentile_bounds(correlation(x, y, group, *weights), estimate)
        hits += low <= truth <= high
    assert 0.92 <= hits / runs <= 0.99, hits / runs


@pytest.mark.long
@pytest.mark.parametrize(("people", "at_least"), [(8, 0.85), (20, 0.91), (50, 0.92)])
def test_coverage_of_the_mean_over_people_and_items(people, at_least):
    rng = np.random.default_rng(people)
    hits, runs, logit = 0, 400, 1.5
    draws = rng.standard_normal((200_000, 2)) @ [0.5, 0.8]
    truth = (1 / (1 + np.exp(-(logit + draws)))).mean()
    for _ in range(runs):
        ability, ease = 0.5 * rng.standard_normal((people, 1)), 0.8 * rng.standard_normal(80)
        right = rng.random((people, 80)) < 1 / (1 + np.exp(-(logit + ability + ease)))
        drawn = estimators.crossed_mean(right, *estimators.crossed_weights(people, 80, draws=500, rng=rng))
        low, high = estimators.percentile_bounds(drawn, right.mean())
        hits += low <= truth <= high
    assert at_least <= hits / runs <= 0.99, hits / runs
