"""Agreement of two observers about which items are right: the 2x2 table, error consistency, its bounds.

Everywhere ``correct`` is bool[M, N], or int8[M, N] of 1, 0 and -1 for missing; a pair uses the items that both
observers answered. Matrices over pairs are [M, M], row a, column b.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats: TypeAlias = NDArray[np.float64]

_BLOCK_VALUES = 2**22
_MOST_ITEMS_PER_BLOCK = 2**14


@dataclass(frozen=True, slots=True)
class Cells:
    """Cells of 2x2 tables, one table per element of the arrays.

    Attributes
    ----------
    both_right, a_only, b_only, both_wrong
        Numbers of items on which both are right, only a, only b, neither.
    """

    both_right: Floats
    a_only: Floats
    b_only: Floats
    both_wrong: Floats

    @property
    def n(self) -> Floats:
        """Number of items in each table."""
        return self.both_right + self.a_only + self.b_only + self.both_wrong

    def of(self, index: Any) -> Cells:
        """Tables at ``index``."""
        return Cells(self.both_right[index], self.a_only[index], self.b_only[index], self.both_wrong[index])


def pair_cells(correct: ArrayLike) -> Cells:
    """2x2 tables of all pairs, each [M, M], by matrix products over blocks of items.

    Parameters
    ----------
    correct
        bool[M, N], or int8[M, N] with -1 for missing; a pair counts the items that both answered.
    """
    c = np.asarray(correct)
    missing = c.dtype != np.bool_ and bool(c.size) and c.min() < 0
    asked: _BlockReader | None = (lambda block: c[:, block] != -1) if missing else None
    return _cells(lambda block: c[:, block] == 1, asked, c.shape)


def pair_cells_from_responses(response: NDArray[np.integer[Any]], target: NDArray[np.integer[Any]]) -> Cells:
    """2x2 tables of all pairs straight from class responses, without a copy of them.

    Parameters
    ----------
    response
        int[M, N]; -1 missing, -2 asked but not answered (wrong).
    target
        int[N]; -1 where unknown, and then missing for every observer.
    """
    known = target >= 0
    if not known.all():
        response, target = response[:, known], target[known]
    missing = bool(response.size) and response.min() < 0 and bool((response == -1).any())
    asked: _BlockReader | None = (lambda block: response[:, block] != -1) if missing else None
    return _cells(lambda block: response[:, block] == target[block], asked, response.shape)


_BlockReader: TypeAlias = Callable[[slice], NDArray[np.bool_]]


def _cells(right: _BlockReader, asked: _BlockReader | None, shape: tuple[int, ...]) -> Cells:
    M, N = shape
    both, total, shared = np.zeros((M, M)), np.zeros((M, M)), np.zeros((M, M))
    product = np.empty((M, M), dtype=np.float32)
    for block, r, a in _blocks(M, N, asked is not None):
        np.copyto(r, right(block))
        both += np.matmul(r, r.T, out=product)
        if asked is not None:
            np.copyto(a, asked(block))
            total += np.matmul(r, a.T, out=product)
            shared += np.matmul(a, a.T, out=product)
    if asked is None:
        total, shared = np.diagonal(both)[:, None], np.asarray(float(N))
    a_only = total - both
    return Cells(both, a_only, a_only.T, shared - total - a_only.T)


def _blocks(M: int, N: int, two: bool) -> Iterator[tuple[slice, NDArray[np.float32], NDArray[np.float32]]]:
    """Slices of items with float32 work space that is used again; counts in a block stay exact in float32."""
    width = int(min(max(_BLOCK_VALUES // max(M, 1), 64), _MOST_ITEMS_PER_BLOCK, max(N, 1)))
    space = np.empty((1 + two, M, width), dtype=np.float32)
    for start in range(0, N, width):
        stop = min(start + width, N)
        if stop - start < width:
            space = np.empty((1 + two, M, stop - start), dtype=np.float32)
        yield slice(start, stop), space[0], space[-1]


def kappa(cells: Cells) -> Floats:
    """Error consistency of each table: (o - e) / (1 - e) (Cohen 1960; Geirhos et al. 2020, eq. 1-3).

    o is the share of items on which both are right or both wrong, e what two independent observers of these
    accuracies would share. NaN where e = 1 (both always right, both always wrong, or no item in common).
    """
    both, a, b, none = cells.both_right, cells.a_only, cells.b_only, cells.both_wrong
    chance_disagreement = (both + a) * (a + none) + (both + b) * (b + none)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(chance_disagreement > 0, 2 * (both * none - a * b) / chance_disagreement, np.nan)


def excess_agreement(cells: Cells) -> tuple[Floats, Floats]:
    """n (o - e) and n (1 - e) of each table, 0 where it is empty: what a stratified kappa sums over strata."""
    both, a, b, none = cells.both_right, cells.a_only, cells.b_only, cells.both_wrong
    n = np.where(cells.n > 0, cells.n, 1.0)
    return 2 * (both * none - a * b) / n, ((both + a) * (a + none) + (both + b) * (b + none)) / n


def kappa_gradient(cells: Cells) -> Cells:
    """Derivative of ``kappa`` with respect to each cell's count.

    Kappa does not change when all counts are multiplied, so the derivatives weighted by the counts sum to
    zero: each is at once the influence (times n) of an item of that cell.
    """
    both, a, b, none = cells.both_right, cells.a_only, cells.b_only, cells.both_wrong
    right_a, wrong_b, right_b, wrong_a = both + a, a + none, both + b, b + none
    top = both * none - a * b
    bottom = right_a * wrong_b + right_b * wrong_a
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = np.where(bottom > 0, 2 / bottom**2, np.nan)
    return Cells(
        scale * (none * bottom - top * (wrong_a + wrong_b)),
        scale * (-b * bottom - top * (wrong_b + right_a)),
        scale * (-a * bottom - top * (wrong_a + right_b)),
        scale * (both * bottom - top * (right_a + right_b)),
    )


def error_consistency(correct: ArrayLike) -> Floats:
    """Kappa of all pairs, float64[M, M]; the diagonal is 1, or NaN for an observer that is constant.

    Parameters
    ----------
    correct
        bool[M, N], or int8[M, N] with -1 for missing.
    """
    return kappa(pair_cells(correct))


def observed_agreement(cells: Cells) -> Floats:
    """Share of items on which both are right or both wrong; NaN without common items."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(cells.n > 0, (cells.both_right + cells.both_wrong) / cells.n, np.nan)


