"""Questions about several pairs at once: a mean over pairs, a difference of kappas that share items.

Every statistic here is a smooth function of sums over items, so one matrix product gives the influence of each
item on it, and with that a standard error that respects how the pairs hang together through their items.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trichotomy.errors import InputError, UnknownNameError
from trichotomy.estimators.agreement import Cells, Floats, kappa, kappa_gradient, pair_cells
from trichotomy.estimators.intervals import Seed, normal_quantile, student_quantile

_BLOCK_VALUES = 2**23


@dataclass(frozen=True, slots=True)
class Estimate:
    """One number with its interval.

    Attributes
    ----------
    value, lower, upper, standard_error
        NaN where undefined.
    n
        How many things (pairs, items) it is made from.
    method
        How the interval was made, in words.
    """

    value: float
    lower: float
    upper: float
    standard_error: float
    n: int
    method: str


@dataclass(frozen=True, slots=True)
class Kept:
    """Which items count, bool[N] each: by whether an item is got right by both, by one, by none of a pair."""

    both_right: NDArray[np.bool_]
    one_right: NDArray[np.bool_]
    both_wrong: NDArray[np.bool_]

    @classmethod
    def same(cls, items: NDArray[np.bool_]) -> Kept:
        """The same items whatever the pair did."""
        return cls(items, items, items)


def kept_cells(right: NDArray[np.bool_], wrong: NDArray[np.bool_], kept: Kept) -> Cells:
    """2x2 tables of all pairs over the items kept, [M, M] each.

    Parameters
    ----------
    right, wrong
        bool[M, N]; missing is neither.
    """
    M = len(right)
    both, a_only, none = np.zeros((M, M)), np.zeros((M, M)), np.zeros((M, M))
    for part in _parts(right.shape):
        r, w = right[:, part].astype(np.float32), wrong[:, part].astype(np.float32)
        both += (r * kept.both_right[part]) @ r.T
        a_only += (r * kept.one_right[part]) @ w.T
        none += (w * kept.both_wrong[part]) @ w.T
    return Cells(both, a_only, a_only.T, none)


def item_influence(right: NDArray[np.bool_], wrong: NDArray[np.bool_], kept: Kept, slopes: Cells) -> Floats:
    """Influence of every item on a function of all pairs' tables, float64[N].

    Parameters
    ----------
    slopes
        Derivative of the function with respect to each cell of each ordered pair, [M, M], zero where a pair
        does not count; ``b_only`` is the transpose of ``a_only``.
    """
    influence = np.empty(right.shape[1])
    d_both, d_one, d_none = (
        s.astype(np.float32) for s in (slopes.both_right, slopes.a_only, slopes.both_wrong)
    )
    for part in _parts(right.shape):
        r, w = right[:, part].astype(np.float32), wrong[:, part].astype(np.float32)
        influence[part] = (
            kept.both_right[part] * np.einsum("mi,mi->i", r, d_both @ r, dtype=np.float64)
            + 2.0 * kept.one_right[part] * np.einsum("mi,mi->i", r, d_one @ w, dtype=np.float64)
            + kept.both_wrong[part] * np.einsum("mi,mi->i", w, d_none @ w, dtype=np.float64)
        )
    return influence


def weighted_slopes(cells: Cells, weights: Floats) -> Cells:
    """Derivatives of ``sum(weights * kappa)`` with respect to every cell; weights of undefined kappas count 0."""
    g = kappa_gradient(cells)
    return Cells(*(np.where(weights != 0, np.nan_to_num(s) * weights, 0.0) for s in (
        g.both_right, g.a_only, g.b_only, g.both_wrong)))  # fmt: skip


def interval_from_influence(
    value: float,
    influence: Floats,
    *,
    n: int,
    level: float = 0.95,
    clusters: ArrayLike | None = None,
    limits: tuple[float, float] = (-1.0, 1.0),
) -> Estimate:
    """Normal interval from items' (or clusters' summed) influences (Huber 1967; cluster-robust form).

    Parameters
    ----------
    influence
        float[N], summing to about zero.
    n
        How many pairs the value is made from.
    clusters
        Label of each item's cluster (its class, say); influences are summed within clusters first.
    limits
        Range of the statistic, which the interval does not leave.
    """
    units: Floats = influence
    quantile, method = normal_quantile(level), "linearised over items"
    if clusters is not None:
        _, label = np.unique(np.asarray(clusters), return_inverse=True)
        units = np.asarray(np.bincount(label, weights=influence), dtype=np.float64)
        quantile = student_quantile(level, len(units) - 1)
        method = f"linearised over {len(units)} clusters of items"
    count = len(units)
    if count < 2 or not np.isfinite(value):
        return Estimate(value, np.nan, np.nan, np.nan, n, method)
    error = float(np.sqrt(count / (count - 1) * np.sum((units - units.mean()) ** 2)))
    lower, upper = np.clip([value - quantile * error, value + quantile * error], *limits)
    return Estimate(value, float(lower), float(upper), error, n, method)


def kappa_contrast(
    correct: ArrayLike,
    weights: ArrayLike,
    *,
    method: str = "linearised",
    clusters: ArrayLike | None = None,
    level: float = 0.95,
    draws: int = 1000,
    rng: Seed = 0,
) -> Estimate:
    """Weighted sum of the pairs' kappas, with an interval over items (or clusters of items).

    Parameters
    ----------
    correct
        bool[M, N], or int8[M, N] with -1 for missing.
    weights
        float[M, M]; the upper triangle counts. Equal weights give a mean, +1 and -1 a difference of two pairs.
        Pairs of weight 0 do not count; where another pair's kappa is undefined the weights of the rest are
        scaled up if all weights are positive, and the result is NaN if they are not.
    method
        ``linearised`` (one pass), or ``bootstrap`` (``draws`` resamples of items by weights, percentile).
    clusters
        Label of each item's cluster; whole clusters are then the unit of sampling.
    """
    c = np.asarray(correct)
    if method not in ("linearised", "bootstrap"):
        raise UnknownNameError("interval method", method, ["linearised", "bootstrap"])
    right, wrong = c == 1, c == 0
    cells = pair_cells(c)
    w = _usable_weights(np.asarray(weights, dtype=float), kappa(cells))
    if w is None:
        return Estimate(np.nan, np.nan, np.nan, np.nan, 0, "undefined")
    n_pairs = int(np.count_nonzero(np.triu(w)))
    value = float(np.nansum(np.triu(w * np.nan_to_num(kappa(cells)))))
    if method == "bootstrap":
        return _bootstrap(right, wrong, w, value, n_pairs, clusters, level, draws, np.random.default_rng(rng))
    everything = Kept.same(np.ones(c.shape[1], dtype=bool))
    slopes = weighted_slopes(cells, w / 2)  # every unordered pair is met twice
    influence = item_influence(right, wrong, everything, slopes)
    reach = float(np.abs(np.triu(w)).sum())  # no kappa leaves [-1, 1]
    return interval_from_influence(
        value, influence, n=n_pairs, level=level, clusters=clusters, limits=(-reach, reach)
    )


def mean_kappa(correct: ArrayLike, *, pairs: NDArray[np.bool_] | None = None, **options: Any) -> Estimate:
    """Plain mean of kappa over pairs (default all), with an interval; options as in ``kappa_contrast``.

    Parameters
    ----------
    pairs
        bool[M, M]; the upper triangle says which pairs count (such as those within a condition).
    """
    M = np.shape(correct)[0]
    chosen = np.triu(np.ones((M, M), dtype=bool) if pairs is None else pairs, 1)
    return kappa_contrast(correct, (chosen | chosen.T) / max(chosen.sum(), 1), **options)


def kappa_difference(
    correct: ArrayLike, first: tuple[int, int], second: tuple[int, int], **options: Any
) -> Estimate:
    """Kappa of one pair minus kappa of another, with an interval that respects the items they share."""
    M = np.shape(correct)[0]
    weights = np.zeros((M, M))
    for (a, b), sign in ((first, 1.0), (second, -1.0)):
        if a == b:
            msg = f"observer {a} cannot be paired with itself"
            raise InputError(msg)
        weights[a, b] += sign
        weights[b, a] += sign
    return kappa_contrast(correct, weights, **options)


def jackknife_mean(kappas: ArrayLike, *, level: float = 0.95) -> Estimate:
    """Mean over pairs with a jackknife over observers: what other observers of this kind might have given.

    Parameters
    ----------
    kappas
        float[M, M], symmetric; undefined pairs are left out.

    Raises
    ------
    InputError
        Fewer than three observers.
    """
    k = np.asarray(kappas, dtype=float).copy()
    M = len(k)
    if M < 3:
        msg = f"a jackknife over observers needs three or more; there are {M}"
        raise InputError(msg)
    np.fill_diagonal(k, np.nan)
    defined = ~np.isnan(k)
    total, count = np.nansum(k) / 2, defined.sum() / 2
    pairs_left = count - defined.sum(axis=1)
    value = float(total / count) if count else np.nan
    if not (pairs_left > 0).all():  # without somebody there is nothing to average
        return Estimate(value, np.nan, np.nan, np.nan, M, "jackknife over observers: too few defined pairs")
    without = (total - np.nansum(k, axis=1)) / pairs_left
    error = float(np.sqrt((M - 1) / M * np.sum((without - without.mean()) ** 2)))
    half = student_quantile(level, M - 1) * error
    return Estimate(value, value - half, value + half, error, M, "jackknife over observers, Student t")


def _usable_weights(weights: Floats, kappas: Floats) -> Floats | None:
    w = np.triu(weights, 1)
    undefined = (w != 0) & np.isnan(kappas)
    if undefined.any():
        if (w < 0).any() or not (w[~undefined] != 0).any():
            return None
        w = np.where(undefined, 0.0, w) * (w.sum() / w[~undefined].sum())
    return w + w.T if (w != 0).any() else None


def _bootstrap(
    right: NDArray[np.bool_], wrong: NDArray[np.bool_], weights: Floats, value: float, n_pairs: int,
    clusters: ArrayLike | None, level: float, draws: int, rng: np.random.Generator,
) -> Estimate:  # fmt: skip
    N = right.shape[1]
    label = np.arange(N) if clusters is None else np.unique(np.asarray(clusters), return_inverse=True)[1]
    units = int(label.max()) + 1
    used = np.flatnonzero((weights != 0).any(axis=1))
    w = weights[np.ix_(used, used)]
    r, x = right[used].astype(np.float32), wrong[used].astype(np.float32)
    values = np.empty(draws)
    for k in range(draws):
        times = np.bincount(rng.integers(units, size=units), minlength=units)[label].astype(np.float32)
        rt = r * times
        cells = Cells(rt @ r.T, rt @ x.T, (x * times) @ r.T, (x * times) @ x.T)
        usable = _usable_weights(w, kappa(cells))
        values[k] = np.nan if usable is None else np.nansum(np.triu(usable * np.nan_to_num(kappa(cells))))
    tail = (1 - level) / 2
    drawn = values[np.isfinite(values)]
    lower, upper = np.quantile(drawn, [tail, 1 - tail]) if drawn.size else (np.nan, np.nan)
    error = float(drawn.std(ddof=1)) if drawn.size > 1 else np.nan
    unit = "items" if clusters is None else f"{units} clusters of items"
    return Estimate(
        value, float(lower), float(upper), error, n_pairs,
        f"bootstrap of {unit}, {draws} draws, percentile",
    )  # fmt: skip


def _parts(shape: tuple[int, ...]) -> Iterator[slice]:
    width = max(1, _BLOCK_VALUES // max(shape[0], 1))
    for start in range(0, shape[1], width):
        yield slice(start, min(start + width, shape[1]))
