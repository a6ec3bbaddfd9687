"""Statistics of people's answers against slow definitions and reference implementations."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy.stats import binomtest, pearsonr

import simulated_answers as simulated
import trichotomy as tri
from trichotomy import estimators
from trichotomy.errors import InputError, UnknownNameError
from trichotomy.stats import people as p


@pytest.fixture(scope="module")
def pairs() -> p.Answers:
    return p.Answers.of(*simulated.pairs())


@pytest.fixture(scope="module")
def ratings() -> p.Answers:
    return p.Answers.of(*simulated.ratings())


@pytest.fixture(scope="module")
def named() -> p.Answers:
    return p.Answers.of(*simulated.categorise())


def alone(a: p.Answers) -> p.Answers:
    return replace(a, trials=a.trials[a.trials["participant"] == a.participants[0]])


def test_what_counts(pairs, ratings):
    assert pairs.left_out == {"practice and attention checks": 3}
    assert pairs.participants == [str(1000 + m) for m in range(6)]
    assert len(pairs.main) == 240
    flagged = int(ratings.items["label_error"].sum())
    assert ratings.left_out == {"label errors": 5 * flagged}
    assert replace(ratings, label_errors=True).left_out == {}


def test_accuracy_is_counted_person_by_person(pairs):
    result = p.choice_accuracy(pairs, alternative="greater")
    for who, rows in pairs.main.groupby("participant"):
        one = result.sel(participant=who)
        k, n = int(rows["correct"].sum()), len(rows)
        assert (int(one["right"]), int(one["n"])) == (k, n)
        theirs = binomtest(k, n, 0.5, alternative="greater")
        assert np.exp(float(one["log_p"])) == pytest.approx(theirs.pvalue)
        interval = theirs.proportion_ci(0.95, method="wilson")
        assert float(one["ci"][0]) < k / n < float(one["ci"][1])
        two = binomtest(k, n).proportion_ci(0.95, method="wilson")
        np.testing.assert_allclose(one["ci"], [two.low, two.high])
        assert interval.low > two.low
    assert float(result["group"]) == pytest.approx(pairs.main["correct"].mean())
    low, high = result["group_ci"].values
    assert low < float(result["group"]) < high


def test_chance_is_a_half_of_pairs_and_one_of_the_classes(pairs, named):
    assert p.choice_accuracy(pairs).attrs["chance"] == 0.5
    result = p.choice_accuracy(named)
    assert result.attrs["chance"] == 1 / len(simulated.CLASSES)
    one = result.isel(participant=0)
    theirs = binomtest(int(one["right"]), int(one["n"]), 0.25)
    assert np.exp(float(one["log_p"])) == pytest.approx(theirs.pvalue)
    assert p.choice_accuracy(named, chance=0.1).attrs["chance"] == 0.1


def test_intervals_of_people_and_of_pairs_alone_are_narrower(pairs):
    x, _ = pairs.matrix("correct", by="trial_id")
    whole = np.ptp(p.choice_accuracy(pairs)["group_ci"].values)
    person, item = estimators.crossed_weights(*x.shape, rng=1)
    for weights in ((person, np.ones_like(item)), (np.ones_like(person), item)):
        drawn = estimators.crossed_mean(x, *weights)
        assert np.ptp(np.quantile(drawn, [0.025, 0.975])) < whole


def test_order_of_rows_does_not_matter(pairs):
    shuffled = replace(pairs, trials=pairs.trials.sample(frac=1, random_state=3))
    one, other = (p.choice_accuracy(a) for a in (pairs, shuffled))
    same = other.sel(participant=one["participant"].values)
    np.testing.assert_allclose(one["accuracy"], same["accuracy"])
    a, b = (p.accuracy_by_certainty(x) for x in (pairs, shuffled))
    np.testing.assert_allclose([a["slope"], *a["accuracy"]], [b["slope"], *b["accuracy"]], rtol=1e-6)


def test_agreement_is_error_consistency(pairs, named):
    for a in (pairs, named):
        result = p.observer_agreement(a)
        wide = a.main.pivot_table(
            index="participant", columns="trial_id" if a is pairs else "item", values="correct"
        )
        kappa = estimators.error_consistency(wide.to_numpy().astype(np.int8))
        values = kappa[np.triu_indices(len(kappa), 1)]
        assert float(result["mean"]) == pytest.approx(values.mean())
        assert float(result["sd"]) == pytest.approx(values.std(ddof=1))
        assert float(result["lowest"]) == pytest.approx(values.min())
        assert float(result["highest"]) == pytest.approx(values.max())


def test_certainty_and_its_regression_are_statsmodels(pairs):
    result = p.accuracy_by_certainty(pairs, bins=4)
    main = pairs.main
    mean = pairs.items["mean_correct"]
    x = mean[main["item"]].to_numpy() - mean[main["item_other"]].to_numpy()
    theirs = sm.Logit(main["correct"].to_numpy(), sm.add_constant(x)).fit(disp=0)
    np.testing.assert_allclose([result["intercept"], result["slope"]], theirs.params, rtol=1e-5)
    assert result["pairs"].values.tolist() == [10, 10, 10, 10]
    edges = np.quantile(np.unique(x), [0.25, 0.5, 0.75], method="inverted_cdf")
    group = np.searchsorted(edges, x)
    wanted = [main["correct"].to_numpy()[group == k].mean() for k in range(4)]
    np.testing.assert_allclose(result["accuracy"], wanted)


def test_certainty_that_does_not_vary_has_no_slope(pairs):
    flat = pairs.items.assign(mean_correct=(pairs.items["difficulty"] == "trivial").astype(float))
    result = p.accuracy_by_certainty(replace(pairs, items=flat))
    assert np.isnan(result["slope"])
    assert result.sizes["bin"] == 1
    with pytest.raises(InputError, match="mean_correct"):
        p.accuracy_by_certainty(replace(pairs, items=flat.drop(columns="mean_correct")))


def test_learning_is_found_where_it_is():
    trials, items = simulated.pairs(people=20, n=40)
    g = np.random.default_rng(4)
    better = (g.random(len(trials)) < 0.5 + 0.45 * trials["trial"] / 40).astype(int)
    trials = trials.assign(correct=better).drop(columns=["answer", "side"])
    result = p.learning(p.Answers.of(trials, items), bins=4)
    assert result["answers"].values.tolist() == [200] * 4
    main = trials[trials["phase"] == "main"]
    wanted = main.groupby(main["trial"] * 4 // 40)["correct"].mean()
    np.testing.assert_allclose(result["accuracy"], wanted)
    assert float(result["slope_ci"][0]) > 0
    theirs = sm.Logit(main["correct"].to_numpy(), sm.add_constant(main["trial"].to_numpy() / 39)).fit(disp=0)
    assert float(result["slope"]) == pytest.approx(theirs.params[1], rel=1e-5)


def test_reaction_times_are_medians(pairs):
    result = p.reaction_times(pairs)
    main = pairs.main
    for outcome, rows in (
        ("all", main),
        ("right", main[main["correct"] == 1]),
        ("wrong", main[main["correct"] == 0]),
    ):
        wanted = rows.groupby("participant")["rt_ms"].median()
        one = result["median"].sel(outcome=outcome)
        np.testing.assert_allclose(one.sel(participant=list(wanted.index)), wanted)
        assert float(result["group"].sel(outcome=outcome)) == pytest.approx(wanted.median())
    gap = result["median"].sel(outcome="wrong") - result["median"].sel(outcome="right")
    assert float(result["difference"]) == pytest.approx(float(gap.median()))


def test_one_person_has_intervals_over_the_answers_alone(pairs, ratings):
    assert (
        p.choice_accuracy(alone(pairs)).attrs["group_interval"]
        == "percentile bootstrap over items, 1000 draws"
    )
    assert p.learning(alone(pairs)).attrs["interval"] == "Wilson score over trials"
    assert np.isnan(p.reaction_times(alone(pairs))["difference_ci"]).all()
    assert np.isfinite(p.rating_association(alone(ratings))["pearson_ci"]).all()
    for statistic, a in ((p.observer_agreement, pairs), (p.rater_agreement, ratings)):
        with pytest.raises(InputError, match="two people or more"):
            statistic(alone(a))


def test_shares_of_ratings_are_counted(ratings):
    result = p.rating_shares(ratings)
    main = ratings.main
    for k in range(result.sizes["answer"]):
        question, option = str(result["question"].values[k]), str(result["option"].values[k])
        for difficulty in ("trivial", "in-between", "impossible"):
            rows = main.loc[main["difficulty"] == difficulty, question].astype(str)
            one = result.isel(answer=k).sel(difficulty=difficulty)
            assert float(one["share"]) == pytest.approx((rows == option).mean())
            assert int(one["count"]) == (rows == option).sum()


def test_every_class_of_difficulty_counts_alike(ratings):
    main = ratings.main
    accuracy = ratings.items["mean_correct"][main["item"]].to_numpy()
    images = main.drop_duplicates("item").groupby("difficulty").size()
    weight = 1 / main["difficulty"].map(images).to_numpy(dtype=float)
    result, plain = p.accuracy_by_answer(ratings), p.accuracy_by_answer(ratings, weighting="none")
    for k in range(result.sizes["answer"]):
        hit = (main[str(result["question"].values[k])].astype(str) == result["option"].values[k]).to_numpy()
        if hit.any():
            wanted = np.average(accuracy[hit], weights=weight[hit])
            assert float(result["accuracy"][k]) == pytest.approx(wanted)
            assert float(plain["accuracy"][k]) == pytest.approx(accuracy[hit].mean())
        else:
            assert np.isnan(result["accuracy"][k])
    with pytest.raises(UnknownNameError, match="class"):
        p.accuracy_by_answer(ratings, weighting="clas")


def test_correlations_without_weights_are_scipys(ratings):
    result = p.rating_association(ratings, weighting="none")
    mean = ratings.main.groupby("item")["categories"].mean()
    theirs = pearsonr(mean, ratings.items["mean_correct"][mean.index])
    assert float(result["pearson"].sel(question="categories")) == pytest.approx(theirs.statistic)


def test_equal_classes_make_the_weights_needless():
    a = p.Answers.of(*simulated.ratings(each=(14, 14, 14)), label_errors=True)
    for statistic in (p.accuracy_by_answer, p.rating_association):
        one, other = statistic(a), statistic(a, weighting="none")
        for name in set(one.data_vars) & {"accuracy", "pearson", "spearman"}:
            np.testing.assert_allclose(one[name], other[name])


def test_effects_are_differences_of_means_and_cliffs_delta(ratings):
    result = p.rating_effects(ratings)
    main = ratings.main
    hard, easy = (
        main.loc[main["difficulty"] == k, "categories"].to_numpy() for k in ("impossible", "trivial")
    )
    one = result.sel(question="categories")
    assert float(one["difference"]) == pytest.approx(hard.mean() - easy.mean())
    delta = np.sign(np.subtract.outer(hard, easy)).mean()
    assert float(one["superiority"]) == pytest.approx(delta)
    assert one["superiority_ci"][0] < delta < one["superiority_ci"][1]


def test_rater_agreement_is_the_mean_of_pairs(ratings):
    result = p.rater_agreement(ratings)
    codes, _ = ratings.codes("oddity")
    kappa = estimators.weighted_kappa(codes.astype(int), weights="linear")[0]
    values = kappa[np.triu_indices(len(kappa), 1)]
    one = result.sel(question="oddity", weights="linear")
    assert float(one["mean"]) == pytest.approx(values.mean())
    assert float(one["sd"]) == pytest.approx(values.std(ddof=1))
    alpha = estimators.krippendorff_alpha(codes.astype(int), metric="ordinal")
    assert float(one["alpha"]) == pytest.approx(alpha)
    assert one["alpha_ci"][0] < alpha < one["alpha_ci"][1]


def test_the_weighted_estimate_is_what_balancings_scatter_around(ratings):
    weighted = p.rating_association(ratings)["pearson"]
    drawn = p.balanced_association(ratings, draws=2000)
    np.testing.assert_allclose(drawn["pearson"], weighted, atol=0.02)
    assert (drawn["range"][:, 0] < weighted).all()
    assert (weighted < drawn["range"][:, 1]).all()


@pytest.mark.parametrize("rng", [7, np.int64(7), np.random.default_rng(7), np.random.RandomState(7)])
def test_balancing_leaves_classes_equal(ratings, rng):
    b = p.balanced(ratings, rng=rng)
    sizes = p.rating_shares(b)["items"].values
    assert set(sizes) == {min(p.rating_shares(ratings)["items"].values)}
    assert set(b.main["item"]) <= set(ratings.main["item"])


def test_a_question_nobody_answered_the_same_way_is_ordered_as_given():
    trials, items = simulated.ratings()
    trials = trials.rename(columns={"oddity": "colour"})
    asked = {"colour": ("very", "slightly", "no")}
    assert p.Answers.of(trials, items, questions=asked).codes("colour")[0].max() == 2
    assert p.Answers.of(trials, items).questions["colour"] == ("no", "slightly", "very")
    with pytest.raises(UnknownNameError, match="colour"):
        p.Answers.of(trials, items, questions=asked).codes("color")


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ([-2, 3, -10], tuple(map(str, range(-10, 4)))),
        ([-2.0, 1.0, 0.0], ("-2", "-1", "0", "1")),
        ([5, 1000, -200], ("-200", "5", "1000")),
        (["+", "-", "o"], ("+", "-", "o")),
        (["07", "10", "9"], ("07", "10", "9")),
    ],
)
def test_whole_numbers_are_ordered_as_numbers(said, wanted):
    trials, items = simulated.ratings()
    trials["warmth"] = [said[k % len(said)] for k in range(len(trials))]
    assert p.Answers.of(trials, items).questions["warmth"] == wanted


def test_people_are_observers(named):
    d = p.as_decisions(named)
    assert set(d["kind"].values) == {"human"}
    shares = tri.accuracy(d)["accuracy"].to_series()
    np.testing.assert_allclose(shares, named.main.groupby("participant")["correct"].mean()[shares.index])
    assert (d["response"].values == tri.NO_ANSWER).sum() == (named.main["answer"] == "").sum()


def test_people_beside_networks(named):
    networks = tri.simulate(3, 60)
    d = p.beside_networks(p.as_decisions(named), networks)
    assert d["kind"].values.tolist() == ["human"] * 4 + ["model"] * 3
    result = p.human_consistency(d)
    kappa = tri.error_consistency(d)["kappa"].values
    np.testing.assert_allclose(result["kappa"], kappa)
    human, between = kappa[:4, :4], kappa[:4, 4:]
    assert float(result["mean"].sel(between="human-human")) == pytest.approx(np.nanmean(human))
    assert float(result["mean"].sel(between="human-model")) == pytest.approx(between.mean())
    assert result["pairs"].values.tolist() == [6, 12, 3]
    np.testing.assert_allclose(result["with_people"][:4], np.nanmean(human, axis=1))
    np.testing.assert_allclose(result["with_people"][4:], between.mean(axis=0))


def test_the_majority_leaves_out_oneself(named):
    d = p.as_decisions(named)
    result = p.human_consistency(d)
    correct = tri.correctness(d).values[:, 0]
    for m in range(4):
        lead = (2 * np.delete(correct, m, axis=0) - 1).sum(axis=0)
        decided = lead != 0
        both = np.stack([correct[m], lead > 0])[:, decided]
        wanted = estimators.error_consistency(both.astype(bool))[0, 1]
        assert float(result["with_majority"][m]) == pytest.approx(wanted)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda t: t.drop(columns="item"), "no column 'item'"),
        (lambda t: t.iloc[:0], "no answer yet"),
        (lambda t: t.assign(kind="pair"), "of kind pair; analyse one of pairs, ratings, categorise"),
        (lambda t: pd.concat([t, t.tail(1)]), "answers 1 trials twice, first trial 39 of participant 1005"),
        (lambda t: t.assign(rt_ms="fast"), "row 2: 'fast' in column 'rt_ms' is no number"),
        (lambda t: t.assign(correct=1 - t["correct"]), "contradicts 'answer' and 'side'"),
        (lambda t: t.drop(columns=["correct", "side"]), "does not say who is right"),
    ],
)
def test_tables_that_cannot_be_used(change, said):
    trials, items = simulated.pairs()
    with pytest.raises(InputError, match=said):
        p.Answers.of(change(trials), items)


def test_tables_of_items_that_cannot_be_used(ratings):
    trials, items = simulated.ratings()
    with pytest.raises(InputError, match="twice"):
        p.Answers.of(trials, pd.concat([items, items.tail(1)]))
    with pytest.raises(InputError, match="no column 'item'"):
        p.Answers.of(trials, items.rename(columns={"item": "image"}))
    with pytest.raises(InputError, match="'perhaps' is no answer to 'main_category'"):
        p.Answers.of(trials.replace({"main_category": {"maybe": "perhaps"}}), items)
    bare = p.Answers.of(trials.drop(columns="difficulty"))
    for statistic in (p.rating_shares, p.accuracy_by_answer, p.rating_association):
        with pytest.raises(InputError, match="the table of items has no"):
            statistic(bare)
    with pytest.raises(InputError, match="so there is no accuracy"):
        p.choice_accuracy(ratings)
