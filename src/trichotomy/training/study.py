"""The verb: plan a study or take it up again, carry it out, and say how it ended."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import zarr

from trichotomy import models
from trichotomy.datasets import Dataset, Progress, cached, processors
from trichotomy.decisions import Store, create, is_store, provenance
from trichotomy.errors import InputError, MissingExtraError, StoreError
from trichotomy.placement import check_free
from trichotomy.training.execution import Event, Executor, LocalExecutor
from trichotomy.training.execution.notes import Noted, notes_of
from trichotomy.training.execution.slurm import SlurmExecutor
from trichotomy.training.execution.submissions import active, cancelling, submitted
from trichotomy.training.finding import find_recipe
from trichotomy.training.groups import Group, check_lockstep, groups
from trichotomy.training.identity import differences
from trichotomy.training.machine import Machine
from trichotomy.training.plan import (
    MEASURES,
    STUDY,
    Plan,
    load_data,
    make_plan,
    plan_of,
)
from trichotomy.training.recipe import Recipe


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a study ended.

    Attributes
    ----------
    store
        With all decisions.
    finished
        Observers whose every planned epoch is recorded.
    failed
        Observers that are not, with the reason.
    waiting
        Observers whose jobs were submitted and not waited for.
    """

    store: Path
    finished: tuple[str, ...]
    failed: Mapping[str, str]
    waiting: tuple[str, ...] = ()


def plan_study(
    dataset: str,
    *,
    recipe: str | Recipe = "quick",
    data: str | Path | None = None,
    seed: int | None = None,
    keep_states: str | None = None,
    machine: Machine | None = None,
    options: Mapping[str, Any] | None = None,
    cache: str | Path | None = None,
    progress: Progress | None = None,
) -> tuple[Plan, Dataset]:
    """Load the data and lay out a study; nothing is written, but for lists of shards in a ``cache``.

    Parameters
    ----------
    dataset, data
        As ``datasets.load`` takes them.
    recipe
        The name of one, a TOML file, ``module:function``, or a ``Recipe``.
    seed, keep_states
        In place of the recipe's.
    machine
        What the decisions depend on beside recipe and seed.
    options
        Options of the data set, in place of the recipe's.
    cache
        As for ``study``, which fills it later.

    Raises
    ------
    InputError
        Anything that does not fit; the message says what, where and what to do.
    MissingExtraError
        PyTorch or safetensors is not installed.
    """
    models.require_torch("training networks")
    if find_spec("safetensors") is None:
        feature = "saving the states of networks"
        raise MissingExtraError(feature, "train")
    chosen = recipe if isinstance(recipe, Recipe) else find_recipe(recipe, dataset)
    chosen = replace(
        chosen,
        seed=chosen.seed if seed is None else seed,
        keep_states=keep_states or chosen.keep_states,  # type: ignore[arg-type] # the recipe checks it
    )
    source = {
        "name": dataset,
        "data": None if data is None else str(Path(data).resolve()),
        "options": {**chosen.dataset, **(options or {})},
    }
    loaded = load_data(source, progress, cache=cache, fill=False)
    plan = make_plan(chosen, loaded, source, machine or Machine(), progress=progress)
    _check_networks(plan, loaded)
    return plan, loaded


def _check_networks(plan: Plan, data: Dataset) -> None:
    """Find out before anything is written whether the networks can be built for these data."""
    settings = {run.settings.architecture: run.settings for run in plan.runs}
    for name, its in settings.items():
        size = its.input_size(data.train.size)
        models.build(name, classes=len(data.classes), channels=data.train.channels, size=size, seed=0)


