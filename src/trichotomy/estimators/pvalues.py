"""Exact p-values of agreement, as logarithms, and their correction for many pairs."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trichotomy.errors import UnknownNameError
from trichotomy.estimators.agreement import Cells, Floats

ALTERNATIVES = ("two-sided", "greater", "less")
_BLOCK = 256
_NEGLIGIBLE = -40.0  # exp(-40) = 4e-18 of the sum so far
_SAME = 1e-7  # log probabilities closer than this are equal; log-gamma is no more exact for millions of items


def fisher_log_p(cells: Cells, *, alternative: str = "two-sided", mid_p: bool = False) -> Floats:
    """Natural logarithm of Fisher's exact p-value of each table (Fisher 1935).

    Given both accuracies, independent observers' number of items that both get right is hypergeometric.

    Parameters
    ----------
    cells
        Whole counts, any shape.
    alternative
        ``greater``: more agreement than independence gives; ``less``; or ``two-sided``, which sums the
        outcomes that are no more probable than the one observed.
    mid_p
        Count outcomes as probable as the observed one by half (Lancaster 1961); less conservative, not exact.

    Returns
    -------
    Array of the tables' shape, <= 0; 0 (p = 1) where an observer is constant.
    """
    if alternative not in ALTERNATIVES:
        raise UnknownNameError("alternative", alternative, list(ALTERNATIVES))
    shape = np.shape(cells.both_right)
    flat = Cells(*(np.ravel(f).astype(np.float64) for f in (
        cells.both_right, cells.a_only, cells.b_only, cells.both_wrong)))  # fmt: skip
    half = np.log(2) if mid_p else 0.0
    if alternative != "two-sided":
        table = _Hypergeometric(flat)
        direction = +1 if alternative == "greater" else -1
        result = np.logaddexp(table.log_pmf(table.x) - half, table.log_tail(table.x + direction, direction))
        return np.minimum(result, 0.0).reshape(shape)
    result = np.empty(flat.n.shape)
    below = _Hypergeometric(flat)
    side = below.x <= below.mode
    for rows, outward in ((np.flatnonzero(side), -1), (np.flatnonzero(~side), +1)):
        result[rows] = _two_sided(_Hypergeometric(flat.of(rows)), outward, half)
    return np.minimum(result, 0.0).reshape(shape)


def _two_sided(table: _Hypergeometric, outward: int, half: float) -> Floats:
    """Log p of tables whose observed count lies on one side of the mode, ``outward`` from it."""
    here = table.log_pmf(table.x)
    less_probable = table.first_less_probable(here, -outward)
    twin = less_probable + outward  # the last outcome on the other side that may be exactly as probable
    same = (np.abs(table.log_pmf(twin) - here) <= _SAME) & (twin != table.x)
    alike = here + np.where(same, np.log(2), 0.0) - half
    own_tail = table.log_tail(table.x + outward, outward)
    return np.logaddexp(np.logaddexp(alike, own_tail), table.log_tail(less_probable, -outward))


def holm(log_p: ArrayLike) -> Floats:
    """Holm's step-down correction of p-values given as logarithms (Holm 1979); NaN stays NaN and is not counted."""
    return _corrected(log_p, lambda p, m, rank: np.maximum.accumulate(p + np.log(m - rank)))


def benjamini_hochberg(log_p: ArrayLike) -> Floats:
    """Benjamini & Hochberg's (1995) false-discovery correction of log p-values; NaN stays NaN and is not counted."""
    return _corrected(
        log_p, lambda p, m, rank: np.minimum.accumulate((p + np.log(m) - np.log(rank + 1))[::-1])[::-1]
    )


def _corrected(log_p: ArrayLike, step: Any) -> Floats:
    given = np.asarray(log_p, dtype=float)
    flat = given.ravel().copy()
    tested = np.flatnonzero(~np.isnan(flat))
    order = tested[np.argsort(flat[tested], kind="stable")]
    if order.size:
        flat[order] = np.minimum(step(flat[order], order.size, np.arange(order.size)), 0.0)
    return flat.reshape(given.shape)


class _Hypergeometric:
    """The number that both get right, given the margins, for many tables at once (1-D arrays)."""

    def __init__(self, cells: Cells) -> None:
        self.x = cells.both_right
        self.n = cells.n
        self.right_a = self.x + cells.a_only
        self.right_b = self.x + cells.b_only
        self.low = np.maximum(0.0, self.right_a + self.right_b - self.n)
        self.high = np.minimum(self.right_a, self.right_b)
        # the lower one, where two neighbours are equally probable
        self.mode = np.ceil((self.right_a + 1) * (self.right_b + 1) / (self.n + 2)) - 1
        self._constant = (
            _log_choose_parts(self.right_a) + _log_choose_parts(self.right_b)
            + _log_choose_parts(self.n - self.right_a) + _log_choose_parts(self.n - self.right_b)
            - _log_choose_parts(self.n)
        )  # fmt: skip

    def log_pmf(self, k: Floats) -> Floats:
        a, b = self.right_a - k, self.right_b - k
        rest = self.n - self.right_a - self.right_b + k
        inside = (k >= self.low) & (k <= self.high)
        parts = sum(_log_choose_parts(np.where(inside, v, 0.0)) for v in (k, a, b, rest))
        return np.where(inside, self._constant - parts, -np.inf)

    def log_tail(self, start: Floats, direction: int) -> Floats:
        """Log of the probability of ``start`` and everything beyond it, summed until the rest is negligible."""
        first = self.log_pmf(start)
        total = first.copy()
        active = np.flatnonzero(np.isfinite(first))
        last, position = first[active], start[active]
        while active.size:
            steps = position[:, None] + direction * np.arange(_BLOCK)
            terms = last[:, None] + np.cumsum(self._log_ratio(active, steps, direction), axis=1)
            total[active] = np.logaddexp(total[active], np.logaddexp.reduce(terms, axis=1))
            last, position = terms[:, -1], position + direction * _BLOCK
            falling = last < terms[:, 0]
            going = np.isfinite(last) & ~(
                falling & (last + np.log(self.n[active] + 1) - total[active] < _NEGLIGIBLE)
            )
            active, last, position = active[going], last[going], position[going]
        return total

    def _log_ratio(self, rows: NDArray[np.intp], k: Floats, direction: int) -> Floats:
        """log pmf(k + direction) - log pmf(k); -inf past the support."""
        a, b, n = self.right_a[rows, None], self.right_b[rows, None], self.n[rows, None]
        low = k if direction > 0 else k - 1  # the ratio belongs to the step from low to low + 1
        up, down = (a - low) * (b - low), (low + 1) * (n - a - b + low + 1)
        top, bottom = (up, down) if direction > 0 else (down, up)
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.log(np.maximum(top, 0.0)) - np.log(np.maximum(bottom, 0.0))
        return np.where((top > 0) & (bottom > 0), ratio, -np.inf)

    def first_less_probable(self, level: Floats, direction: int) -> Floats:
        """First outcome past the mode, going ``direction``, that is strictly less probable than ``level``."""
        inside = self.mode.copy()
        outside = self.high + 1 if direction > 0 else self.low - 1
        while (open_ := np.abs(outside - inside) > 1).any():
            middle = np.floor((inside + outside) / 2)
            below = self.log_pmf(middle) < level - _SAME
            outside = np.where(open_ & below, middle, outside)
            inside = np.where(open_ & ~below, middle, inside)
        return outside


def _log_choose_parts(k: Floats) -> Floats:
    from scipy.special import gammaln

    return np.asarray(gammaln(k + 1), dtype=np.float64)
