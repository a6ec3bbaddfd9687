"""Conditions and items over the epochs of a training, read epoch by epoch: nothing here holds all decisions at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from trichotomy import estimators
from trichotomy.decisions import MISSING, Decisions, asked, correctness
from trichotomy.stats.comparisons import Comparison, reference_names, some_comparisons
from trichotomy.stats.readings import one_epoch

Floats = NDArray[np.float64]


def condition_dynamics(d: Decisions) -> xr.Dataset:
    """Consistency with the references, accuracy and change of each condition's networks at every epoch.

    The references have rows of their own, first, where their condition is compared with nothing (base). Where a
    comparison has a shift s, the entry at epoch e reads the condition's networks at epoch e + s and their references at
    epoch e. Missing decisions do not count: a kappa uses the items that both sides answered, a change those answered at
    both epochs.

    Returns
    -------
    Dataset over ``condition``, ``epoch``. To the references: ``kappa`` (mean over pairs), ``lowest``, ``highest``. Of
    the condition's networks: ``accuracy`` (mean), ``accuracy_lowest``, ``accuracy_highest``, ``changed`` (mean share of
    items whose being right changed since the previous epoch of ``d``), ``changed_response`` (share whose response
    changed). NaN where nothing was run, at the first epoch for changes, and for responses where there are none.

    Raises
    ------
    InputError
        There is nothing to compare, or the study's record is malformed.

    References
    ----------
    Geirhos et al. 2020; Meding et al. 2022 (Fig. 3, 17).
    """
    chosen = some_comparisons(d)
    chosen = (*_uncompared(d, chosen), *chosen)
    tables, kappas = _follow(d, chosen)
    place = {str(o): k for k, o in enumerate(d["observer"].values)}
    epochs = d["epoch"].values
    columns: dict[str, list[Floats]] = {}

    def add(name: str, values: Floats) -> None:
        columns.setdefault(name, []).append(values)

    for c, of_pairs in zip(chosen, kappas, strict=True):
        mean, lowest, highest = _summary(of_pairs)
        for name, values in (("kappa", mean), ("lowest", lowest), ("highest", highest)):
            add(name, values)
        own = [place[o] for o in c.observers]
        mean, lowest, highest = _summary(_moved(tables["accuracy"][own], epochs, c.shift))
        add("accuracy_lowest", lowest)
        add("accuracy_highest", highest)
        for name, table in tables.items():
            add(name, _summary(_moved(table[own], epochs, c.shift))[0])
    return xr.Dataset(
        {name: (("condition", "epoch"), np.array(rows)) for name, rows in columns.items()},
        coords={
            "condition": np.array([c.condition for c in chosen], dtype=object),
            "epoch": epochs,
            "shift": ("condition", [c.shift for c in chosen]),
            "references": ("condition", np.array(reference_names(chosen), dtype=object)),
        },
        attrs={
            "method": "means over the networks of a condition and their pairs with the references, epoch by epoch",
            "n": d.sizes["item"],
            "observers": d.sizes["observer"],
            "interval": "none; lowest and highest are of the networks",
            "seed": None,
            "undefined": "NaN where nothing was run; a pair uses the items that both answered",
            "reference": "Geirhos et al. 2020; Meding et al. 2022",
        },
    )


def learning_map(d: Decisions) -> xr.Dataset:
    """Share of observers that are right on each item, epoch by epoch: all decisions laid over one another.

    The share goes over the observers with a decision on the item at that epoch; NaN where there is none.

    Returns
    -------
    Dataset over ``epoch``, ``item``: ``share_right`` (float32). Over ``epoch``: ``observers``, how many ran it.

    References
    ----------
    Meding et al. 2022 (Fig. 4).
    """
    epochs = d["epoch"].values
    share = np.empty((len(epochs), d.sizes["item"]), dtype=np.float32)
    ran = np.empty(len(epochs), dtype=np.int64)
    for k, epoch in enumerate(epochs):
        part = one_epoch(d, epoch)
        now = correctness(part).values[:, 0]
        right, known = (now == 1).sum(axis=0), (now >= 0).sum(axis=0)
        share[k] = np.where(known > 0, right / np.maximum(known, 1), np.nan)
        ran[k] = asked(part).any(axis=(1, 2)).sum()
    return xr.Dataset(
        {"share_right": (("epoch", "item"), share), "observers": ("epoch", ran)},
        coords={"epoch": epochs, "item": d["item"].values},
        attrs={
            "method": "share of the observers right on each item",
            "n": d.sizes["item"],
            "interval": "none",
            "seed": None,
            "undefined": "NaN where no observer has a decision on the item at that epoch",
            "reference": "Meding et al. 2022, Fig. 4",
        },
    )


def _uncompared(d: Decisions, chosen: Sequence[Comparison]) -> tuple[Comparison, ...]:
    """The conditions of the references that no comparison is named after, compared with nobody."""
    names, conditions = d["observer"].values, d["condition"].values
    known = {c.condition for c in chosen}
    theirs = dict.fromkeys(conditions[names.tolist().index(o)] for c in chosen for o in c.references)
    return tuple(
        Comparison(str(own), tuple(names[conditions == own]), ()) for own in theirs if own not in known
    )


def _follow(d: Decisions, chosen: Sequence[Comparison]) -> tuple[dict[str, Floats], list[Floats]]:
    """Accuracy and change of every observer, float64[M, E], and kappa of every pair of each comparison, [pairs, E]."""
    names = d["observer"].values.tolist()
    place = {name: k for k, name in enumerate(names)}
    epochs = d["epoch"].values.tolist()
    at = {epoch: k for k, epoch in enumerate(epochs)}
    pairs = [_pairs(c, place) for c in chosen]
    tables = {
        name: np.full((len(names), len(epochs)), np.nan)
        for name in ("accuracy", "changed", "changed_response")
    }
    kappas = [np.full((len(p), len(epochs)), np.nan) for p in pairs]
    past = _Past(chosen, place)
    before: tuple[NDArray[np.int8], NDArray[np.integer] | None] | None = None
    for k, epoch in enumerate(epochs):
        part = one_epoch(d, epoch)
        now = correctness(part).values[:, 0]
        response = part["response"].values[:, 0] if "response" in part else None
        tables["accuracy"][:, k] = _share(now == 1, now >= 0)
        if before is not None:
            tables["changed"][:, k] = _share(*_changes(before[0], now))
            if response is not None and before[1] is not None:
                tables["changed_response"][:, k] = _share(*_changes(before[1], response))
        before = now, response
        kappa = estimators.error_consistency(now)
        past.add(epoch, now)
        for c, own, values in zip(chosen, pairs, kappas, strict=True):
            if c.shift == 0:
                values[:, k] = kappa[own[:, 0], own[:, 1]]
                continue
            start = epoch - max(c.shift, 0)  # both sides are known once the later of them is
            if start in at:
                values[:, at[start]] = past.kappa(c, start, own)
    return tables, kappas


class _Past:
    """Decisions of the observers in shifted comparisons, as far back as the longest shift."""

    def __init__(self, chosen: Sequence[Comparison], place: dict[str, int]) -> None:
        shifted = [c for c in chosen if c.shift]
        self._longest = max((abs(c.shift) for c in shifted), default=0)
        self._rows = sorted({place[o] for c in shifted for o in (*c.observers, *c.references)})
        self._where = {row: k for k, row in enumerate(self._rows)}
        self._kept: dict[int, NDArray[np.int8]] = {}

    def add(self, epoch: int, now: NDArray[np.int8]) -> None:
        self._kept[epoch] = now[self._rows]
        for old in [e for e in self._kept if e < epoch - self._longest]:
            del self._kept[old]

    def kappa(self, c: Comparison, start: int, pairs: NDArray[np.intp]) -> Floats | float:
        """Kappa of each pair, the first at ``start`` plus the shift, the second at ``start``."""
        if start not in self._kept or start + c.shift not in self._kept:
            return np.nan
        a, b = (np.array([self._where[row] for row in side]) for side in pairs.T)
        both = np.concatenate([self._kept[start + c.shift], self._kept[start]])
        return np.asarray(estimators.error_consistency(both)[a, len(self._rows) + b])


def _pairs(c: Comparison, place: dict[str, int]) -> NDArray[np.intp]:
    """Positions of the pairs of a comparison, intp[pairs, 2], each once; itself only at another epoch."""
    found: dict[object, tuple[int, int]] = {}
    for a in (place[o] for o in c.observers):
        for b in (place[o] for o in c.references):
            if c.shift:
                found[a, b] = a, b
            elif a != b:
                found.setdefault(frozenset((a, b)), (a, b))
    return np.array(list(found.values()), dtype=np.intp).reshape(-1, 2)


def _changes(
    before: NDArray[np.integer], now: NDArray[np.integer]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Where a decision changed, and where there were two to compare."""
    there = (before != MISSING) & (now != MISSING)
    return (before != now) & there, there


