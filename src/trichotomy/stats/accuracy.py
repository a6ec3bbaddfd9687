"""How often observers are right, over all items and class by class."""

from __future__ import annotations

import numpy as np
import xarray as xr

from trichotomy import estimators
from trichotomy.decisions import Decisions, at_epoch
from trichotomy.errors import InputError
from trichotomy.stats.snapshot import BOUNDS, snapshot, with_bounds


def accuracy(d: Decisions, *, epoch: int | None = None, level: float = 0.95) -> xr.Dataset:
    """Accuracy of each observer with Wilson intervals (Wilson 1927).

    Missing decisions do not count; ``n`` says how many each observer made.

    Returns
    -------
    Dataset over ``observer``: ``accuracy``, ``ci`` (``ci_bound``), ``n``.
    """
    shot = snapshot(d, epoch)
    right, n = (shot.correct == 1).sum(axis=1), (shot.correct >= 0).sum(axis=1)
    with np.errstate(invalid="ignore"):
        share = np.where(n > 0, right / np.maximum(n, 1), np.nan)
    return xr.Dataset(
        {
            "accuracy": ("observer", share),
            "ci": (("observer", "ci_bound"), with_bounds(*estimators.wilson(right, n, level=level))),
            "n": ("observer", n),
        },
        coords={
            "observer": shot.observers,
            "condition": ("observer", at_epoch(d, shot.epoch)["condition"].values),
            "ci_bound": list(BOUNDS),
        },
        attrs=shot.attrs("share right", interval="Wilson score over items", level=level,
                         reference="Wilson 1927"),
    )  # fmt: skip


def class_difficulty(
    d: Decisions, *, tolerance: int = 0, epoch: int | None = None, level: float = 0.95
) -> xr.Dataset:
    """Accuracy of each class over all observers, and its shares of trivial, impossible and in-between items.

    Uses the items that all observers answered and whose target is known. The interval of a class's mean
    accuracy treats its items as the sample: Wilson's, with the effective number of items p (1 - p) / var(mean).

    Returns
    -------
    Dataset over ``class``, sorted by accuracy: ``accuracy``, ``ci``, ``n``, ``trivial``, ``impossible``,
    ``in_between``.
    """
    shot = snapshot(d, epoch, complete=True)
    target = d["target"].values
    usable = shot.answered & (target >= 0)
    if not usable.any():
        msg = "no target is known, so there are no classes to compare; read the decisions with --targets"
        raise InputError(msg)
    c, labels = shot.correct[:, usable] == 1, target[usable]
    M = len(c)
    known, index = np.unique(labels, return_inverse=True)
    n = np.bincount(index)
    s = estimators.number_right(c)
    share_right = s / M
    mean = np.bincount(index, weights=share_right) / n
    spread = np.bincount(index, weights=(share_right - mean[index]) ** 2) / np.maximum(n - 1, 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        effective = np.where(spread > 0, np.minimum(mean * (1 - mean) * n / spread, n * M), n)
    category = estimators.partition(s, M, tolerance=tolerance)
    shares = {
        name: np.bincount(index, weights=category == code) / n
        for name, code in (
            ("trivial", estimators.TRIVIAL),
            ("impossible", estimators.IMPOSSIBLE),
            ("in_between", estimators.IN_BETWEEN),
        )
    }
    names = d.attrs["classes"]
    ids = np.array([names[k] if names else str(k) for k in known], dtype=object)
    result = xr.Dataset(
        {
            "accuracy": ("class", mean),
            "ci": (("class", "ci_bound"), with_bounds(*estimators.wilson(mean * effective, effective, level=level))),
            "n": ("class", n),
            **{name: ("class", values) for name, values in shares.items()},
        },
        coords={"class": ids, "ci_bound": list(BOUNDS)},
        attrs=shot.attrs("mean over observers and items", left_out=shot.left_out, tolerance=tolerance, level=level,
                         interval="Wilson score over the effective number of items"),
    )  # fmt: skip
    return result.isel({"class": np.argsort(mean, kind="stable")})
