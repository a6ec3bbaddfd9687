"""Whether observers learn items in the same order, within conditions and between them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Any, Literal

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from trichotomy import estimators
from trichotomy.decisions import Decisions, correctness
from trichotomy.errors import InputError, UnknownNameError
from trichotomy.stats.following import Histories, epochs_until, nobody_followed
from trichotomy.stats.readings import one_epoch
from trichotomy.stats.snapshot import BOUNDS, pair_matrix, with_bounds

Floats = NDArray[np.float64]
SCOPES = ("all", "within groups", "between groups")
MEASURES = ("first", "final", "first, learned by both")
"""Orders: epochs at which items are first right; from which on they stay right; the first, of items both learn."""


def learning_order(
    d: Decisions,
    *,
    by: Literal["first", "final", "first, learned by both"] = "final",
    groups: str = "condition",
    epoch: int | None = None,
    level: float = 0.95,
) -> xr.Dataset:
    """Agreement of observers on the order in which items are learned: Spearman's rho of learning epochs.

    A pair uses the items that both have a decision on at every epoch that they ran (up to ``epoch``); epoch 0, before
    training, does not count. Items learned at
    the same epoch are tied, and those never learned are tied last, except in ``first, learned by both``, which leaves
    out what one of the pair never gets right.

    Parameters
    ----------
    by
        One of ``MEASURES``, for the pairs and groups; the scopes have all three. The default is the least noisy: a
        lucky guess makes an item right once, not for good.
    groups
        Coordinate of the observers: ``condition``, ``kind`` or another.
    epoch
        Last epoch that counts; default the last that every observer has.
    level
        Of the intervals over items, which treat the observers as given.

    Returns
    -------
    Dataset. Over ``observer_a``, ``observer_b``: ``agreement``. Over ``group_a``, ``group_b``: ``mean`` over the pairs
    of two groups' observers (on the diagonal, within one), ``ci``, ``pairs`` (defined ones), ``corrected`` and
    ``corrected_ci``: the mean between two groups over the geometric mean of those within them, which is 1 where groups
    differ no more than their own members do (Spearman's correction for attenuation); NaN where a group has one
    observer or the interval of its members' own agreement reaches 0. Over ``measure``, ``scope`` (all, within groups,
    between groups): ``scope_mean``, ``scope_ci``, ``scope_pairs``. Over ``observer``: ``followed`` (items). NaN where
    undefined: an observer learned all its items at once, nothing is shared.

    Raises
    ------
    UnknownNameError
        No such measure, or no such coordinate of observers.
    InputError
        Fewer than two epochs or two observers, or nobody was shown an item at all its epochs.

    References
    ----------
    Hacohen, Choshen & Weinshall 2020 (order of learning); Spearman 1904; Efron 1982.
    """
    if by not in MEASURES:
        kind = "order of learning"
        raise UnknownNameError(kind, by, list(MEASURES))
    if groups not in d.coords or d.coords[groups].dims != ("observer",):
        known = [str(c) for c in d.coords if d.coords[c].dims == ("observer",) and c != "observer"]
        raise UnknownNameError("annotation of observers", groups, known)
    if d.sizes["observer"] < 2:
        msg = "an agreement on the order of learning needs two observers or more; there is one"
        raise InputError(msg)
    epochs = epochs_until(d, epoch, trained=True)
    h = Histories.empty(d.sizes["observer"], d.sizes["item"])
    for k, when in enumerate(epochs):
        h.add(k, correctness(one_epoch(d, when)).values[:, 0])
    followed = h.followed
    if not followed.any():
        raise nobody_followed(epochs)
    E = len(epochs)
    orders = {
        "first": (h.first, followed),
        "final": (h.final, followed),
        "first, learned by both": (h.first, followed & (h.first >= 0)),
    }
    labels = d.coords[groups].values.astype(str)
    names = list(dict.fromkeys(labels.tolist()))
    member = np.array([labels == name for name in names])
    times, counted = orders[by]
    found = {name: _between(*order, member, E, level) for name, order in orders.items()}
    scopes = [scope for name in MEASURES for scope in found[name][1]]
    shape = len(MEASURES), len(SCOPES)
    dims = ("group_a", "group_b")
    agreement = estimators.order_agreement(times, never=E, known=counted)
    return xr.Dataset(
        {
            "agreement": pair_matrix(agreement, d["observer"].values),
            **{
                name: ((*dims, "ci_bound")[: table.ndim], table)
                for name, table in found[by][0].items()
            },
            "scope_mean": (("measure", "scope"), np.array([s[0] for s in scopes]).reshape(shape)),
            "scope_ci": (("measure", "scope", "ci_bound"), np.array([s[1] for s in scopes]).reshape(*shape, 2)),
            "scope_pairs": (("measure", "scope"), np.array([s[2] for s in scopes]).reshape(shape)),
            "followed": ("observer", followed.sum(axis=1)),
        },
        coords={
            **dict.fromkeys(dims, np.array(names, dtype=object)),
            "observer": d["observer"].values,
            "measure": list(MEASURES),
            "scope": list(SCOPES),
            "ci_bound": list(BOUNDS),
        },
        attrs={
            "method": "mean over pairs of Spearman's rho of learning epochs",
            "by": by,
            "groups": groups,
            "n": int(followed.any(axis=0).sum()),
            "left_out": int((~followed.any(axis=0)).sum()),
            "observers": d.sizes["observer"],
            "first_epoch": int(epochs[0]),
            "epoch": int(epochs[-1]),
            "level": level,
            "seed": None,
            "interval": "linearised over items, jointly for all pairs, symmetric in Fisher's z",
            "undefined": "NaN where an observer learned all its items at once, or a pair shares none",
            "reference": "Hacohen, Choshen & Weinshall 2020; Spearman 1904; Efron 1982",
        },
    )  # fmt: skip


def _interval(value: float, influence: Floats, level: float) -> Floats:
    error = np.sqrt(np.sum(influence**2)) if np.isfinite(value) else np.nan
    return with_bounds(*estimators.correlation_interval(value, error, level=level))


def _between(
    times: NDArray[np.int16], known: NDArray[np.bool_], member: NDArray[np.bool_], never: int, level: float
) -> tuple[dict[str, Any], list[tuple[float, Floats, int]]]:
    """Means over the pairs of any two groups, bool[G, M], raw and corrected for attenuation; and of the scopes."""
    G = len(member)
    found: dict[str, Any] = {name: np.full((G, G), np.nan) for name in ("mean", "corrected")}
    found |= {name: np.full((G, G, 2), np.nan) for name in ("ci", "corrected_ci")}
    found["pairs"] = np.zeros((G, G), dtype=np.int64)
    sums = {scope: _Sum(0.0, np.zeros(times.shape[1]), 0) for scope in SCOPES}
    within: list[tuple[float, Floats]] = []

    def put(name: str, a: int, b: int, value: Any) -> None:
        found[name][a, b] = found[name][b, a] = value

    for a, b in [*((g, g) for g in range(G)), *combinations(range(G), 2)]:
        rows = np.flatnonzero(member[a] | member[b])
        weights = np.outer(member[a, rows], member[b, rows])
        value, influence, pairs = estimators.order_influence(
            times[rows], weights | weights.T, never=never, known=known[rows]
        )
        for name, result in (("mean", value), ("ci", _interval(value, influence, level)), ("pairs", pairs)):
            put(name, a, b, result)
        if pairs:
            for scope in ("all", "within groups" if a == b else "between groups"):
                sums[scope].add(value, influence, pairs)
        if a == b:
            within.append((value, influence))
        elif found["ci"][a, a, 0] > 0 and found["ci"][b, b, 0] > 0 and np.isfinite(value):
            corrected, half = _corrected((value, influence), within[a], within[b], level)
            put("corrected", a, b, corrected)
            put("corrected_ci", a, b, [corrected - half, corrected + half])
    return found, [sums[scope].mean(level) for scope in SCOPES]


@dataclass(slots=True)
class _Sum:
    """A sum over pairs, the influence of items on it, float64[N], and how many pairs."""

    value: float
    influence: Floats
    pairs: int

    def add(self, mean: float, influence: Floats, pairs: int) -> None:
        """Add pairs that are known by their mean."""
        self.value += pairs * mean
        self.influence += pairs * influence
        self.pairs += pairs

    def mean(self, level: float) -> tuple[float, Floats, int]:
        """Mean over the pairs, its interval, and how many they are."""
        if not self.pairs:
            return np.nan, np.full(2, np.nan), 0
        value = self.value / self.pairs
        return value, _interval(value, self.influence / self.pairs, level), self.pairs


def _corrected(
    between: tuple[float, Floats], own: tuple[float, Floats], other: tuple[float, Floats], level: float
) -> tuple[float, float]:
    """Agreement between two groups over the geometric mean of those within them, and half of its interval."""
    scale = float(np.sqrt(own[0] * other[0]))
    value = between[0] / scale
    moved = between[1] / scale - value / 2 * (own[1] / own[0] + other[1] / other[0])
    return value, estimators.normal_quantile(level) * float(np.sqrt(np.sum(moved**2)))
