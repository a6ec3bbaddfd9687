"""What the histogram of the number of observers right would look like under simple models of difficulty.

Every null is a probability vector float64[M + 1] over 0..M observers right.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trichotomy.errors import InputError
from trichotomy.estimators.agreement import Floats
from trichotomy.estimators.partition import check_tolerance, extreme_shares, rarefaction

GRID = np.linspace(0.01, 0.99, 100)
"""The authors' grid of item accuracies in appendix A.9 of Meding et al. (2022)."""
A9_BETA = (1.0, 0.32)
A9_SLOPE = -6.85


def binomial(observers: int, accuracy: float) -> Floats:
    """Independent observers of one accuracy on equally difficult items (Meding et al. 2022, Fig. 2)."""
    return mixture(observers, [accuracy], [1.0])


def poisson_binomial(accuracies: ArrayLike) -> Floats:
    """Independent observers, each with its own accuracy, on equally difficult items; exact, by convolution.

    Parameters
    ----------
    accuracies
        float[M], or float[..., M] for several populations at once, giving float[..., M + 1].
    """
    p = np.asarray(accuracies, dtype=float)
    result = np.zeros((*p.shape[:-1], p.shape[-1] + 1))
    result[..., 0] = 1.0
    for m in range(p.shape[-1]):
        here = p[..., m, None]
        result[..., 1 : m + 2] = result[..., 1 : m + 2] * (1 - here) + result[..., : m + 1] * here
        result[..., 0] *= 1 - here[..., 0]
    return result


def per_class_poisson_binomial(accuracies: ArrayLike, sizes: ArrayLike) -> Floats:
    """Difficulty that classes alone explain: a Poisson-binomial in every class, mixed by the classes' sizes.

    Parameters
    ----------
    accuracies
        float[K, M], each observer's accuracy in each class.
    sizes
        int[K], items per class.
    """
    weights = np.asarray(sizes, dtype=float)
    if not weights.sum():
        return np.full(np.shape(accuracies)[-1] + 1, np.nan)
    return np.asarray(weights / weights.sum() @ poisson_binomial(accuracies))


def two_spike(observers: int, accuracy: float) -> Floats:
    """The opposite extreme: a share ``accuracy`` of items that all get right, the rest that none does."""
    result = np.zeros(observers + 1)
    result[0], result[-1] = 1 - accuracy, accuracy
    return result


def comonotone(accuracies: ArrayLike) -> Floats:
    """Items ordered alike for all observers (Guttman 1944).

    Trivial plus impossible is then 1 - (max - min accuracy), at tolerance 0 the largest possible value.
    """
    falling = np.concatenate([[1.0], np.sort(np.asarray(accuracies, dtype=float))[::-1], [0.0]])
    return -np.diff(falling)


def mixture(observers: int, accuracies: ArrayLike, weights: ArrayLike) -> Floats:
    """Conditionally independent observers of one ability on items of given accuracies, mixed by weights."""
    from scipy.special import gammaln, xlog1py, xlogy

    p, w = np.asarray(accuracies, dtype=float)[:, None], np.asarray(weights, dtype=float)
    s = np.arange(observers + 1)
    choose = gammaln(observers + 1) - gammaln(s + 1) - gammaln(observers - s + 1)
    return np.asarray(w / w.sum() @ np.exp(choose + xlogy(s, p) + xlog1py(observers - s, -p)))


def beta_difficulty(observers: int, *, alpha: float = A9_BETA[0], beta: float = A9_BETA[1]) -> Floats:
    """Item accuracies from a Beta distribution on the authors' grid (Meding et al. 2022, A.9; mean .703).

    Parameters
    ----------
    alpha, beta
        The paper's, or those of ``fit_beta_difficulty``.
    """
    log_weight = (alpha - 1) * np.log(GRID) + (beta - 1) * np.log1p(-GRID)
    return mixture(observers, GRID, np.exp(log_weight - log_weight.max()))


