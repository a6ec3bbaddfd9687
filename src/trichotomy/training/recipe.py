"""A recipe: the full configuration of a study."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from trichotomy.errors import InputError
from trichotomy.training.conditions import LONGER, Condition
from trichotomy.training.settings import Settings

KeepStates = Literal["all", "last", "none"]
KEEP_STATES: tuple[KeepStates, ...] = ("all", "last", "none")
SEED = 1312
"""The authors' seed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """The full configuration of a study on one data set.

    Attributes
    ----------
    name
        What the recipe is called.
    dataset
        Options of ``datasets.load``, beside its name and folder.
    settings
        Of the base network.
    conditions
        One of them is ``base``, with one network.
    longer
        Epochs that base runs on after the others have stopped.
    keep_states
        Which epochs' weights are kept.
    seed
        From which everything random is drawn.
    notes
        What a reader of the results must know; reports repeat it.
    """

    name: str
    dataset: Mapping[str, Any] = field(default_factory=dict)
    settings: Settings = field(default_factory=Settings)
    conditions: tuple[Condition, ...] = ()
    longer: int = LONGER
    keep_states: KeepStates = "last"
    seed: int = SEED
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.keep_states not in KEEP_STATES:
            msg = f"keep_states is {self.keep_states!r}; choose one of {', '.join(KEEP_STATES)}"
            raise InputError(msg)
        for name in ("longer", "seed"):
            value = getattr(self, name)
            if type(value) is not int or value < 0:
                msg = f"{name} is {value!r}; it is a whole number, 0 or more"
                raise InputError(msg)