def study(
    dataset: str,
    out: str | Path,
    *,
    resume: bool = False,
    force: bool = False,
    workers: int | None = None,
    lockstep: int | None = None,
    executor: Executor | None = None,
    cache: str | Path | None = None,
    told: Callable[[Event], None] = lambda _: None,
    planned: Callable[[Plan, Sequence[Group]], None] = lambda *_: None,
    **options: Any,
) -> Outcome:
    """Train the networks of a study and record every decision.

    Parameters
    ----------
    dataset
        As ``datasets.load`` takes it.
    out
        The store, a folder.
    resume
        Go on with the store where there is one; without, an existing ``out`` is refused.
    force
        Replace a store that is there.
    workers
        Local processes; default one per processor.
    lockstep
        The most networks that train in one process, from one stream of batches; default as many as need the same
        batches, spread evenly over the workers. It changes no decision.
    executor
        In place of local processes: ``SlurmExecutor``, ``DaskExecutor``, or one of your own; ``workers`` then says how
        many groups it can train at once, and without it a group has ``IN_A_JOB`` networks at most.
    cache
        Folder in which decoded images of data that are read from files are kept, see ``datasets.cached``. No decision
        depends on it; an executor of one's own is to name it to its jobs.
    told
        Called with each event.
    planned
        Called with the plan and the groups of observers that are left to train, before the first starts.
    options
        As for ``plan_study``.

    Raises
    ------
    InputError
        Something does not fit, or the study resumed is another one: the message says what differs.
    """
    if re.match(r"[a-z][a-z0-9+.-]+:/", str(out)):  # a Path has one slash of a URL's two
        msg = f"a study is written to a folder of this machine, not to {out}; copy the store there afterwards"
        raise InputError(msg)
    path = Path(out)
    going_on = resume and path.exists() and (not path.is_dir() or any(path.iterdir()))
    if not going_on:
        if is_store(path) and not force:
            msg = f"{path} exists already; go on with it with --resume (resume=True), or choose another name"
            raise InputError(msg)
        check_free(path, kind="store", is_one=is_store, force=force)
    kept = None if cache is None else Path(cache).absolute()
    plan, data = plan_study(dataset, cache=kept, **options)
    runner, places = executor, workers
    if runner is None:
        here = devices(plan.machine, workers)
        runner, places = Noted(LocalExecutor(here, plan.machine.threads, kept)), len(here)
    check_lockstep(lockstep)
    taken_up = _taken_up(path, plan) if going_on else None
    if (
        kept is not None and executor is None
    ):  # before there is a store, and once it fits; jobs fill their own
        cached(data, kept, progress=options.get("progress"))
    store = taken_up or _created(path, plan, data, force=force)
    left = _left(store, plan)
    if going_on:
        alone = _alone(path, executor)
        _tidied(path, store, plan, left, partials=alone)
    together = groups(plan, left, places=places, most=lockstep)
    planned(plan, together)
    if not isinstance(executor, SlurmExecutor):  # networks of jobs that run on keep what is noted of them
        store.forgive(left)
    failed: dict[str, str] = {}
    if left:
        with closing(runner.execute(path.resolve(), together)) as events:
            for event in _events(events, None if going_on else path):
                if event.kind == "failed":
                    failed[event.observer] = event.reason
                    store.fail(event.observer, event.reason)
                told(event)
    unfinished = set(_left(store, plan))
    waited = not isinstance(runner, SlurmExecutor) or runner.wait
    waiting = set() if waited else unfinished - failed.keys()
    for observer in failed.keys() - unfinished:  # its worker died once all was recorded
        store.fail(observer, "")
    return Outcome(
        path,
        tuple(r.observer for r in plan.runs if r.observer not in unfinished),
        {
            o: failed.get(o, "not all epochs are recorded")
            for o in store.observers
            if o in unfinished - waiting
        },
        tuple(o for o in store.observers if o in waiting),
    )


def _events(events: Iterator[Event], new: Path | None) -> Iterator[Event]:
    """Pass on events; a new store goes again where the executor refuses before anything has begun."""
    try:
        first = next(events, None)
    except InputError:
        if new is not None and not submitted(new):  # else jobs are at work on it
            shutil.rmtree(new)
        raise
    if first is not None:
        yield first
        yield from events


def _alone(path: Path, executor: Executor | None) -> bool:
    """Whether nobody is at work on a study; refuse to go on beside others, but for SLURM's jobs, which are followed."""
    jobs = active(path)
    if jobs and not isinstance(executor, SlurmExecutor):
        msg = (
            f"{len(jobs)} jobs of {path} are waiting or running; look with --status, follow them with the same "
            f"--slurm, or cancel them with: {cancelling(jobs)}"
        )
        raise InputError(msg)
    running = {
        n.process
        for n in notes_of(path).values()
        if n.state == "running" and n.running_here() and not (n.job and isinstance(executor, SlurmExecutor))
    }
    if running - {os.getpid()}:
        msg = (
            f"{path} is being worked on by process {', '.join(map(str, sorted(running)))} of this machine; look with "
            f"--status, or stop that first"
        )
        raise InputError(msg)
    elsewhere = any(n.state == "running" and n.running_here() is None for n in notes_of(path).values())
    return not jobs and not elsewhere


