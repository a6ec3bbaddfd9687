"""Whether studies on a GPU come out the same again, also when killed and resumed, and what nondeterminism changes."""

from __future__ import annotations

import itertools
import os
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from trichotomy import datasets
from trichotomy.datasets import Augmentation, Selection
from trichotomy.decisions import Store
from trichotomy.training import Condition, Event, Machine, Recipe, Settings, study

ARRAYS = ("response", "p_target", "p_response", "measures")
INSTANCES = 3


class StoppedError(Exception):
    """The study was interrupted on purpose."""


def cifar(items: int) -> datasets.Dataset:
    """CIFAR-10 of the reference data, or noise of its shape."""
    reference = Path(os.environ.get("TRICHOTOMY_REFERENCE", "shared/reference")) / "cifar-10"
    if (reference / "c10_jpeg.tar.xz").is_file() and items >= 1000:
        data = datasets.load("cifar10", data=reference / "c10_jpeg.tar.xz")
        kept = np.linspace(0, len(data.train.ids) - 1, items).astype(np.intp)
        return replace(data, train=Selection(data.train, kept))
    return datasets.load(
        "gaussian", size=32, channels=3, train_per_class=max(items // 10, 1), test_per_class=10
    )


def recipe(*, free: bool, smoke: bool) -> Recipe:
    """Base and another order; where ``free``, some networks that sum in any order."""
    conditions = (
        Condition("base", "nothing", ({},)),
        Condition("order", "order of the data", ({"order": 1},)),
        Condition("nondeterministic", "order of summation", ({"nondeterministic": True},) * INSTANCES),
    )[: 3 if free else 2]
    settings = Settings(
        architecture="tiny-plain" if smoke else "resnet18", epochs=2 if smoke else 3, batch_size=64,
        milestones=(1,) if smoke else (2,), train=Augmentation(crop="padded", padding=4, flip=True),
    )  # fmt: skip
    return Recipe(name="gpu", settings=settings, conditions=conditions, longer=0, keep_states="last")


def carried_out(
    out: Path, machine: Machine, *, free: bool, smoke: bool, stop: bool = False, resume: bool = False
) -> float:
    """Seconds of a study; with ``stop`` it ends after the first epoch that was trained."""
    noise = {
        "size": 32,
        "channels": 3,
        "train_per_class": 10 if smoke else 200,
        "test_per_class": 10 if smoke else 100,
    }
    source: dict[str, Any] = {"dataset": "gaussian", "options": noise}
    archive = (
        Path(os.environ.get("TRICHOTOMY_REFERENCE", "shared/reference")) / "cifar-10" / "c10_jpeg.tar.xz"
    )
    if archive.is_file() and not smoke:
        source = {"dataset": "cifar10", "data": archive, "options": {"train_items": 2000, "test_items": 1000}}

    def told(event: Event) -> None:
        if stop and event.kind == "epoch" and event.epoch == 1:
            raise StoppedError

    start = time.monotonic()
    try:
        outcome = study(
            source.pop("dataset"), out, recipe=recipe(free=free, smoke=smoke), machine=machine, workers=1, told=told,
            resume=resume, **source,
        )  # fmt: skip
        assert not outcome.failed, outcome.failed
    except StoppedError:
        assert stop
    return time.monotonic() - start


def same(one: Path, other: Path) -> tuple[int, int]:
    """Pairs of (observer, epoch) of the deterministic networks whose arrays are the same to the bit, and all pairs."""
    a, b = Store(one).read(), Store(other).read()
    observers = [str(o) for o in a["observer"].values if not str(o).startswith("nondeterministic")]
    pairs = list(itertools.product(observers, a["epoch"].values))
    alike = sum(
        all(
            a[name].sel(observer=o, epoch=e).values.tobytes()
            == b[name].sel(observer=o, epoch=e).values.tobytes()
            for name in ARRAYS
        )
        for o, e in pairs
    )
    return alike, len(pairs)


def changed(store: Path) -> tuple[float, float]:
    """Shares of last decisions of nondeterministic networks that differ from base's, and among themselves."""
    d = Store(store).read()
    last = d["response"].isel(epoch=-1)
    base = last.sel(observer="base").values
    theirs = [last.sel(observer=f"nondeterministic-{k}").values for k in range(1, INSTANCES + 1)]
    among = [np.mean(x != y) for x, y in itertools.combinations(theirs, 2)]
    return float(np.mean([np.mean(x != base) for x in theirs])), float(np.mean(among))


def lines(device: str, *, smoke: bool) -> list[str]:
    """Carry out the studies, as Markdown."""
    found = [
        "", "## The same again", "",
        "| machine | twice the same (network, epoch) | interrupted and resumed the same | nondeterministic: decisions "
        "other than base's | among its instances | seconds |", "|---|---:|---:|---:|---:|---:|",
    ]  # fmt: skip
    options: list[dict[str, Any]] = [{}]
    if device == "cuda":
        options += [{"precision": "fp16"}, {"cuda_graphs": True}]
    for chosen in options:
        machine, first = Machine(device=device, **chosen), not chosen
        with tempfile.TemporaryDirectory() as folder:
            one, two, three = (Path(folder) / f"{name}.zarr" for name in "abc")
            seconds = carried_out(one, machine, free=first, smoke=smoke)
            carried_out(three, machine, free=first, smoke=smoke, stop=True)
            carried_out(three, machine, free=first, smoke=smoke, resume=True)
            again = " | not measured | "
            resumed, pairs = same(one, three)
            shares = "not measured | not measured"
            if first:
                carried_out(two, machine, free=first, smoke=smoke)
                again = f" | {same(one, two)[0]} of {pairs} | "
                shares = " | ".join(f"{share:.2%}" for share in changed(one))
        words = ", ".join(f"{name} {value}" for name, value in chosen.items()) or "fp32"
        found.append(f"| {words}{again}{resumed} of {pairs} | {shares} | {seconds:.0f} |")
    return found
