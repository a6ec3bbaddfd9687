"""How early it can be told which items will be trivial and which impossible."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from trichotomy import estimators
from trichotomy.decisions import Decisions, correctness
from trichotomy.errors import InputError
from trichotomy.stats.following import epochs_until
from trichotomy.stats.readings import one_epoch
from trichotomy.stats.snapshot import BOUNDS, Seed, seed_of, with_bounds

Floats = NDArray[np.float64]
CLASSES = len(estimators.CATEGORIES)
_VALUES_AT_ONCE = 2_000_000


def early_partition(
    d: Decisions,
    *,
    tolerance: int = 0,
    epoch: int | None = None,
    enough: float = 0.9,
    level: float = 0.95,
    draws: int = 1000,
    rng: Seed = 0,
) -> xr.Dataset:
    """At each epoch, how many items have the class of difficulty that they end with.

    An epoch uses the items that all observers answered at it and at the last one; ``n`` counts them.

    Parameters
    ----------
    tolerance
        As in ``partition``.
    epoch
        The last one, whose partition is final; default the last that every observer has.
    enough
        Share of items from which on the partition counts as told.
    level, draws, rng
        Of the intervals over items: Wilson's for shares, the percentile bootstrap for kappa and ``told``.

    Returns
    -------
    Dataset. Over ``epoch``: ``agreement``, the share of items of the same class, and its ``ci``; ``chance``, the same
    if the classes of the epoch were dealt to the items at random; ``kappa``, what is above chance over what could be
    (Cohen 1960), and ``kappa_ci``; ``n``. Over ``epoch`` and ``difficulty``: ``recall``, the share of the items finally
    of a class that are in it already, ``precision``, the share of the items now in a class that stay or come back to it
    at the end, their ``_ci``, and ``share``, of items now in it. Scalars: ``told``, the first epoch from which on the
    agreement is at least ``enough``, and ``told_ci``. NaN where there are no such items.

    Raises
    ------
    InputError
        Fewer than two epochs, no item that all observers answered at the last, or none also at an earlier one.

    References
    ----------
    Cohen 1960; Meding et al. 2022 (partition).
    """
    if not 0 < enough <= 1:
        msg = f"enough is {enough}: it is a share of items, above 0 and up to 1"
        raise InputError(msg)
    epochs = epochs_until(d, epoch)
    classes = _classes(d, epochs, tolerance)
    known = (classes >= 0) & (classes[-1] >= 0)
    if not known[-1].any():
        msg = (
            f"no item was answered by all {d.sizes['observer']} observers at epoch {epochs[-1]}; drop those who lack "
            "most, or choose another epoch"
        )
        raise InputError(msg)
    if not known[:-1].any():
        msg = (
            f"no item was answered by all observers both at epoch {epochs[-1]} and before, so how early its class is "
            "told cannot be said; choose items that are shown again, such as those of a training phase"
        )
        raise InputError(msg)
    now = np.stack([known & (classes == k) for k in range(CLASSES)], axis=1)
    end = np.stack([known & (classes[-1] == k) for k in range(CLASSES)], axis=1)
    n, same = known.sum(axis=1), (now & end).sum(axis=2)
    hits = same.sum(axis=1)
    drawn = _resampled(now, end, draws, rng)
    agreement, chance, kappa = _measures(hits, now.sum(axis=2), end.sum(axis=2))
    by_class: dict[str, Any] = {"share": (("epoch", "difficulty"), _ratio(now.sum(axis=2), n[:, None]))}
    for name, of in (("recall", end), ("precision", now)):
        total = of.sum(axis=2)
        by_class[name] = (("epoch", "difficulty"), _ratio(same, total))
        by_class[f"{name}_ci"] = (("epoch", "difficulty", "ci_bound"), _wilson(same, total, level))
    told, later = _told(epochs, agreement, enough), _told(epochs, drawn[0], enough)
    return xr.Dataset(
        {
            "agreement": ("epoch", agreement),
            "ci": (("epoch", "ci_bound"), _wilson(hits, n, level)),
            "chance": ("epoch", chance),
            "kappa": ("epoch", kappa),
            "kappa_ci": (("epoch", "ci_bound"), _quantiles(drawn[2], kappa, level)),
            "n": ("epoch", n),
            **by_class,
            "told": ((), told),
            "told_ci": ("ci_bound", np.quantile(
                later, [(1 - level) / 2, (1 + level) / 2], method="closest_observation")),
        },
        coords={"epoch": epochs, "difficulty": list(estimators.CATEGORIES), "ci_bound": list(BOUNDS)},
        attrs={
            "method": "classes of difficulty at each epoch against those at the last",
            "epoch": int(epochs[-1]),
            "observers": d.sizes["observer"],
            "n": int(known[-1].sum()),
            "left_out": int((~known[-1]).sum()),
            "tolerance": tolerance,
            "enough": enough,
            "level": level,
            "draws": draws,
            "seed": seed_of(rng),
            "interval": "Wilson score over items; kappa and told by percentile bootstrap of items",
            "undefined": "NaN where no item was answered by all observers at the epoch and at the last",
            "reference": "Cohen 1960; Meding et al. 2022",
        },
    )  # fmt: skip


def _classes(d: Decisions, epochs: NDArray[np.int64], tolerance: int) -> NDArray[np.int8]:
    """int8[E, N]: class of difficulty at each epoch, -1 where not all observers answered."""
    classes = np.full((len(epochs), d.sizes["item"]), -1, dtype=np.int8)
    for k, epoch in enumerate(epochs):
        now = correctness(one_epoch(d, epoch)).values[:, 0]
        complete = (now >= 0).all(axis=0)
        right = (now == 1).sum(axis=0)
        classes[k] = np.where(complete, estimators.partition(right, len(now), tolerance=tolerance), -1)
    return classes


def _measures(hits: NDArray[Any], now: NDArray[Any], end: NDArray[Any]) -> tuple[Floats, Floats, Floats]:
    """Agreement, chance and kappa from items alike [...] and items of each class [..., classes]."""
    n = now.sum(axis=-1)
    agreement = _ratio(hits, n)
    chance = (_ratio(now, n[..., None]) * _ratio(end, n[..., None])).sum(axis=-1)
    return agreement, chance, _ratio(agreement - chance, 1 - chance)


def _resampled(
    now: NDArray[np.bool_], end: NDArray[np.bool_], draws: int, rng: Seed
) -> tuple[Floats, Floats, Floats]:
    """The measures of bootstrap samples of items, float64[draws, E] each; all epochs have the same items."""
    items = np.flatnonzero(end[-1].any(axis=0))
    E, size = len(now), len(items)
    own, last = now[:, :, items], end[:, :, items]
    rows = np.concatenate([(own & last).any(axis=1, keepdims=True), own, last], axis=1)
    rows = rows.reshape(-1, size).astype(np.float32)
    generator = np.random.default_rng(rng)
    parts = []
    at_once = max(1, _VALUES_AT_ONCE // size)
    for start in range(0, draws, at_once):
        picked = min(at_once, draws - start)
        chosen = generator.integers(size, size=(picked, size)) + size * np.arange(picked)[:, None]
        times = np.bincount(chosen.ravel(), minlength=picked * size).reshape(picked, size)
        parts.append((times.astype(np.float32) @ rows.T).reshape(picked, E, 1 + 2 * CLASSES))
    counts = np.concatenate(parts).astype(float)
    return _measures(counts[..., 0], counts[..., 1 : 1 + CLASSES], counts[..., 1 + CLASSES :])


def _told(epochs: NDArray[np.int64], agreement: Floats, enough: float) -> Floats:
    """First epoch from which on enough items agree: float64[...] from float64[..., E]; unknown epochs do not count."""
    falls = np.where(np.isnan(agreement), False, agreement < enough - 1e-12)
    after = np.where(falls, np.arange(1, len(epochs) + 1), 0).max(axis=-1)
    known = ~np.isnan(np.atleast_2d(agreement)).all(axis=0)
    later = np.flatnonzero(known)
    return np.asarray(epochs[later[np.searchsorted(later, after)]], dtype=float)


def _ratio(part: Any, whole: Any) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(np.asarray(whole) > 1e-12, np.asarray(part) / whole, np.nan)


def _wilson(hits: NDArray[Any], total: NDArray[Any], level: float) -> Floats:
    """Bounds of a share, NaN where there is nothing."""
    bounds = with_bounds(*estimators.wilson(hits, np.maximum(total, 1), level=level))
    bounds[total == 0] = np.nan
    return bounds


def _quantiles(drawn: Floats, value: Floats, level: float) -> Floats:
    """float64[E, 2]; NaN where the value is undefined or no draw is defined."""
    result = np.full((len(value), 2), np.nan)
    for k, column in enumerate(drawn.T):
        defined = column[~np.isnan(column)]
        if defined.size and np.isfinite(value[k]):
            result[k] = np.quantile(defined, [(1 - level) / 2, (1 + level) / 2])
    return result
