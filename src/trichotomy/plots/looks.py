"""One colour and dash for each condition, the same in every figure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import product
from types import MappingProxyType
from typing import Literal, TypeAlias

from trichotomy.plots.style import BLUE, GREEN, GREY, INK, ORANGE, PURPLE, SERIES, SKY, VERMILLION, YELLOW

Dashes: TypeAlias = Literal["-", "--", ":"]


@dataclass(frozen=True, slots=True)
class Look:
    """How the lines and marks of a condition are drawn."""

    colour: str
    dashes: Dashes = "-"


BASE = "base"
STUDY_LOOKS: Mapping[str, Look] = MappingProxyType({
    BASE: Look(INK),
    "initialization": Look(BLUE),
    "order": Look(SKY),
    "order+augmentation": Look(SKY, ":"),
    "nondeterministic": Look(SKY, "--"),
    "learning-rate": Look(GREEN),
    "half-batch": Look(GREEN, "--"),
    "nesterov": Look(YELLOW),
    "architecture": Look(VERMILLION),
    "combined": Look(VERMILLION, "--"),
    "half-data": Look(PURPLE),
    "different-data": Look(PURPLE, "--"),
    "plus-1": Look(ORANGE),
    "plus-10": Look(ORANGE, "--"),
})  # fmt: skip
"""The conditions of Meding et al. 2022; those that change alike things share a colour."""
_PLACES = [Look(colour, dashes) for dashes, colour in product(("-", "--", ":"), SERIES)]  # type: ignore[arg-type]
MOST_CONDITIONS = 2 * len(SERIES)
"""More conditions than these cannot be told apart by colour and dash."""
ALIKE = Look(GREY)


def condition_looks(conditions: Iterable[str]) -> dict[str, Look]:
    """Give each condition its colour and dash.

    The conditions of the paper's study have fixed ones. Others take what is left, in the order given, so figures of
    one study must give all of its conditions, drawn or not. Where there are more than colours and dashes tell apart,
    the others are all grey.

    Parameters
    ----------
    conditions
        Names; repeated ones count once.
    """
    names = list(dict.fromkeys(str(name) for name in conditions))
    known = {name: STUDY_LOOKS[name] for name in names if name in STUDY_LOOKS}
    free = [look for look in _PLACES if look not in known.values()]
    others = [name for name in names if name not in known]
    if len(others) > min(len(free), MOST_CONDITIONS):
        free = [ALIKE] * len(others)
    given = dict(zip(others, free, strict=False))
    return {name: known.get(name) or given[name] for name in names}
