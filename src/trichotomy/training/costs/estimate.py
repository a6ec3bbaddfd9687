"""What a study would cost: networks, steps, disk, memory, time, energy and CO2, on this machine or on another card."""

from __future__ import annotations

import heapq
import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch

from trichotomy import models
from trichotomy.datasets import Dataset
from trichotomy.decisions.creation import CHUNK_ITEMS
from trichotomy.errors import InputError
from trichotomy.models import cost
from trichotomy.training.costs.cards import PEAK_SHARE, Card, check_peak_share
from trichotomy.training.costs.speed import LAYER_SECONDS, PASSES, Speed, layers, reckoned, timed
from trichotomy.training.plan import Plan, Run
from trichotomy.training.recipe import KEEP_STATES
from trichotomy.training.settings import Settings

WATTS = {"cpu": 15.0, "cuda": 350.0}
"""Assumed draw of one busy processor core or one GPU with its share of the machine."""
HOST_WATTS = 100.0
"""Assumed share of the machine that a card of known board power stands in."""
GRAMS_PER_KWH = 480.0
"""Assumed CO2 of a kilowatt-hour; about the world's mean in 2023."""
DECISION_BYTES = 6
"""Of one decision before compression: a class index and two probabilities."""
CHUNKED = 3
"""Arrays of which each network's epoch is a file per ``CHUNK_ITEMS`` items; the measures are one file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchitectureCost:
    """What networks of one architecture take.

    Attributes
    ----------
    name, networks
        How it is called, and how many networks of the study have it.
    parameters, multiply_adds
        Trained numbers; multiplications with an addition of one image, forward. None, as ``memory_bytes``, where they
        cannot be counted, because the network does not run without numbers.
    images_per_second
        In training.
    memory_bytes
        On the device that trains one of them, at least: weights, their gradients and momentum, and what a batch keeps
        for the gradient.
    state_bytes
        Weights of one epoch on disk.
    images
        That were timed; 0 where the time is reckoned.
    """

    name: str
    networks: int
    parameters: int
    multiply_adds: int | None
    images_per_second: float
    memory_bytes: int | None
    state_bytes: int
    images: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """The cost of a study.

    Attributes
    ----------
    runs, epochs, steps
        Networks, passes over the training data of all of them, updates.
    decisions
        Recorded in all.
    store_bytes, store_files
        On disk without states; decisions before compression.
    state_bytes, state_files
        On disk at the end, by what ``--keep-states`` may be.
    architectures
        What networks of each take.
    device, workers
        What is reckoned with: ``cpu``, ``cuda`` or the name of a card, and how many at once.
    device_seconds, seconds
        Of all networks one after another; with ``workers`` at once, the longest first.
    longest_seconds
        Of the job that takes longest: no number of workers is quicker.
    images_decoded, images_shared
        Training images that are read, and those that need not be since networks that need the same batches share them.
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
    store_files: int
    state_bytes: Mapping[str, int]
    state_files: Mapping[str, int]
    architectures: tuple[ArchitectureCost, ...]
    device: str
    workers: int
    device_seconds: float
    seconds: float
    longest_seconds: float
    images_decoded: int
    images_shared: int
    kilowatt_hours: float
    kilograms_co2: float
    assumptions: tuple[str, ...]


def estimate(
    plan: Plan,
    data: Dataset,
    *,
    devices: tuple[str, ...] = ("cpu",),
    card: Card | None = None,
    peak_share: float | None = None,
    groups: Sequence[Sequence[str]] | None = None,
    told: Callable[[str], None] = lambda _: None,
) -> Estimate:
    """Reckon what a study costs.

    Parameters
    ----------
    devices
        One per worker; the first is timed with a few images of each architecture, unless there is a ``card``.
    card, peak_share
        A card that is not at hand: each architecture's time is reckoned from its multiply-adds, at this share of the
        card's peak; default ``PEAK_SHARE`` of the precision.
    groups
        Observers whose networks train together from the same batches, each a job; default each network alone.
    told
        Called with the name of each architecture.

    Raises
    ------
    InputError
        A share that is none, a card without this precision, or a network that cannot be counted.
    """
    share = check_peak_share(PEAK_SHARE[plan.machine.precision] if peak_share is None else peak_share)
    jobs = [[run.observer] for run in plan.runs] if groups is None else groups
    speeds: dict[str, Speed] = {}
    found: dict[str, ArchitectureCost] = {}
    counts = Counter(run.settings.architecture for run in plan.runs)
    for name in counts:
        told(name)
        settings = next(run.settings for run in plan.runs if run.settings.architecture == name)
        found[name], speeds[name] = _architecture(
            plan,
            data,
            settings,
            counts[name],
            device=devices[0].split(",")[0],
            card=card,
            peak_share=share,
        )
    items, tests = len(data.train.ids), len(data.test.ids)
    images = {run.observer: run.epochs * _share(items, run) for run in plan.runs}
    spent = {
        run.observer: images[run.observer] * speeds[run.settings.architecture].train
        + (run.epochs + 1) * tests * speeds[run.settings.architecture].test
        for run in plan.runs
    }
    ranks = plan.machine.ranks
    lengths = [sum(spent[observer] for observer in job) / ranks for job in jobs]
    workers = min(len(devices), len(jobs))
    decoded = sum(max(images[observer] for observer in job) for job in jobs)
    epochs = sum(run.epochs for run in plan.runs)
    rows = epochs + len(plan.runs)  # and the one before training
    watts = card.watts + HOST_WATTS if card else WATTS[plan.machine.device]
    energy = sum(lengths) * ranks * watts / 3.6e6
    return Estimate(
        runs=len(plan.runs), epochs=epochs, steps=sum(_steps(items, run) for run in plan.runs),
        decisions=rows * tests, store_bytes=rows * tests * DECISION_BYTES,
        store_files=rows * (CHUNKED * math.ceil(tests / CHUNK_ITEMS) + 1),
        state_bytes={keep: sum(_kept(keep, r) * found[r.settings.architecture].state_bytes for r in plan.runs)
                     for keep in KEEP_STATES},
        state_files={keep: sum(_kept(keep, r) for r in plan.runs) for keep in KEEP_STATES},
        architectures=tuple(found[name] for name in counts), device=card.name if card else plan.machine.device,
        workers=workers, device_seconds=sum(lengths) * ranks, seconds=_finished(lengths, workers),
        longest_seconds=max(lengths), images_decoded=decoded, images_shared=sum(images.values()) - decoded,
        kilowatt_hours=energy, kilograms_co2=energy * GRAMS_PER_KWH / 1000,
        assumptions=_assumptions(plan, tuple(found[name] for name in counts), card, share, watts),
    )  # fmt: skip


