"""Superclasses of the classes: which are trivial or impossible more often, and what the trivial and impossible are."""

from __future__ import annotations

import numpy as np
import xarray as xr

from trichotomy import estimators
from trichotomy.decisions import Decisions
from trichotomy.errors import InputError, UnknownNameError
from trichotomy.stats.snapshot import BOUNDS, snapshot, with_bounds

SUPERCLASS = "superclass"


def superclass_shares(
    d: Decisions,
    *,
    superclass: str = SUPERCLASS,
    tolerance: int = 0,
    epoch: int | None = None,
    level: float = 0.95,
) -> xr.Dataset:
    """Shares of the classes of difficulty in each superclass, and of each superclass in those.

    Uses the items that all observers answered and that have a superclass; ``left_out`` and ``unnamed`` count the rest.

    Parameters
    ----------
    superclass
        Annotation of the items; from a table of classes with ``tri.annotate``.
    tolerance
        Of the partition.
    level
        Of the Wilson intervals over items.

    Returns
    -------
    Dataset over ``superclass`` (most impossible first) and ``difficulty``: ``count``; ``share`` and ``ci``, of the
    items of the superclass; ``share_of_difficulty`` and ``share_of_difficulty_ci``, of the items of that class of
    difficulty. Per superclass ``n`` and ``share_of_all``.

    Raises
    ------
    UnknownNameError, InputError
        No such annotation, or fewer than two superclasses.

    References
    ----------
    Meding et al. 2022, A.12.
    """
    if superclass not in d.coords or d.coords[superclass].dims != ("item",):
        known = [str(c) for c in d.coords if d.coords[c].dims == ("item",) and c != "item"]
        raise UnknownNameError("annotation", superclass, known)
    shot = snapshot(d, epoch, complete=True)
    own = np.array(["" if _unknown(v) else str(v) for v in d[superclass].values[shot.answered]], dtype=object)
    named = own != ""
    names, index = np.unique(own[named].astype(str), return_inverse=True)
    if len(names) < 2:
        msg = f"comparing superclasses needs two or more; '{superclass}' names {len(names)}"
        raise InputError(msg)
    s = estimators.number_right(shot.complete[:, named])
    category = estimators.partition(s, len(shot.observers), tolerance=tolerance)
    count = np.bincount(index * 3 + category, minlength=3 * len(names)).reshape(len(names), 3)
    order = np.lexsort((names, -count[:, estimators.IMPOSSIBLE] / count.sum(axis=1)))
    count, names = count[order], names[order]
    n, total = count.sum(axis=1, keepdims=True), count.sum(axis=0, keepdims=True)
    dims = ("superclass", "difficulty")
    return xr.Dataset(
        {
            "count": (dims, count),
            "share": (dims, count / n),
            "ci": ((*dims, "ci_bound"), with_bounds(*estimators.wilson(count, n, level=level))),
            "share_of_difficulty": (dims, np.where(total > 0, count / np.maximum(total, 1), np.nan)),
            "share_of_difficulty_ci": (
                (*dims, "ci_bound"), with_bounds(*estimators.wilson(count, total, level=level))
            ),
            "n": ("superclass", n[:, 0]),
            "share_of_all": ("superclass", n[:, 0] / n.sum()),
        },
        coords={
            "superclass": names.astype(object),
            "difficulty": list(estimators.CATEGORIES),
            "ci_bound": list(BOUNDS),
        },
        attrs=shot.attrs("classes of difficulty by superclass", n=int(n.sum()), annotation=superclass,
                         tolerance=tolerance, left_out=shot.left_out, unnamed=int((~named).sum()), level=level,
                         interval="Wilson score over items", seed=None, reference="Meding et al. 2022, A.12"),
    )  # fmt: skip


def _unknown(value: object) -> bool:
    return value is None or value == "" or value != value  # NaN alone differs from itself
