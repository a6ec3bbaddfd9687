"""The one noun: Decisions, a labelled array observer x epoch x item, and what makes one valid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from trichotomy.errors import InputError

Decisions: TypeAlias = xr.Dataset

SCHEMA_VERSION = 1
MISSING = -1
"""Not asked, or epoch not run; in ``target``: unknown; in ``correct``: missing."""
NO_ANSWER = -2
"""Asked, no valid answer; counts as wrong."""

DIMS = ("observer", "epoch", "item")
DECISION_ARRAYS = ("p_target", "p_response", "correct", "response")
"""Arrays over (observer, epoch, item), in the order in which a store records them."""
MEASURES = "measures"
"""Numbers of a whole epoch (losses, accuracies): float32 over (observer, epoch, measure), NaN where not run."""
MEASURE_DIMS = ("observer", "epoch", "measure")
FAILURE = "failure"
"""Coordinate of observers that were made by a job: why it stopped, empty where it went well."""
FILL = {"response": MISSING, "correct": MISSING, "target": MISSING, "p_target": np.nan, "p_response": np.nan}

LARGEST_CLASS = 2**31 - 1
LIMITS = {
    "response": (NO_ANSWER, LARGEST_CLASS),
    "target": (MISSING, LARGEST_CLASS),
    "correct": (MISSING, 1),
    "p_target": (0, 1),
    "p_response": (0, 1),
}
KINDS = ("model", "human")
OBSERVER_COORDS = ("condition", "kind", "instance", "planned_epochs")
"""Coordinates that every observer has."""


def from_arrays(
    response: ArrayLike | None = None,
    *,
    correct: ArrayLike | None = None,
    target: ArrayLike | None = None,
    observers: Sequence[str] | None = None,
    items: Sequence[str] | None = None,
    epochs: Sequence[int] = (0,),
    p_target: ArrayLike | None = None,
    p_response: ArrayLike | None = None,
    classes: Sequence[str] = (),
    observer_coords: Mapping[str, ArrayLike] | None = None,
    item_coords: Mapping[str, ArrayLike] | None = None,
    provenance: Mapping[str, Any] | None = None,
) -> Decisions:
    """Make Decisions from plain arrays.

    Parameters
    ----------
    response
        int[M, N] or int[M, E, N] class indices; -1 missing, -2 asked without a valid answer.
    correct
        bool or int8 of the same shape (1, 0, -1 missing). Needed where there is no response, or where more
        than one answer is accepted; otherwise derived from ``response == target``.
    target
        int[N] class indices, -1 where unknown.
    observers, items
        Unique ids, M and N of them; default ``observer-0`` ..., ``item-0`` ...
    epochs
        E increasing integers; 0 is before training, and data with no epochs has length 1.
    p_target, p_response
        Probabilities of the target and of the response, float[M, N] or float[M, E, N], NaN where missing.
    classes
        Class names; ``classes[k]`` is class index k.
    observer_coords, item_coords
        Further coordinates, one value per observer or item (``condition``, ``kind``, ``path``, ...).
    provenance
        Where the decisions come from; JSON-serialisable.

    Returns
    -------
    Decisions
        Valid by ``validate``. ``condition`` defaults to the observer's id, ``kind`` to ``model``,
        ``instance`` to 0, ``planned_epochs`` to all E.

    Raises
    ------
    InputError
        Shapes, ids or values that do not fit; the message names the first few.
    """
    cubes = {"response": response, "correct": correct, "p_target": p_target, "p_response": p_response}
    given = {name: _cube(name, values) for name, values in cubes.items() if values is not None}
    if "response" not in given and "correct" not in given:
        msg = "decisions need responses or 0/1 correctness; neither was given"
        raise InputError(msg)
    shape = next(iter(given.values())).shape
    for name, values in given.items():
        if values.shape != shape:
            msg = (
                f"{name} has shape {values.shape} where the other arrays have {shape} (observer, epoch, item)"
            )
            raise InputError(msg)
    M, E, N = shape
    epoch_values = [int(e) for e in epochs]
    ids = {
        "observer": _ids("observer", observers, M),
        "item": _ids("item", items, N),
    }
    if len(epoch_values) != E:
        msg = f"{len(epoch_values)} epochs are named but the arrays hold {E}"
        raise InputError(msg)
    target_values = (
        np.full(N, MISSING) if target is None else _in_range("target", _whole("target", np.asarray(target)))
    )
    if target_values.shape != (N,):
        msg = (
            f"target has shape {target_values.shape}, but there are {N} items; give one class index per item"
        )
        raise InputError(msg)
    dtype = _class_dtype([target_values, *([given["response"]] if "response" in given else [])], len(classes))
    arrays = {name: (DIMS, _as_type(values, _dtype_of(name, dtype))) for name, values in given.items()}
    per_observer: dict[str, Any] = {
        "condition": ids["observer"],
        "kind": np.full(M, "model", dtype=object),
        "instance": np.zeros(M, dtype=np.int64),
        "planned_epochs": np.full(M, E, dtype=np.int64),
        **(observer_coords or {}),
    }
    coords = {
        "observer": ids["observer"],
        "epoch": np.asarray(epoch_values, dtype=np.int64),
        "item": ids["item"],
        **{name: ("observer", _plain(values)) for name, values in per_observer.items()},
        **{name: ("item", _plain(values)) for name, values in (item_coords or {}).items()},
    }
    try:
        d = xr.Dataset(
            {"target": ("item", target_values.astype(dtype, copy=False)), **arrays},
            coords=coords,
            attrs={
                "schema_version": SCHEMA_VERSION,
                "classes": [str(c) for c in classes],
                "provenance": dict(provenance or {}),
            },
        )
    except ValueError as error:
        msg = f"the coordinates do not fit the decisions: {error}"
        raise InputError(msg) from error
    return validate(d)


def validate(d: Decisions) -> Decisions:
    """Return ``d`` unchanged if it is valid Decisions, else say what is wrong.

    Returns
    -------
    Decisions
        ``d`` itself.

    Raises
    ------
    InputError
        Names every rule that is broken, with the first few offending values.
    """
    problems = [*_structure_problems(d)]
    if not problems:
        problems = [*_id_problems(d), *_value_problems(d)]
    if problems:
        msg = "these are not valid decisions: " + "; ".join(problems)
        raise InputError(msg)
    return d


def few(values: Sequence[Any] | NDArray[Any], most: int = 3) -> str:
    """Name the first few of ``values`` and say how many more there are."""
    shown = ", ".join(short(repr(v.item() if isinstance(v, np.generic) else v)) for v in list(values[:most]))
    return shown + (f" and {len(values) - most} more" if len(values) > most else "")


def short(value: object, longest: int = 100) -> str:
    """Return a value as text that fits into a sentence."""
    text = " ".join(str(value).split()) if "\n" in str(value) else str(value)
    return text if len(text) <= longest else f"{text[: longest - 3]}..."


def duplicates(ids: Sequence[Any] | NDArray[Any]) -> list[Any]:
    """Values that occur more than once, each named once, in order of first repetition."""
    seen: set[Any] = set()
    repeated: dict[Any, None] = {}
    for value in ids:
        if value in seen:
            repeated[value] = None
        seen.add(value)
    return list(repeated)


def _cube(name: str, values: ArrayLike) -> NDArray[Any]:
    array = np.asarray(values)
    if array.ndim == 2:
        array = array[:, None, :]
    if array.ndim != 3:
        msg = f"{name} has {array.ndim} dimensions; give (observer, item) or (observer, epoch, item)"
        raise InputError(msg)
    if array.dtype.kind not in "biuf":
        msg = f"{name} holds {array.dtype}, not numbers; map class names to indices first"
        raise InputError(msg)
    return _in_range(name, array if name.startswith("p_") else _whole(name, array))


def _whole(name: str, array: NDArray[Any]) -> NDArray[Any]:
    if array.dtype.kind != "f":
        return array
    bad = array[~(array == np.trunc(array))]
    if bad.size:
        msg = f"{name} must hold whole numbers; found {few(bad)} (mark missing decisions with {MISSING})"
        raise InputError(msg)
    return array.astype(np.int64) if np.abs(array).max(initial=0) < 2**62 else array


def _in_range(name: str, array: NDArray[Any]) -> NDArray[Any]:
    """Refuse values that the stored type could not hold, before they wrap around."""
    lowest, highest = LIMITS[name]
    values = _distinct(array)
    bad = values[(values < lowest) | (values > highest)]
    if bad.size:
        msg = f"{bad.size} values of '{name}' lie outside {lowest}..{highest}: {few(bad)}"
        raise InputError(msg)
    return array


def _distinct(array: NDArray[Any]) -> NDArray[Any]:
    """An array without what broadcasting repeats: the blank of a large study would fill the memory."""
    return array[tuple(slice(None) if step else slice(1) for step in array.strides)]


def _as_type(array: NDArray[Any], dtype: Any) -> NDArray[Any]:
    if 0 in array.strides and array.dtype != dtype:
        return np.broadcast_to(_distinct(array).astype(dtype), array.shape)
    return array.astype(dtype, copy=False)


def _ids(kind: str, given: Sequence[str] | None, count: int) -> NDArray[np.object_]:
    if given is None:
        return np.array([f"{kind}-{k}" for k in range(count)], dtype=object)
    if len(given) != count:
        msg = f"{len(given)} {kind} ids are given for {count} {kind}s"
        raise InputError(msg)
    ids = np.empty(count, dtype=object)
    ids[:] = [str(v) for v in np.asarray(given, dtype=object)]  # an array with labels yields labelled arrays
    return ids


def _plain(values: ArrayLike) -> NDArray[Any]:
    array = np.asarray(values)
    return array.astype(object) if array.dtype.kind in "UST" else array


def _class_dtype(arrays: list[NDArray[Any]], n_classes: int) -> type[np.signedinteger[Any]]:
    largest = max([n_classes, *(int(_distinct(a).max()) for a in arrays if a.size)])
    return np.int16 if largest <= np.iinfo(np.int16).max else np.int32


def _dtype_of(name: str, class_dtype: type[np.signedinteger[Any]]) -> Any:
    return {"response": class_dtype, "correct": np.int8}.get(name, np.float16)


def _structure_problems(d: Decisions) -> list[str]:
    problems = [f"no dimension '{dim}'" for dim in DIMS if dim not in d.dims]
    problems += [f"no '{name}' per observer" for name in OBSERVER_COORDS if name not in d.coords]
    if "target" not in d:
        problems.append("no 'target' per item")
    if "response" not in d and "correct" not in d:
        problems.append("neither 'response' nor 'correct'")
    if d.attrs.get("schema_version") != SCHEMA_VERSION:
        problems.append(
            f"schema_version is {d.attrs.get('schema_version')!r}, this version reads {SCHEMA_VERSION}"
        )
    problems += [
        f"'{name}' has dimensions {d[name].dims}, not {DIMS}"
        for name in DECISION_ARRAYS
        if name in d and d[name].dims != DIMS
    ]
    if MEASURES in d and (d[MEASURES].dims != MEASURE_DIMS or "measure" not in d.coords):
        problems.append(
            f"'{MEASURES}' has dimensions {d[MEASURES].dims}, not {MEASURE_DIMS} with their names"
        )
    return problems + [f"'{dim}' has no coordinate" for dim in DIMS if dim in d.dims and dim not in d.coords]


def _id_problems(d: Decisions) -> list[str]:
    problems = []
    for dim in ("observer", "item"):
        values = d[dim].values
        if len(set(values.tolist())) < len(values):
            problems.append(f"duplicate {dim} ids: {few(duplicates(values))}")
    strange = [k for k in d["kind"].values if k not in KINDS]
    if strange:
        problems.append(f"kind must be {' or '.join(KINDS)}: {few(strange)}")
    if len(d["epoch"]) and not (np.diff(d["epoch"].values) > 0).all():
        problems.append(f"epochs must increase: {few(d['epoch'].values.tolist())}")
    return problems + [f"there is no {dim} at all" for dim in DIMS if d.sizes[dim] == 0]


def _value_problems(d: Decisions) -> list[str]:
    problems = []
    n_classes = len(d.attrs.get("classes", ()))
    if n_classes and d.sizes["item"]:
        bad = d["target"].values[(d["target"].values >= n_classes) | (d["target"].values < MISSING)]
        if bad.size:
            problems.append(f"targets outside the {n_classes} classes: {few(bad)}")
    for name, lowest, highest in (
        ("response", NO_ANSWER, n_classes - 1 if n_classes else None),
        ("correct", -1, 1),
    ):
        if name not in d or not isinstance(d[name].variable._data, np.ndarray) or not d[name].size:
            continue  # a stored array is checked chunk by chunk when it is recorded
        values = d[name].values
        distinct = _distinct(values)
        if distinct.min() < lowest or (highest is not None and distinct.max() > highest):
            where = np.argwhere((values < lowest) | (values > (np.inf if highest is None else highest)))
            o, e, i = where[0]
            problems.append(
                f"{len(where)} values of '{name}' lie outside {lowest}..{highest if highest is not None else ''}, "
                f"first {values[o, e, i]} for observer {d['observer'].values[o]!r}, epoch "
                f"{d['epoch'].values[e]}, item {d['item'].values[i]!r}"
            )
    return problems
