"""Agreement of many raters at once, and agreement about the class answered rather than about being right."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trichotomy.errors import InputError
from trichotomy.estimators.agreement import Floats
from trichotomy.estimators.ordered import alpha_of, coincidences


def fleiss_kappa(ratings: ArrayLike) -> float:
    """Fleiss' kappa over all observers (Fleiss 1971), for 0/1 correctness or for class responses.

    Parameters
    ----------
    ratings
        int[M, N], any labels >= 0, or negative for no rating; items that not everybody rated are left out.

    Returns
    -------
    NaN for fewer than two observers, no common item, or when all ratings are alike.
    """
    r = np.asarray(ratings)
    if r.dtype == np.bool_:
        r = r.astype(np.int8)
    r = r[:, (r >= 0).all(axis=0)]
    M, N = r.shape
    if M < 2 or N == 0:
        return float("nan")
    same, totals = _same_label_pairs(r), _label_totals(r)
    observed = float(same.mean() / (M * (M - 1)))
    expected = float(np.sum((totals / (M * N)) ** 2))
    return (observed - expected) / (1 - expected) if expected < 1 else float("nan")


def krippendorff_alpha(ratings: ArrayLike, *, metric: str = "nominal") -> float:
    """Krippendorff's alpha (Krippendorff 2011); missing ratings allowed.

    Parameters
    ----------
    ratings
        int[M, N], labels >= 0, negative for no rating. Items rated once or never do not count.
    metric
        ``nominal``, ``ordinal`` (labels are levels of a scale) or ``interval`` (their numbers count).

    Returns
    -------
    NaN where no item is rated twice or all ratings are alike.
    """
    r = np.asarray(ratings)
    if r.dtype == np.bool_:
        r = r.astype(np.int8)
    if metric != "nominal":
        return float(alpha_of(coincidences(r).sum(axis=0), metric=metric))
    rated = (r >= 0).sum(axis=0)
    r, rated = r[:, rated >= 2], rated[rated >= 2]
    if not rated.size:
        return float("nan")
    n = float(rated.sum())
    differing = rated * (rated - 1) - _same_label_pairs(r)
    observed = float(np.sum(differing / (rated - 1)))
    expected = (n**2 - float(np.sum(_label_totals(r) ** 2))) / (n - 1)
    return 1 - observed / expected if expected > 0 else float("nan")


def response_kappa(
    response: ArrayLike, target: ArrayLike | None = None, *, both_wrong: bool = False
) -> tuple[Floats, Floats]:
    """Cohen's kappa on the classes answered, for all pairs (Cohen 1960).

    Parameters
    ----------
    response
        int[M, N]; negative (missing or no answer) pairs of answers are left out, pair by pair.
    target
        int[N]; needed with ``both_wrong``, where items without a target are left out.
    both_wrong
        Only the items that both get wrong: do they make the same mistakes?

    Returns
    -------
    kappa, n
        float64[M, M]: kappa (NaN where undefined) and the number of items of each pair.
    """
    r = np.asarray(response)
    M = len(r)
    wrong = np.ones(r.shape, dtype=bool)
    if both_wrong:
        if target is None:
            msg = "agreement among items that both get wrong needs their targets"
            raise InputError(msg)
        t = np.asarray(target)
        wrong = (r != t) & (t >= 0)
    used = (r >= 0) & wrong
    labels = int(r.max()) + 1 if r.size else 0
    values, n = np.full((M, M), np.nan), np.zeros((M, M))
    for a in range(M):
        for b in range(a, M):
            items = used[a] & used[b]
            values[a, b] = values[b, a] = _cohen(r[a][items], r[b][items], labels)
            n[a, b] = n[b, a] = items.sum()
    return values, n


def _cohen(a: NDArray[Any], b: NDArray[Any], labels: int) -> float:
    n = len(a)
    if not n:
        return float("nan")
    observed = np.count_nonzero(a == b) / n
    expected = float(np.bincount(a, minlength=labels) @ np.bincount(b, minlength=labels)) / n**2
    return (observed - expected) / (1 - expected) if expected < 1 else float("nan")


def _same_label_pairs(r: NDArray[Any]) -> NDArray[np.int64]:
    """Ordered pairs of observers with the same label on each item, int64[N]; negatives match nothing."""
    ranked = np.sort(r, axis=0)
    run = np.zeros(r.shape[1], dtype=np.int64)
    pairs = np.zeros(r.shape[1], dtype=np.int64)
    for m in range(len(ranked)):
        repeats = (ranked[m] == ranked[m - 1]) if m else np.zeros(r.shape[1], dtype=bool)
        run = np.where(repeats, run + 1, 0)
        pairs += np.where(ranked[m] >= 0, 2 * run, 0)
    return pairs


def _label_totals(r: NDArray[Any]) -> Floats:
    return np.bincount(r[r >= 0].ravel()).astype(np.float64)
