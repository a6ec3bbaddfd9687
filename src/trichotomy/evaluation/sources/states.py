"""Networks of a study, from the states that it kept: ``STORE``, ``STORE#OBSERVER``, or one state's file."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from trichotomy import models
from trichotomy.datasets import Dataset
from trichotomy.datasets.augment import augment_pictures
from trichotomy.decisions import Store
from trichotomy.errors import InputError, UnknownNameError
from trichotomy.evaluation.checkpoints import load_weights
from trichotomy.evaluation.sources import Model, Source, classes_of
from trichotomy.evaluation.transforms import Transform
from trichotomy.training.job import STATES
from trichotomy.training.plan import Plan, load_data, plan_of
from trichotomy.training.states import States

if TYPE_CHECKING:
    from PIL.Image import Image

    from trichotomy.evaluation.entries import Entry
    from trichotomy.evaluation.images import Images

SUFFIX = ".safetensors"


def expand(name: str) -> Sequence[tuple[str, str, str]]:
    """Return id, source and condition of the networks that a name stands for, each at the last epoch kept.

    Raises
    ------
    InputError
        No study is there, or it kept no states.
    UnknownNameError
        No network is called so.
    """
    if name.endswith(SUFFIX):
        store, observer, epoch = _parts(Path(name))
        return [(f"{store.stem}/{observer}@{epoch}", f"state:{name}", _plan(store).run(observer).condition)]
    text, _, wanted = name.partition("#")
    store = Path(text)
    plan = _plan(store)
    chosen = [run for run in plan.runs if fnmatchcase(run.observer, wanted or "*")]
    if not chosen:
        raise UnknownNameError(f"network in {store}", wanted, [run.observer for run in plan.runs])
    kept = {run: States(store / STATES / run.observer, plan.keep_states) for run in chosen}
    found = [
        (f"{store.stem}/{run.observer}", f"state:{states.weights(states.epochs()[-1])}", run.condition)
        for run, states in kept.items()
        if states.epochs()
    ]
    if not found:
        msg = (
            f"{store} kept no states of its networks; train the study again with --keep-states all (or last)"
        )
        raise InputError(msg)
    return found


def load(name: str, entry: Entry, images: Images) -> Model:
    """Rebuild a network from its state, with the study's own test transform and normalisation."""
    store, observer, epoch = _parts(Path(name))
    plan = _plan(store)
    settings = plan.run(observer).settings
    data = _data(store, images.dataset)
    network = models.build(
        settings.architecture, classes=len(data.classes), channels=data.train.channels,
        size=settings.input_size(data.train.size), seed=0,
    )  # fmt: skip
    if entry.checkpoint is not None:
        load_weights(network, entry.checkpoint)
    else:
        network.load_state_dict(States(store / STATES / observer, plan.keep_states).load(epoch))
    memory = torch.channels_last if plan.machine.channels_last else torch.contiguous_format
    network.to(memory_format=memory)  # type: ignore[call-overload]
    if settings.test.drawn and entry.transform is None:
        msg = (
            f"the study {store} crops its test images at random, which other images have no draws for; give the model "
            "a transform in a TOML list"
        )
        raise InputError(msg)
    transform = entry.transform.transform() if entry.transform else _transform(plan, observer, data)
    about = {"study": store.name, "observer": observer, "epoch": epoch, "seed": plan.seed}
    return Model(network, transform, classes_of(entry, images) or data.classes, about, memory_format=memory)


def _transform(plan: Plan, observer: str, data: Dataset) -> Transform:
    how = plan.run(observer).settings.test
    mean, scale = (
        torch.tensor(values).mul(255).expand(data.train.channels).reshape(-1, 1, 1)
        for values in (data.mean, data.std)
    )  # as a study feeds its networks, to the bit

    def apply(picture: Image) -> Tensor:
        wanted = picture.convert("L" if data.train.channels == 1 else "RGB")
        (pixels,) = augment_pictures([wanted], how, None)
        return (torch.from_numpy(pixels.copy()).float() - mean) / scale

    text = f"{how}, mean {data.mean}, std {data.std}"
    return Transform(apply, text, ("study", data.train.channels, text), any_mode=True)


def _parts(path: Path) -> tuple[Path, str, int]:
    """Store, observer and epoch of a state's file."""
    try:
        store, observer = path.parents[len(STATES.parts) + 1], path.parent.name
        epoch = int(path.stem.partition("-")[2])
    except (IndexError, ValueError):
        store, observer, epoch = Path(), "", -1
    if epoch < 0 or not path.is_file() or store / STATES / observer != path.parent:
        msg = f"{path} is no state of a study; name STORE/{STATES}/OBSERVER/epoch-0001{SUFFIX}, or the store"
        raise InputError(msg)
    return store, observer, epoch


@lru_cache(maxsize=8)
def _plan(store: Path) -> Plan:
    return plan_of(Store(store).read())


@lru_cache(maxsize=2)
def _own_data(store: Path) -> Dataset:
    return load_data(_plan(store).dataset)


def _data(store: Path, at_hand: Dataset | None) -> Dataset:
    """The study's data set, of which classes, shape and normalisation are wanted; read only if it is not at hand."""
    wanted = _plan(store).dataset
    if at_hand is not None and (at_hand.name, dict(at_hand.options)) == (
        wanted["name"],
        dict(wanted["options"]),
    ):
        return at_hand
    return _own_data(store)


SOURCE = Source(load, expand)
