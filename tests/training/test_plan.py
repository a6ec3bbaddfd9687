"""The plan of a study: runs, comparisons, plain data, and how two plans differ."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from small_study import CONDITIONS, SMALL

from trichotomy import datasets
from trichotomy.errors import InputError, UnknownNameError
from trichotomy.training import Condition, Machine, Plan, Recipe, find_recipe, plan_study
from trichotomy.training.conditions import paper_conditions
from trichotomy.training.identity import differences
from trichotomy.training.plan import from_plain, load_data, make_plan, plan_of

SOURCE = {"name": "gaussian", "data": None, "options": dict(SMALL.dataset)}
DATA = datasets.load("gaussian", **SMALL.dataset)
IDS = [
    "base", "nesterov", "half-batch",
    *(f"initialization-{k}" for k in range(1, 6)), *(f"learning-rate-{k}" for k in range(1, 6)),
    *(f"nondeterministic-{k}" for k in range(1, 6)), *(f"order-{k}" for k in range(1, 6)),
    "architecture", "half-data-1", "half-data-2", *(f"combined-{k}" for k in range(1, 6)),
]  # fmt: skip


def planned(recipe: Recipe = SMALL, machine: Machine | None = None) -> Plan:
    return make_plan(recipe, DATA, SOURCE, machine or Machine())


PLAN = planned()


def test_there_are_31_networks_named_after_their_conditions():
    assert [run.observer for run in PLAN.runs] == IDS
    assert len(IDS) == 31
    assert [run.instance for run in PLAN.runs if run.condition == "order"] == [0, 1, 2, 3, 4]


def test_base_runs_ten_epochs_longer_than_the_rest():
    epochs = {run.observer: run.epochs for run in PLAN.runs}
    assert epochs.pop("base") == 13
    assert set(epochs.values()) == {3}
    assert PLAN.epochs == 13


def test_the_schedule_of_the_longer_run_is_that_of_the_others():
    assert PLAN.run("base").settings.epochs == PLAN.run("order-1").settings.epochs == 3


def test_every_condition_but_base_is_compared_with_base():
    found = {c["condition"]: c for c in PLAN.comparisons}
    assert list(found) == [c.name for c in CONDITIONS if c.name != "base"]
    assert found["initialization"] == {
        "condition": "initialization",
        "observers": [f"initialization-{k}" for k in range(1, 6)],
        "references": ["base"],
        "shift": 0,
    }
    others = {name: c["references"] for name, c in found.items() if name != "different-data"}
    assert set(map(tuple, others.values())) == {("base",)}


@pytest.mark.parametrize(("name", "shift"), [("plus-1", 1), ("plus-10", 10)])
def test_plus_conditions_read_base_itself_later(name, shift):
    found = next(c for c in PLAN.comparisons if c["condition"] == name)
    assert (found["observers"], found["references"], found["shift"]) == (["base"], ["base"], shift)


def test_different_data_is_one_pair():
    found = next(c for c in PLAN.comparisons if c["condition"] == "different-data")
    assert (found["observers"], found["references"]) == (["half-data-1"], ["half-data-2"])


def test_more_than_two_networks_among_themselves_stand_on_both_sides():
    seeds = Condition("seeds", "initial weights", of="initialization", against="seeds")
    found = planned(replace(SMALL, conditions=(*CONDITIONS, seeds))).comparisons[-1]
    assert found["observers"] == found["references"] == [f"initialization-{k}" for k in range(1, 6)]


def test_a_plan_goes_through_json_and_comes_back():
    assert from_plain(json.loads(json.dumps(PLAN.as_plain()))).as_plain() == PLAN.as_plain()


def test_a_plan_comes_back_from_the_store(small_store):
    import trichotomy as tri

    plan = plan_of(tri.open(small_store))
    assert differences(plan.as_plain(), PLAN.as_plain()) == []
    assert load_data(plan.dataset).test.content_hash() == DATA.test.content_hash()


def test_decisions_of_something_else_carry_no_plan():
    import trichotomy as tri

    with pytest.raises(InputError, match="carry no plan of a study"):
        plan_of(tri.simulate(3, 20))


def test_the_emulation_is_noted_on_a_cpu_and_not_on_cuda():
    assert any("emulation" in note for note in PLAN.notes)
    assert not any("emulation" in note for note in planned(machine=Machine(device="cuda")).notes)
    without = tuple(c for c in CONDITIONS if c.name != "nondeterministic")
    assert not any("emulation" in note for note in planned(replace(SMALL, conditions=without)).notes)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"seed": 7}, "seed was 1312 and is 7"),
        ({"keep_states": "none"}, "keep_states was 'all' and is 'none'"),
        ({"longer": 11}, "runs base epochs was 13 and is 14"),
        ({"name": "mine"}, "recipe was 'small' and is 'mine'"),
        (
            {"settings": SMALL.settings.with_changes({"learning_rate": 0.2})},
            "runs order-1 settings learning_rate was 0.1 and is 0.2",
        ),
        ({"conditions": CONDITIONS[:1]}, "nesterov"),
    ],
)
def test_what_differs_between_two_plans_is_said_in_words(changes, sentence):
    found = differences(PLAN.as_plain(), planned(replace(SMALL, **changes)).as_plain())
    assert any(sentence in line for line in found), found


@pytest.mark.parametrize(
    ("machine", "sentence"),
    [
        (Machine(threads=2), "machine threads was 1 and is 2"),
        (Machine(precision="bf16"), "machine precision was 'fp32' and is 'bf16'"),
        (Machine(channels_last=False), "machine channels_last was True and is False"),
    ],
)
def test_another_machine_is_another_study(machine, sentence):
    assert differences(PLAN.as_plain(), planned(machine=machine).as_plain()) == [sentence]


def test_other_data_are_another_study():
    other = datasets.load("gaussian", **SMALL.dataset, seed=1)
    found = differences(PLAN.as_plain(), make_plan(SMALL, other, SOURCE, Machine()).as_plain())
    assert [line.split(" was ")[0] for line in found] == ["identity data train", "identity data test"]
    assert all("..." in line for line in found)  # hashes are not given in full


def test_notes_make_no_other_study():
    assert differences(PLAN.as_plain(), planned(replace(SMALL, notes=("new",))).as_plain()) == []


@pytest.mark.parametrize(
    ("conditions", "longer", "message"),
    [
        ((CONDITIONS[1],), 0, "needs the condition 'base'"),
        ((Condition("base", "nothing", ({}, {})),), 0, "'base' with one network"),
        ((CONDITIONS[0], CONDITIONS[1], CONDITIONS[1]), 0, "nesterov.* more than once"),
        ((CONDITIONS[0], Condition("x", "x", of="absent")), 0, "networks of 'absent'"),
        ((CONDITIONS[0], Condition("x", "x", ({"order": 1},), against="absent")), 0, "comparison with 'absent'"),
        ((CONDITIONS[0], Condition("x", "x")), 0, "'x' has no networks"),
        (CONDITIONS, 9, "10 epochs later, but that runs on for 9"),
        ((CONDITIONS[0], Condition("x", "x", of="base", shift=-1)), 3, "-1 epochs later"),
        ((CONDITIONS[0], CONDITIONS[1], Condition("x", "x", of="nesterov", shift=1)), 3, "runs on for 0"),
        ((CONDITIONS[0], Condition("x", "x", ({"order": 1},), against="x")), 0, "among themselves, but there is one"),
        ((CONDITIONS[0], CONDITIONS[6], Condition("order-1", "x", ({"order": 9},))), 0, "both be called 'order-1'"),
    ],
)  # fmt: skip
def test_conditions_that_fit_no_study_are_refused(conditions, longer, message):
    with pytest.raises(InputError, match=message):
        planned(replace(SMALL, conditions=conditions, longer=longer))


@pytest.mark.parametrize("name", ["", " x", "x ", ".x", "a/b", "a\\b", "..", "a\nb", "../../x"])
def test_a_name_that_is_no_folder_is_refused(name):
    """A network's states lie in a folder of its name, and workers take names line by line."""
    mine = Condition(name, "x", ({"order": 1},))
    with pytest.raises(InputError, match="cannot be the name of a condition"):
        planned(replace(SMALL, conditions=(CONDITIONS[0], mine)))


