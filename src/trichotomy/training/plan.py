"""The plan of a study: which networks, how each is trained, what is compared with what; plain data in the store."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from trichotomy import datasets
from trichotomy.datasets import Dataset, Progress
from trichotomy.decisions import Decisions
from trichotomy.decisions.schema import duplicates, few
from trichotomy.errors import InputError, TrichotomyError
from trichotomy.training.conditions import BASE, Condition
from trichotomy.training.identity import identity
from trichotomy.training.machine import Machine
from trichotomy.training.recipe import Recipe
from trichotomy.training.settings import Settings

MEASURES = ("train_loss", "train_accuracy", "test_loss", "test_accuracy")
"""Numbers that a study records for every epoch; training's are missing at epoch 0."""
STUDY = "study"
"""The group of a store in which its jobs keep what only they need."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One network: its id, its condition and how it is trained, ``epochs`` passes over the data in all."""

    observer: str
    condition: str
    instance: int
    epochs: int
    settings: Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All runs of a study and what they are made from.

    Attributes
    ----------
    comparisons
        Who is compared with whom, as ``stats.comparisons`` reads it.
    dataset
        ``name``, ``data`` (the folder) and ``options`` of ``datasets.load``.
    identity
        Hashes of the code and the data, versions of what computes.
    """

    recipe: str
    seed: int
    keep_states: str
    machine: Machine
    dataset: Mapping[str, Any]
    runs: tuple[Run, ...]
    conditions: tuple[Mapping[str, str], ...]
    comparisons: tuple[Mapping[str, Any], ...]
    notes: tuple[str, ...]
    identity: Mapping[str, Any] = field(default_factory=dict)

    @property
    def epochs(self) -> int:
        """Passes over the data of the run that trains longest."""
        return max(run.epochs for run in self.runs)

    def run(self, observer: str) -> Run:
        """Return the run of one observer."""
        return next(run for run in self.runs if run.observer == observer)

    def as_plain(self) -> dict[str, Any]:
        """Return the plan as JSON can hold it; ``from_plain`` takes it back."""
        runs = [
            {"observer": r.observer, "condition": r.condition, "instance": r.instance, "epochs": r.epochs,
             "settings": r.settings.as_plain()}
            for r in self.runs
        ]  # fmt: skip
        return {
            "recipe": self.recipe, "seed": self.seed, "keep_states": self.keep_states,
            "machine": asdict(self.machine), "dataset": dict(self.dataset), "runs": runs,
            "conditions": [dict(c) for c in self.conditions],
            "comparisons": [dict(c) for c in self.comparisons], "notes": list(self.notes),
            "identity": dict(self.identity),
        }  # fmt: skip


def make_plan(
    recipe: Recipe,
    dataset: Dataset,
    source: Mapping[str, Any],
    machine: Machine,
    *,
    progress: Progress | None = None,
) -> Plan:
    """Lay out a study.

    Parameters
    ----------
    dataset, source
        The data, and where it is loaded from, as ``Plan.dataset``.
    progress
        Called before each split is hashed.

    Raises
    ------
    InputError
        Conditions that refer to none, or that are there twice.
    """
    _check(recipe.conditions, recipe.longer)
    runs = tuple(
        Run(
            observer=name, condition=condition.name, instance=k,
            epochs=recipe.settings.epochs + (recipe.longer if condition.name == BASE else 0),
            settings=_changed(recipe, condition, k),
        )
        for condition in recipe.conditions
        for k, name in enumerate(_observers(condition))
    )  # fmt: skip
    notes = list(recipe.notes)
    if machine.device == "cpu" and any(r.settings.nondeterministic for r in runs):
        notes.append(EMULATED)
    return Plan(
        recipe=recipe.name, seed=recipe.seed, keep_states=recipe.keep_states, machine=machine,
        dataset=dict(source), runs=runs,
        conditions=tuple({"condition": c.name, "differs": c.differs} for c in recipe.conditions),
        comparisons=tuple(_comparisons(recipe.conditions)), notes=tuple(notes),
        identity=identity(dataset, [r.settings.architecture for r in runs], progress=progress),
    )  # fmt: skip


EMULATED = (
    "nondeterministic is an emulation: a CPU with one thread always sums in the same order, so the examples within "
    "each batch are permuted instead, from a seed that the operating system draws and the study keeps: the same "
    "gradient but for rounding, and in networks with dropout other masks too. It is the one condition whose decisions "
    "differ between two studies with the same seed."
)


def from_plain(content: Mapping[str, Any]) -> Plan:
    """Take a plan back from what ``Plan.as_plain`` gave."""
    runs = tuple(
        Run(**{**run, "settings": Settings().with_changes(run["settings"])}) for run in content["runs"]
    )
    several = {name: tuple(content[name]) for name in ("conditions", "comparisons", "notes")}
    return Plan(**{**content, **several, "runs": runs, "machine": Machine(**content["machine"])})


def plan_of(d: Decisions) -> Plan:
    """Return the plan that a study's decisions carry.

    Raises
    ------
    InputError
        These are decisions of something else, or of a study that another version planned.
    """
    try:
        return from_plain(d.attrs["provenance"]["study"])
    except (KeyError, TypeError, InputError) as error:
        msg = f"these decisions carry no plan of a study that this version reads ({error})"
        raise InputError(msg) from error


def load_data(
    source: Mapping[str, Any],
    progress: Progress | None = None,
    *,
    cache: str | Path | None = None,
    fill: bool = True,
) -> Dataset:
    """Load the data set that a plan names; ``cache`` and ``fill`` are as for ``datasets.load``.

    Raises
    ------
    InputError
        An option that is none of the data set's but one of ``datasets.load``'s own; otherwise as that.
    """
    for name in ("data", "cache", "fill", "progress"):
        if name in source["options"]:
            msg = f"'{name}' is no option of the data set {source['name']}; leave it out of --option and of [dataset]"
            raise InputError(msg)
    data = None if source["data"] is None else Path(source["data"])
    return datasets.load(
        source["name"], data=data, cache=cache, fill=fill, progress=progress, **source["options"]
    )


def _changed(recipe: Recipe, condition: Condition, instance: int) -> Settings:
    try:
        return recipe.settings.with_changes(condition.instances[instance])
    except TrichotomyError as error:
        msg = f"condition '{condition.name}' of the recipe {recipe.name}, network {instance + 1}: {error}"
        raise InputError(msg) from error


def _check(conditions: Sequence[Condition], longer: int) -> None:
    names = [c.name for c in conditions]
    for name in names:  # observers and folders are called after it
        if not re.fullmatch(r"\w([\w .+-]*[\w+-])?", name):
            msg = f"{name!r} cannot be the name of a condition; choose letters, digits and hyphens"
            raise InputError(msg)
    twice = sorted(duplicates(names))
    if twice:
        msg = f"conditions {few(twice)} are there more than once; give each its own name"
        raise InputError(msg)
    if not any(c.name == BASE and len(c.instances) == 1 for c in conditions):
        msg = f"a study needs the condition '{BASE}' with one network, with which the others are compared"
        raise InputError(msg)
    ids = [o for c in conditions for o in _observers(c)]
    alike = sorted(duplicates(ids))
    if alike:
        msg = f"networks of two conditions would both be called {few(alike)}; give the conditions other names"
        raise InputError(msg)
    trained = {c.name for c in conditions if c.instances}
    for c in conditions:
        for kind, name in (("networks of", c.source), ("comparison with", c.against)):
            if name not in trained and name != c.name:
                msg = f"condition '{c.name}' refers to the {kind} '{name}', which this study does not train"
                raise InputError(msg)
        if (
            c.name != BASE
            and c.against == c.name
            and sum(len(x.instances) for x in conditions if x.name == c.source) < 2
        ):
            msg = f"condition '{c.name}' compares networks among themselves, but there is one; give it two or more"
            raise InputError(msg)
        most = longer if c.source == BASE else 0
        if not 0 <= c.shift <= most:
            msg = (
                f"condition '{c.name}' reads '{c.source}' {c.shift} epochs later, but that runs on for {most}"
            )
            raise InputError(msg)
        if not c.instances and c.source == c.name:
            msg = f"condition '{c.name}' has no networks; give it instances, or name the condition it reads with 'of'"
            raise InputError(msg)


def _observers(condition: Condition) -> list[str]:
    count = len(condition.instances)
    return [condition.name] if count == 1 else [f"{condition.name}-{k}" for k in range(1, count + 1)]


def _comparisons(conditions: Sequence[Condition]) -> list[dict[str, Any]]:
    """Base itself is compared with nobody; networks among themselves stand on both sides."""
    observers = {c.name: _observers(c) for c in conditions if c.instances}
    found = []
    for c in conditions:
        ours = observers[c.source]
        theirs = ours if c.against == c.name else observers[c.against]
        if c.name == BASE:
            continue
        if c.against == c.name and len(ours) == 2:  # one pair needs no second direction
            ours, theirs = ours[:1], theirs[1:]
        found.append({"condition": c.name, "observers": ours, "references": theirs, "shift": c.shift})
    return found
