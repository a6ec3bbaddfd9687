"""Designs: sizes, balance, what is left out, seeds."""

from __future__ import annotations

import numpy as np
import pytest

from trichotomy.errors import InputError, UnknownNameError
from trichotomy.experiments.design import candidates, categorise, pairs, ratings


@pytest.fixture
def table(decisions, images):
    return candidates(decisions, images=images)


def names(items):
    return [i.item for i in items]


def test_items_carry_what_the_decisions_say(table, decisions):
    assert "img159" not in set(table["item"])  # no image
    assert not table["label_error"].any()
    assert set(table["item"]) == {i for k, i in enumerate(decisions["item"].values) if k % 20 and k != 159}
    of = table.set_index("item")
    assert (of.loc["img001", "difficulty"], of.loc["img001", "mean_correct"]) == ("trivial", 1)
    assert (of.loc["img061", "difficulty"], of.loc["img101", "difficulty"]) == ("in-between", "impossible")
    assert of.loc["img061", "mean_correct"] == np.mean(
        decisions["response"].values[:, 0, 61] == decisions["target"].values[61]
    )
    assert of.loc["img005", "path"] == "bird/img005.png"
    assert of.loc["img005", "class_name"] == "bird"


def test_the_population_that_judges_can_be_chosen(decisions, images):
    few = candidates(decisions, images=images, observers=["net-0", "vgg"])
    assert few.attrs["observers"] == ["net-0", "net-4", "net-5", "net-6", "net-7"]
    one = candidates(decisions, images=images, observers=["net-0"])
    assert (one["difficulty"] == "trivial").sum() > (few["difficulty"] == "trivial").sum()
    with pytest.raises(UnknownNameError, match="observer or condition called 'alexnet'"):
        candidates(decisions, images=images, observers=["alexnet"])


def test_label_errors_and_listed_items_are_left_out_unless_kept(decisions, images):
    kept = candidates(decisions, images=images, exclude=None, without=["img001"])
    assert kept["label_error"].sum() == 8
    assert "img001" not in set(kept["item"])
    with pytest.raises(InputError, match="'img999'"):
        candidates(decisions, images=images, without=["img999"])
    with pytest.raises(UnknownNameError, match="annotation"):
        candidates(decisions, images=images, exclude="blurred")


