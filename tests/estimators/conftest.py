"""One deterministic profile for the property tests, and decisions that several modules use."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import settings
from literal import rasch_like
from numpy.typing import NDArray

settings.register_profile("deterministic", derandomize=True, deadline=None, max_examples=60, database=None)
settings.load_profile("deterministic")


@pytest.fixture(scope="session")
def crowd() -> NDArray[np.int8]:
    """int8[6, 300], six observers of unequal ability on items of unequal difficulty."""
    return rasch_like(np.random.default_rng(11), 6, 300)


@pytest.fixture(scope="session")
def gappy(crowd: NDArray[np.int8]) -> NDArray[np.int8]:
    """The crowd with a tenth of its decisions missing."""
    gone = np.random.default_rng(12).random(crowd.shape) < 0.1
    return np.where(gone, np.int8(-1), crowd)
