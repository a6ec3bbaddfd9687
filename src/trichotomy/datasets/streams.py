"""Random numbers as a function of what they are for: any of them can be drawn again, alone and in any order."""

from __future__ import annotations

from typing import Literal

import numpy as np

from trichotomy.datasets.checks import check_seed

PURPOSES = {"augmentation": 1, "subset": 2, "gaussian": 3, "digits": 4}


def stream(
    purpose: Literal["augmentation", "subset", "gaussian", "digits"],
    seed: int,
    first: int = 0,
    second: int = 0,
    *,
    start: int = 0,
) -> np.random.Philox:
    """Return the generator keyed by (purpose, seed, first, second), from its block ``start`` on.

    A block is four 64-bit numbers. Two streams overlap only where all four parts of the key are the same
    (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3").

    Raises
    ------
    InputError
        A seed (or a part of the key) that is no whole number from 0 to 2**64 - 1.
    """
    key = [check_seed(seed), check_seed(first, "epoch" if purpose == "augmentation" else "part of the key")]
    return np.random.Philox(
        key=np.array(key, np.uint64), counter=np.array([start, second, 0, PURPOSES[purpose]], np.uint64)
    )
