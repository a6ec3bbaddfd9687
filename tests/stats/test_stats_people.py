"""Statistics of people's answers against slow definitions and reference implementations."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest, pearsonr, spearmanr
from statsmodels.stats.multitest import multipletests

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
    with pytest.raises(InputError, match="equally certain of all 40 pairs"):
        p.accuracy_by_certainty(replace(pairs, items=flat))
    graded = flat.assign(p_target=pairs.items["mean_correct"])
    wanted = p.accuracy_by_certainty(pairs)
    np.testing.assert_array_equal(
        p.accuracy_by_certainty(replace(pairs, items=graded))["slope"], wanted["slope"]
    )
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
    with pytest.raises(InputError, match=r"order of the answers to 'colour' is not known.*questions\.toml"):
        p.Answers.of(trials, items)
    with pytest.raises(UnknownNameError, match="colour"):
        p.Answers.of(trials, items, questions=asked).codes("color")


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ([-2, 3, -10], tuple(map(str, range(-10, 4)))),
        ([-2.0, 1.0, 0.0], ("-2", "-1", "0", "1")),
        ([5, 1000, -200], ("-200", "5", "1000")),
        ([3.25, 0.25, 10.75], ("0.25", "3.25", "10.75")),
        (["07", "10", "9"], ("07", "9", "10")),
    ],
)
def test_numbers_are_ordered_as_numbers(said, wanted):
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
        (lambda t: t.assign(correct=2 * t["correct"]), "'correct' is 1, 0 or empty"),
        (
            lambda t: pd.concat(
                [t, t.assign(participant=lambda x: "9" + x["participant"], item=lambda x: "b" + x["item"])]
            ),
            "stands for different images",
        ),
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


def test_p_values_are_corrected_as_statsmodels_does(pairs):
    result = p.choice_accuracy(pairs)
    theirs = multipletests(np.exp(result["log_p"].values), method="holm")[1]
    np.testing.assert_allclose(np.exp(result["log_p_holm"]), theirs)
    assert (result["log_p_holm"] > result["log_p"]).any()


def test_intervals_of_agreement_are_those_of_the_estimators(pairs):
    result = p.observer_agreement(pairs)
    correct = pairs.matrix("correct", by="trial_id")[0].astype(np.int8)
    mean = estimators.mean_kappa(correct)
    np.testing.assert_allclose(result["mean_ci"], [mean.lower, mean.upper])
    over = estimators.jackknife_mean(estimators.error_consistency(correct))
    np.testing.assert_allclose(result["jackknife_ci"], [over.lower, over.upper])


def test_intervals_beside_networks_are_those_of_the_estimators(named):
    d = p.beside_networks(p.as_decisions(named), tri.simulate(3, 60))
    result = p.human_consistency(d)
    correct, human = tri.correctness(d).values[:, 0], np.arange(7) < 4
    pairs = np.triu(human[:, None] & ~human[None, :] | ~human[:, None] & human[None, :], 1)
    mean = estimators.mean_kappa(correct, pairs=pairs)
    np.testing.assert_allclose(result["ci"].sel(between="human-model"), [mean.lower, mean.upper])
    over = estimators.jackknife_mean(estimators.error_consistency(correct[human]))
    np.testing.assert_allclose(result["jackknife_ci"].sel(between="human-human"), [over.lower, over.upper])
    assert np.isnan(result["jackknife_ci"].sel(between="human-model")).all()


def test_correlations_of_ranks_are_scipys(ratings):
    result = p.rating_association(ratings, weighting="none")
    mean = ratings.main.groupby("item")["categories"].mean()
    theirs = spearmanr(mean, ratings.items["mean_correct"][mean.index])
    one = result.sel(question="categories")
    assert float(one["spearman"]) == pytest.approx(theirs.statistic)
    assert float(one["spearman"]) != pytest.approx(float(one["pearson"]), abs=1e-3)


def test_reaction_times_have_quartiles_and_a_median_over_people(pairs):
    result = p.reaction_times(pairs)
    main = pairs.main
    who = pairs.participants[2]
    own = main.loc[main["participant"] == who, "rt_ms"]
    quartiles = result["quartiles"].sel(participant=who, outcome="all")
    np.testing.assert_allclose(quartiles, np.quantile(own, [0.25, 0.75]))
    stretch = main["trial"].astype(int) * 8 // 40
    wanted = main.groupby([stretch, "participant"])["rt_ms"].median().groupby(level=0).median()
    np.testing.assert_allclose(p.learning(pairs)["median_rt"], wanted)
    assert not np.allclose(
        wanted, main.groupby([stretch, "participant"])["rt_ms"].median().groupby(level=0).mean()
    )


STATISTICS = {
    "pairs": (p.choice_accuracy, p.observer_agreement, p.accuracy_by_certainty, p.learning, p.reaction_times),
    "ratings": (p.rating_shares, p.accuracy_by_answer, p.rating_association, p.rating_effects, p.rater_agreement,
                p.reaction_times),
    "named": (p.choice_accuracy, p.observer_agreement, p.learning, lambda a, **more:
              p.human_consistency(p.as_decisions(a), **more)),
}  # fmt: skip
ESTIMATE = {
    "ci": ("accuracy", "mean", "share"),
    "mean_ci": ("mean",),
    "jackknife_ci": ("mean",),
    "group_ci": ("group",),
}


@pytest.mark.parametrize("kind", STATISTICS)
def test_intervals_are_in_order_and_hold_their_estimate(kind, request):
    a = request.getfixturevalue(kind)
    seen = 0
    for statistic in STATISTICS[kind]:
        result = statistic(a, level=0.99)
        for name in (n for n in result.data_vars if str(n).endswith("ci")):
            low, high = (result[name].isel(ci_bound=k) for k in range(2))
            value = next(result[n] for n in ESTIMATE.get(str(name), (str(name)[:-3],)) if n in result)
            known = np.isfinite(low)
            assert bool((~known | (low < high)).all()), (statistic, name)
            assert bool((~known | ((low <= value) & (value <= high))).all()), (statistic, name)
            seen += int(known.sum())
    assert seen > 10


@settings(max_examples=20, deadline=None)
@given(rng=st.integers(0, 10_000), people=st.integers(3, 12), noise=st.floats(0.05, 3))
def test_an_interval_of_a_correlation_holds_it(rng, people, noise):
    g = np.random.default_rng(rng)
    accuracy = np.repeat([0.0, 0.25, 0.75, 1.0], 8)
    rating = np.round(20 * (1 - accuracy) + 5 * noise * g.standard_normal((people, 32))).astype(int)
    names, difficulty = [f"i{k}" for k in range(32)], ["impossible", "in-between", "in-between", "trivial"]
    items = pd.DataFrame({"item": names, "mean_correct": accuracy, "difficulty": np.repeat(difficulty, 8)})
    trials = pd.concat(
        pd.DataFrame(
            {"participant": f"{m}", "trial": range(32), "kind": "ratings", "item": names, "clutter": row}
        )
        for m, row in enumerate(rating)
    )
    result = p.rating_association(p.Answers.of(trials, items), draws=200)
    for name in ("pearson", "spearman"):
        (value,), ((low, high),) = result[name].values, result[f"{name}_ci"].values
        assert -1 <= low < value < high <= 1


def test_answers_that_are_all_alike_have_no_interval(pairs, ratings):
    right = replace(pairs, trials=pairs.trials.assign(correct=1.0))
    assert np.isnan(p.choice_accuracy(right)["group_ci"]).all()
    assert np.isnan(p.learning(right)["ci"]).all()
    same = p.Answers.of(*(t.assign(oddity="no") if "oddity" in t else t for t in simulated.ratings()))
    shares = p.rating_shares(same)
    at = np.flatnonzero(shares["question"].values == "oddity")
    assert set(shares["share"].values[:, at].ravel()) == {0.0, 1.0}
    assert np.isnan(shares["ci"].values[:, at]).all()
    assert np.isnan(p.rating_association(same).sel(question="oddity")["pearson_ci"]).all()


def test_somebody_who_is_always_right_is_said(pairs, named):
    first = pairs.participants[0]
    perfect = pairs.trials.assign(
        correct=pairs.trials["correct"].where(pairs.trials["participant"] != first, 1.0)
    )
    result = p.observer_agreement(replace(pairs, trials=perfect))
    assert int(result["forced_pairs"]) == 5
    assert int(p.observer_agreement(pairs)["forced_pairs"]) == 0
    d = p.as_decisions(named)
    sure = tri.from_arrays(
        correct=np.ones((1, 60), dtype=np.int8), observers=["sure"], items=d["item"].values
    )
    beside = p.human_consistency(p.beside_networks(d, sure))
    assert beside["forced_pairs"].values.tolist() == [0, 4, 0]
    assert np.isnan(beside["with_majority"].sel(observer="sure"))


def test_the_ceiling_is_higher_with_oneself_among_the_majority(named):
    d = p.as_decisions(named)
    result = p.human_consistency(d)
    low, high = result["ceiling"].values
    assert low == pytest.approx(float(result["with_majority"].mean()))
    correct = tri.correctness(d).values[:, 0]
    lead = (2 * correct - 1).sum(axis=0)
    own = [
        estimators.error_consistency(np.stack([x, lead > 0])[:, lead != 0].astype(bool))[0, 1]
        for x in correct
    ]
    assert high == pytest.approx(np.mean(own))
    assert low < high


def test_chance_is_of_the_choices_where_they_are_known():
    trials, items = simulated.categorise()
    many = p.Answers.of(trials, items, choices=tuple("abcdefgh"))
    assert p.choice_accuracy(many).attrs["chance"] == 1 / 8


def test_who_is_right_follows_from_the_answer_and_must_agree_with_it():
    trials, items = simulated.categorise()
    derived = p.Answers.of(trials.drop(columns="correct"), items).main
    late = trials["answer"] == ""
    assert derived["correct"].isna().tolist() == late.tolist()
    np.testing.assert_array_equal(derived["correct"][~late], trials["correct"][~late])
    with pytest.raises(InputError, match=r"row \d+ .*'correct' contradicts 'answer' and 'target'"):
        p.Answers.of(trials.assign(correct=1), items)
    missing = p.Answers.of(trials.assign(correct=trials["correct"].where(~late)), items)
    d = p.as_decisions(missing)
    assert (d["response"].values == tri.MISSING).sum() == late.sum()
    shares = tri.accuracy(d)["accuracy"].to_series()
    theirs = p.choice_accuracy(missing)["accuracy"].to_series()
    np.testing.assert_allclose(shares, theirs[shares.index])


def test_means_of_a_scale_have_its_numbers():
    trials, items = simulated.ratings()
    asked = {"clutter": tuple(map(str, range(1, 8)))}
    given = trials.assign(clutter=1 + trials["categories"] % 7)
    a = p.Answers.of(given, items, questions=asked)
    result = p.rating_association(a)["rating"].sel(question="clutter")
    wanted = a.main.groupby("item")["clutter"].mean()
    np.testing.assert_allclose(result, wanted[result["item"].values])
    easy = a.main.loc[a.main["difficulty"] == "trivial", "clutter"].mean()
    assert float(p.rating_effects(a)["mean"].sel(question="clutter", difficulty="trivial")) == pytest.approx(
        easy
    )
    assert (a.least("clutter"), p.Answers.of(trials, items).least("oddity")) == (1, 0)
    gaps = p.Answers.of(given, items, questions={"clutter": ("-3", *map(str, range(1, 8)))})
    assert gaps.least("clutter") == 0
    assert (
        p.rating_association(gaps).attrs["options"]["clutter"][0] == "-3"
    )  # its levels are named on an axis
    assert p.rating_association(a).attrs["options"]["clutter"] == []


def test_it_is_said_what_certainty_is(pairs):
    assert p.accuracy_by_certainty(pairs).attrs["certainty"] == "mean_correct"
    sure = replace(pairs, items=pairs.items.assign(p_target=pairs.items["mean_correct"] / 2))
    assert p.accuracy_by_certainty(sure).attrs["certainty"] == "p_target"
