"""Whether flagged items, such as those with a wrong label, are the impossible ones, and what is left without them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from trichotomy import estimators
from trichotomy.decisions import Decisions, flagged
from trichotomy.errors import InputError
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
        Of the Wilson intervals over items.

    Returns
    -------
    Dataset over ``number_right`` (0..M): ``flagged``, ``count``, ``share`` (NaN without items), ``ci``. Over
    ``difficulty`` the same: ``difficulty_flagged``, ``difficulty_count``, ``difficulty_share``, ``difficulty_ci``.

    Raises
    ------
    UnknownNameError
        There is no such annotation.

    References
    ----------
    Meding et al. 2022 (Fig. 22); Wilson 1927.
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


def flag_names(d: Decisions) -> tuple[str, ...]:
    """Names of the annotations of items that are true or false, and true for some items and false for others."""
    names = []
    for name, coordinate in d.coords.items():
        if coordinate.dims != ("item",) or name == "item":
            continue
        try:
            marked = flagged(d, str(name))
        except InputError:
            continue
        if marked.any() and not marked.all():
            names.append(str(name))
    return tuple(names)


def enrichment(
    d: Decisions,
    *,
    flags: Sequence[str] | str | None = None,
    tolerance: int = 0,
    epoch: int | None = None,
    level: float = 0.95,
) -> xr.Dataset:
    """How over-represented annotated items are in each class of difficulty, and the partition without them.

    Uses the items that all observers answered; ``left_out`` says how many others there are. An item whose annotation is
    not known counts as not flagged.

    Parameters
    ----------
    flags
        Annotations of items that are true or false; default all there are.
    tolerance
        Of the partition.
    level
        Of the intervals over items: Wilson's for shares, exact conditional ones for odds ratios.

    Returns
    -------
    Dataset over ``annotation`` and ``difficulty``. ``flagged``, ``count``, ``share`` and ``ci``: the flagged among the
    items of a class of difficulty. ``odds_ratio`` and ``odds_ratio_ci``: odds of being in that class rather than in
    another, flagged items against the others (0 or infinite where a cell is empty, NaN where nothing or everything is
    flagged). ``partition`` and ``partition_ci``: shares of the classes among all items; ``without`` and ``without_ci``:
    among the items that are not flagged. ``whole`` per annotation: the share flagged of all items.

    Raises
    ------
    UnknownNameError, InputError
        An annotation that is not there, or that is neither true nor false; no annotation at all.

    References
    ----------
    Meding et al. 2022; Cornfield 1956 (odds ratios); Wilson 1927.
    """
    names = list(flag_names(d) if flags is None else [flags] if isinstance(flags, str) else flags)
    if not names:
        msg = "no annotation of the items is true for some and false for others; add one with tri.annotate"
        raise InputError(msg)
    shot = snapshot(d, epoch, complete=True)
    category = estimators.partition(
        estimators.number_right(shot.complete), len(shot.observers), tolerance=tolerance
    )
    marked = np.array([flagged(d, name)[shot.answered] for name in names])
    count = np.bincount(category, minlength=3)
    hits = np.array([np.bincount(category[m], minlength=3) for m in marked])
    ratios = np.array([[_odds(hits[k], count, g, level) for g in range(3)] for k in range(len(names))])
    kept = count - hits
    everything = np.broadcast_to(count, hits.shape)
    return xr.Dataset(
        {
            "flagged": (_TABLE, hits),
            "count": ("difficulty", count),
            "share": (_TABLE, _over(hits, everything)),
            "ci": (_WITH_BOUNDS, with_bounds(*estimators.wilson(hits, everything, level=level))),
            "odds_ratio": (_TABLE, ratios[..., 0]),
            "odds_ratio_ci": (_WITH_BOUNDS, ratios[..., 1:]),
            "partition": ("difficulty", count / count.sum()),
            "partition_ci": (
                ("difficulty", "ci_bound"), with_bounds(*estimators.wilson(count, count.sum(), level=level))
            ),
            "without": (_TABLE, _over(kept, kept.sum(axis=1, keepdims=True))),
            "without_ci": (
                _WITH_BOUNDS, with_bounds(*estimators.wilson(kept, kept.sum(axis=1, keepdims=True), level=level))
            ),
            "whole": ("annotation", hits.sum(axis=1) / count.sum()),
        },
        coords={
            "annotation": np.array(names, dtype=object),
            "difficulty": list(estimators.CATEGORIES),
            "ci_bound": list(BOUNDS),
        },
        attrs=shot.attrs("flagged items by class of difficulty", n=int(count.sum()), tolerance=tolerance,
                         left_out=shot.left_out, level=level, seed=None,
                         interval="Wilson score over items; odds ratios exact, conditional on the margins",
                         reference="Meding et al. 2022; Cornfield 1956"),
    )  # fmt: skip


_TABLE = ("annotation", "difficulty")
_WITH_BOUNDS = (*_TABLE, "ci_bound")


def _odds(
    hits: NDArray[np.integer], count: NDArray[np.integer], group: int, level: float
) -> estimators.OddsRatio:
    """Odds ratio of one class of difficulty against the other two."""
    inside, total = int(hits[group]), int(hits.sum())
    others = int(count[group]) - inside
    return estimators.odds_ratio(
        inside, total - inside, others, int(count.sum()) - total - others, level=level
    )


def _over(part: NDArray[np.integer], whole: NDArray[np.integer]) -> NDArray[np.float64]:
    return np.where(whole > 0, part / np.maximum(whole, 1), np.nan)


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
