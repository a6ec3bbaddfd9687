"""How decisions form over epochs: when items are learned, forgotten and learned for good."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

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