def _share(hits: NDArray[np.bool_], counted: NDArray[np.bool_]) -> Floats:
    n = counted.sum(axis=1)
    return np.where(n > 0, hits.sum(axis=1) / np.maximum(n, 1), np.nan)


def _summary(values: Floats) -> tuple[Floats, Floats, Floats]:
    """Mean, lowest and highest along the first axis of what is defined; NaN where nothing is."""
    known = ~np.isnan(values)
    n = known.sum(axis=0)
    mean = np.where(n > 0, np.where(known, values, 0).sum(axis=0) / np.maximum(n, 1), np.nan)
    lowest = np.where(known, values, np.inf).min(axis=0, initial=np.inf)
    highest = np.where(known, values, -np.inf).max(axis=0, initial=-np.inf)
    return mean, np.where(n > 0, lowest, np.nan), np.where(n > 0, highest, np.nan)


def _moved(table: Floats, epochs: NDArray[np.int64], shift: int) -> Floats:
    """The table as it is ``shift`` epochs later, NaN where there is no such epoch."""
    at = {int(epoch): k for k, epoch in enumerate(epochs)}
    padded = np.concatenate([table, np.full((len(table), 1), np.nan)], axis=1)
    return padded[:, [at.get(int(epoch) + shift, -1) for epoch in epochs]]
