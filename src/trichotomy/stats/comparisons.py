"""Which observers are compared with which: the study's own comparisons, or every condition with the base."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from trichotomy.decisions import Decisions
from trichotomy.errors import InputError
from trichotomy.stats.study import malformed, study_of

BASE = "base"


@dataclass(frozen=True, slots=True)
class Comparison:
    """The networks of a condition and those that they are compared with.

    Attributes
    ----------
    condition
        What the comparison is called.
    observers, references
        Ids of the two sides.
    shift
        How many epochs later the observers are read than the references.
    """

    condition: str
    observers: tuple[str, ...]
    references: tuple[str, ...]
    shift: int = 0


def comparisons(d: Decisions) -> tuple[Comparison, ...]:
    """The comparisons of a study; without a study each condition against the one called ``base``.

    Observers that are not in ``d`` are left out, and comparisons that lose a side with them. Without a study
    and without a ``base``, the first observer's condition takes its place. Empty where nothing can be compared.

    Returns
    -------
    One ``Comparison`` each: ``condition``, ``observers``, their ``references`` and the ``shift`` between epochs.

    Raises
    ------
    InputError
        The study's record does not say what is compared.
    """
    study = study_of(d)
    if study is None:
        return _with_the_base(d)
    given = study.get("comparisons")
    if not isinstance(given, list | tuple):
        raise malformed(f"'comparisons' is {given!r}, not a list")
    found = [_read(entry, k) for k, entry in enumerate(given)]
    names = [c.condition for c in found]
    twice = sorted({n for n in names if names.count(n) > 1})
    if twice:
        raise malformed(f"the comparison {twice[0]!r} is there {names.count(twice[0])} times")
    here = set(d["observer"].values)
    kept = []
    for c in found:
        sides = [tuple(o for o in side if o in here) for side in (c.observers, c.references)]
        if all(sides):
            kept.append(Comparison(c.condition, sides[0], sides[1], c.shift))
    return tuple(kept)


def some_comparisons(d: Decisions) -> tuple[Comparison, ...]:
    """``comparisons``, of which there must be one.

    Raises
    ------
    InputError
        Nothing is left to compare.
    """
    found = comparisons(d)
    if found:
        return found
    if study_of(d) is not None:
        msg = "none of the study's comparisons is left: the networks on one side of each were dropped; keep them"
    else:
        msg = (
            f"all observers are of one condition, {d['condition'].values[0]!r}, so there is nothing to compare it "
            f"with; give each observer its 'condition'"
        )
    raise InputError(msg)


def reference_names(chosen: tuple[Comparison, ...]) -> list[str]:
    """Whom each comparison compares with, in words for a label."""
    return [", ".join(c.references) for c in chosen]


def _with_the_base(d: Decisions) -> tuple[Comparison, ...]:
    members: dict[str, list[str]] = {}
    for name, condition in zip(d["observer"].values, d["condition"].values, strict=True):
        members.setdefault(str(condition), []).append(str(name))
    base = BASE if BASE in members else next(iter(members))
    references = tuple(members.pop(base))
    return tuple(Comparison(condition, tuple(own), references) for condition, own in members.items())


def _read(entry: Any, place: int) -> Comparison:
    where = f"comparison {place + 1}"
    if not isinstance(entry, Mapping):
        raise malformed(f"{where} is {entry!r}, not a table")
    condition, shift = entry.get("condition"), entry.get("shift", 0)
    if not isinstance(condition, str) or not condition:
        raise malformed(f"'condition' of {where} is {condition!r}, not a name")
    if not isinstance(shift, int) or isinstance(shift, bool):
        raise malformed(f"'shift' of {where} is {shift!r}, not a whole number of epochs")
    sides = []
    for name in ("observers", "references"):
        ids = entry.get(name)
        if not isinstance(ids, list | tuple) or not all(isinstance(i, str) for i in ids):
            raise malformed(f"{name!r} of {where} is {ids!r}, not a list of observers")
        sides.append(tuple(dict.fromkeys(ids)))
    return Comparison(condition, sides[0], sides[1], shift)
