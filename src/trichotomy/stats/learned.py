"""When items are learned, first and for good, how often they are forgotten, and which never are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from trichotomy import estimators
from trichotomy.decisions import MISSING, Decisions, correctness
from trichotomy.stats.following import Histories, epochs_until, nobody_followed
from trichotomy.stats.readings import one_epoch
from trichotomy.stats.snapshot import BOUNDS, with_bounds

Floats = NDArray[np.float64]
GROUPS = ("all", *estimators.CATEGORIES)


def learned(d: Decisions, *, tolerance: int = 0, epoch: int | None = None, level: float = 0.95) -> xr.Dataset:
    """First and final learning, and forgetting, of each item by each observer, summed up.

    A history is one observer's decisions on one item; it counts where there is one at every epoch that the observer ran
    up to ``epoch``, and the observer ran two or more. Epoch 0, before training, does not count. An item is first
    learned at the epoch at which it is first right, learned for good at the epoch from which on it stays right,
    forgotten when it goes from right to wrong at the next epoch, unforgettable where it is learned and never forgotten.

    Parameters
    ----------
    tolerance
        Of the partition at the last epoch into classes of difficulty.
    epoch
        The last one that counts; default the last that every observer has.
    level
        Of the intervals over items, which treat the observers as given.

    Returns
    -------
    Dataset. Shares are of histories, of all items and of those of each class of difficulty (``group``: all, impossible,
    in-between, trivial; items that not all observers answered at the last epoch have no class). Over ``group``,
    ``epoch``: ``first`` and ``final``, learned by that epoch (cumulative), with ``first_ci``, ``final_ci``. Over
    ``group``: ``never`` (never right), ``unforgettable``, each with ``_ci``, ``histories``, ``items``. Over ``group``,
    ``events``: ``forgotten``, of the histories that are right at some epoch, forgotten so many times. Over
    ``observer``: ``observer_never``, ``observer_unforgettable``, ``observer_forgotten`` (mean events of items ever
    right), ``followed`` (items). Over ``condition``: ``condition_unforgettable`` with ``_ci``, and
    ``condition_independent``. Over ``item``: ``item_first`` (median epoch, NaN where half or more never),
    ``item_forgotten`` (mean events), ``item_unforgettable`` (share of observers), ``item_histories``, ``category``.
    Scalars: ``unforgettable_by_all``, share of items that every observer whose history counts learned and never forgot;
    ``unforgettable_independent``, the share of unforgettable histories if what an observer decides at one epoch told
    nothing of the next, at the same accuracies. NaN where nothing counts.

    Raises
    ------
    InputError
        Fewer than two epochs, or no observer was shown an item at all its epochs.

    References
    ----------
    Toneva et al. 2019.
    """
    epochs = epochs_until(d, epoch, trained=True)
    E, N = len(epochs), d.sizes["item"]
    h, accuracy, now = _follow(d, epochs)
    counted = h.followed & (h.ran > 1)[:, None]
    if not counted.any():
        raise nobody_followed(epochs)
    complete = (now >= 0).all(axis=0)
    right = (now == 1).sum(axis=0)
    category = np.where(complete, estimators.partition(right, len(now), tolerance=tolerance), MISSING)
    members = [np.ones(N, dtype=bool), *(category == k for k in range(len(estimators.CATEGORIES)))]
    whole = counted.sum(axis=0)
    ever = counted & (h.first >= 0)
    kept = ever & (h.forgotten == 0)
    most = int(h.forgotten[ever].max(initial=0))
    by_first = _cumulated(h.first, ever, E)
    by_final = _cumulated(h.final, counted & (h.final >= 0), E)
    shares = {
        "never": (counted & ~ever).sum(axis=0)[None], "unforgettable": kept.sum(axis=0)[None],
        "first": by_first, "final": by_final,
    }  # fmt: skip
    variables: dict[str, Any] = {}
    for name, per_item in shares.items():
        dims = ("group",) if len(per_item) == 1 else ("group", "epoch")
        value, bounds = zip(*(_ratio(per_item, whole, m, level) for m in members), strict=True)
        shape = tuple(len(members) if dim == "group" else E for dim in dims)
        variables[name] = (dims, np.array(value).reshape(shape))
        variables[f"{name}_ci"] = ((*dims, "ci_bound"), np.array(bounds).reshape(*shape, 2))
    per_events = np.stack([((h.forgotten == k) & ever).sum(axis=0) for k in range(most + 1)])
    events = np.stack([per_events[:, m].sum(axis=1) for m in members])
    conditions = d["condition"].values
    names = list(dict.fromkeys(conditions.tolist()))
    of_conditions = [
        _ratio(kept[conditions == c].sum(axis=0)[None], counted[conditions == c].sum(axis=0), members[0], level)
        for c in names
    ]  # fmt: skip
    used = counted.any(axis=1)
    first = np.where(ever, epochs[np.maximum(h.first, 0)], np.inf)
    return xr.Dataset(
        {
            **variables,
            "histories": ("group", [int(whole[m].sum()) for m in members]),
            "items": ("group", [int((whole[m] > 0).sum()) for m in members]),
            "forgotten": (("group", "events"), _share(events, events.sum(axis=1, keepdims=True))),
            "observer_never": ("observer", _share((counted & ~ever).sum(axis=1), counted.sum(axis=1))),
            "observer_unforgettable": ("observer", _share(kept.sum(axis=1), counted.sum(axis=1))),
            "observer_forgotten": ("observer", _share((h.forgotten * ever).sum(axis=1), ever.sum(axis=1))),
            "followed": ("observer", counted.sum(axis=1)),
            "condition_unforgettable": ("condition", [float(v[0]) for v, _ in of_conditions]),
            "condition_unforgettable_ci": (("condition", "ci_bound"), np.array([b[0] for _, b in of_conditions])),
            "condition_independent": ("condition", [_independent(accuracy[used & (conditions == c)]) for c in names]),
            "item_first": ("item", _medians(first, counted)),
            "item_forgotten": ("item", _share((h.forgotten * ever).sum(axis=0), ever.sum(axis=0))),
            "item_unforgettable": ("item", _share(kept.sum(axis=0), whole)),
            "item_histories": ("item", whole),
            "category": ("item", category),
            "unforgettable_by_all": ((), float((kept.sum(axis=0) == whole)[whole > 0].mean())),
            "unforgettable_independent": ((), _independent(accuracy[used])),
        },
        coords={
            "group": list(GROUPS), "epoch": epochs, "events": np.arange(most + 1), "item": d["item"].values,
            "observer": d["observer"].values, "ci_bound": list(BOUNDS),
            "condition": np.array(names, dtype=object),
        },
        attrs={
            "method": "epochs of first and final learning, forgetting events",
            "epoch": int(epochs[-1]),
            "observers": d.sizes["observer"],
            "n": int((whole > 0).sum()),
            "left_out": int((whole == 0).sum()),
            "histories": int(whole.sum()),
            "incomplete": int(((h.seen > 0) & ~counted).sum()),
            "tolerance": tolerance,
            "level": level,
            "seed": None,
            "interval": "linearised over items",
            "undefined": "an item counts for an observer that has a decision on it at every epoch it ran",
            "reference": "Toneva et al. 2019",
        },
    )  # fmt: skip


def _follow(d: Decisions, epochs: NDArray[np.int64]) -> tuple[Histories, Floats, NDArray[np.int8]]:
    """Histories, accuracies float64[M, E], and the decisions of the last epoch, int8[M, N]."""
    h = Histories.empty(d.sizes["observer"], d.sizes["item"])
    accuracy = np.full((d.sizes["observer"], len(epochs)), np.nan)
    now = np.empty((0, 0), dtype=np.int8)
    for k, epoch in enumerate(epochs):
        now = correctness(one_epoch(d, epoch)).values[:, 0]
        h.add(k, now)
        accuracy[:, k] = _share((now == 1).sum(axis=1), (now >= 0).sum(axis=1))
    return h, accuracy, now


def _cumulated(at: NDArray[np.int16], counted: NDArray[np.bool_], epochs: int) -> NDArray[np.int64]:
    """int64[E, N]: how many observers had learned each item by each epoch."""
    found = np.stack([((at == k) & counted).sum(axis=0) for k in range(epochs)])
    return np.asarray(np.cumsum(found, axis=0))


def _ratio(
    per_item: NDArray[Any], whole: NDArray[Any], member: NDArray[np.bool_], level: float
) -> tuple[Floats, Floats]:
    """Share of the histories of some items and its interval over items, float64[K] and float64[K, 2]."""
    part, n = per_item[:, member].astype(float), whole[member].astype(float)
    total, items = n.sum(), int((n > 0).sum())
    if not total:
        return np.full(len(part), np.nan), np.full((len(part), 2), np.nan)
    value = part.sum(axis=1) / total
    if items < 2:
        return value, np.full((len(part), 2), np.nan)
    moved = (part - value[:, None] * n) / total
    half = estimators.normal_quantile(level) * np.sqrt(items / (items - 1) * (moved**2).sum(axis=1))
    return value, np.clip(with_bounds(value - half, value + half), 0, 1)


def _share(part: NDArray[Any], whole: NDArray[Any]) -> Floats:
    return np.where(whole > 0, part / np.maximum(whole, 1), np.nan)


def _medians(first: Floats, counted: NDArray[np.bool_], width: int = 4096) -> Floats:
    """Median of the epochs of the observers that count, float64[N], a number of items at a time; NaN beyond the end."""

    def parts() -> Iterator[Floats]:
        for start in range(0, first.shape[1], width):
            part = slice(start, start + width)
            order = np.sort(np.where(counted[:, part], first[:, part], np.nan), axis=0)  # NaN last
            n = counted[:, part].sum(axis=0)
            low, high = (
                np.take_along_axis(order, np.maximum(k, 0)[None], axis=0)[0] for k in ((n - 1) // 2, n // 2)
            )
            yield np.where(n > 0, (low + high) / 2, np.nan)

    median = np.concatenate(list(parts()))
    return np.where(np.isfinite(median), median, np.nan)


def _independent(accuracy: Floats) -> float:
    """Mean chance to be wrong up to some epoch and right from then on, if epochs are independent, float64[M, E]."""
    chances = []
    for row in accuracy:
        p = row[~np.isnan(row)]
        wrong_before = np.cumprod(np.concatenate([[1.0], 1 - p]))[:-1]
        right_after = np.cumprod(p[::-1])[::-1]
        chances.append(float((wrong_before * right_after).sum()))
    return float(np.mean(chances)) if chances else np.nan
