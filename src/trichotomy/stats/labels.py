"""Suspected label errors, found by cleanlab from predicted probabilities."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from trichotomy.decisions import Decisions, at_epoch
from trichotomy.errors import InputError, MissingExtraError

METHOD = "prune_by_noise_rate"


def label_issues(
    d: Decisions,
    *,
    probabilities: ArrayLike | None = None,
    epoch: int | None = None,
    method: str = METHOD,
) -> xr.Dataset:
    """Items whose label is probably wrong, by confident learning (Northcutt et al. 2021a), with cleanlab.

    Probabilities must be out of sample: of items that the models did not learn from. Items without a target, or without
    probabilities, are neither flagged nor ranked (``issue`` false, ``quality`` NaN).

    Parameters
    ----------
    probabilities
        float[N, K], one row per item and one column per class, in the order of the decisions' items and classes. By
        default they are put together from ``p_target`` and ``p_response`` of the decisions, averaged over observers;
        what those leave of 1 is spread evenly over the other classes.
    epoch
        Of the stored probabilities; default the last that every observer has.
    method
        cleanlab's ``filter_by``.

    Returns
    -------
    Dataset over ``item``: ``issue`` (bool), ``quality`` (the label's self-confidence, low is suspicious), ``suggested``
    (the most probable class index, -1 where unknown). ``tri.annotate(d, result["issue"], name="label_issue")`` makes an
    annotation of it.

    Raises
    ------
    MissingExtraError
        cleanlab is not installed.
    InputError
        No probabilities, a matrix of another shape, or rows that do not sum to 1.

    References
    ----------
    Northcutt, Jiang & Chuang 2021, *J. Artif. Intell. Res.* 70.
    """
    try:
        from cleanlab.filter import find_label_issues
        from cleanlab.rank import get_label_quality_scores
    except ImportError as error:
        feature = "finding label errors"
        raise MissingExtraError(feature, "labels") from error
    one = at_epoch(d, epoch)
    target = one["target"].values.astype(np.int64)
    matrix, source = (
        (_given(probabilities, one), "given")
        if probabilities is not None
        else (_stored(one), "p_target and p_response, mean over observers, the rest spread evenly")
    )
    usable = (target >= 0) & np.isfinite(matrix).all(axis=1)
    if not usable.any():
        msg = "no item has both a target and probabilities; read the decisions with --targets"
        raise InputError(msg)
    labels, known = target[usable], matrix[usable]
    classes, codes = np.unique(labels, return_inverse=True)
    if len(classes) < 2:
        msg = "finding label errors needs items of two classes or more"
        raise InputError(msg)
    compact = known[:, classes]  # cleanlab wants every class to occur
    total = compact.sum(axis=1, keepdims=True)
    compact = np.where(total > 0, compact / np.maximum(total, 1e-12), 1 / len(classes))
    issue, quality = np.zeros(len(target), dtype=bool), np.full(len(target), np.nan)
    issue[usable] = find_label_issues(codes, compact, filter_by=method, n_jobs=1)
    quality[usable] = get_label_quality_scores(codes, compact)
    suggested = np.full(len(target), -1, dtype=np.int64)
    suggested[usable] = known.argmax(axis=1)
    return xr.Dataset(
        {"issue": ("item", issue), "quality": ("item", quality), "suggested": ("item", suggested)},
        coords={"item": one["item"].values},
        attrs={
            "method": f"cleanlab, {method}", "probabilities": source, "n": int(usable.sum()),
            "flagged": int(issue.sum()), "left_out": int((~usable).sum()), "seed": None,
            "epoch": int(one["epoch"].values[0]), "reference": "Northcutt et al. 2021",
        },
    )  # fmt: skip


def _given(probabilities: ArrayLike, d: Decisions) -> NDArray[np.float64]:
    matrix = np.asarray(probabilities, dtype=float)
    N, K = d.sizes["item"], _classes(d)
    if matrix.ndim != 2 or matrix.shape[0] != N or matrix.shape[1] < K:
        msg = (
            f"probabilities have shape {matrix.shape}; give one row for each of {N} items and a column for each of {K} "
            "classes"
        )
        raise InputError(msg)
    known = matrix[np.isfinite(matrix).all(axis=1)]
    if known.size and (known.min() < 0 or np.abs(known.sum(axis=1) - 1).max() > 0.02):
        msg = (
            "probabilities must lie between 0 and 1 and sum to 1 in each row; apply a softmax to logits first"
        )
        raise InputError(msg)
    return matrix


def _stored(d: Decisions) -> NDArray[np.float64]:
    """float64[N, K] from the probabilities of the target and of the response, NaN where no observer has them."""
    lacking = [name for name in ("p_target", "p_response", "response") if name not in d]
    if lacking:
        msg = (
            f"the decisions hold no '{lacking[0]}'; give a matrix of probabilities, or read files that have "
            "p_target and p_response"
        )
        raise InputError(msg)
    target = d["target"].values.astype(np.int64)
    N, K = len(target), max(_classes(d), 2)
    total, voices = np.zeros((N, K)), np.zeros(N)
    for m in range(d.sizes["observer"]):
        one: dict[str, NDArray[Any]] = {
            name: d[name].values[m, 0] for name in ("p_target", "p_response", "response")
        }
        p, q, r = one["p_target"].astype(float), one["p_response"].astype(float), one["response"]
        rows = np.flatnonzero(np.isfinite(p) & np.isfinite(q) & (r >= 0) & (target >= 0))
        same = r[rows] == target[rows]
        rest = np.clip(1 - p[rows] - np.where(same, 0, q[rows]), 0, 1)
        others = np.where(same, K - 1, K - 2)
        each = np.where(others > 0, rest / np.maximum(others, 1), 0)
        total[rows] += each[:, None]
        total[rows, r[rows]] += q[rows] - each
        total[rows[~same], target[rows[~same]]] += (p[rows] - each)[~same]
        voices[rows] += 1
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(voices[:, None] > 0, total / voices[:, None], np.nan)


def _classes(d: Decisions) -> int:
    largest = int(d["target"].values.max(initial=-1))
    if "response" in d:
        largest = max(largest, int(d["response"].values.max(initial=-1)))
    return max(len(d.attrs["classes"]), largest + 1)
