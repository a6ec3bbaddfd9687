"""Everything that shapes the training of one network, as one frozen value."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Literal

from trichotomy.datasets import Augmentation
from trichotomy.errors import InputError, UnknownNameError

Schedule = Literal["step", "cosine", "constant"]
SCHEDULES: tuple[Schedule, ...] = ("step", "cosine", "constant")
_LEAST = {
    "epochs": 1, "batch_size": 1, "learning_rate": 0, "momentum": 0, "weight_decay": 0, "decay": 0, "half": 0,
    "initialization": 0, "order": 0, "augmentation": 0,
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How one network is trained; two networks with equal settings are the same network, bit for bit.

    Attributes
    ----------
    architecture
        As ``models.build`` takes it.
    epochs
        Passes over the training data after which the network counts as trained; schedules refer to it.
    batch_size, learning_rate, momentum, weight_decay, nesterov
        Of stochastic gradient descent.
    schedule, milestones, decay
        ``step``: the rate is multiplied by ``decay`` after each epoch of ``milestones``; ``cosine``: half a cosine
        over ``epochs``; ``constant``.
    half_batches
        Each batch is split in two updates, in the same order.
    half
        0: all training data; 1 or 2: that one of two disjoint random halves.
    initialization, order, augmentation
        Which stream of random numbers is used for initial weights, order of the data, and augmentation with
        dropout; 0 is the base network's.
    nondeterministic
        Where the device can, let it sum in any order; on a CPU, permute the examples within each batch, from a seed
        drawn from the operating system.
    train, test
        How images become inputs in training and in testing.
    """

    architecture: str = "tiny-resnet"
    epochs: int = 15
    batch_size: int = 64
    learning_rate: float = 0.1
    momentum: float = 0.9
    weight_decay: float = 1e-4
    nesterov: bool = False
    schedule: Schedule = "step"
    milestones: tuple[int, ...] = ()
    decay: float = 0.1
    half_batches: bool = False
    half: int = 0
    initialization: int = 0
    order: int = 0
    augmentation: int = 0
    nondeterministic: bool = False
    train: Augmentation = field(default_factory=Augmentation)
    test: Augmentation = field(default_factory=Augmentation)

    def __post_init__(self) -> None:
        for name, least in _LEAST.items():
            if not getattr(self, name) >= least:  # nan is none of these
                msg = f"{name} is {getattr(self, name)}; it must be at least {least}"
                raise InputError(msg)
        if self.half > 2:
            msg = f"half is {self.half}; it is 0 (all of the training data), 1 or 2"
            raise InputError(msg)
        if self.schedule not in SCHEDULES:
            raise UnknownNameError("schedule", self.schedule, list(SCHEDULES))
        if self.half_batches and self.batch_size < 2:
            msg = f"half_batches needs a batch_size of 2 or more; it is {self.batch_size}"
            raise InputError(msg)
        if self.nesterov and not self.momentum:
            msg = "nesterov needs a momentum above 0"
            raise InputError(msg)

    def rate(self, epoch: int) -> float:
        """Learning rate during ``epoch`` (the first is 1); after the last scheduled epoch it stays."""
        if self.schedule == "step":
            return self.learning_rate * self.decay ** sum(epoch > m for m in self.milestones)
        if self.schedule == "cosine":
            done = (min(epoch, self.epochs) - 1) / self.epochs
            return self.learning_rate * (1 + math.cos(math.pi * done)) / 2
        return self.learning_rate

    def input_size(self, stored: tuple[int, int] | None) -> int | None:
        """Side of the network's input in pixels, from that of the stored images; None: the architecture's own."""
        return self.train.size or (max(stored) if stored else None)

    def with_changes(self, changes: Mapping[str, Any]) -> Settings:
        """Return settings with some of them changed.

        Raises
        ------
        UnknownNameError
            There is no such setting; the message names the nearest.
        InputError
            A value of the wrong kind or out of range.
        """
        return replace(self, **{name: _fitting(name, value) for name, value in changes.items()})

    def as_plain(self) -> dict[str, Any]:
        """Return the settings as JSON can hold them; ``Settings().with_changes(...)`` takes them back."""
        plain = asdict(self)
        plain["milestones"] = list(self.milestones)
        return plain


_KINDS: Mapping[str, type] = {
    f.name: type(getattr(Settings(), f.name)) for f in fields(Settings)
}  # the defaults tell the kinds


def _fitting(name: str, value: Any) -> Any:
    """Return a value of the kind that the setting has."""
    if name not in _KINDS:
        raise UnknownNameError("setting", name, list(_KINDS))
    kind = _KINDS[name]
    if kind is Augmentation and isinstance(value, Mapping):
        known = [f.name for f in fields(Augmentation)]
        for key in value:
            if key not in known:
                raise UnknownNameError(f"setting of '{name}'", key, known)
        return Augmentation(**value)
    if kind is tuple and isinstance(value, (list, tuple)) and all(type(v) is int for v in value):
        return tuple(value)
    if kind is float and type(value) is int:
        return float(value)
    if type(value) is not kind:
        msg = f"the setting '{name}' takes {_words(kind)}; it was given {value!r}"
        raise InputError(msg)
    return value


def _words(kind: type) -> str:
    return {int: "a whole number", float: "a number", bool: "true or false", str: "a text",
            tuple: "a list of whole numbers", Augmentation: "a table of crop, size, ..."}[kind]  # fmt: skip
