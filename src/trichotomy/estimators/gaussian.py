"""How far apart two classes of Gaussian noise are, which differ in nothing but their standard deviation."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from trichotomy.errors import InputError
from trichotomy.estimators.agreement import Floats


def gaussian_divergence(deviation: ArrayLike, other: ArrayLike) -> Floats:
    """Kullback-Leibler divergence of N(m, deviation^2) from N(m, other^2), in nats per value (a pixel's channel).

    KL(a, b) = ln(b / a) + a^2 / (2 b^2) - 1/2, for b = a + 1 as in Meding et al. (2022, Fig. 9). Values of independent
    pixels add up: an image of n values has n times that. Clipping to bytes, as images are, is not considered.

    Parameters
    ----------
    deviation, other
        Standard deviations, positive, of shapes that go together.

    Raises
    ------
    InputError
        A standard deviation that is not positive.
    """
    a, b = np.broadcast_arrays(np.asarray(deviation, dtype=float), np.asarray(other, dtype=float))
    if not ((a > 0) & (b > 0)).all():
        msg = "standard deviations must be positive for a divergence between Gaussians"
        raise InputError(msg)
    return np.asarray(np.log(b / a) + a**2 / (2 * b**2) - 0.5)
