"""Random initialisation that neither depends on global random state nor changes it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

# at::mt19937 keeps the low 32 bits of a seed: 0 and 2**32 would give the same weights under two names.
LARGEST_SEED = 2**32 - 1


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Seed the global generators of torch (CPU), NumPy and Python inside the block; restore them after it.

    Initialisers draw from torch's global generator and take no other, and a user's network may draw from any
    of the three. The generators of accelerators stay as they are: ``torch.manual_seed`` would reset them too.
    """
    import torch

    seed = int(seed)  # a seed may come from NumPy, whose integers Python's generator refuses
    python, legacy = random.getstate(), np.random.get_state()  # noqa: NPY002
    try:
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(seed)
            np.random.seed(seed)  # noqa: NPY002
            random.seed(seed)
            yield
    finally:
        random.setstate(python)
        np.random.set_state(legacy)  # noqa: NPY002