def test_images_that_no_browser_shows_are_none(decisions, tmp_path):
    for name in ("img005.png", "img006.JPG", "img007.tiff", ".hidden/img008.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    table = candidates(decisions.drop_vars("path"), images=tmp_path)
    assert dict(zip(table["item"], table["path"], strict=True)) == {
        "img005": "img005.png",
        "img006": "img006.JPG",
    }
    with pytest.raises(InputError, match="--images"):
        candidates(decisions, images=tmp_path, without=["img005", "img006"])
    with pytest.raises(InputError, match="no folder"):
        candidates(decisions, images=tmp_path / "no")


def test_items_say_how_sure_the_chosen_observers_are(decisions, images):
    rng = np.random.default_rng(3)
    p = rng.random(decisions["response"].shape).astype(np.float32)
    p[:, :, 5], p[1, :, 6] = np.nan, np.nan
    known = decisions.assign(p_target=(decisions["response"].dims, p))
    of = candidates(known, images=images, observers=["net-0", "net-1"]).set_index("item")
    assert of.loc["img007", "p_target"] == pytest.approx(p[:2, 0, 7].mean())
    assert of.loc["img006", "p_target"] == pytest.approx(p[0, 0, 6])
    assert np.isnan(of.loc["img005", "p_target"])
    items, _ = pairs(of.reset_index(), n=20, practice=0)
    told = [np.nan if i.p_target is None else i.p_target for i in items]
    assert told == pytest.approx([of.loc[i.item, "p_target"] for i in items], nan_ok=True)
    assert candidates(decisions, images=images)["p_target"].isna().all()


def test_a_design_says_where_no_label_errors_are_flagged(decisions, images):
    assert candidates(decisions, images=images).attrs["exclude"] == "label_error"
    assert candidates(decisions.drop_vars("label_error"), images=images).attrs["exclude"] is None


def test_pairs_are_of_a_trivial_and_an_impossible_item_and_no_image_comes_twice(table):
    items, trials = pairs(table, n=30, practice=5, rng=1)
    difficulty = dict(zip(table["item"], table["difficulty"], strict=True))
    assert [t.phase for t in trials] == ["practice"] * 5 + ["main"] * 30
    assert all(tuple(difficulty[i] for i in t.items) == ("trivial", "impossible") for t in trials)
    used = [i for t in trials for i in t.items]
    assert len(set(used)) == 70
    assert sorted(used) == sorted(names(items))
    assert sum(t.side == "left" for t in trials[5:]) == 15
    assert abs(sum(t.side == "left" for t in trials[:5]) - 2.5) == 0.5


def test_pairs_of_one_class(table):
    of_class = dict(zip(table["item"], table["class_name"], strict=True))
    _, trials = pairs(table, n=40, practice=0, match_class=True, rng=1)
    assert all(of_class[a] == of_class[b] for a, b in (t.items for t in trials))
    most = sum(
        min(
            ((table["difficulty"] == d) & (table["class_name"] == c)).sum() for d in ("trivial", "impossible")
        )
        for c in set(of_class.values())
    )
    assert len(pairs(table, n=most, practice=0, match_class=True)[1]) == most
    with pytest.raises(InputError, match="of one class are needed"):
        pairs(table, n=most + 1, practice=0, match_class=True)


def test_only_the_most_extreme_items_are_drawn(table):
    table = table.copy()
    table.attrs = {}
    extreme = table.index[table["difficulty"] == "trivial"][-7:]
    table.loc[table["difficulty"] == "trivial", "mean_correct"] = 0.9
    table.loc[extreme, "mean_correct"] = 1.0
    drawn = {t.items[0] for seed in range(20) for t in pairs(table, n=5, practice=0, size=7, rng=seed)[1]}
    assert drawn == set(table.loc[extreme, "item"])
    tied = {t.items[0] for seed in range(30) for t in pairs(table, n=5, practice=0, size=9, rng=seed)[1]}
    assert drawn < tied
    assert len(tied) > 9  # ties at the edge are broken anew with each seed


def test_ratings_show_as_many_of_each_class_of_difficulty(table):
    items, trials = ratings(table, n=20, practice=6, rng=2)
    difficulty = {i.item: i.difficulty for i in items}
    main = [difficulty[t.items[0]] for t in trials if t.phase == "main"]
    practice = [difficulty[t.items[0]] for t in trials if t.phase == "practice"]
    assert {d: main.count(d) for d in main} == {"trivial": 20, "in-between": 20, "impossible": 20}
    assert sorted(practice) == ["impossible"] * 2 + ["in-between"] * 2 + ["trivial"] * 2
    assert len(difficulty) == 66


def test_practice_takes_from_the_classes_that_have_images_left(table):
    between = int((table["difficulty"] == "in-between").sum())
    _, trials = ratings(table, n=between, practice=6, rng=2)
    assert sum(t.phase == "practice" for t in trials) == 6


def test_categorise_is_even_over_the_classes(table):
    items, trials, choices = categorise(table, n=41, practice=5, rng=3)
    assert choices == ("airplane", "bird", "cat", "dog")
    counts = [sum(t.target == c for t in trials if t.phase == "main") for c in choices]
    assert sorted(counts) == [10, 10, 10, 11]
    assert all(i.class_name == t.target for i, t in zip(items, trials, strict=True))
    assert len(set(names(items))) == 46


def test_categorise_by_superclass(table):
    _, trials, choices = categorise(table, n=20, practice=0, superclasses=True)
    assert choices == ("animal", "vehicle")
    assert sum(t.target == "vehicle" for t in trials) == 10


@pytest.mark.parametrize(
    ("draw", "options"),
    [(pairs, {"n": 20}), (ratings, {"n": 10}), (categorise, {"n": 20})],
    ids=["pairs", "ratings", "categorise"],
)
def test_a_seed_makes_the_design(table, draw, options):
    first, again, other = (draw(table, **options, rng=seed)[1] for seed in (4, 4, 5))
    assert first == again != other


@pytest.mark.parametrize(
    ("draw", "options", "says"),
    [
        (pairs, {"n": 56}, "61 trivial items are needed and 57"),
        (pairs, {"n": 0}, "1 trial or more"),
        (ratings, {"n": 39}, "39 in-between items"),
        (ratings, {"n": 30, "practice": -1}, "no fewer than 0"),
        (categorise, {"n": 500}, "516 items of known class"),
    ],
)
def test_too_much_is_refused(table, draw, options, says):
    with pytest.raises(InputError, match=says):
        draw(table, **options)


def test_attention_checks_in_letters_that_no_font_has():
    from trichotomy.experiments.design.attention import picture

    assert picture("$x_1$ & \u00fc").startswith(b"\x89PNG")
    with pytest.raises(InputError, match="--checks 0"):
        picture("\U00012345")


def test_classes_that_are_unknown_or_too_many_are_refused(table):
    none = table.assign(class_name="")
    with pytest.raises(InputError, match="--targets"):
        categorise(none, n=4)
    many = table.assign(class_name=[f"c{k % 40}" for k in range(len(table))])
    with pytest.raises(InputError, match="40 classes do not fit"):
        categorise(many, n=4)
