"""A study of all thirteen conditions that takes a second: a hundred images of noise, three epochs, in this process."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from numpy.typing import NDArray
from safetensors.torch import load_file

import trichotomy as tri
from trichotomy.datasets import Augmentation
from trichotomy.decisions import Store
from trichotomy.training import Condition, Event, Recipe, Settings, paper_conditions, study
from trichotomy.training.job import STATES, Workplace

RATES = (0.148, 0.149, 0.150, 0.151, 0.152)
CONDITIONS = paper_conditions(alternative="tiny-plain", rates=RATES)
SMALL = Recipe(
    name="small",
    dataset={"train_per_class": 10, "test_per_class": 5},
    settings=Settings(epochs=3, batch_size=12, milestones=(2,), train=Augmentation(flip=True)),
    conditions=CONDITIONS,
    keep_states="all",
)
ARRAYS = ("response", "p_target", "p_response", "measures")
OF_CHANCE = "nondeterministic"


def only(*names: str, longer: int = 0, **changes: Any) -> Recipe:
    """The small recipe with base and these conditions."""
    kept = tuple(c for c in CONDITIONS if c.name in ("base", *names))
    return replace(SMALL, conditions=kept, longer=longer, **changes)


def with_instance(name: str, **settings: Any) -> Recipe:
    """The small recipe with base and one condition of one's own."""
    return replace(only(), conditions=(CONDITIONS[0], Condition(name, name, (settings,))))


class InProcess:
    """Carries out groups one after another where it is called; one that breaks fails as a whole."""

    def execute(self, store: Path, groups: Sequence[Sequence[str]]) -> Generator[Event]:
        place = Workplace(store, "cpu")
        for group in groups:
            for observer in group:
                yield Event(observer=observer, kind="started")
            events: list[Event] = []
            try:
                place.run(group, events.append)
            except Exception as error:  # noqa: BLE001 - told as workers tell it
                ended = {e.observer for e in events if e.kind != "epoch"}
                events += [
                    Event(observer=o, kind="failed", reason=str(error)) for o in group if o not in ended
                ]
            yield from events


def carried_out(out: Path, recipe: Recipe = SMALL, **options: Any) -> Path:
    """The store of a study that went well."""
    outcome = study("gaussian", out, recipe=recipe, **{"executor": InProcess(), **options})
    assert not outcome.failed, outcome.failed
    return out


def chunk(store: Path, name: str, observer: str, epoch: int) -> Path:
    """Where the store keeps an array of one observer and epoch."""
    return store / name / f"c.{Store(store).observers.index(observer)}.{epoch}.0"


def chunks(store: Path) -> dict[tuple[str, str, int], bytes]:
    """All that is recorded, as its bytes on disk, by observer, array and epoch."""
    observers = Store(store).observers
    found = {}
    for name in ARRAYS:
        for path in (store / name).glob("c.*.0"):
            observer, epoch = map(int, path.name.split(".")[1:3])
            found[observers[observer], name, epoch] = path.read_bytes()
    return found


def differing(one: Path, other: Path, *, besides: str = OF_CHANCE) -> list[str]:
    """Whatever is in one of two stores and not in the other, or not the same, leaving out a condition."""
    a, b = chunks(one), chunks(other)
    places = sorted(a.keys() | b.keys())
    assert places
    return [str(p) for p in places if not p[0].startswith(besides) and a.get(p) != b.get(p)]


def responses(store: Path) -> dict[str, NDArray[Any]]:
    """int[epoch, item] of each observer."""
    d = tri.open(store)
    return dict(zip(map(str, d["observer"].values), d["response"].values, strict=True))


def weights(store: Path, observer: str, epoch: int) -> dict[str, torch.Tensor]:
    """The weights kept of an observer after an epoch."""
    return load_file(store / STATES / observer / f"epoch-{epoch:04d}.safetensors")


def equal(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    """Whether two sets of weights are the same to the bit."""
    return one.keys() == other.keys() and all(
        one[n].numpy().tobytes() == other[n].numpy().tobytes() for n in one
    )


def of_two() -> Recipe:
    """Base and one network that is nondeterministic, two epochs each."""
    mine = Condition(OF_CHANCE, "order of summation", ({"nondeterministic": True},))
    settings = SMALL.settings.with_changes({"epochs": 2, "milestones": [1]})
    return replace(only(), conditions=(CONDITIONS[0], mine), settings=settings, keep_states="last")
