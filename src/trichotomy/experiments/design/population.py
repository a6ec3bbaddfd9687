"""Items that an experiment may show: what the decisions say of each, and its image."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from trichotomy import stats
from trichotomy.datasets.depicted import folder_images
from trichotomy.decisions import Decisions, at_epoch, correctness, flagged, select
from trichotomy.decisions.schema import few
from trichotomy.errors import InputError, UnknownNameError

if TYPE_CHECKING:
    import pandas as pd

DIFFICULTIES = {2: "trivial", 1: "in-between", 0: "impossible", -1: ""}
SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp")
"""Images that every browser shows."""
LABEL_ERROR = "label_error"


def candidates(
    d: Decisions,
    *,
    images: Path,
    observers: Sequence[str] = (),
    tolerance: int = 0,
    exclude: str | None = LABEL_ERROR,
    without: Sequence[str] = (),
    epoch: int | None = None,
) -> pd.DataFrame:
    """List the items that have an image.

    Parameters
    ----------
    images
        Folder that holds the images, at any depth. An item's file is found by its ``path`` or its id, as
        ``datasets.depicted.folder_images`` does; it is of a kind that browsers show.
    observers
        Patterns of ids or conditions of the observers that judge difficulty; all where there is none.
    tolerance, epoch
        As in ``stats.partition``.
    exclude
        Annotation of items; items where it is true are left out. None leaves none out, nor does ``label_error`` where
        the decisions have no such annotation.
    without
        Ids of items to leave out.

    Returns
    -------
    DataFrame with one row per item: ``item``, ``path`` (below ``images``), ``class_name``, ``superclass`` (where
    known), ``difficulty`` (empty where not all observers chosen answered), ``mean_correct`` (of those who
    answered, NaN where nobody did), ``p_target`` (mean probability that they give to the target, NaN where unknown),
    ``label_error`` (None where unknown). ``attrs`` has ``observers`` (their ids), ``epoch`` and, as ``exclude``, the
    annotation that was heeded.

    Raises
    ------
    InputError, UnknownNameError
        Nobody matches a pattern, no such annotation, an item of ``without`` that is not there, no folder of images, no
        image at all.
    """
    import pandas as pd

    if observers:
        d = d.isel(observer=_matching(d, observers))
    one = at_epoch(d, epoch)
    if exclude == LABEL_ERROR and LABEL_ERROR not in one.coords:
        exclude = None
    if exclude is not None:
        one = select(one, exclude=exclude)
    right = correctness(one).values[:, 0]
    sure = one["p_target"].values[:, 0] if "p_target" in one else np.full(right.shape, np.nan)
    names = np.array([*one.attrs["classes"], ""], dtype=object)
    target = one["target"].values
    flags = flagged(one, LABEL_ERROR) if LABEL_ERROR in one.coords else None
    ids = one["item"].values
    unknown = sorted(set(without) - set(d["item"].values))
    if unknown:
        msg = f"items to leave out are not there: {few(unknown)}; check the ids"
        raise InputError(msg)
    category = stats.partition(one, tolerance=tolerance)["category"].values.tolist()
    files = folder_images(
        images, ids.tolist(), one["path"].values.tolist() if "path" in one.coords else None
    ).files
    paths = [
        "" if f is None or f.suffix.lower() not in SUFFIXES else f.relative_to(images).as_posix()
        for f in files
    ]
    table = pd.DataFrame(
        {
            "item": ids,
            "path": paths,
            "class_name": names[target] if len(names) > 1 else [str(t) if t >= 0 else "" for t in target],
            "superclass": one["superclass"].values.astype(str) if "superclass" in one.coords else "",
            "difficulty": [DIFFICULTIES[c] for c in category],
            "mean_correct": _mean(right == 1, right >= 0),
            "p_target": _mean(sure, ~np.isnan(sure)),
            "label_error": flags.tolist() if flags is not None else None,
        }
    )  # fmt: skip
    kept = table[(table["path"] != "") & ~table["item"].isin(list(without))].drop_duplicates("path")
    if kept.empty:
        msg = f"no item that is not left out has an image in {images} ({', '.join(SUFFIXES)}); check --images"
        raise InputError(msg)
    kept = kept.reset_index(drop=True)
    kept.attrs = {
        "observers": [str(o) for o in one["observer"].values],
        "epoch": int(one["epoch"].values[0]),
        "exclude": exclude,
    }
    return kept


def _mean(values: NDArray[Any], there: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Mean over the observers that are there, NaN where nobody is."""
    total = np.where(there, values, 0).sum(axis=0, dtype=np.float64)
    count = there.sum(axis=0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _matching(d: Decisions, patterns: Sequence[str]) -> list[int]:
    ids, conditions = d["observer"].values, d["condition"].values
    chosen: set[int] = set()
    for pattern in patterns:
        hits = {
            k
            for k, names in enumerate(zip(ids, conditions, strict=True))
            if any(fnmatchcase(str(name), pattern) for name in names)
        }
        if not hits:
            kind = "observer or condition"
            raise UnknownNameError(kind, pattern, sorted({*map(str, ids), *map(str, conditions)}))
        chosen |= hits
    return sorted(chosen)
