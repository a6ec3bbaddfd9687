"""Parts of Decisions and other forms of them; nothing here computes a statistic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from trichotomy.decisions.schema import DIMS, MISSING, Decisions, duplicates, few
from trichotomy.errors import InputError, UnknownNameError

if TYPE_CHECKING:
    import pandas as pd

_TRUE = ["true", "yes", "1", "1.0"]
_FALSE = ["false", "no", "0", "0.0", "", "nan", "none"]


def correctness(d: Decisions) -> xr.DataArray:
    """Right, wrong or missing: int8[observer, epoch, item] of 1, 0, -1.

    Given by ``correct`` where there is one, else ``response == target``. A decision without an answer
    (``NO_ANSWER``) is wrong; a missing response, or an item without a target, is missing.

    Returns
    -------
    DataArray
        int8 over ``observer``, ``epoch``, ``item``.
    """
    if "correct" in d:
        return d["correct"]
    response, target = d["response"].values, d["target"].values
    right = (response == target).astype(np.int8)
    if response.size and (response.min() < 0 or target.min() < 0):
        right[(response == MISSING) | (target < 0)] = MISSING
    return xr.DataArray(right, dims=DIMS, coords=d["response"].coords, name="correct")


def asked(d: Decisions) -> NDArray[np.bool_]:
    """bool[observer, epoch, item]: where there is a decision, right or wrong, with an answer or without."""
    there = [d[name].values != MISSING for name in ("response", "correct") if name in d]
    return np.asarray(there[0] | there[-1])


def answered_epochs(d: Decisions) -> NDArray[np.bool_]:
    """bool[observer, epoch]: where an observer has at least one decision."""
    return np.asarray(asked(d).any(axis=2))


def last_common_epoch(d: Decisions) -> int:
    """Return the last epoch that every observer has; the default epoch of an analysis.

    Raises
    ------
    InputError
        No epoch is there for every observer; the message names who lacks the last one.
    """
    epochs = d["epoch"].values
    if len(epochs) == 1:
        return int(epochs[0])
    for e in reversed(
        range(len(epochs))
    ):  # one epoch after the other: a store is read no further than needed
        if answered_epochs(d.isel(epoch=[e])).all():
            return int(epochs[e])
    have = answered_epochs(d)
    best = int(have.sum(axis=0).argmax())
    msg = (
        f"no epoch was run by every observer; epoch {epochs[best]} comes closest and lacks "
        f"{few(d['observer'].values[~have[:, best]])}: drop them or wait for them"
    )
    raise InputError(msg)


def at_epoch(d: Decisions, epoch: int | None = None) -> Decisions:
    """Decisions of one epoch (length-1 dimension), by default the last that every observer has."""
    chosen = last_common_epoch(d) if epoch is None else epoch
    if chosen not in d["epoch"].values:
        msg = f"there is no epoch {chosen}; the decisions have {few(d['epoch'].values.tolist(), 5)}"
        raise InputError(msg)
    return d.sel(epoch=[chosen])


def select(
    d: Decisions,
    *,
    observers: Sequence[str] | str | None = None,
    drop: Sequence[str] | str = (),
    items: Sequence[str] | None = None,
    exclude: str | None = None,
    where: Mapping[str, Any] | None = None,
    epoch: int | None = None,
) -> Decisions:
    """Choose observers, items and an epoch.

    Parameters
    ----------
    observers, drop
        Ids or shell patterns (``'resnet*'``) of observers to keep and to leave out.
    items
        Ids of the items to keep, in this order.
    exclude
        Item annotation; items where it is true are left out (see ``flagged``).
    where
        Coordinate to value (or list of values); keeps the observers or items that have it.
    epoch
        The one epoch to keep; default all.

    Returns
    -------
    Decisions
        What was chosen, with all its coordinates; missing decisions stay missing.

    Raises
    ------
    InputError, UnknownNameError
        A pattern that matches nothing, an id or annotation that is not there, nothing left.
    """
    chosen = _matching(d, observers) if observers is not None else np.ones(d.sizes["observer"], dtype=bool)
    if drop:
        chosen = chosen & ~_matching(d, drop)
    d = d.isel(observer=np.flatnonzero(chosen))
    if items is not None:
        import pandas as pd

        positions = d.indexes["item"].get_indexer(pd.Index(np.asarray(items, dtype=object)))
        if (positions < 0).any():
            msg = f"there are no items {few(np.asarray(items, dtype=object)[positions < 0])}"
            raise InputError(msg)
        if len(set(positions.tolist())) < len(positions):
            msg = f"items {few(duplicates(list(items)))} are named more than once"
            raise InputError(msg)
        d = d.isel(item=positions)
    if exclude is not None:
        d = d.isel(item=np.flatnonzero(~flagged(d, exclude)))
    for name, wanted in (where or {}).items():
        coordinate = _coordinate(d, name)
        values = list(wanted) if isinstance(wanted, (list, tuple, set, np.ndarray)) else [wanted]
        kept = np.flatnonzero(np.isin(coordinate.values.astype(str), [str(v) for v in values]))
        d = d.isel({coordinate.dims[0]: kept})
    for dim in ("observer", "item"):
        if d.sizes[dim] == 0:
            msg = f"no {dim} is left after the selection"
            raise InputError(msg)
    return d if epoch is None else at_epoch(d, epoch)


def flagged(d: Decisions, annotation: str) -> NDArray[np.bool_]:
    """bool[item]: where an annotation of items is true.

    Numbers must be 1 or 0 (NaN is false); texts must be true or false, yes or no, 1 or 0, or empty (false).

    Raises
    ------
    UnknownNameError, InputError
        No such annotation, one of observers, or texts that are neither true nor false.
    """
    if annotation not in d.coords:
        raise UnknownNameError(
            "annotation", annotation, [str(c) for c in d.coords if d.coords[c].dims == ("item",)]
        )
    coordinate = _coordinate(d, annotation)
    if coordinate.dims != ("item",):
        msg = f"'{annotation}' describes {coordinate.dims[0]}s; an annotation of items is needed"
        raise InputError(msg)
    values = coordinate.values
    if values.dtype.kind in "biuf":
        numbers = np.nan_to_num(values.astype(np.float64))
        if not np.isin(numbers, (0, 1)).all():
            msg = (
                f"'{annotation}' is not true or false but a number: {few(values[~np.isin(numbers, (0, 1))])}"
            )
            raise InputError(msg)
        return np.asarray(numbers == 1)
    texts = np.array([str(v).strip().lower() for v in values], dtype=object)
    neither = ~np.isin(texts, [*_TRUE, *_FALSE])
    if neither.any():
        msg = f"'{annotation}' is neither true nor false for some items: {few(values[neither])}"
        raise InputError(msg)
    return np.isin(texts, _TRUE)


def to_dataframe(d: Decisions) -> pd.DataFrame:
    """One row per decision: observer, epoch, item, response (index and name), target, correct, probabilities.

    Missing decisions have no row; a response that was asked for and not given has ``response`` -2.

    Returns
    -------
    DataFrame
        Rows by observer, then epoch, then item.
    """
    import pandas as pd

    right, there = correctness(d).values, asked(d)
    o, e, i = np.nonzero(there)
    columns: dict[str, Any] = {
        "observer": d["observer"].values[o],
        "epoch": d["epoch"].values[e],
        "item": d["item"].values[i],
        "target": d["target"].values[i],
        "correct": right[there],
    }
    for name in ("response", "p_target", "p_response"):
        if name in d:
            columns[name] = d[name].values[there]
    classes = np.array([*d.attrs["classes"], None, None], dtype=object)
    if len(classes) > 2:  # indices -1 and -2 reach the two empty names at the end
        columns["target_name"] = classes[columns["target"]]
        if "response" in columns:
            columns["response_name"] = classes[columns["response"]]
    return pd.DataFrame(columns)


def _matching(d: Decisions, patterns: Sequence[str] | str) -> NDArray[np.bool_]:
    ids = d["observer"].values
    chosen = np.zeros(len(ids), dtype=bool)
    for pattern in [patterns] if isinstance(patterns, str) else patterns:
        hit = np.array([name == pattern or fnmatchcase(name, pattern) for name in ids])
        if not hit.any():
            raise UnknownNameError("observer", pattern, ids.tolist())
        chosen |= hit
    return chosen


def _coordinate(d: Decisions, name: str) -> xr.DataArray:
    if name not in d.coords or d.coords[name].ndim != 1:
        known = [str(c) for c in d.coords if d.coords[c].ndim == 1]
        raise UnknownNameError("annotation", name, known)
    return d.coords[name]
