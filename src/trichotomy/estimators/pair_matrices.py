"""Matrices over all pairs of items that are never formed, and the cosine between two of them.

RSA and linear CKA are both the cosine between two N x N matrices of similarities, after what is constant (RSA) or
additive in the two items (debiased CKA) is taken out. An entry is an inner product of two rows of features, so all that
is needed, the sum and the row sums of the entrywise product of two matrices, is a product of features: exact, in
O(N D^2) time and O(N D) memory. Everything is accumulated in float64.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trichotomy.errors import InputError, UnknownNameError
from trichotomy.estimators.agreement import Floats

FEWEST_ITEMS = 4
"""Debiased CKA needs them (Song et al. 2012); the other measures are refused below it, too."""
BLOCK = 2**19
"""Numbers that are worked on at once."""
NOISE = 1e-14
"""Squared entries below this share of their scale are rounding errors: the matrix is constant."""


@dataclass(frozen=True, slots=True, eq=False)
class Similarity:
    """How alike two representations are.

    Attributes
    ----------
    value
        NaN where undefined.
    contributions
        float64[N]: what each item adds to ``value``, their sum. Of a statistic of pairs, half of what the item's pairs
        with others add.
    influence
        float64[N]: first-order effect of each item's sampling on ``value``; they sum to 0.
    degree
        2 for a statistic of pairs of items, 1 of items.
    """

    value: float
    contributions: Floats
    influence: Floats
    degree: int = 2

    @property
    def standard_error(self) -> float:
        """Over the sampling of items, from the items' projections; see ``standard_error``."""
        return standard_error(self.influence, self.degree)


@dataclass(frozen=True, slots=True, eq=False)
class PairMatrix:
    """A symmetric matrix over pairs of items: entry (i, j) is rows[i] . rows[j] with its last two columns exchanged.

    Attributes
    ----------
    rows
        float64[N, K]: features and two columns, -c and 1, which subtract c[i] + c[j] from each entry.
    weights
        float64[N]: how often each item counts.
    diagonal
        float64[N]: the entries (i, i).
    whole
        Whether an item's entry with itself counts. Its entries with its own copies never do.
    """

    rows: Floats
    weights: Floats
    diagonal: Floats
    whole: bool


def standard_error(influence: Floats, degree: int) -> float:
    """Jackknife standard error of a statistic of ``degree`` items at a time, from the influences of N (Sen 1960)."""
    n = len(influence)
    if n <= degree:
        return float("nan")
    return float(np.sqrt(np.square(influence).sum() * (n - 1) / n) / (n - degree))


def prepare(
    x: ArrayLike, measure: str, *, debiased: bool = True, weights: ArrayLike | None = None
) -> PairMatrix:
    """Make of features what ``compare`` takes.

    Parameters
    ----------
    x
        float[N, D]. Where D > N the features are rotated into N dimensions first, which changes no inner product.
    measure
        ``rsa``, ``cka``, or ``procrustes``, which is like biased CKA.
    weights
        float[N] >= 0; default once each.
    """
    features = matrix(x)
    N = len(features)
    w = np.ones(N) if weights is None else np.asarray(weights, dtype=float)
    if w.shape != (N,) or not (w >= 0).all():
        msg = f"weights must be {N} numbers, none negative, one per item; got shape {w.shape}"
        raise InputError(msg)
    if measure == "rsa":
        rows = _rows(features, _standardised)
        z = rows[:, :-2]
        total = w.sum() ** 2 - np.square(w).sum()
        mean = (np.square(w @ z).sum() - np.square(w).sum()) / total
        return _pair_matrix(rows, np.full(N, mean / 2), w, whole=False)
    if measure not in ("cka", "procrustes"):
        kind = "measure in feature space"
        raise UnknownNameError(kind, measure, ["rsa", "cka", "procrustes"])
    centre = _mean(features, w)
    rows = _rows(features, lambda block: block - centre)
    if np.einsum("ik,ik->", rows[:, :-2], rows[:, :-2]) < NOISE**2 * N * np.square(centre).sum():
        rows[:, :-2] = 0  # all items are alike but for rounding
    debiased = debiased and measure == "cka"
    return _pair_matrix(rows, _additive(rows[:, :-2], w) if debiased else np.zeros(N), w, whole=not debiased)


def compare(a: PairMatrix, b: PairMatrix, own: tuple[Floats, Floats] | None = None) -> Similarity:
    """Cosine of two matrices over pairs of the same items.

    Parameters
    ----------
    own
        ``row_sums`` of each matrix with itself, where they are known.
    """
    aa, bb = own or (row_sums(a, a), row_sums(b, b))
    w = a.weights
    saa, sbb = squared_norm(a, aa), squared_norm(b, bb)
    contributions = w * row_sums(a, b) / np.sqrt(saa * sbb)
    value = float(contributions.sum())
    norms = w * (aa / saa + bb / sbb) / 2
    return Similarity(value, contributions, 2 * len(w) * (contributions - value * norms))


