"""Which runs train in lock-step: those that need the same batches, spread evenly over the places there are."""

from __future__ import annotations

import math
from collections.abc import Sequence

from trichotomy.errors import InputError
from trichotomy.training.plan import Plan, Run
from trichotomy.training.settings import Settings

IN_A_JOB = 8
"""Networks that a job of a cluster trains at most unless told: some to share decoded images, few enough to end soon."""
Group = tuple[str, ...]
"""Ids of observers that train in one process, each batch decoded once for all of them."""


def groups(
    plan: Plan, observers: Sequence[str], *, places: int | None, most: int | None = None
) -> list[Group]:
    """Divide runs into groups; those with the most work come first.

    Parameters
    ----------
    observers
        Whose runs are left.
    places
        How many groups can train at once, so that none gets so many networks that others have nothing to do; None
        where that is not known, as of a cluster's jobs: ``IN_A_JOB`` networks at most.
    most
        Largest number of networks in a group, in place of what ``places`` makes it.

    Raises
    ------
    InputError
        ``most`` is below 1.
    """
    check_lockstep(most)
    largest = most or (max(math.ceil(len(observers) / places), 1) if places else IN_A_JOB)
    alike: dict[object, list[Run]] = {}
    for run in (plan.run(observer) for observer in observers):
        alike.setdefault(_key(plan, run), []).append(run)
    found: list[tuple[Run, ...]] = []
    for runs in alike.values():
        runs.sort(key=lambda run: -run.epochs)
        count = math.ceil(len(runs) / largest)
        found += [tuple(runs[k::count]) for k in range(count)]
    found.sort(key=lambda runs: -sum(_work(run) for run in runs))
    return [tuple(run.observer for run in runs) for runs in found]


def check_lockstep(most: int | None) -> None:
    """Refuse a largest number of networks below 1."""
    if most is not None and most < 1:
        msg = f"lockstep is {most}; it is the most networks in one process, 1 or more"
        raise InputError(msg)


def same_batches(settings: Settings) -> tuple[object, ...]:
    """What the batches of a network depend on, beside data and seed: equal for networks that can share a feed."""
    s = settings
    return (s.batch_size, s.half, s.order, s.augmentation, s.train, s.test)


def _key(plan: Plan, run: Run) -> object:
    """On CUDA, whether sums may run in any order is a matter of the whole process."""
    apart = run.settings.nondeterministic and plan.machine.device == "cuda"
    return (apart, same_batches(run.settings))


def _work(run: Run) -> float:
    """Passes over all of the training data."""
    return run.epochs / (2 if run.settings.half else 1)
