"""Joining Decisions: observers side by side, items by id."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from trichotomy.decisions.schema import (
    DECISION_ARRAYS,
    DIMS,
    FILL,
    MEASURE_DIMS,
    MEASURES,
    MISSING,
    SCHEMA_VERSION,
    Decisions,
    duplicates,
    few,
    validate,
)
from trichotomy.errors import InputError


def concat(parts: Sequence[Decisions]) -> Decisions:
    """Join Decisions of different observers into one.

    Items are joined by id and keep the order in which they are first met; an observer that was not asked
    about an item, or has no such epoch, has a missing decision there. Classes are joined by name.

    Parameters
    ----------
    parts
        Decisions, no observer in two of them.

    Returns
    -------
    Decisions
        All observers x all epochs x all items.

    Raises
    ------
    InputError
        An observer in more than one part, targets that disagree, or class names on one side only;
        the message names the first few.
    """
    if not parts:
        msg = "there is nothing to join; give at least one set of decisions"
        raise InputError(msg)
    if len(parts) == 1:
        return parts[0]
    twice = duplicates([name for d in parts for name in d["observer"].values])
    if twice:
        msg = f"observers {few(twice)} occur in more than one part; rename or drop them before joining"
        raise InputError(msg)
    parts, classes = _shared_classes(parts)
    items = np.array(list(dict.fromkeys(i for d in parts for i in d["item"].values)), dtype=object)
    epochs = np.unique(np.concatenate([d["epoch"].values for d in parts]))
    target = _shared_target(parts, items)
    names = [n for n in DECISION_ARRAYS if any(n in d for d in parts)]
    if any(("correct" in d) != ("correct" in parts[0]) for d in parts):
        parts = [_with_correct(d) for d in parts]
    aligned = [_aligned(d, items, epochs, names) for d in parts]
    response_dtype = np.result_type(target.dtype, *[d["response"].dtype for d in aligned if "response" in d])
    data: dict[str, Any] = {"target": ("item", target.astype(response_dtype))}
    for name in names:
        data[name] = (DIMS, np.concatenate([d[name].values for d in aligned]))
    measure_names = {}
    if any(MEASURES in d for d in parts):
        measure_names["measure"] = list(
            dict.fromkeys(m for d in parts if MEASURES in d for m in d["measure"].values)
        )
        data[MEASURES] = (MEASURE_DIMS, _measures(parts, epochs, measure_names["measure"]))
    joined = xr.Dataset(
        data,
        coords={
            "observer": np.concatenate([d["observer"].values for d in parts]),
            "epoch": epochs,
            "item": items,
            **_observer_coords(parts, epochs),
            **_item_coords(parts, items),
            **measure_names,
        },
        attrs={
            "schema_version": SCHEMA_VERSION,
            "classes": classes,
            "provenance": {
                "parts": [d.attrs.get("provenance", {}) for d in parts],
                "warnings": [w for d in parts for w in d.attrs.get("provenance", {}).get("warnings", [])],
            },
        },
    )
    return validate(joined)


def _shared_classes(parts: Sequence[Decisions]) -> tuple[list[Decisions], list[str]]:
    """Give every part the same class list; indices are remapped by class name where the lists differ."""
    lists = [list(d.attrs["classes"]) for d in parts]
    if all(names == lists[0] for names in lists):
        return list(parts), lists[0]
    if not all(lists):
        unnamed = [str(d["observer"].values[0]) for d, names in zip(parts, lists, strict=True) if not names]
        msg = f"class names are known for some parts but not for those of {few(unnamed)}; give classes to all"
        raise InputError(msg)
    union = list(dict.fromkeys(name for names in lists for name in names))
    position = {name: k for k, name in enumerate(union)}
    remapped = []
    for d, names in zip(parts, lists, strict=True):
        table = np.array(
            [*(position[name] for name in names), -2, -1], dtype=np.int32
        )  # ends serve -2 and -1
        changed = {n: (d[n].dims, table[d[n].values]) for n in ("response", "target") if n in d}
        remapped.append(d.assign(changed))
    return remapped, union


def _shared_target(parts: Sequence[Decisions], items: NDArray[np.object_]) -> NDArray[np.signedinteger[Any]]:
    position = {item: k for k, item in enumerate(items)}
    target = np.full(len(items), MISSING, dtype=np.result_type(*[d["target"].dtype for d in parts]))
    for d in parts:
        where = np.array([position[i] for i in d["item"].values])
        theirs, ours = d["target"].values, target[where]
        clash = (ours != MISSING) & (theirs != MISSING) & (ours != theirs)
        if clash.any():
            msg = (
                f"targets disagree for {clash.sum()} items, first {few(d['item'].values[clash])} "
                f"(in the decisions of {d['observer'].values[0]!r}); check that the ids mean the same items"
            )
            raise InputError(msg)
        target[where] = np.where(theirs != MISSING, theirs, ours)
    return target


def _with_correct(d: Decisions) -> Decisions:
    from trichotomy.decisions.views import correctness

    return d.assign(correct=(DIMS, correctness(d).values))


def _aligned(
    d: Decisions, items: NDArray[np.object_], epochs: NDArray[np.int64], names: list[str]
) -> Decisions:
    filled = d[[n for n in names if n in d]].reindex(
        item=items, epoch=epochs, fill_value={n: FILL[n] for n in names if n in d}
    )
    shape = (d.sizes["observer"], len(epochs), len(items))
    absent = {
        n: (DIMS, np.full(shape, FILL[n], dtype=np.float16 if n.startswith("p_") else np.int16))
        for n in names
        if n not in d
    }
    return filled.assign(absent)


def _measures(parts: Sequence[Decisions], epochs: NDArray[np.int64], names: list[str]) -> NDArray[np.float32]:
    """float32[observer, epoch, measure], NaN where a part has no such epoch or measure."""
    blocks = []
    for d in parts:
        if MEASURES in d:
            blocks.append(d[MEASURES].reindex(epoch=epochs, measure=names).values.astype(np.float32))
        else:
            blocks.append(np.full((d.sizes["observer"], len(epochs), len(names)), np.nan, dtype=np.float32))
    return np.concatenate(blocks)


def _observer_coords(parts: Sequence[Decisions], epochs: NDArray[np.int64]) -> dict[str, Any]:
    names = {str(n): None for d in parts for n in d.coords if d.coords[n].dims == ("observer",)}
    coords: dict[str, Any] = {}
    for name in names:
        if name in ("observer", "planned_epochs"):
            continue
        columns = [
            d[name].values if name in d.coords else np.full(d.sizes["observer"], "", dtype=object)
            for d in parts
        ]
        if len({c.dtype.kind for c in columns}) > 1:
            columns = [c.astype(str).astype(object) for c in columns]
        coords[name] = ("observer", np.concatenate(columns))
    planned = [
        [
            int(np.searchsorted(epochs, d["epoch"].values[n - 1])) + 1 if n else 0
            for n in d["planned_epochs"].values.tolist()
        ]
        for d in parts
    ]
    coords["planned_epochs"] = ("observer", np.concatenate([np.array(p, dtype=np.int64) for p in planned]))
    return coords


def _item_coords(parts: Sequence[Decisions], items: NDArray[np.object_]) -> dict[str, Any]:
    """Annotations of items; the first part that knows a value gives it."""
    coords: dict[str, Any] = {}
    for name in {
        str(n): None for d in parts for n in d.coords if d.coords[n].dims == ("item",) and n != "item"
    }:
        known: dict[Any, Any] = {}
        for d in parts:
            if name in d.coords:
                for item, value in zip(d["item"].values, d[name].values, strict=True):
                    known.setdefault(item, value)
        kinds = {np.asarray(v).dtype.kind for v in known.values()}
        blank: Any = np.nan if kinds <= set("biuf") else ""
        column = [known.get(i, blank) for i in items]
        coords[name] = ("item", np.asarray(column, dtype=None if kinds <= set("biuf") else object))
    return coords
