"""Whether a difference is small, rather than whether it is there: two one-sided tests."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from trichotomy.errors import InputError
from trichotomy.estimators.agreement import Floats


def two_one_sided(difference: ArrayLike, standard_error: ArrayLike, *, margin: float) -> Floats:
    """p-value of "the difference lies within plus or minus ``margin``" (Schuirmann 1987), normal approximation.

    The larger of the two one-sided p-values, of differences at most -margin and at least +margin. It is below
    alpha exactly where the 1 - 2 alpha interval lies within the margin.

    Parameters
    ----------
    difference, standard_error
        Arrays of one shape. Where the error is 0 the difference is taken as known: p is 0 within the margin, else 1.

    Returns
    -------
    float64 of that shape; NaN where the difference or its error is.

    Raises
    ------
    InputError
        The margin is not a positive number.
    """
    from scipy.special import ndtr

    if not 0 < margin < np.inf:
        msg = f"a margin of equivalence must be positive, such as 0.05; got {margin}"
        raise InputError(msg)
    value, error = np.asarray(difference, dtype=float), np.asarray(standard_error, dtype=float)
    room = margin - np.abs(value)  # the nearer bound decides
    with np.errstate(divide="ignore", invalid="ignore"):
        p = ndtr(-room / error)
    known = np.where(room > 0, 0.0, 1.0)
    return np.where(np.isnan(value) | np.isnan(error), np.nan, np.where(error > 0, p, known))
