"""Subsets: who is chosen, what the weights promise, and whether observers held out are ordered better."""

from __future__ import annotations

import numpy as np
import pytest

import trichotomy as tri
from kindred import population
from trichotomy.curation.choosing import Request, choose, judge
from trichotomy.curation.population import population as taken
from trichotomy.curation.validation import FEWEST_OBSERVERS
from trichotomy.errors import InputError, UnknownNameError


def test_keep_keeps_the_partition(people):
    kept = tri.curate(people, keep="in-between", tolerance=1, validate=False)
    category = tri.partition(people, tolerance=1)["category"].values
    assert kept.ids == people["item"].values[category == 1].tolist()
    assert kept.items["index"].values.tolist() == np.flatnonzero(category == 1).tolist()
    assert kept.validation is None


def test_two_classes_can_be_kept(people):
    kept = tri.curate(people, keep=("trivial", "impossible"), validate=False)
    assert set(kept.items["category"].values) == {0, 2}


def test_a_size_is_kept_and_ids_follow_the_decisions(people, subset):
    assert len(subset.ids) == 100 == len(set(subset.ids))
    places = people.indexes["item"].get_indexer(subset.ids)
    assert (np.diff(places) > 0).all()
    assert (subset.items["index"].values == people["row"].values[places]).all()
    assert (subset.items["target"].values == people["target"].values[places]).all()


def test_the_same_seed_gives_the_same_subset(people, subset):
    again = tri.curate(people, size=100, validate=False, index="row")
    assert again.items.identical(subset.items)
    other = tri.curate(people, size=100, validate=False, index="row", rng=1)
    assert other.ids != subset.ids


def test_the_order_of_observers_does_not_matter(people):
    one = tri.curate(people, size=60, validate=False)
    other = tri.curate(people.isel(observer=slice(None, None, -1)), size=60, validate=False)
    assert len(set(one.ids) & set(other.ids)) > 50  # the fit stops a little earlier or later


def test_information_takes_the_items_of_most_information(people):
    kept = tri.curate(people, size=50, rule="information", validate=False)
    every = tri.curate(people, size=people.sizes["item"], rule="information", validate=False).items[
        "information"
    ]
    assert kept.items["information"].min() == np.sort(every.values)[-50]
    assert "weight" not in kept.items


@pytest.mark.parametrize("rule", ["weighted", "information"])
@pytest.mark.parametrize("by", ["class", "source"])
def test_strata_get_their_share(people, rule, by):
    kept = tri.curate(people, size=90, rule=rule, stratify=by, validate=False)
    labels = people["target" if by == "class" else by].values
    of = dict(zip(people["item"].values, labels, strict=True))
    for label in np.unique(labels):
        share = 90 * (labels == label).mean()
        assert abs(sum(of[i] == label for i in kept.ids) - share) < 3


def test_the_weights_give_the_accuracy_of_observers_never_seen(people):
    strangers = population(families=2, each=2, seed=5).assign_coords(
        observer=np.array(["p", "q", "r", "s"], dtype=object)
    )
    truth = tri.correctness(strangers).values[:, 0].mean(axis=1)
    request, taken_from = Request(size=80), taken(people)
    judged, rng = judge(taken_from.correct, request), np.random.default_rng(0)
    correct, found = tri.correctness(strangers).values[:, 0], []
    for _ in range(400):
        choice = choose(judged, request, rng=rng)
        found.append(1 - ((1 - correct[:, choice.positions]) * choice.weights).sum(axis=1))
    assert np.abs(np.mean(found, axis=0) - truth).max() < 4 * np.std(found, axis=0).max() / 20


def test_subset_accuracy_reads_weights_in_any_order(people, subset):
    shuffled = people.isel(item=np.random.default_rng(0).permutation(people.sizes["item"]))
    one, other = tri.subset_accuracy(people, subset), tri.subset_accuracy(shuffled, subset)
    assert one["accuracy"].values == pytest.approx(other["accuracy"].values)
    truth = tri.correctness(people).values[:, 0].mean(axis=1)
    inside = (one["accuracy_ci"].values[:, 0] <= truth) & (truth <= one["accuracy_ci"].values[:, 1])
    assert inside.mean() > 0.8
    assert np.sqrt(np.mean((one["accuracy"].values - truth) ** 2)) < 0.05


def test_subset_accuracy_of_all_items_is_the_accuracy(people):
    every = tri.curate(people, keep=("in-between", "trivial", "impossible"), validate=False)
    found = tri.subset_accuracy(people, every)
    assert found["accuracy"].values == pytest.approx(tri.correctness(people).values[:, 0].mean(axis=1))
    assert (np.ptp(found["accuracy_ci"].values, axis=1) < 1e-9).all()


