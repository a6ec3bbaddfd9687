"""How decisions form over epochs: when items are learned, forgotten and learned for good."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trichotomy.estimators.agreement import Floats

NEVER = -1


def first_learned(correct: ArrayLike) -> NDArray[np.int64]:
    """Position of the first epoch at which an item is right: int64[..., N] from bool[..., E, N]; -1 if never."""
    c = np.asarray(correct) == 1
    return np.where(c.any(axis=-2), c.argmax(axis=-2), NEVER)


def finally_learned(correct: ArrayLike) -> NDArray[np.int64]:
    """Position of the first epoch from which on an item stays right: int64[..., N]; -1 if wrong at the end."""
    c = np.asarray(correct) == 1
    E = c.shape[-2]
    wrong_from_end = (~c)[..., ::-1, :]
    since = np.where(wrong_from_end.any(axis=-2), wrong_from_end.argmax(axis=-2), E)
    return np.where(since > 0, E - since, NEVER)


def forgetting_events(correct: ArrayLike) -> NDArray[np.int64]:
    """How often an item goes from right to wrong at the next epoch (Toneva et al. 2019): int64[..., N]."""
    c = np.asarray(correct) == 1
    return np.asarray(np.sum(c[..., :-1, :] & ~c[..., 1:, :], axis=-2, dtype=np.int64))


def order_agreement(learned: ArrayLike, *, never: int, known: ArrayLike | None = None) -> Floats:
    """Spearman's rank correlation of the observers' learning order: float64[M, M] from int[M, N].

    Parameters
    ----------
    learned
        Epoch at which each observer learned each item, -1 if never.
    never
        The rank position (number of epochs) that stands for an item never learned.
    known
        bool[M, N]; a pair uses the items known for both. Default: all.

    Returns
    -------
    NaN where an observer of the pair learned all its items at once, or no item is known for both.
    """
    times = np.asarray(learned)
    times = np.where(times < 0, never, times)
    if known is None or np.asarray(known).all():
        return _spearman(times)
    there = np.asarray(known)
    M = len(times)
    result = np.full((M, M), np.nan)
    for a in range(M):
        for b in range(a, M):
            items = there[a] & there[b]
            if items.any():
                result[a, b] = result[b, a] = _spearman(times[[a, b]][:, items])[0, 1]
    return result


def _spearman(times: NDArray[np.int64]) -> Floats:
    from scipy.stats import rankdata

    ranks = rankdata(times, axis=1)
    centred = ranks - ranks.mean(axis=1, keepdims=True)
    length = np.sqrt(np.sum(centred**2, axis=1))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray((centred @ centred.T) / (length[:, None] * length[None, :]))