def sigmoid_difficulty(
    observers: int, accuracy: float | None = None, *, slope: float = A9_SLOPE, shift: float = 0.5
) -> Floats:
    """Item accuracies that fall along a logistic over the authors' grid (ibid., A.9).

    The paper gives the slope and the grid; where the logistic is centred it does not say.

    Parameters
    ----------
    accuracy
        Mean accuracy to reach by shifting the logistic; ``shift`` is then not used.
    slope, shift
        Of expit(slope (x - shift)) over the grid; the paper's slope and the grid's centre (mean .5), or those of
        ``fit_sigmoid_difficulty``.
    """
    from scipy.special import expit

    if accuracy is not None:
        shift = sigmoid_shift(accuracy, slope=slope)
    return mixture(observers, expit(slope * (GRID - shift)), np.ones(GRID.size))


def sigmoid_shift(accuracy: float, *, slope: float = A9_SLOPE) -> float:
    """Shift at which the logistic over the authors' grid has a mean accuracy."""
    from scipy.optimize import brentq
    from scipy.special import expit

    wanted = np.clip(accuracy, 1e-6, 1 - 1e-6)
    reach = 1 + 20 / abs(slope)
    return float(brentq(lambda x: expit(slope * (GRID - x)).mean() - wanted, -reach, 1 + reach))


def beta_binomial(observers: int, alpha: float, beta: float) -> Floats:
    """Conditionally independent observers of one ability on items whose accuracy is Beta(alpha, beta)."""
    return np.exp(_log_beta_binomial(observers, alpha, beta))


def fit_beta_binomial(counts: ArrayLike) -> tuple[float, float]:
    """Maximum-likelihood alpha and beta of a beta-binomial, from a histogram over 0..M observers right.

    NaN where they are not defined: fewer than two observers, or every item alike. Where the histogram is
    narrower than a binomial, both are very large (all items equally difficult).
    """
    from scipy.optimize import minimize

    h = np.asarray(counts, dtype=float)
    M = len(h) - 1
    mean = float(h @ np.arange(M + 1) / (h.sum() * M)) if h.sum() and M else np.nan
    if M < 2 or not 0 < mean < 1:
        return np.nan, np.nan

    def loss(x: Floats) -> float:  # x: logit of the mean, log of alpha + beta
        p, size = 1 / (1 + np.exp(-x[0])), np.exp(x[1])
        return -float(h @ _log_beta_binomial(M, p * size, (1 - p) * size)) / float(h.sum())

    start = np.array([np.log(mean / (1 - mean)), np.log(_moment_size(h, mean))])
    bounds = [(-30.0, 30.0), (-12.0, 14.0)]
    best = minimize(loss, start, method="L-BFGS-B", bounds=bounds, options={"ftol": 1e-15, "gtol": 1e-10})
    best = minimize(
        loss, best.x, method="Nelder-Mead", bounds=bounds, options={"xatol": 1e-9, "fatol": 1e-14}
    )
    p, size = 1 / (1 + np.exp(-best.x[0])), np.exp(best.x[1])
    return float(p * size), float((1 - p) * size)


def total_variation(p: ArrayLike, q: ArrayLike) -> float:
    """Total-variation distance of two histograms, each brought to sum 1; in [0, 1], NaN for an empty one."""
    a, b = np.asarray(p, dtype=float), np.asarray(q, dtype=float)
    if not a.sum() or not b.sum():
        return np.nan
    return float(np.abs(a / a.sum() - b / b.sum()).sum() / 2)


@dataclass(frozen=True, slots=True)
class DichotomyIndex:
    """How far the trivial and impossible items go beyond independence, towards the most possible.

    Attributes
    ----------
    index
        (observed - independent) / (attainable - independent); NaN where attainable = independent.
    observed, independent, attainable
        Share of trivial plus impossible items: as seen, under the Poisson-binomial, and at most.
    """

    index: float
    observed: float
    independent: float
    attainable: float


def dichotomy_index(
    counts: ArrayLike, accuracies: ArrayLike, *, tolerance: int = 0, corrected: bool = True
) -> DichotomyIndex:
    """Dichotomy index of a population; depends on the number of observers (see ``rarefied_dichotomy_index``).

    Parameters
    ----------
    counts
        int[M + 1], histogram of the number of observers right.
    accuracies
        float[M].
    corrected
        Divide by what these accuracies can attain; else by 1, which for two observers of equal accuracy at
        tolerance 0 gives kappa.
    """
    x, x0 = (sum(extreme_shares(h, tolerance=tolerance)) for h in (counts, poisson_binomial(accuracies)))
    x1 = attainable_extremes(accuracies, tolerance=tolerance) if corrected else 1.0
    return _index(x, x0, x1)