def test_an_observer_without_all_answers_has_no_accuracy(people, subset):
    holes = people.copy(deep=True)
    holes["correct"][0, 0, people.indexes["item"].get_loc(subset.ids[3])] = -1
    found = tri.subset_accuracy(holes, subset)
    assert np.isnan(found["accuracy"].values[0])
    assert np.isfinite(found["accuracy"].values[1:]).all()


def test_chosen_subsets_order_held_out_observers_better_than_random_ones(people):
    for rule in ("weighted", "information"):
        curve = tri.curation_curve(people, sizes=[40, 150], rule=rule, splits=3)
        assert (curve["rank"] > curve["rank_random"]).all()
        assert (curve["swapped_ratio"] < 1).all()
        assert (curve["beaten"] > 0.5).all()
        assert np.isfinite(curve["error"].values).all() == (rule == "weighted")


def test_a_clear_gain_is_called_one():
    curve = tri.curation_curve(
        population(each=4, items=4000, seed=2), sizes=[40], rule="information", splits=3
    )
    assert float(curve["swapped_ratio_ci"][0, 1]) < 1
    assert curve["verdict"].values.tolist() == ["better"]


def test_where_items_do_not_differ_there_is_nothing_to_gain():
    rng = np.random.default_rng(0)
    accuracy = np.linspace(0.5, 0.7, 16)
    d = tri.from_arrays(correct=rng.random((16, 3000)) < accuracy[:, None])
    curve = tri.curation_curve(d, sizes=[200], splits=3)
    assert str(curve["verdict"].values[0]) != "better"
    assert abs(float(curve["beaten"][0]) - 0.5) < 0.15


def test_a_small_population_is_too_small_to_tell(people):
    few = people.isel(observer=slice(0, FEWEST_OBSERVERS - 1))
    kept = tri.curate(few, size=20)
    assert kept.validation.attrs["too_few"]
    assert np.isnan(kept.validation["rank"].values).all()
    assert kept.validation["verdict"].values.tolist() == ["too few"]
    alike = people.assign_coords(condition=("observer", np.array(["a", "b", "c"] * 8, dtype=object)))
    assert tri.curate(alike, size=20).validation.attrs["too_few"]


def test_siblings_do_not_stand_on_both_sides(people):
    """Copies of a few observers: by families they are too few; as strangers they would seem to be ordered perfectly."""
    three = people.isel(observer=[0, 3, 6])
    copies = tri.concat([three.assign_coords(observer=three["observer"].values + f"-{k}") for k in range(4)])
    assert tri.curate(copies, size=50).validation.attrs["too_few"]


def test_kept_items_alone_are_checked_too(people):
    kept = tri.curate(people, keep="in-between", splits=2)
    assert kept.validation["size"].values.tolist() == [len(kept.ids)]
    assert np.isfinite(kept.validation["rank"].values).all()
    assert np.isnan(kept.validation["error"].values).all()


def test_halves_that_keep_fewer_items_are_judged_on_what_there_is(people):
    category = tri.partition(people)["category"].values
    kept = tri.curate(people, keep="in-between", size=int((category == 1).sum()), splits=2)
    assert np.isfinite(kept.validation["rank"].values).all()


def test_only_items_that_all_answered_are_chosen():
    d = population(items=400, answers=0.99)
    kept = tri.curate(d, size=50, validate=False)
    right = tri.correctness(tri.select(d, items=kept.ids)).values
    assert (right >= 0).all()
    assert kept.items.attrs["left_out"] > 0


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({}, InputError, "say which items to keep"),
        ({"size": 1}, InputError, "2 items or more"),
        ({"size": 5000}, InputError, "only 1500 items"),
        ({"keep": "hard"}, UnknownNameError, "class of difficulty"),
        ({"size": 10, "rule": "magic"}, UnknownNameError, "rule of choosing"),
        ({"size": 10, "stratify": "nothing"}, UnknownNameError, "coordinate of items"),
        ({"size": 10, "families": "row"}, UnknownNameError, "coordinate of observers"),
        ({"size": 10, "index": "source"}, InputError, "places in a data set"),
    ],
)
def test_wrong_wishes_are_refused(people, options, error, words):
    with pytest.raises(error, match=words):
        tri.curate(people, validate=False, **options)


def test_items_without_targets_have_no_classes(people):
    blank = people.assign(target=("item", np.full(people.sizes["item"], -1, dtype=np.int16)))
    with pytest.raises(InputError, match="no target"):
        tri.curate(blank, size=10, stratify="class", validate=False)


def test_items_that_say_nothing_can_be_drawn_all_the_same():
    correct = np.ones((10, 50), dtype=np.int8)
    request = Request(size=10)
    choice = choose(judge(correct, request), request, rng=np.random.default_rng(0))
    assert len(set(choice.positions.tolist())) == 10
    assert choice.weights.sum() == pytest.approx(1)
