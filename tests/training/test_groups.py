"""Which runs train in lock-step, and that nobody can tell from their decisions."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from small_study import CONDITIONS, SMALL, InProcess, carried_out, chunks, differing, only, weights

from trichotomy import datasets
from trichotomy.errors import InputError
from trichotomy.training import Condition, Event, Machine, plan_study, study
from trichotomy.training.feed import Batch, Feed, ahead
from trichotomy.training.groups import groups, same_batches
from trichotomy.training.ranks import ALONE

PLAN, _ = plan_study("gaussian", recipe=SMALL)
ALL_FOUR = ALONE.share(np.arange(4))
EVERYONE = [run.observer for run in PLAN.runs]


def group_of(made: list[tuple[str, ...]], observer: str) -> set[str]:
    return next(set(group) for group in made if observer in group)


def test_networks_that_need_the_same_batches_are_one_group():
    made = groups(PLAN, EVERYONE, places=1)
    named = {name for name in EVERYONE if name.partition("-")[0] not in ("order", "combined", "half")}
    assert group_of(made, "base") == named | {"half-batch"}
    for k in range(1, 6):
        assert group_of(made, f"order-{k}") == {f"order-{k}", f"combined-{k}"}
    assert group_of(made, "half-data-1") == {"half-data-1"}
    assert sorted(observer for group in made for observer in group) == sorted(EVERYONE)


def test_a_job_of_a_cluster_has_a_few_networks():
    assert max(map(len, groups(PLAN, EVERYONE, places=None))) <= 8
    assert max(map(len, groups(PLAN, EVERYONE, places=None, most=3))) == 3


@pytest.mark.parametrize("places", [1, 2, 3, 4, 8, 16, 31, 50])
def test_every_place_gets_its_share(places):
    made = groups(PLAN, EVERYONE, places=places)
    assert sorted(observer for group in made for observer in group) == sorted(EVERYONE)
    assert max(map(len, made)) <= max(-(-31 // places), 1)
    assert len(made) >= min(places, 31)
    for group in made:
        assert len({same_batches(PLAN.run(observer).settings) for observer in group}) == 1


def test_the_most_work_comes_first():
    made = groups(PLAN, EVERYONE, places=4)
    work = [sum(PLAN.run(o).epochs / (2 if "half-data" in o else 1) for o in group) for group in made]
    assert work == sorted(work, reverse=True)


def test_no_more_than_were_asked_for():
    assert max(map(len, groups(PLAN, EVERYONE, places=1, most=4))) == 4
    assert set(map(len, groups(PLAN, EVERYONE, places=1, most=1))) == {1}
    with pytest.raises(InputError, match="lockstep is 0"):
        groups(PLAN, EVERYONE, places=1, most=0)


def test_only_those_that_are_left_are_grouped():
    assert groups(PLAN, [], places=2) == []
    assert groups(PLAN, ["nesterov", "order-1", "combined-1"], places=1) == [
        ("order-1", "combined-1"), ("nesterov",)
    ]  # fmt: skip


def test_on_cuda_networks_that_sum_in_any_order_keep_to_themselves():
    """Whether they may is a matter of the whole process."""
    plan = replace(PLAN, machine=Machine(device="cuda"))
    assert group_of(groups(plan, EVERYONE, places=1), "nondeterministic-1") == {
        f"nondeterministic-{k}" for k in range(1, 6)
    }


@pytest.mark.parametrize(
    ("changes", "same"),
    [
        ({"nesterov": True, "learning_rate": 0.3, "initialization": 2}, True),
        ({"half_batches": True, "nondeterministic": True, "architecture": "tiny-plain"}, True),
        ({"batch_size": 7}, False),
        ({"half": 1}, False),
        ({"order": 1}, False),
        ({"augmentation": 1}, False),
        ({"train": {}}, False),
        ({"test": {"flip": True}}, False),
    ],
)
def test_what_batches_depend_on(changes, same):
    changed = SMALL.settings.with_changes(changes)
    assert (same_batches(changed) == same_batches(SMALL.settings)) == same


# ------------------------------------------------------------------------------------------------------- the same bits

ODD = """
import torch
from torch import nn
from trichotomy.models.tiny import tiny_resnet