def attainable_extremes(accuracies: ArrayLike, *, tolerance: int = 0) -> float:
    """Largest share of trivial plus impossible items that observers of these accuracies can have.

    At tolerance 0 it is 1 - (max - min accuracy), reached by the comonotone population. Beyond, histograms are
    searched by a linear programme: h is possible for accuracies p if its mean is sum(p) and, for every k,
    sum_s h(s) min(s, k) is at least the sum of the k largest p (Gale 1957; Ryser 1957).
    """
    p = np.sort(np.asarray(accuracies, dtype=float))[::-1]
    check_tolerance(tolerance, len(p))
    if tolerance == 0:
        return float(1 - (p[0] - p[-1]))
    from scipy.optimize import linprog

    s = np.arange(len(p) + 1)
    extreme = (s <= tolerance) | (s >= len(p) - tolerance)
    k = np.arange(1, len(p))
    best = linprog(
        -extreme.astype(float),
        A_ub=-np.minimum(s[None, :], k[:, None]),
        b_ub=-np.cumsum(p)[:-1] + 1e-12,
        A_eq=np.stack([np.ones(len(s)), s]),
        b_eq=[1.0, p.sum()],
        bounds=(0, 1),
    )
    return -float(best.fun or 0.0)


def rarefied_dichotomy_index(counts: ArrayLike, accuracies: ArrayLike, observers: int) -> DichotomyIndex:
    """Dichotomy index expected in random subsets of ``observers`` observers, at tolerance 0; exact.

    The three shares are averaged over all subsets before the index is formed.
    """
    p = np.sort(np.asarray(accuracies, dtype=float))
    if not 2 <= observers <= len(p):
        msg = f"subsets must have between 2 and {len(p)} observers; got {observers}"
        raise InputError(msg)
    trivial, impossible = rarefaction(counts, [observers])
    x0 = _mean_product(p, observers) + _mean_product(1 - p, observers)
    rank_weight = _largest_is(len(p), observers)
    spread = float(rank_weight @ p - rank_weight[::-1] @ p)
    return _index(float(trivial[0] + impossible[0]), x0, 1 - spread)


def _index(x: float, x0: float, x1: float) -> DichotomyIndex:
    return DichotomyIndex((x - x0) / (x1 - x0) if x1 - x0 > 1e-12 else np.nan, x, x0, x1)


def _mean_product(p: Floats, k: int) -> float:
    """Mean over all k-subsets of the product of their members (elementary symmetric mean)."""
    mean = np.zeros(k + 1)
    mean[0] = 1.0
    j = np.arange(1, k + 1)
    for m, value in enumerate(p, start=1):
        mean[1:] = np.maximum(m - j, 0) / m * mean[1:] + np.minimum(j, m) / m * value * mean[:-1]
    return float(mean[k])


def _largest_is(M: int, k: int) -> Floats:
    """Probability that the largest of k drawn from M ranked values is the one of rank 1..M."""
    from scipy.special import gammaln

    rank = np.arange(1, M + 1)
    possible = rank >= k
    r = np.where(possible, rank, k)
    log_ways = gammaln(r) - gammaln(k) - gammaln(r - k + 1)
    log_all = gammaln(M + 1) - gammaln(k + 1) - gammaln(M - k + 1)
    return np.where(possible, np.exp(log_ways - log_all), 0.0)


def _log_beta_binomial(M: int, alpha: float, beta: float) -> Floats:
    from scipy.special import betaln, gammaln

    s: NDArray[np.int64] = np.arange(M + 1)
    choose = gammaln(M + 1) - gammaln(s + 1) - gammaln(M - s + 1)
    return np.asarray(choose + betaln(s + alpha, M - s + beta) - betaln(alpha, beta))


def _moment_size(h: Floats, mean: float) -> float:
    """Alpha + beta by the method of moments, kept within reason."""
    M = len(h) - 1
    s = np.arange(M + 1)
    variance = float(h @ (s - M * mean) ** 2 / h.sum())
    intraclass = (variance / (M * mean * (1 - mean)) - 1) / (M - 1)
    return float(np.clip(1 / np.clip(intraclass, 1e-5, 0.99) - 1, 0.02, 1e5))