def _architecture(
    plan: Plan,
    data: Dataset,
    settings: Settings,
    networks: int,
    *,
    device: str,
    card: Card | None,
    peak_share: float,
) -> tuple[ArchitectureCost, Speed]:
    channels, size = data.train.channels, settings.input_size(data.train.size)
    network = models.build(
        settings.architecture, classes=len(data.classes), channels=channels, size=size, seed=0
    )
    image = {"channels": channels, "size": size or 224}
    multiply_adds, kept = None, None
    try:
        multiply_adds, kept = cost.multiply_adds(network, **image), cost.kept_bytes(network, **image)
    except Exception as error:
        if card is not None:
            msg = (
                f"the multiply-adds of the network {settings.architecture} cannot be counted, since it does not run "
                f"without numbers ({type(error).__name__}: {error}); leave --card out, and time it where you train it"
            )
            raise InputError(msg) from error
    own, weights = cost.parameters(network), sum(t.nbytes for t in network.state_dict().values())
    if card is None or multiply_adds is None:
        speed = timed(network, data, settings, machine=plan.machine, device=torch.device(device))
    else:
        speed = reckoned(
            multiply_adds, card, precision=plan.machine.precision, peak_share=peak_share,
            layers=layers(network), batch=settings.batch_size,
        )  # fmt: skip
    batch = min(settings.batch_size, len(data.train.ids))
    memory = None if kept is None else weights + 2 * 4 * own + batch * kept
    return ArchitectureCost(
        name=settings.architecture, networks=networks, parameters=own, multiply_adds=multiply_adds,
        images_per_second=1 / speed.train, memory_bytes=memory, state_bytes=weights,
        images=speed.images,
    ), speed  # fmt: skip


def _share(items: int, run: Run) -> int:
    return items // (2 if run.settings.half else 1)


def _steps(items: int, run: Run) -> int:
    return (
        run.epochs
        * math.ceil(_share(items, run) / run.settings.batch_size)
        * (2 if run.settings.half_batches else 1)
    )


def _kept(keep: str, run: Run) -> int:
    """Files of states that stay: weights, and the momentum of the last epoch."""
    return {"all": run.epochs + 2, "last": 2, "none": 0}[keep]


def _finished(lengths: Sequence[float], workers: int) -> float:
    """When the last job ends, the longest begun first and each as soon as a worker is free."""
    free = [0.0] * workers
    for length in sorted(lengths, reverse=True):
        heapq.heapreplace(free, free[0] + length)
    return max(free)


def _assumptions(
    plan: Plan, architectures: Sequence[ArchitectureCost], card: Card | None, peak_share: float, watts: float
) -> tuple[str, ...]:
    precision = plan.machine.precision
    if card is None:
        timed_with = ", ".join(f"{a.images} images with {a.name}" for a in architectures)
        time = f"time scaled up from {timed_with} on this machine, with nothing lost between networks"
        who = "core" if plan.machine.device == "cpu" else "GPU with its share of the machine"
        power = f"{watts:g} W per busy {who}"
    else:
        time = (
            f"time not measured but reckoned from multiply-adds, {PASSES} passes per training image, at "
            f"{peak_share:.0%} of the {card.peak(precision) / 1e12:g} TFLOPS in {precision} that the data sheet of the "
            f"{card.name} promises, but at least {LAYER_SECONDS * 1e6:g} microseconds per layer and pass; images are "
            f"read as fast as that"
        )
        power = f"{card.watts} W of the card and {HOST_WATTS:g} W of the machine around it"
    return (
        time,
        f"{power}, {GRAMS_PER_KWH:g} g of CO2 per kWh",
        "decisions before compression",
        "memory of the network alone, without libraries, images and other networks of its job",
    )
