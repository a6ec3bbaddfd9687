"""Dataset cartography: easy-to-learn, ambiguous and hard-to-learn items, beside their class of difficulty."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from trichotomy import estimators
from trichotomy.decisions import MISSING, Decisions, correctness
from trichotomy.errors import InputError
from trichotomy.stats.dynamics import confidence_and_variability
from trichotomy.stats.following import Histories, epochs_until, nobody_followed
from trichotomy.stats.readings import one_epoch
from trichotomy.stats.snapshot import BOUNDS, with_bounds

Floats = NDArray[np.float64]
REGIONS = ("easy to learn", "ambiguous", "hard to learn")


def cartography(
    d: Decisions, *, share: float = 0.33, tolerance: int = 0, epoch: int | None = None, level: float = 0.95
) -> xr.Dataset:
    """Confidence, variability and correctness of each item over the training, and the regions that they make.

    Confidence is the mean over epochs of the probability given to the target, variability its standard deviation over
    epochs, correctness the share of epochs at which the item is right; each is the mean over the observers that have a
    decision on the item at every epoch that they ran. Epoch 0, before training, does not count. The source takes one
    network and training items; here they are all observers chosen, and the items decided on.

    Parameters
    ----------
    share
        Of the items in each region: the most confident, the most variable, the least confident, as in the source.
        Regions may overlap; items that tie with the last one in are in.
    tolerance
        Of the partition at the last epoch.
    epoch
        The last one that counts; default the last that every observer has.
    level
        Of the intervals over items (Wilson's).

    Returns
    -------
    Dataset. Over ``item``: ``confidence``, ``variability``, ``correctness``, ``category`` (0 impossible, 1 in-between,
    2 trivial, -1 not answered by all). Over ``region``, ``item``: ``member``. Over ``region`` and ``difficulty``:
    ``in_region``, the share of the items of a class that are in the region, ``of_class``, the share of the region's
    items that are of the class, and their ``_ci``. Over ``region``: ``size``. NaN where nothing counts.

    Raises
    ------
    InputError
        No probabilities of the target, fewer than two epochs, or nobody was shown an item at all epochs.

    References
    ----------
    Swayamdipta et al. 2020.
    """
    if "p_target" not in d:
        msg = "cartography needs the probability that observers give to the target ('p_target'), which is not there"
        raise InputError(msg)
    if not 0 < share <= 1:
        msg = f"share is {share}: it is the share of items in each region, above 0 and up to 1"
        raise InputError(msg)
    trained = epochs_until(d, epoch, trained=True)
    h = Histories.empty(d.sizes["observer"], d.sizes["item"])
    now = np.empty((0, 0), dtype=np.int8)
    for k, when in enumerate(trained):
        now = correctness(one_epoch(d, when)).values[:, 0]
        h.add(k, now)
    values = confidence_and_variability(d, trained)
    counted = h.followed & ~np.isnan(values["confidence"])
    if not counted.any():
        raise nobody_followed(trained)
    values["correctness"] = (h.right / np.maximum(h.seen, 1)).astype(np.float32)
    means = {name: _mean(table, counted) for name, table in values.items()}
    complete = (now >= 0).all(axis=0)
    right = (now == 1).sum(axis=0)
    category = np.where(complete, estimators.partition(right, len(now), tolerance=tolerance), MISSING)
    known = ~np.isnan(means["confidence"])
    member = np.stack([
        _most(means["confidence"], share), _most(means["variability"], share), _most(-means["confidence"], share)
    ])  # fmt: skip
    classes = np.stack([known & (category == k) for k in range(len(estimators.CATEGORIES))])
    both = member.astype(np.int64) @ classes.T.astype(np.int64)
    totals = {
        "in_region": classes.sum(axis=1)[None, :],
        "of_class": (member & (category >= 0)).sum(axis=1)[:, None],
    }
    shares: dict[str, Any] = {}
    for name, total in totals.items():
        n = np.broadcast_to(total, both.shape)
        shares[name] = (("region", "difficulty"), np.where(n > 0, both / np.maximum(n, 1), np.nan))
        bounds = with_bounds(*estimators.wilson(both, np.maximum(n, 1), level=level))
        shares[f"{name}_ci"] = (
            ("region", "difficulty", "ci_bound"), np.where((n > 0)[..., None], bounds, np.nan)
        )  # fmt: skip
    return xr.Dataset(
        {
            **{name: ("item", table) for name, table in means.items()},
            "category": ("item", np.where(known, category, MISSING)),
            "member": (("region", "item"), member),
            **shares,
            "size": ("region", member.sum(axis=1)),
        },
        coords={
            "item": d["item"].values,
            "region": list(REGIONS),
            "difficulty": list(estimators.CATEGORIES),
            "ci_bound": list(BOUNDS),
        },
        attrs={
            "method": "mean over observers of confidence, variability and correctness over epochs",
            "epoch": int(trained[-1]),
            "first_epoch": int(trained[0]),
            "observers": d.sizes["observer"],
            "n": int(known.sum()),
            "left_out": int((~known).sum()),
            "share": share,
            "tolerance": tolerance,
            "level": level,
            "seed": None,
            "interval": "Wilson score over items",
            "undefined": "an item counts for an observer that has a decision on it at every epoch it ran",
            "reference": "Swayamdipta et al. 2020",
        },
    )


def _mean(table: NDArray[np.float32], counted: NDArray[np.bool_]) -> Floats:
    """Mean over the observers that count; NaN where none does."""
    n = counted.sum(axis=0)
    total = np.where(counted, table, 0).sum(axis=0, dtype=np.float64)
    return np.where(n > 0, total / np.maximum(n, 1), np.nan)


def _most(values: Floats, share: float) -> NDArray[np.bool_]:
    """The largest ``share`` of the values that are known, and what ties with the last of them."""
    known = np.sort(values[~np.isnan(values)])[::-1]
    wanted = max(1, round(share * len(known)))
    return np.asarray(values >= known[wanted - 1])
