"""Conditions of a study: what differs from the base network, how often, and whom it is compared with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from trichotomy.errors import InputError

BASE = "base"
LONGER = 10
"""Epochs that base runs on, so that it also serves as 'plus 1' and 'plus 10' (Meding et al. 2022)."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition.

    Attributes
    ----------
    name
        Lower case; observers are called after it.
    differs
        What differs from base, in words.
    instances
        Per network the settings that are changed; a condition without networks of its own reads those ``of``
        another.
    of
        The condition whose networks are read; default its own.
    against
        The condition it is compared with; its own name: the networks among themselves.
    shift
        How many epochs later than the other side its networks are read.
    """

    name: str
    differs: str
    instances: tuple[Mapping[str, Any], ...] = ()
    of: str = ""
    against: str = BASE
    shift: int = 0

    @property
    def source(self) -> str:
        """The condition whose networks are read."""
        return self.of or self.name


def paper_conditions(
    *,
    alternative: str,
    rates: Sequence[float],
    instances: int = 5,
    augmentation: bool = False,
) -> tuple[Condition, ...]:
    """Return the thirteen conditions of Meding et al. (2022): 31 networks where there are 5 instances.

    Parameters
    ----------
    alternative
        The other architecture.
    rates
        Learning rates of the condition ``learning-rate``, one per instance; ``combined`` takes the same.
    instances
        Networks of each condition that draws something at random.
    augmentation
        Whether a new order of the data also redraws augmentation and dropout, as the authors' code does.
    """
    if len(rates) != instances:
        msg = f"{len(rates)} learning rates are given for {instances} instances; give one each"
        raise InputError(msg)
    numbers = range(1, instances + 1)

    def order(k: int) -> dict[str, Any]:
        return {"order": k, "augmentation": k} if augmentation else {"order": k}

    and_more = " and augmentation" if augmentation else ""
    return (
        Condition(BASE, "nothing", ({},)),
        Condition("nesterov", "Nesterov momentum", ({"nesterov": True},)),
        Condition("half-batch", "each batch split in two updates", ({"half_batches": True},)),
        Condition("initialization", "initial weights", tuple({"initialization": k} for k in numbers)),
        Condition("learning-rate", "learning rate", tuple({"learning_rate": r} for r in rates)),
        Condition("nondeterministic", "order of summation", tuple({"nondeterministic": True} for _ in numbers)),
        Condition("order+augmentation" if augmentation else "order", f"order of the data{and_more}",
                  tuple(order(k) for k in numbers)),
        Condition("architecture", alternative, ({"architecture": alternative},)),
        Condition("half-data", "half of the training data", ({"half": 1}, {"half": 2})),
        Condition("combined", "architecture, order, Nesterov momentum, learning rate, initial weights", tuple(
            {"architecture": alternative, **order(k), "nesterov": True, "learning_rate": rate, "initialization": k}
            for k, rate in zip(numbers, rates, strict=True)
        )),
        Condition("plus-1", "one epoch more", of=BASE, shift=1),
        Condition(f"plus-{LONGER}", f"{LONGER} epochs more", of=BASE, shift=LONGER),
        Condition("different-data", "the other half of the training data", of="half-data", against="different-data"),
    )  # fmt: skip
