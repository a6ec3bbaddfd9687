"""How alike two representations of the same items are: RSA, linear CKA, Procrustes, in feature space."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from trichotomy.errors import InputError, UnknownNameError
from trichotomy.estimators.agreement import Floats
from trichotomy.estimators.intervals import Seed, normal_quantile
from trichotomy.estimators.pair_matrices import PairMatrix, Similarity, blocks, compare, prepare
from trichotomy.estimators.rank_rsa import rank_rsa

MEASURES = ("rsa", "cka", "procrustes", "rank-rsa")


def rsa(x: ArrayLike, y: ArrayLike, *, weights: ArrayLike | None = None) -> Similarity:
    """Representational similarity analysis: Pearson between the upper triangles of two RDMs (1 - Pearson of features).

    Parameters
    ----------
    x, y
        float[N, D1], float[N, D2]: features of the same N items, in the same order.
    weights
        float[N] >= 0: how often each item counts, such as in a bootstrap sample; pairs of an item with its own copy are
        left out. Default: once each.

    Returns
    -------
    Similarity
        NaN where an item's features are constant or not finite, or all pairs of items are equally similar.

    Raises
    ------
    InputError
        Not two matrices of the same four items or more.

    References
    ----------
    Kriegeskorte, Mur, Bandettini 2008; Meding et al. 2022 (Fig. 7).
    """
    _same_items(x, y)
    return compare(prepare(x, "rsa", weights=weights), prepare(y, "rsa", weights=weights))


def linear_cka(
    x: ArrayLike, y: ArrayLike, *, debiased: bool = True, weights: ArrayLike | None = None
) -> Similarity:
    """Linear centred kernel alignment; debiased, it does not grow as items get fewer.

    Parameters
    ----------
    x, y, weights
        As in ``rsa``.
    debiased
        Use the unbiased estimator of HSIC, which leaves out each item's pair with itself; it can be negative.
        Else Kornblith et al. 2019, equation 3.

    References
    ----------
    Kornblith et al. 2019; Song et al. 2012 (unbiased HSIC); Nguyen, Raghu, Kornblith 2021.
    """
    _same_items(x, y)
    options: dict[str, Any] = {"debiased": debiased, "weights": weights}
    return compare(prepare(x, "cka", **options), prepare(y, "cka", **options))


def procrustes(x: ArrayLike, y: ArrayLike, *, weights: ArrayLike | None = None) -> Similarity:
    """Procrustes similarity: how well one representation, rotated, fits the other; the cosine of their angle.

    The nuclear norm of X'Y over the Frobenius norms of X and Y, centred: 1 where they are equal up to rotation, scale
    and shift. It is biased upwards where items are few for the number of features.

    Parameters
    ----------
    x, y, weights
        As in ``rsa``.

    References
    ----------
    Schonemann 1966; Ding, Denain, Steinhardt 2021; Williams et al. 2021.
    """
    _same_items(x, y)
    return aligned(prepare(x, "procrustes", weights=weights), prepare(y, "procrustes", weights=weights))


def similarity(x: ArrayLike, y: ArrayLike, measure: str = "rsa", **options: Any) -> Similarity:
    """One of the ``MEASURES`` by name; ``options`` are those of its function.

    Raises
    ------
    UnknownNameError
        There is no such measure.
    """
    known = {"rsa": rsa, "cka": linear_cka, "procrustes": procrustes, "rank-rsa": rank_rsa}
    if measure not in known:
        kind = "measure of similarity"
        raise UnknownNameError(kind, measure, list(MEASURES))
    return known[measure](x, y, **options)


def aligned(a: PairMatrix, b: PairMatrix) -> Similarity:
    """Procrustes similarity of what ``prepare`` made for it."""
    w = a.weights
    x, y = a.rows[:, :-2], b.rows[:, :-2]
    saa, sbb = float(w @ a.diagonal), float(w @ b.diagonal)
    if not (saa > 0 and sbb > 0):
        undefined = np.full(len(w), np.nan)
        return Similarity(float("nan"), undefined, undefined, degree=1)
    across = np.zeros((x.shape[1], y.shape[1]))
    for part in blocks(x.shape):
        across += (x[part] * w[part, None]).T @ y[part]
    u, _, vt = np.linalg.svd(across, full_matrices=False)
    turn = u @ vt
    contributions = np.empty(len(w))
    for part in blocks(x.shape):
        contributions[part] = np.einsum("ik,ik->i", x[part] @ turn, y[part])
    contributions *= w / np.sqrt(saa * sbb)
    value = float(contributions.sum())
    norms = w * (a.diagonal / saa + b.diagonal / sbb) / 2
    return Similarity(value, contributions, len(w) * (contributions - value * norms), degree=1)


def correlation_interval(value: Any, error: Any, *, level: float = 0.95) -> tuple[Floats, Floats]:
    """Interval of a correlation or cosine, symmetric in Fisher's z (Fisher 1921); NaN where its error is, or at +-1.

    Parameters
    ----------
    value, error
        The estimate and its standard error.
    """
    r, e = np.asarray(value, dtype=float), np.asarray(error, dtype=float)
    r = np.where(np.abs(r) < 1 - 1e-12, r, np.nan)
    z, half = np.arctanh(r), normal_quantile(level) * e / (1 - r**2)
    return np.tanh(z - half), np.tanh(z + half)


def bootstrap_similarity(
    x: ArrayLike,
    y: ArrayLike,
    measure: str = "rsa",
    *,
    debiased: bool = True,
    draws: int = 1000,
    level: float = 0.95,
    rng: Seed = 0,
) -> tuple[float, float]:
    """Percentile interval from bootstrap samples of items.

    Pairs of an item with its own copy, which would be alike perfectly whatever the representation, are left out. Each
    sample costs what one estimate costs; ``Similarity.standard_error`` has nearly the same without.

    Parameters
    ----------
    measure
        ``rsa``, ``cka`` or ``procrustes``; ``debiased`` is of ``cka``.
    """
    _same_items(x, y)
    generator = np.random.default_rng(rng)
    join = aligned if measure == "procrustes" else compare
    N = len(np.asarray(x))
    values = np.empty(draws)
    for k in range(draws):
        weights = generator.multinomial(N, np.full(N, 1 / N))
        a, b = (prepare(m, measure, debiased=debiased, weights=weights) for m in (x, y))
        values[k] = join(a, b).value
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def _same_items(x: ArrayLike, y: ArrayLike) -> None:
    shapes = np.shape(x), np.shape(y)
    if shapes[0][:1] != shapes[1][:1]:
        msg = f"features of shapes {shapes[0]} and {shapes[1]} are not of the same items; give (item, feature) of both"
        raise InputError(msg)
