"""Who answered: ids, conditions, instances and kinds of the observers of all parts.

An id is what the source names; where nothing does, the file's stem. Where a file has a run (seed, replicate,
instance) column and no observer column, or one observer has several runs, the id is ``observer/run``, the
condition the observer and the instance the run.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from trichotomy.decisions.schema import few
from trichotomy.readers.parts import Part
from trichotomy.readers.rawtable import Coded, Codes, identifiers, merged

KINDS = ("model", "human")


@dataclass(slots=True)
class Observers:
    """``ids`` of M observers, int32[n] ``codes`` of the rows into them, coordinates, and what was noticed."""

    ids: list[str]
    codes: Codes
    coords: dict[str, Any] = field(default_factory=dict)
    stimulus_condition: Coded | None = None
    warnings: list[str] = field(default_factory=list)


def name_observers(parts: Sequence[Part], item: Codes) -> Observers:
    """Name the observers of all parts and describe them.

    Parameters
    ----------
    parts
        All parts that are read together.
    item
        int32[n]: item of every row, parts one after the other.
    """
    split = _several_runs(parts)
    columns: list[Coded] = []
    family: dict[str, str] = {}
    run: dict[str, str] = {}
    for part in parts:
        if part.replicate is None:
            columns.append(part.observer)
            continue
        pairs = part.observer.codes.astype(np.int64) * len(part.replicate.values) + part.replicate.codes
        found, codes = np.unique(pairs, return_inverse=True)
        names = []
        for pair in found.tolist():
            o, r = divmod(pair, len(part.replicate.values))
            base, instance = part.observer.values[o], part.replicate.values[r]
            name = f"{base}/{instance}" if split or not part.observer_named else base
            if name != base:
                family[name] = base
            run[name] = instance
            names.append(name)
        columns.append(Coded(codes.astype(np.int32), names))
    whole = merged([identifiers(column) for column in columns])  # several runs may share a name
    observers = Observers(ids=whole.values, codes=whole.codes)
    if family:
        observers.coords["condition"] = _objects([family.get(name, name) for name in whole.values])
    if run:
        observers.coords["instance"] = _instances([run.get(name, "0") for name in whole.values])
    for name in dict.fromkeys(name for part in parts for name in part.about):
        _describe(observers, parts, name, item)
    return observers


def _several_runs(parts: Sequence[Part]) -> bool:
    runs: dict[str, str] = {}
    for part in parts:
        if part.replicate is None or not part.observer_named:
            continue
        pairs = np.unique(
            part.observer.codes.astype(np.int64) * len(part.replicate.values) + part.replicate.codes
        )
        for pair in pairs.tolist():
            o, r = divmod(pair, len(part.replicate.values))
            if runs.setdefault(part.observer.values[o], part.replicate.values[r]) != part.replicate.values[r]:
                return True
    return False


def _describe(observers: Observers, parts: Sequence[Part], column: str, item: Codes) -> None:
    """Take a column for a coordinate of observers, of items (a condition of the stimulus), or of neither."""
    described = merged(
        [
            identifiers(part.about[column])
            if column in part.about
            else Coded(np.full(len(part.item.codes), -1, dtype=np.int32), [])
            for part in parts
        ]
    )
    name = column.strip().lower()
    value = one_per_group(observers.codes, described.codes, len(observers.ids))
    if value is None:
        per_item = one_per_group(item, described.codes, int(item.max()) + 1) if name == "condition" else None
        if per_item is None:
            observers.warnings.append(f"column '{column}' varies within observers and is not used")
            return
        observers.warnings.append(
            f"column '{column}' varies within observers but not within items: it is the item coordinate "
            "stimulus_condition"
        )
        observers.stimulus_condition = Coded(per_item, described.values)
        return
    if name == "kind":
        kinds = ["model" if code < 0 else described.values[code].strip().lower() for code in value.tolist()]
        if not set(kinds) <= set(KINDS):
            other = sorted(set(kinds) - set(KINDS))
            observers.warnings.append(
                f"column '{column}' holds {few(other)}, not model or human, and is not used"
            )
            return
        observers.coords["kind"] = _objects(kinds)
        return
    fallback = observers.coords.get("condition", observers.ids)
    observers.coords["condition"] = _objects(
        [fallback[m] if code < 0 else described.values[code] for m, code in enumerate(value.tolist())]
    )


def one_per_group(group: Codes, value: Codes, groups: int) -> Codes | None:
    """int32[groups]: the one value of each group (-1 where it has none), None where a group has several."""
    per_group = np.full(groups, -1, dtype=np.int32)
    per_group[group] = value
    return per_group if bool((per_group[group] == value).all()) else None


def _instances(runs: Sequence[str]) -> Any:
    if all(re.fullmatch(r"[0-9]{1,18}", run) for run in runs):
        return np.array([int(run) for run in runs], dtype=np.int64)
    return _objects(runs)


def _objects(values: Sequence[str]) -> Any:
    array = np.empty(len(values), dtype=object)
    array[:] = list(values)
    return array
