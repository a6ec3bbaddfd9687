"""What a study would cost: runs, steps, disk, time, energy and CO2, from a short timing of each architecture."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch

from trichotomy import models
from trichotomy.datasets import Dataset, Selection, Split
from trichotomy.training.feed import Feed
from trichotomy.training.loop import Trainer, set_up
from trichotomy.training.plan import Plan
from trichotomy.training.settings import Settings

WATTS = {"cpu": 15.0, "cuda": 350.0}
"""Assumed draw of one busy processor core or one GPU with its share of the machine."""
GRAMS_PER_KWH = 480.0
"""Assumed CO2 of a kilowatt-hour; about the world's mean in 2023."""
DECISION_BYTES = 6
"""Of one decision before compression: a class index and two probabilities."""
TIMED_PIXELS = 2**19
"""So many pixels are timed per architecture."""
FEWEST_TIMED = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """The cost of a study.

    Attributes
    ----------
    runs, epochs, steps
        Networks, passes over the training data of all of them, updates.
    decisions
        Recorded in all.
    store_bytes, state_bytes
        On disk; decisions before compression.
    seconds
        With ``workers`` at once.
    kilowatt_hours, kilograms_co2
        By the assumptions.
    assumptions
        In words.
    """

    runs: int
    epochs: int
    steps: int
    decisions: int
    store_bytes: int
    state_bytes: int
    seconds: float
    kilowatt_hours: float
    kilograms_co2: float
    assumptions: tuple[str, ...]


def estimate(
    plan: Plan, data: Dataset, *, devices: tuple[str, ...], told: Callable[[str], None] = lambda _: None
) -> Estimate:
    """Time a few images of each architecture and reckon the whole.

    Parameters
    ----------
    devices
        One per worker; the first is timed.
    told
        Called with the name of each architecture.
    """
    costs = {}
    for run in plan.runs:
        settings = run.settings
        if settings.architecture not in costs:
            told(settings.architecture)
            costs[settings.architecture] = _timed(
                plan, data, settings, torch.device(devices[0].split(",")[0])
            )
    seconds, steps, state_bytes = 0.0, 0, 0
    for run in plan.runs:
        cost = costs[run.settings.architecture]
        items = len(data.train.ids) // (2 if run.settings.half else 1)
        seconds += run.epochs * items * cost.train + (run.epochs + 1) * len(data.test.ids) * cost.test
        updates = math.ceil(items / run.settings.batch_size) * (2 if run.settings.half_batches else 1)
        steps += run.epochs * updates
        kept = {"all": run.epochs + 2, "last": 2, "none": 0}[plan.keep_states]  # weights, and the momentum
        state_bytes += kept * cost.state_bytes
    epochs = sum(run.epochs for run in plan.runs)
    decisions = (epochs + len(plan.runs)) * len(data.test.ids)
    workers = min(len(devices), len(plan.runs))
    watts = WATTS[plan.machine.device]
    energy = seconds * watts / 3.6e6
    return Estimate(
        runs=len(plan.runs), epochs=epochs, steps=steps, decisions=decisions,
        store_bytes=decisions * DECISION_BYTES, state_bytes=state_bytes, seconds=seconds / workers / plan.machine.ranks,
        kilowatt_hours=energy, kilograms_co2=energy * GRAMS_PER_KWH / 1000,
        assumptions=(
            f"time scaled up from {', '.join(f'{c.images} images with {name}' for name, c in costs.items())} on this "
            f"machine, with {workers} at once and nothing lost between them",
            f"{watts:g} W per busy {'core' if plan.machine.device == 'cpu' else 'GPU with its share of the machine'}, "
            f"{GRAMS_PER_KWH:g} g of CO2 per kWh",
            "decisions before compression",
        ),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Cost:
    """Seconds per image in training and in testing, bytes of one state, images timed."""

    train: float
    test: float
    state_bytes: int
    images: int


def _timed(plan: Plan, data: Dataset, settings: Settings, device: torch.device) -> _Cost:
    """Train and test a few images twice and take the second time."""
    set_up(plan.machine, settings)
    size = settings.input_size(data.train.size)
    pixels = (size or 224) ** 2
    count = min(max(TIMED_PIXELS // pixels, FEWEST_TIMED), settings.batch_size * 4)
    some = replace(data, train=_some(data.train, count), test=_some(data.test, count))
    network = models.build(
        settings.architecture, classes=len(data.classes), channels=data.train.channels, size=size, seed=0
    )
    settings = replace(settings, half=0)
    feed = Feed(some, settings, seed=0, machine=plan.machine, device=device)
    trainer = Trainer(network, feed, settings, seed=0, machine=plan.machine, device=device)
    spent = {}
    for name, work in (("train", lambda: trainer.train(1)), ("test", trainer.test)):
        work()
        start = time.perf_counter()
        work()
        spent[name] = time.perf_counter() - start
    state_bytes = sum(t.nbytes for t in network.state_dict().values())
    images = len(some.train.ids)
    return _Cost(spent["train"] / images, spent["test"] / len(some.test.ids), state_bytes, images)


def _some(split: Split, count: int) -> Split:
    return Selection(split, np.arange(min(count, len(split.ids))))
