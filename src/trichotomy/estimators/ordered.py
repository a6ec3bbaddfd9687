"""Agreement of raters who answer on an ordered scale: near misses count less than far ones."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trichotomy.errors import UnknownNameError
from trichotomy.estimators.agreement import Floats

METRICS = ("ordinal", "interval", "nominal")
WEIGHTS = ("quadratic", "linear")


def weighted_kappa(
    ratings: ArrayLike, *, weights: str = "quadratic", levels: int | None = None
) -> tuple[Floats, Floats]:
    """Weighted kappa of all pairs of raters (Cohen 1968).

    Kappa is 1 minus observed over expected disagreement; two answers disagree by their distance (``linear``) or its
    square (``quadratic``).

    Parameters
    ----------
    ratings
        int[M, N], levels 0, 1, ...; negative for no rating. A pair uses the items that both rated.
    levels
        How many levels there are; it does not change the value.

    Returns
    -------
    kappa, n
        float64[M, M]; kappa is NaN on the diagonal and where no disagreement is expected.
    """
    if weights not in WEIGHTS:
        raise UnknownNameError("weighting", weights, list(WEIGHTS))
    r = np.asarray(ratings)
    K = _levels(r, levels)
    known = (r >= 0).astype(float)
    said = [(r == k).astype(float) for k in range(K)]
    often = [one @ known.T for one in said]  # how often a gave the level on items that both rated
    observed, expected = np.zeros((2, len(r), len(r)))
    for k in range(K):
        for m in range(K):
            cost = abs(k - m) if weights == "linear" else (k - m) ** 2
            if cost and said[k].any() and said[m].any():
                observed += cost * (said[k] @ said[m].T)
                expected += cost * often[k] * often[m].T
    n = known @ known.T
    with np.errstate(divide="ignore", invalid="ignore"):
        kappa = np.where(expected > 0, 1 - observed * n / expected, np.nan)
    np.fill_diagonal(kappa, np.nan)
    return kappa, n


def coincidences(ratings: ArrayLike, *, levels: int | None = None) -> Floats:
    """Pairs of answers to each item, float64[N, K, K]: their sum is Krippendorff's coincidence matrix.

    Parameters
    ----------
    ratings
        int[M, N], levels 0, 1, ...; negative for no rating. An item rated once or never has none.
    """
    r = np.asarray(ratings)
    K = _levels(r, levels)
    counts = np.stack([(r == k).sum(axis=0) for k in range(K)], axis=1).astype(float)
    rated = counts.sum(axis=1)
    pairs = counts[:, :, None] * counts[:, None, :]
    pairs[:, np.arange(K), np.arange(K)] -= counts
    return np.asarray(np.where(rated > 1, 1 / np.maximum(rated - 1, 1), 0.0)[:, None, None] * pairs)


def alpha_of(coincidence: ArrayLike, *, metric: str = "ordinal") -> Floats:
    """Krippendorff's alpha of coincidence matrices (Krippendorff 2011).

    Parameters
    ----------
    coincidence
        float[..., K, K].
    metric
        How far apart two levels are: ``ordinal`` (by the answers between them), ``interval`` (by their numbers) or
        ``nominal``.

    Returns
    -------
    float64[...]; NaN where all answers are alike.
    """
    if metric not in METRICS:
        raise UnknownNameError("metric of alpha", metric, list(METRICS))
    o = np.asarray(coincidence, dtype=float)
    n_k = o.sum(axis=-1)
    n = n_k.sum(axis=-1)
    K = o.shape[-1]
    if metric == "nominal":
        apart = np.broadcast_to(1.0 - np.eye(K), o.shape)
    else:
        place = np.cumsum(n_k, axis=-1) - n_k / 2 if metric == "ordinal" else np.arange(K, dtype=float)
        apart = (place[..., :, None] - place[..., None, :]) ** 2
    observed = (o * apart).sum(axis=(-2, -1))
    expected = (n_k[..., :, None] * n_k[..., None, :] * apart).sum(axis=(-2, -1))
    with np.errstate(divide="ignore", invalid="ignore"):
        alpha = 1 - (n - 1) * observed / expected
    return np.asarray(np.where(expected > 0, alpha, np.nan))


def _levels(r: NDArray[Any], levels: int | None) -> int:
    return max(int(r.max()) + 1 if r.size else 0, levels or 0, 1)
