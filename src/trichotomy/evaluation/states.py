"""Features of a study's networks, from the states that the study kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import torch
from torch import Tensor, nn

from trichotomy import models, stats
from trichotomy.datasets import Dataset, Progress
from trichotomy.decisions import Decisions, Store, at_epoch
from trichotomy.errors import InputError
from trichotomy.evaluation.features import Told, record, store_for
from trichotomy.evaluation.hooks import PENULTIMATE, check_layers
from trichotomy.representations import FeatureStore, Reading
from trichotomy.training.feed import TEST_BATCH, Feed
from trichotomy.training.job import STATES
from trichotomy.training.plan import Plan, load_data, plan_of
from trichotomy.training.states import States

AT_ONCE = 8
"""Networks that are in memory together, fed by one stream of images."""


@dataclass(frozen=True, slots=True)
class Kept:
    """States of a study to read.

    Attributes
    ----------
    readings
        The networks, each at the epoch at which it is read.
    notes
        Sentences about networks that are read at another epoch than the one wanted, or not at all.
    """

    readings: tuple[Reading, ...]
    notes: tuple[str, ...]


def study_features(
    store: str | Path,
    out: str | Path,
    *,
    epoch: int | None = None,
    layers: Sequence[str] = (PENULTIMATE,),
    dtype: str = "float32",
    device: str = "cpu",
    resume: bool = False,
    force: bool = False,
    progress: Progress | None = None,
    told: Told = lambda *_: None,
) -> FeatureStore:
    """Write the features of a study's networks on its test images to a store.

    Parameters
    ----------
    store
        A study's, with the states that it kept.
    out
        Store of features to make.
    epoch
        At which networks are read; default the last that all have. A network whose state of that epoch was not kept is
        read at the last kept, and the provenance says so. What comparisons read at later epochs is read if it was kept.
    layers, dtype, resume, force, told
        As in ``features``; with ``force`` features that are there are replaced.
    device
        Where the networks run.
    progress
        Called while images are read.

    Returns
    -------
    FeatureStore
        The store, which ``open_features`` reads.

    Raises
    ------
    InputError
        The store is no study's, kept no states, or the data set is not what it was.
    """
    path = Path(store)
    d = Store(path).read()
    plan = plan_of(d)
    kept = kept_states(path, d, plan, epoch)
    data = load_data(plan.dataset, progress)
    if data.test.ids.tolist() != d["item"].values.tolist():
        msg = f"the test images of {plan.dataset['name']} are not those of {path} any more; restore the data set"
        raise InputError(msg)
    with _threads(plan.machine.threads):
        for reading in {plan.run(r.observer).settings.architecture: r for r in kept.readings}.values():
            check_layers(_built(plan, reading, data), layers)
    made = store_for(
        out, kept.readings, data.test.ids.tolist(), layers, dtype=dtype, chunk_items=TEST_BATCH, resume=resume,
        force=force,
        configuration={"command": "similarity --states", "study": path.name, "epoch": epoch, "notes": list(kept.notes)},
    )  # fmt: skip
    left = [r for r in kept.readings if made.pending(r)]
    with _threads(plan.machine.threads):
        for together in _fed_alike(plan, left):
            feed = Feed(
                data, plan.run(together[0].observer).settings, seed=plan.seed, machine=plan.machine,
                device=torch.device(device),
            )  # fmt: skip
            networks = {r: _restored(path, plan, r, data, device) for r in together}
            record(made, networks, _inputs(feed), told)
    return made


def kept_states(path: Path, d: Decisions, plan: Plan, epoch: int | None = None) -> Kept:
    """Find the states to read: of all networks at an epoch, and of those that comparisons read later.

    Raises
    ------
    InputError
        Fewer than two networks have states.
    """
    wanted = int(at_epoch(d, epoch)["epoch"].values[0])
    later = {(o, wanted + c.shift) for c in stats.comparisons(d) if c.shift for o in c.observers}
    readings: list[Reading] = []
    notes: list[str] = []
    for run in plan.runs:
        if run.observer not in d["observer"].values:
            continue
        epochs = States(path / STATES / run.observer, plan.keep_states).epochs()
        if not epochs:
            notes.append(f"'{run.observer}' is left out: none of its states was kept")
            continue
        taken = wanted if wanted in epochs else epochs[-1]
        if taken != wanted:
            notes.append(
                f"'{run.observer}' is read at epoch {taken}, since its state of epoch {wanted} was not kept"
            )
        readings.append(Reading(run.observer, taken, run.condition))
        readings += [
            Reading(run.observer, e, run.condition)
            for o, e in sorted(later)
            if o == run.observer and e in epochs and e != taken
        ]
    if len({r.observer for r in readings}) < 2:
        msg = (
            f"{path} has the states of {len(readings)} networks; two are needed. Train the study again with "
            f"--keep-states all (or last), or give features of your own with --features"
        )
        raise InputError(msg)
    return Kept(tuple(readings), tuple(notes))


def _fed_alike(plan: Plan, readings: Sequence[Reading]) -> Iterator[list[Reading]]:
    """Groups of networks whose test images become inputs in the same way, not too many at once."""

    def how(reading: Reading) -> str:
        return str(plan.run(reading.observer).settings.test)

    for _, alike in groupby(sorted(readings, key=how), key=how):
        own = list(alike)
        yield from (own[k : k + AT_ONCE] for k in range(0, len(own), AT_ONCE))


@contextmanager
def _threads(count: int) -> Iterator[None]:
    """Compute with as many threads as the study did."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _inputs(feed: Feed) -> Iterator[Tensor]:
    return (batch.inputs() for batch in feed.test())


def _restored(path: Path, plan: Plan, reading: Reading, data: Dataset, device: str) -> nn.Module:
    network = _built(plan, reading, data)
    states = States(path / STATES / reading.observer, plan.keep_states)
    network.load_state_dict(states.load(reading.epoch))
    memory = torch.channels_last if plan.machine.channels_last else torch.contiguous_format
    return network.to(device=device, memory_format=memory)  # type: ignore[call-overload, no-any-return]


def _built(plan: Plan, reading: Reading, data: Dataset) -> nn.Module:
    settings = plan.run(reading.observer).settings
    return models.build(
        settings.architecture, classes=len(data.classes), channels=data.train.channels,
        size=settings.input_size(data.train.size), seed=0,
    ).eval()  # fmt: skip