def devices(machine: Machine, workers: int | None) -> tuple[str, ...]:
    """One device per worker: the CPU as often as there are processors, or each GPU once.

    Where several processes train a network, a worker has as many devices, with commas between.
    """
    if workers is not None and workers < 1:
        msg = f"workers is {workers}; at least one is needed"
        raise InputError(msg)
    ranks = machine.ranks
    if machine.device == "cpu":
        count = workers or max(processors() // (machine.threads * ranks), 1)
        return (",".join(["cpu"] * ranks),) * count
    import torch

    cards = [f"cuda:{k}" for k in range(torch.cuda.device_count())]
    if not cards:
        msg = "the device is cuda, but PyTorch finds none here; choose --device cpu"
        raise InputError(msg)
    if len(cards) < ranks:
        msg = f"ranks is {ranks}, each on a GPU of its own, and there are {len(cards)} here; choose fewer"
        raise InputError(msg)
    places = [",".join(cards[k : k + ranks]) for k in range(0, len(cards) - ranks + 1, ranks)]
    return tuple(places[k % len(places)] for k in range(workers or len(places)))


def _created(path: Path, plan: Plan, data: Dataset, *, force: bool) -> Store:
    runs = plan.runs
    store = create(
        path,
        observers=[r.observer for r in runs],
        items=data.test.ids.tolist(),
        target=data.test.labels,
        epochs=range(plan.epochs + 1),
        planned_epochs=[r.epochs + 1 for r in runs],
        arrays=("response", "p_target", "p_response"),
        measures=MEASURES,
        classes=data.classes,
        observer_coords={
            "condition": _texts(r.condition for r in runs),
            "instance": [r.instance for r in runs],
            "architecture": _texts(r.settings.architecture for r in runs),
            "learning_rate": [r.settings.learning_rate for r in runs],
            "failure": _texts("" for _ in runs),
        },
        item_coords={} if data.test.paths is None else {"path": data.test.paths},
        provenance=provenance(configuration={"command": "study"}) | {"study": plan.as_plain()},
        force=force,
    )
    zarr.create_group(path / STUDY, zarr_format=3)
    return store


def _texts(values: Any) -> Any:
    return np.array(list(values), dtype=object)


def _taken_up(path: Path, plan: Plan) -> Store:
    """Attach to the study that stands there, if it is this one."""
    try:
        store = Store(path)
        recorded = plan_of(store.read())
    except (StoreError, InputError) as error:
        msg = f"{path} cannot be resumed: {error}"
        raise InputError(msg) from error
    changed = differences(recorded.as_plain(), plan.as_plain())
    if changed:
        more = f", and {len(changed) - 5} more" if len(changed) > 5 else ""
        msg = (
            f"{path} holds another study, which is not gone on with: {'; '.join(changed[:5])}{more}. Resume with what "
            f"it was started with, or start a new one with another --out"
        )
        raise InputError(msg)
    zarr.open_group(path / STUDY, mode="a", zarr_format=3)
    return store


def _tidied(path: Path, store: Store, plan: Plan, left: Sequence[str], *, partials: bool) -> None:
    """Finish what runs left behind whose job died right after its last epoch, and files that were never whole."""
    from trichotomy.training.job import STATES
    from trichotomy.training.states import States

    store.forgive([observer for observer in store.observers if observer not in left])
    if partials:  # nobody is about to rename one
        for run in plan.runs:
            if run.observer not in left:
                States(path / STATES / run.observer, plan.keep_states).finish(run.epochs)
        for partial in (*path.glob("*/.*.partial"), *(path / STUDY).glob("*/.*.partial")):
            partial.unlink(missing_ok=True)


def _left(store: Store, plan: Plan) -> list[str]:
    """Observers with epochs to record."""
    pending = {observer for observer, _ in store.pending()}
    return [run.observer for run in plan.runs if run.observer in pending]