class Forgetful(nn.Module):
    \"\"\"Drops units, and half of the time something else, at random.\"\"\"
    def __init__(self, **options):
        super().__init__()
        self.network, self.drop = tiny_resnet(**options), nn.Dropout(0.3)
    def forward(self, x):
        return self.network(self.drop(x))

class Overwrites(nn.Module):
    \"\"\"Writes to the images it is given.\"\"\"
    def __init__(self, **options):
        super().__init__()
        self.network = tiny_resnet(**options)
    def forward(self, x):
        return self.network(x.mul_(-1).clamp_(min=0))
"""


@pytest.fixture
def recipe(tmp_path, monkeypatch):
    """Every kind of network of one order, those that drop units and one that spoils its input among them."""
    (tmp_path / "odd_networks.py").write_text(ODD)
    monkeypatch.syspath_prepend(tmp_path)
    kept = ("base", "nesterov", "half-batch", "initialization", "architecture", "combined", "order")
    odd = Condition("odd", "network", tuple(
        {"architecture": f"odd_networks:{name}", "half_batches": halves}
        for name in ("Forgetful", "Overwrites", "Forgetful") for halves in (False, True)
    ))  # fmt: skip
    conditions = tuple(c for c in CONDITIONS if c.name in kept)
    return replace(SMALL, conditions=(conditions[0], odd, *conditions[1:]), longer=1)


def test_together_they_decide_as_they_do_apart(tmp_path, recipe):
    sizes: list[int] = []

    def planned(_, made):
        sizes.append(max(map(len, made)))

    together = carried_out(tmp_path / "t.zarr", recipe, workers=1, planned=planned)
    apart = carried_out(tmp_path / "a.zarr", recipe, lockstep=1, planned=planned)
    assert sizes == [15, 1]
    assert differing(together, apart) == []
    for observer in ("odd-1", "half-batch", "combined-3"):
        one, other = weights(together, observer, 3), weights(apart, observer, 3)
        assert all(torch.equal(one[name], other[name]) for name in one)


def test_those_that_stand_further_back_catch_up(tmp_path):
    """One of a group starts anew, one goes on from the first epoch, and a third has only its last left."""
    recipe = only("nesterov", "half-batch", "initialization", longer=2)
    whole = carried_out(tmp_path / "w.zarr", recipe, workers=1)
    before = chunks(whole)
    store = tmp_path / "w.zarr"
    order = [run.observer for run in plan_study("gaussian", recipe=recipe)[0].runs]
    for observer, first in (("base", 5), ("nesterov", 0), ("half-batch", 2)):
        folder = store / "study" / "states" / observer
        (folder / "optimizer.safetensors").unlink()
        for epoch in range(first, 6):
            (store / "response" / f"c.{order.index(observer)}.{epoch}.0").unlink(missing_ok=True)
    events: list[Event] = []
    outcome = study(
        "gaussian", store, recipe=recipe, resume=True, workers=1, executor=InProcess(), told=events.append
    )
    assert not outcome.failed
    assert [e.observer for e in events if e.kind == "done"] == ["nesterov", "half-batch", "base"]
    assert chunks(store) == before


def test_a_network_that_fails_leaves_the_others_as_they_are(tmp_path):
    bad = Condition("nan", "rate", ({"learning_rate": 1e30},))
    recipe = only("nesterov")
    store = tmp_path / "s.zarr"
    outcome = study(
        "gaussian", store, recipe=replace(recipe, conditions=(*recipe.conditions, bad)), workers=1,
        executor=InProcess(),
    )  # fmt: skip
    assert outcome.finished == ("base", "nesterov")
    assert "in epoch 1 (learning rate 1e+30)" in outcome.failed["nan"]
    alone = chunks(carried_out(tmp_path / "a.zarr", recipe, lockstep=1))
    assert {place: found for place, found in chunks(store).items() if place[0] != "nan"} == alone


# ------------------------------------------------------------------------------------------------------------ the feed


class Counted:
    """A split that counts the images it is asked for."""

    def __init__(self, split):
        self._split, self.count = split, 0

    def __getattr__(self, name):
        return getattr(self._split, name)

    def images(self, positions, *arguments):
        self.count += len(positions)
        return self._split.images(positions, *arguments)


def test_what_a_group_is_shown_is_made_once(tmp_path):
    from trichotomy.decisions import Store
    from trichotomy.training.job import run_group
    from trichotomy.training.plan import load_data

    recipe = only("nesterov", "initialization")
    store = tmp_path / "s.zarr"
    study("gaussian", store, recipe=recipe, executor=SimpleNamespace(execute=lambda *_: iter_nothing()))
    plan, _ = plan_study("gaussian", recipe=recipe)
    data = load_data(plan.dataset)
    counted = replace(data, train=Counted(data.train), test=Counted(data.test))
    run_group(Store(store), plan, plan.runs, counted, device=torch.device("cpu"), told=lambda _: None)
    assert counted.train.count == 3 * 100
    assert counted.test.count == 50
    assert Store(store).pending() == []


def iter_nothing():
    yield from ()


def test_a_batch_that_was_written_to_is_made_again():
    batch = Batch(torch.arange(4, dtype=torch.uint8), torch.zeros(4), lambda pixels: pixels.float(), ALL_FOUR)
    first = batch.inputs()
    assert batch.inputs() is first
    with torch.inference_mode():
        first[1:].add_(3)
    assert batch.inputs().tolist() == [0, 1, 2, 3]


def test_work_is_done_ahead_in_order_and_errors_come_where_they_belong():
    started: list[int] = []

    def square(k: int) -> int:
        started.append(k)
        if k == 3:
            msg = "three"
            raise ValueError(msg)
        return k * k

    made = ahead(square, range(10))
    assert [next(made) for _ in range(3)] == [0, 1, 4]
    with pytest.raises(ValueError, match="three"):
        next(made)
    assert len(started) < 10


@pytest.mark.parametrize("how", [{"crop": "resized", "size": 6}, {"flip": True}])
def test_batches_made_in_a_thread_are_those_made_here(how):
    data = datasets.load("gaussian", **SMALL.dataset)
    settings = SMALL.settings.with_changes({"train": how})
    feed = Feed(data, settings, seed=1, machine=Machine(), device=torch.device("cpu"))
    order = np.concatenate([batch.labels.numpy() for batch in feed.train(1)])
    again = np.concatenate([batch.labels.numpy() for batch in feed.train(1)])
    assert np.array_equal(order, again)
    assert np.bincount(order).tolist() == [10] * 10


def test_a_study_in_lock_step_is_resumed_by_any_number_of_workers(tmp_path: Path):
    recipe = only("nesterov", "half-batch", "order")
    one = carried_out(tmp_path / "one.zarr", recipe, workers=1)
    three = carried_out(tmp_path / "three.zarr", recipe, workers=3)
    assert differing(one, three) == []


@pytest.mark.parametrize("keep", ["none", "last"])
def test_a_job_that_comes_back_leaves_those_that_were_done_as_they_are(tmp_path, keep):
    """Also one of chance whose seed went with its states: its group is handed out again as a whole."""
    from trichotomy.decisions import Store
    from trichotomy.training.job import run_group
    from trichotomy.training.plan import load_data, plan_of

    recipe = replace(only("nondeterministic"), keep_states=keep)
    store = carried_out(tmp_path / "s.zarr", recipe)
    before = chunks(store)
    plan = plan_of(Store(store).read())
    events: list[Event] = []
    run_group(
        Store(store), plan, plan.runs, load_data(plan.dataset), device=torch.device("cpu"), told=events.append
    )
    assert [e.kind for e in events] == ["done"] * 6
    assert chunks(store) == before


@pytest.mark.parametrize("lockstep", [0, -1])
def test_a_group_of_nobody_is_refused_before_there_is_a_store(tmp_path, lockstep):
    with pytest.raises(InputError, match="lockstep is"):
        study("gaussian", tmp_path / "s.zarr", recipe=only(), lockstep=lockstep, executor=InProcess())
    assert list(tmp_path.iterdir()) == []