def disagreement(cells: Cells) -> Floats:
    """Share of items on which exactly one is right (Skalak 1996); NaN without common items."""
    return 1 - observed_agreement(cells)


def double_fault(cells: Cells) -> Floats:
    """Share of items on which both are wrong (Giacinto & Roli 2001); NaN without common items."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(cells.n > 0, cells.both_wrong / cells.n, np.nan)


def yule_q(cells: Cells) -> Floats:
    """Yule's Q = (ad - bc) / (ad + bc) of each table (Kuncheva & Whitaker 2003); NaN where ad + bc = 0."""
    ad, bc = cells.both_right * cells.both_wrong, cells.a_only * cells.b_only
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(ad + bc > 0, (ad - bc) / (ad + bc), np.nan)


def kappa_bounds(accuracy_a: ArrayLike, accuracy_b: ArrayLike) -> tuple[Floats, Floats]:
    """Lowest and highest kappa that two observers of these accuracies can have (Geirhos et al. 2020, app. A).

    NaN where both are always right or both always wrong.
    """
    a, b = np.broadcast_arrays(np.asarray(accuracy_a, dtype=float), np.asarray(accuracy_b, dtype=float))

    def kappa_where(both: Floats) -> Floats:
        return kappa(Cells(both, a - both, b - both, 1 - a - b + both))

    return kappa_where(np.maximum(0, a + b - 1)), kappa_where(np.minimum(a, b))


def accuracy_bounds(kappa: ArrayLike, accuracy: ArrayLike) -> tuple[Floats, Floats]:
    """Range of the other observer's accuracy, given kappa and one observer's accuracy.

    Source: the bounds of Geirhos et al. (2020) solved for the second accuracy. NaN where no accuracy gives
    that kappa.
    """
    k, a = np.broadcast_arrays(np.asarray(kappa, dtype=float), np.asarray(accuracy, dtype=float))

    def lowest(a: Floats) -> Floats:
        with np.errstate(divide="ignore", invalid="ignore"):
            nested = k * a / (2 * (1 - a) - k * (1 - 2 * a))
            size = -k
            slope = 2 * a + 2 * size * a - size
            apart = np.where(slope > 0, size * a / slope, np.nan)
        return np.where(k >= 0, nested, apart)

    low, high = lowest(a), 1 - lowest(1 - a)
    possible = (low <= high + 1e-12) & (low >= 0) & (high <= 1) & (np.abs(k) <= 1) & (a > 0) & (a < 1)
    low, high = np.where(possible, low, np.nan), np.where(possible, high, np.nan)
    return np.where(k == 0, 0.0, low), np.where(k == 0, 1.0, high)  # independence goes with every accuracy


def attainable_kappa(kappa: ArrayLike, accuracy_a: ArrayLike, accuracy_b: ArrayLike) -> Floats:
    """Kappa as a share of what the two accuracies allow: kappa / highest where positive, / |lowest| where negative.

    In [-1, 1]; NaN where kappa is undefined or the accuracies allow only 0.
    """
    k = np.asarray(kappa, dtype=float)
    low, high = kappa_bounds(accuracy_a, accuracy_b)
    limit = np.where(k >= 0, high, -low)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(limit > 0, k / limit, np.nan)
