"""How well scores on some items stand for accuracy on all of them, judged by observers that were held out."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trichotomy.estimators.agreement import Floats
from trichotomy.estimators.intervals import student_quantile


def rank_correlation(scores: ArrayLike, truth: ArrayLike) -> Floats:
    """Spearman's correlation of each column with ``truth``; NaN where either is constant (Spearman 1904).

    Parameters
    ----------
    scores
        float[K, R], a column per subset.
    truth
        float[K].

    Returns
    -------
    float64[R].
    """
    from scipy.stats import rankdata

    ranks, wanted = (
        rankdata(np.asarray(scores, dtype=float), axis=0),
        rankdata(np.asarray(truth, dtype=float)),
    )
    ranks -= ranks.mean(axis=0)
    wanted -= wanted.mean()
    scale = np.sqrt((ranks**2).sum(axis=0) * (wanted**2).sum())
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(scale > 0, wanted @ ranks / scale, np.nan))


def swapped_pairs(scores: ArrayLike, truth: ArrayLike) -> Floats:
    """Share of pairs of observers that each column puts in the wrong order: float64[R] (Kendall 1938).

    Equal scores count as half wrong; pairs that are equal in ``truth`` are left out. NaN where no pair is left.

    Parameters
    ----------
    scores
        float[K, R], a column per subset.
    truth
        float[K].
    """
    t, s = np.asarray(truth, dtype=float), np.asarray(scores, dtype=float)
    one, other = np.triu_indices(len(t), 1)
    differ = t[one] != t[other]
    one, other = one[differ], other[differ]
    if not len(one):
        return np.full(s.shape[1], np.nan)
    agreement = np.sign(t[one] - t[other])[:, None] * np.sign(s[one] - s[other])
    return np.asarray((1 - agreement.mean(axis=0)) / 2)


def difference_error(estimates: ArrayLike, truth: ArrayLike) -> Floats:
    """Mean squared error of the differences between all pairs of observers: float64[R].

    Parameters
    ----------
    estimates
        float[K, R], a column per subset.
    truth
        float[K].
    """
    # The mean over pairs of (e_i - e_j)**2 is twice the variance of the errors e.
    return np.asarray(
        2 * np.var(np.asarray(estimates) - np.asarray(truth, dtype=float)[:, None], axis=0, ddof=1)
    )


def halves(
    families: ArrayLike, count: int, rng: np.random.Generator
) -> list[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Split observers in two halves of whole families, ``count`` times at random.

    Families are taken in random order until about half of the observers are on one side.

    Parameters
    ----------
    families
        [M] labels; two or more different ones.
    """
    labels, member = np.unique(np.asarray(families).astype(str), return_inverse=True)
    sizes = np.bincount(member)
    splits = []
    for _ in range(count):
        order = rng.permutation(len(labels))
        reached = np.cumsum(sizes[order])[:-1]
        taken = order[: int(np.abs(reached - len(member) / 2).argmin()) + 1]
        one = np.isin(member, taken)
        splits.append((np.flatnonzero(one), np.flatnonzero(~one)))
    return splits


def jackknife_interval(
    value: float, without: ArrayLike, sizes: ArrayLike, *, level: float = 0.95
) -> tuple[float, float]:
    """Interval of a statistic from its values without each of G groups of unequal size, by Student's t with G - 1.

    The delete-m_j jackknife: leaving out a large group changes a statistic more, and counts for less.

    Parameters
    ----------
    value
        The statistic of all groups.
    without
        float[G]. NaN where any is NaN or fewer than two are given.
    sizes
        int[G], of the groups.

    References
    ----------
    Busing, Meijer & van der Leeden 1999.
    """
    parts, m = np.asarray(without, dtype=float), np.asarray(sizes, dtype=float)
    G = len(parts)
    if G < 2 or not np.isfinite(parts).all():
        return np.nan, np.nan
    h = m.sum() / m
    estimate = G * value - ((1 - 1 / h) * parts).sum()
    pseudo = h * value - (h - 1) * parts
    error = np.sqrt(((pseudo - estimate) ** 2 / (h - 1)).mean())
    reach = student_quantile(level, G - 1) * float(error)
    return value - reach, value + reach
