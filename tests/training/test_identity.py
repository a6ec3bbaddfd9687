"""All that a condition does not name equals base to the bit, what it names does not; the same again is the same."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import replace
from itertools import chain, combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from small_study import (
    ARRAYS,
    CONDITIONS,
    OF_CHANCE,
    SMALL,
    carried_out,
    chunks,
    differing,
    equal,
    only,
    responses,
    weights,
)

import trichotomy as tri
from trichotomy.datasets import Augmentation
from trichotomy.decisions import Store
from trichotomy.training import Event, LocalExecutor
from trichotomy.training.job import STATES, run_group
from trichotomy.training.plan import load_data, plan_of

LAST = 3
TRAINED = {c.name: len(c.instances) for c in CONDITIONS if c.instances and c.name != "base"}
OBSERVERS = [
    name if count == 1 else f"{name}-{k}" for name, count in TRAINED.items() for k in range(1, count + 1)
]
OTHER_WEIGHTS = ("initialization", "architecture", "combined")
OTHER_ORDER = ("order", "combined")


def condition(observer: str) -> str:
    return observer.rstrip("12345").rstrip("-")


class Noted:
    """A training split that notes the items and draws that it was asked for."""

    def __init__(self, split: Any) -> None:
        self._split = split
        self.batches: list[list[int]] = []
        self.rows: list[np.ndarray] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._split, name)

    def images(self, positions: Any, augmentation: Augmentation, draws: Any) -> Any:
        self.batches.append(positions.tolist())
        self.rows.append(draws)
        return self._split.images(positions, augmentation, draws)

    @property
    def order(self) -> list[int]:
        return [item for batch in self.batches for item in batch]

    @property
    def draws(self) -> set[tuple[float, ...]]:
        """Which item was drawn what, whatever the order."""
        return {
            (item, *row) for item, row in zip(self.order, np.concatenate(self.rows).tolist(), strict=True)
        }


class Noting:
    """Carries out runs here, and notes what each network is shown."""

    def __init__(self) -> None:
        self.shown: dict[str, Noted] = {}

    def execute(self, store: Path, groups: Sequence[Sequence[str]]) -> Generator[Event]:
        plan = plan_of(tri.open(store))
        data = load_data(plan.dataset)
        for observer in chain.from_iterable(groups):
            self.shown[observer] = Noted(data.train)
            shown = replace(data, train=self.shown[observer])
            events: list[Event] = []
            run_group(
                Store(store),
                plan,
                [plan.run(observer)],
                shown,
                device=torch.device("cpu"),
                told=events.append,
            )
            yield from events


@pytest.fixture(scope="module")
def noted(tmp_path_factory) -> dict[str, Noted]:
    """What each network was shown in the epochs that all of them train."""
    noting = Noting()
    conditions = tuple(c for c in CONDITIONS if not c.of)
    carried_out(
        tmp_path_factory.mktemp("noted") / "s.zarr",
        replace(SMALL, conditions=conditions, longer=0),
        executor=noting,
    )
    return noting.shown


@pytest.fixture(scope="module")
def decided(small_store) -> dict[str, Any]:
    return responses(small_store)


@pytest.mark.parametrize("observer", OBSERVERS)
def test_initial_weights_are_bases_unless_the_condition_names_them(small_store, observer):
    same = equal(weights(small_store, observer, 0), weights(small_store, "base", 0))
    assert same == (condition(observer) not in OTHER_WEIGHTS)


@pytest.mark.parametrize("observer", OBSERVERS)
def test_decisions_before_training_are_bases_unless_the_initial_weights_differ(small_store, observer):
    found = chunks(small_store)
    same = [found[observer, name, 0] == found["base", name, 0] for name in ARRAYS]
    assert len(set(same)) == 1
    assert same[0] == (condition(observer) not in OTHER_WEIGHTS)


@pytest.mark.parametrize("observer", OBSERVERS)
def test_the_order_of_the_data_is_bases_unless_the_condition_names_it(noted, observer):
    base, mine = noted["base"], noted[observer]
    assert len(base.order) == LAST * 100
    name = condition(observer)
    if name == "half-data":
        members = set(mine.order)
        assert len(members) == 50
        assert mine.order == [item for item in base.order if item in members]
    else:
        assert (mine.order == base.order) == (name not in OTHER_ORDER)
    assert (mine.batches == base.batches) == (
        name not in OTHER_ORDER and name != "half-data"
    )  # halves and permutations come after: ``test_loop``


@pytest.mark.parametrize("observer", OBSERVERS)
def test_each_items_augmentation_is_bases(noted, observer):
    """Also where the order differs: the thirteen conditions change nothing about augmentation."""
    base, mine = noted["base"].draws, noted[observer].draws
    assert len(base) == LAST * 100
    assert mine <= base
    assert (mine == base) == (condition(observer) != "half-data")


def test_the_two_halves_make_up_the_whole(noted):
    one, other = (set(noted[f"half-data-{k}"].order) for k in (1, 2))
    assert one | other == set(range(100))
    assert not one & other


@pytest.mark.parametrize("observer", OBSERVERS)
def test_every_condition_changes_the_network_that_comes_out(small_store, observer):
    assert not equal(weights(small_store, observer, LAST), weights(small_store, "base", LAST))


@pytest.mark.parametrize("observer", [o for o in OBSERVERS if condition(o) != OF_CHANCE])
def test_every_condition_changes_decisions(decided, observer):
    """But for another order of summation, which takes longer than three epochs to show."""
    assert (decided[observer][LAST] != decided["base"][LAST]).any()


def test_no_two_networks_are_the_same(small_store):
    ends = {observer: weights(small_store, observer, LAST) for observer in ["base", *OBSERVERS]}
    assert [pair for pair in combinations(ends, 2) if equal(ends[pair[0]], ends[pair[1]])] == []


def test_the_seeds_from_the_operating_system_differ_and_are_kept(small_store):
    kept = [(small_store / STATES / f"{OF_CHANCE}-{k}" / "entropy.txt").read_text() for k in range(1, 6)]
    assert len(set(kept)) == 5
    assert not list((small_store / STATES / "base").glob("entropy*"))


def test_plus_conditions_read_base_itself_later(small_store):
    """Base's own epochs go on from those that the others are compared with; no network is trained for them."""
    d = tri.open(small_store)
    assert not {"plus-1", "plus-10", "different-data"} & set(map(str, d["condition"].values))
    assert (responses(small_store)["base"] >= 0).all()
    for shift in (1, 10):
        assert not equal(weights(small_store, "base", LAST + shift), weights(small_store, "base", LAST))