@pytest.mark.parametrize("name", ["x", "weight decay 1e-3", "Größe", "order+augmentation", "a.b_c-d"])
def test_names_may_be_in_any_language(name):
    mine = Condition(name, "x", ({"order": 1},))
    assert planned(replace(SMALL, conditions=(CONDITIONS[0], mine))).runs[1].observer == name


def test_a_setting_of_a_condition_that_does_not_exist_is_named():
    mine = Condition("mine", "x", ({"learning_rat": 0.1},))
    with pytest.raises(InputError, match="learning_rate"):
        planned(replace(SMALL, conditions=(CONDITIONS[0], mine)))


@pytest.mark.parametrize(
    ("conditions", "same"),
    [
        (paper_conditions(alternative="tiny-plain", rates=(0.1,), instances=1), False),
        (CONDITIONS, True),
    ],
)
def test_one_instance_bears_the_name_alone(conditions, same):
    names = [run.observer for run in planned(replace(SMALL, conditions=conditions)).runs]
    assert ("order-1" in names) == same
    assert ("order" in names) != same


def test_planning_takes_seed_options_and_states_in_place_of_the_recipes():
    plan, data = plan_study(
        "gaussian", recipe=SMALL, seed=3, keep_states="last", options={"test_per_class": 2}
    )
    assert (plan.seed, plan.keep_states, len(data.test.ids)) == (3, "last", 20)
    assert plan.dataset["options"] == {"train_per_class": 10, "test_per_class": 2}


def test_the_quick_study_is_475_epochs_of_31_networks():
    plan, data = plan_study("gaussian")
    assert find_recipe("quick", "gaussian").settings.epochs == 15
    assert (len(data.train.ids), len(data.test.ids), len(plan.runs)) == (2000, 1000, 31)
    assert sum(run.epochs for run in plan.runs) == 475


def test_a_network_that_does_not_exist_is_refused_before_anything_is_written():
    with pytest.raises(UnknownNameError, match="tiny-resnet"):
        plan_study(
            "gaussian",
            recipe=replace(SMALL, settings=SMALL.settings.with_changes({"architecture": "tiny-resne"})),
        )


@pytest.mark.parametrize("name", ["data", "cache", "fill", "progress"])
def test_what_is_no_option_of_a_data_set_is_refused(name: str):
    with pytest.raises(InputError, match=rf"'{name}' is no option of the data set digits"):
        load_data({"name": "digits", "data": None, "options": {name: "x"}})
