"""Items and pairs as columns: what ``items.csv``, ``pairs.csv`` and the report's tables hold."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from trichotomy.estimators import CATEGORIES
from trichotomy.report.analysis import Analysis

Columns = dict[str, NDArray[Any]]


def item_columns(a: Analysis) -> Columns:
    """One row per item: id, target, number right, class of difficulty, and the items' annotations."""
    d, p = a.population, a.partition
    names = np.array([*CATEGORIES, "left out"], dtype=object)  # category -1 reaches the last
    right = p["right"].values.astype(object)
    right[right < 0] = None
    columns: Columns = {"item": p["item"].values}
    target = d["target"].values
    classes = d.attrs["classes"]
    if classes:
        columns["target"] = np.array([*classes, None], dtype=object)[target]
    elif (target >= 0).any():
        shown = target.astype(object)
        shown[target < 0] = None
        columns["target"] = shown
    columns["right"] = right
    columns["observers"] = np.full(len(right), p.attrs["observers"])
    columns["difficulty"] = names[p["category"].values]
    for name, coordinate in d.coords.items():
        if coordinate.dims == ("item",) and name != "item" and str(name) not in columns:
            columns[str(name)] = coordinate.values
    return columns


def pair_columns(a: Analysis) -> Columns:
    """One row per pair of observers: agreement over all items, pruned both ways, and residual."""
    c = a.consistency
    first, second = np.triu_indices(c.sizes["observer_a"], 1)
    names = c["observer_a"].values
    columns: Columns = {"observer_a": names[first], "observer_b": names[second]}
    for name in ("n", "agreement", "kappa"):
        columns[name] = c[name].values[first, second]
    columns["n"] = columns["n"].astype(np.int64)
    for k, bound in enumerate(c["ci_bound"].values):
        columns[f"kappa_{bound}"] = c["ci"].values[first, second, k]
    for name in (
        "log_p",
        "log_p_holm",
        "log_p_fdr",
        "lowest",
        "highest",
        "attainable",
        "double_fault",
        "yule_q",
    ):
        columns[name] = c[name].values[first, second]
    for label, result in (("insample", a.insample), ("crossfit", a.crossfit)):
        columns[f"kappa_{label}"] = result["kappa"].values[first, second]
        for k, bound in enumerate(result["ci_bound"].values):
            columns[f"kappa_{label}_{bound}"] = result["ci"].values[first, second, k]
        columns[f"n_{label}"] = result["n"].values[first, second].astype(np.int64)
    columns["kappa_residual"] = a.residual["kappa"].values[first, second]
    return columns
