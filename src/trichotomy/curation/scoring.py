"""What answers on a subset say: a score that orders observers, and the accuracy on all items."""

from __future__ import annotations

import numpy as np
import xarray as xr

from trichotomy import estimators
from trichotomy.curation.subset import Subset
from trichotomy.decisions import Decisions, select
from trichotomy.stats.snapshot import BOUNDS, snapshot, with_bounds


def subset_accuracy(
    d: Decisions, subset: Subset, *, epoch: int | None = None, level: float = 0.95
) -> xr.Dataset:
    """Score observers on a subset, and estimate their accuracy on all items that it was chosen from.

    Parameters
    ----------
    d
        Decisions of any observers on the items of the subset (others are not looked at).
    subset
        Result of ``curate``.

    Returns
    -------
    Dataset over ``observer``: ``score`` (share right in the subset; orders observers, and is not an accuracy),
    ``accuracy`` (weighted; NaN where the items have no weights) with ``accuracy_ci``. Observers that lack
    an answer have NaN.

    Raises
    ------
    InputError
        Items of the subset that the decisions lack.

    References
    ----------
    Horvitz & Thompson 1952; Wolter 2007 (variance of systematic samples).
    """
    shot = snapshot(select(d, items=subset.ids), epoch)
    score = np.full(len(shot.observers), np.nan)
    accuracy, error = score.copy(), score.copy()
    there = (shot.correct >= 0).all(axis=1)
    right = shot.correct[there] == 1
    score[there] = right.mean(axis=1)
    if "weight" in subset.items:
        order = np.argsort(subset.items["draw"].values)
        accuracy[there], error[there] = estimators.weighted_accuracy(
            right[:, order], subset.items["weight"].values[order]
        )
        if subset.items.attrs["size"] == subset.items.attrs["pool"]:
            error[there] = 0.0
    reach = estimators.normal_quantile(level) * error
    return xr.Dataset(
        {
            "score": ("observer", score),
            "accuracy": ("observer", accuracy),
            "accuracy_ci": (
                ("observer", "ci_bound"),
                with_bounds(np.clip(accuracy - reach, 0, 1), np.clip(accuracy + reach, 0, 1)),
            ),
        },
        coords={"observer": shot.observers, "ci_bound": list(BOUNDS)},
        attrs=shot.attrs("weighted by the inverse of the probability of being drawn", n=len(subset.ids), level=level,
                         interval="normal, successive differences along the order of the draw", seed=None,
                         pool=subset.items.attrs["pool"], keep=subset.items.attrs["keep"],
                         reference="Horvitz & Thompson 1952; Wolter 2007"),
    )  # fmt: skip