def row_sums(a: PairMatrix, b: PairMatrix, among: NDArray[np.bool_] | None = None) -> Floats:
    """float64[N]: sum over items j of the product of two matrices' entries (i, j), each pair as often as it counts.

    Parameters
    ----------
    among
        bool[N]: the items j; default all.
    """
    w = a.weights if among is None else np.where(among, a.weights, 0.0)
    middle = np.zeros((a.rows.shape[1], b.rows.shape[1]))
    for part in blocks(a.rows.shape):
        middle += (a.rows[part] * w[part, None]).T @ b.rows[part]
    middle = _mirrored(_mirrored(middle).T).T
    sums = np.empty(len(w))
    for part in blocks(a.rows.shape):
        sums[part] = np.einsum("ik,ik->i", a.rows[part] @ middle, b.rows[part])
    itself = w - 1 * (a.whole & (w > 0))
    return np.asarray(sums - itself * a.diagonal * b.diagonal)


def squared_norm(a: PairMatrix, own: Floats) -> float:
    """Sum of a matrix's squared entries that count, from its ``row_sums`` with itself; NaN where it is constant."""
    total = float(a.weights @ own)
    z = a.rows[:, :-2]
    scale = float(a.weights @ np.einsum("ik,ik->i", z, z))
    return total if total > NOISE * scale**2 else float("nan")


def usable(x: ArrayLike) -> NDArray[np.bool_]:
    """bool[N]: items whose features are all finite and not all equal, without which there is no correlation."""
    features = matrix(x, fewest=0)
    good = np.empty(len(features), dtype=bool)
    for part in blocks(features.shape):
        block = features[part]
        good[part] = np.isfinite(block).all(axis=1) & (block != block[:, :1]).any(axis=1)
    return good


def matrix(x: ArrayLike, *, fewest: int = FEWEST_ITEMS) -> NDArray[Any]:
    """Return features as an array; refuse what is not one number per item and feature, of enough items."""
    features = np.asarray(x)
    if features.ndim != 2 or features.dtype.kind not in "fiub" or len(features) < fewest:
        msg = (
            f"features must be numbers over (item, feature), of {FEWEST_ITEMS} items or more; got shape "
            f"{features.shape} of {features.dtype}"
        )
        raise InputError(msg)
    return features


def blocks(shape: tuple[int, ...]) -> Iterator[slice]:
    """Slices of the rows of a matrix, of about ``BLOCK`` numbers each."""
    n, width = shape
    step = max(BLOCK // max(width, 1), 1)
    return (slice(start, min(start + step, n)) for start in range(0, n, step))


def _rows(features: NDArray[Any], centred: Callable[[Floats], Floats]) -> Floats:
    """float64[N, K + 2]: centred features in at most N columns, and room for two more; NaN where not finite."""
    N, D = features.shape
    rows = np.empty((N, D + 2))
    for part in blocks(features.shape):
        block = features[part].astype(np.float64)
        block[~np.isfinite(block).all(axis=1)] = np.nan
        rows[part, :-2] = centred(block)
    if D <= N or not np.isfinite(rows[:, :-2]).all():
        return rows
    fewer = np.empty((N, N + 2))
    triangle: Floats = np.linalg.qr(rows[:, :-2].T, mode="r")  # type: ignore[assignment] # one array in this mode
    fewer[:, :-2] = triangle.T
    return fewer


def _standardised(block: Floats) -> Floats:
    """Rows without their mean, of length 1, so that inner products are correlations; NaN where constant."""
    constant = (block == block[:, :1]).all(axis=1)
    block = block - block.mean(axis=1, keepdims=True)
    length = np.sqrt(np.einsum("ik,ik->i", block, block))
    length[constant] = np.nan
    return np.asarray(block / length[:, None])


def _mean(features: NDArray[Any], w: Floats) -> Floats:
    total = np.zeros(features.shape[1])
    for part in blocks(features.shape):
        total += w[part] @ features[part].astype(np.float64)
    return np.asarray(total / w.sum())


def _additive(z: NDArray[np.float64], w: Floats) -> Floats:
    """float64[N] c such that entries less c[i] + c[j] sum to 0 over each item's pairs with others (U-centring)."""
    sums = -w * np.einsum("ik,ik->i", z, z)  # of each row's other entries, since z is centred
    others = w.sum() - 2 * w
    shared = (w * sums / others).sum() / (1 + (w / others).sum())
    return np.asarray((sums - shared) / others)


def _pair_matrix(rows: Floats, offset: Floats, w: Floats, *, whole: bool) -> PairMatrix:
    rows[:, -2], rows[:, -1] = -offset, 1
    z = rows[:, :-2]
    return PairMatrix(rows, w, np.einsum("ik,ik->i", z, z) - 2 * offset, whole)


def _mirrored(square: Floats) -> Floats:
    """Exchange the last two rows, as an entry has the last two columns of one of its sides exchanged."""
    square[[-2, -1]] = square[[-1, -2]]
    return square
