"""Whether flagged items, such as those with a wrong label, are the impossible ones."""

from __future__ import annotations

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from trichotomy import estimators
from trichotomy.decisions import Decisions, flagged
from trichotomy.stats.snapshot import BOUNDS, snapshot, with_bounds

FLAGS = "label_error"


def flag_shares(
    d: Decisions,
    *,
    flags: str | None = None,
    tolerance: int = 0,
    epoch: int | None = None,
    level: float = 0.95,
) -> xr.Dataset:
    """Share of flagged items by the number of observers right, and by class of difficulty.

    Uses the items that all observers answered; ``left_out`` says how many others there are.

    Parameters
    ----------
    flags
        Annotation of items that is true or false; default ``label_error``.
    tolerance
        Of the partition.
    level
        Of the Wilson intervals over items (Wilson 1927).

    Returns
    -------
    Dataset over ``number_right`` (0..M): ``flagged``, ``count``, ``share`` (NaN without items), ``ci``. Over
    ``difficulty`` the same: ``difficulty_flagged``, ``difficulty_count``, ``difficulty_share``, ``difficulty_ci``.

    Raises
    ------
    UnknownNameError
        There is no such annotation.
    """
    name = FLAGS if flags is None else flags
    marked = flagged(d, name)
    shot = snapshot(d, epoch, complete=True)
    M = len(shot.observers)
    s, marked = estimators.number_right(shot.complete), marked[shot.answered]
    category = estimators.partition(s, M, tolerance=tolerance)
    return xr.Dataset(
        {
            **_shares("", "number_right", s, marked, M + 1, level),
            **_shares("difficulty_", "difficulty", category, marked, 3, level),
        },
        coords={
            "number_right": np.arange(M + 1),
            "difficulty": list(estimators.CATEGORIES),
            "ci_bound": list(BOUNDS),
        },
        attrs=shot.attrs("share of items flagged", flags=name, n=len(s), flagged=int(marked.sum()), tolerance=tolerance,
                         left_out=shot.left_out, level=level, interval="Wilson score over items", seed=None,
                         reference="Meding et al. 2022"),
    )  # fmt: skip


def _shares(
    prefix: str, dim: str, group: NDArray[np.integer], marked: NDArray[np.bool_], groups: int, level: float
) -> dict[str, tuple[str | tuple[str, ...], NDArray[np.generic]]]:
    count = np.bincount(group, minlength=groups)
    hits = np.bincount(group[marked], minlength=groups)
    share = np.where(count > 0, hits / np.maximum(count, 1), np.nan)
    return {
        f"{prefix}flagged": (dim, hits),
        f"{prefix}count": (dim, count),
        f"{prefix}share": (dim, share),
        f"{prefix}ci": ((dim, "ci_bound"), with_bounds(*estimators.wilson(hits, count, level=level))),
    }