def same_as(part: Path, whole: Path) -> list[str]:
    """Where a study of some of the networks and epochs differs from one of all."""
    some, every = chunks(part), chunks(whole)
    assert some
    return [str(p) for p in some if not p[0].startswith(OF_CHANCE) and some[p] != every[p]]


@pytest.mark.parametrize("name", [None, *(n for n in TRAINED if n != OF_CHANCE)])
def test_a_network_alone_equals_itself_among_31(small_store, tmp_path, name):
    """Base, too, does not depend on how long it will run."""
    alone = carried_out(tmp_path / "s.zarr", only(*([name] if name else [])))
    assert len(chunks(alone)) == (1 + TRAINED.get(name, 0)) * (LAST + 1) * len(ARRAYS)
    assert same_as(alone, small_store) == []


def test_the_same_study_again_is_the_same_to_the_bit(small_store, tmp_path):
    again = carried_out(tmp_path / "s.zarr")
    assert differing(small_store, again) == []
    for observer in ["base", *OBSERVERS]:
        same = equal(weights(small_store, observer, LAST), weights(again, observer, LAST))
        assert same == (condition(observer) != OF_CHANCE), observer


@pytest.mark.parametrize("keep", ["last", "none"])
def test_which_states_are_kept_changes_no_decision(small_store, tmp_path, keep):
    assert differing(small_store, carried_out(tmp_path / "s.zarr", replace(SMALL, keep_states=keep))) == []


@pytest.mark.parametrize("workers", [1, 3])
def test_the_number_of_workers_changes_no_decision(small_store, tmp_path, monkeypatch, workers):
    """Nor do the environment's numbers of threads and hash seed. Two workers: ``test_execution``."""
    monkeypatch.setenv("OMP_NUM_THREADS", str(workers))
    monkeypatch.setenv("PYTHONHASHSEED", str(workers))
    found = carried_out(
        tmp_path / "s.zarr",
        only("nesterov", "half-batch", "order", "architecture", "half-data", "combined"),
        executor=LocalExecutor(("cpu",) * workers),
    )
    assert len(chunks(found)) == 16 * (LAST + 1) * len(ARRAYS)
    assert same_as(found, small_store) == []


@pytest.mark.parametrize("seed", [1312, 7])
def test_the_seed_is_what_everything_is_drawn_from(small_store, tmp_path, seed):
    outcome = carried_out(tmp_path / "s.zarr", only("order"), seed=seed)
    assert (same_as(outcome, small_store) == []) == (seed == 1312)
    assert equal(weights(outcome, "base", 0), weights(small_store, "base", 0)) == (seed == 1312)
