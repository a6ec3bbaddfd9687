"""Items that an experiment may show: what the decisions say of each, and its image."""

from __future__ import annotations

import os
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import numpy as np

from trichotomy import stats
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
        Folder that holds the images, at any depth. An item's file is found by its ``path`` or its id, whole, without
        the suffix, or by the last part alone where only one file has it.
    observers
        Patterns of ids or conditions of the observers that judge difficulty; all where there is none.
    tolerance, epoch
        As in ``stats.partition``.
    exclude
        Annotation of items; items where it is true are left out. None leaves none out; ``label_error`` may be absent.
    without
        Ids of items to leave out.

    Returns
    -------
    DataFrame with one row per item: ``item``, ``path`` (below ``images``), ``class_name``, ``superclass`` (where
    known), ``difficulty`` (empty where not all observers chosen answered), ``mean_correct`` (of those who
    answered, NaN where nobody did), ``label_error`` (None where unknown). ``attrs["observers"]`` names the observers.

    Raises
    ------
    InputError, UnknownNameError
        Nobody matches a pattern, no such annotation, an item of ``without`` that is not there, no image at all.
    """
    import pandas as pd

    if observers:
        d = d.isel(observer=_matching(d, observers))
    one = at_epoch(d, epoch)
    if exclude is not None and (exclude in one.coords or exclude != LABEL_ERROR):
        one = select(one, exclude=exclude)
    right = correctness(one).values[:, 0]
    answered = (right >= 0).sum(axis=0)
    names = np.array([*one.attrs["classes"], ""], dtype=object)
    target = one["target"].values
    flags = flagged(one, LABEL_ERROR) if LABEL_ERROR in one.coords else None
    ids = one["item"].values
    unknown = sorted(set(without) - set(d["item"].values))
    if unknown:
        msg = f"items to leave out are not there: {few(unknown)}; check the ids"
        raise InputError(msg)
    category = stats.partition(one, tolerance=tolerance)["category"].values.tolist()
    found = find_images(images, ids.tolist(), one["path" if "path" in one.coords else "item"].values.tolist())
    table = pd.DataFrame(
        {
            "item": ids,
            "path": [found.get(i, "") for i in ids],
            "class_name": names[target] if len(names) > 1 else [str(t) if t >= 0 else "" for t in target],
            "superclass": one["superclass"].values.astype(str) if "superclass" in one.coords else "",
            "difficulty": [DIFFICULTIES[c] for c in category],
            "mean_correct": np.where(answered > 0, (right == 1).sum(axis=0) / np.maximum(answered, 1), np.nan),
            "label_error": flags.tolist() if flags is not None else None,
        }
    )  # fmt: skip
    kept = table[(table["path"] != "") & ~table["item"].isin(list(without))].drop_duplicates("path")
    if kept.empty:
        msg = f"no item has an image in {images} (looked for {few(ids)}, with {', '.join(SUFFIXES)}); check --images"
        raise InputError(msg)
    kept = kept.reset_index(drop=True)
    kept.attrs = {"observers": [str(o) for o in one["observer"].values], "epoch": int(one["epoch"].values[0])}
    return kept


def find_images(folder: Path, ids: Sequence[str], paths: Sequence[str]) -> dict[str, str]:
    """Find the files of items, as paths below ``folder``.

    Parameters
    ----------
    ids, paths
        Ids of items and what is known of their files; may be the same.

    Raises
    ------
    InputError
        There is no such folder.
    """
    if not folder.is_dir():
        msg = f"there is no folder of images at {folder}; name it with --images"
        raise InputError(msg)
    exact: set[str] = set()
    names: dict[str, str | None] = {}
    for place, folders, files in os.walk(folder):
        folders.sort()
        for file in sorted(files):
            path = (Path(place) / file).relative_to(folder)
            if path.suffix.lower() in SUFFIXES:
                whole = path.as_posix()
                exact.add(whole)
                for name in {path.with_suffix("").as_posix(), path.name, path.stem}:
                    names[name] = whole if names.get(name, whole) == whole else None  # several have it: none
    result = {}
    for item, known in zip(ids, paths, strict=True):
        given = (str(known), str(item))
        parts = (*given, *(PurePosixPath(name).name for name in given))
        chosen = next((n for n in given if n in exact), None)
        chosen = chosen or next((found for n in parts if (found := names.get(n))), None)
        if chosen:
            result[item] = chosen
    return result


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
