"""Error consistency of single pairs, condition by condition."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from trichotomy.errors import InputError
from trichotomy.plots.drawing import Drawing, in_style
from trichotomy.plots.rows import label_rows, margin_columns
from trichotomy.plots.style import (
    BLUE,
    FAINT,
    INK,
    NARROW,
    ORANGE,
    SKY,
    TEXT,
    keep_ticks,
    name_x,
    new_figure,
)
from trichotomy.plots.wording import clipped, constant, count, interval, kappa

if TYPE_CHECKING:
    import xarray as xr

MOST_CONDITIONS = 30
"""With more conditions the figure shows the distribution over all pairs."""
MOST_INTERVALS = 6
"""Up to so many pairs in a row each shows its interval."""
FEW = 60
"""Up to so many dots in a lane leave room to see what is behind them."""
MOST_VECTOR = 500
"""Above so many dots they are drawn as pixels, also in vector formats."""
_GOLDEN = 0.6180339887
_LOOK = {"within": (BLUE, "o"), "between": (ORANGE, "D")}


@dataclass(frozen=True, slots=True, eq=False)
class _Row:
    """Pairs of one condition: kappa and interval within it, and with other conditions."""

    name: str
    within: NDArray[np.float64]
    between: NDArray[np.float64]

    def mean(self, lane: str) -> float:
        known = _known(getattr(self, lane))
        return float(known[:, 0].mean()) if len(known) else np.nan


@in_style
def consistency_by_condition(error_consistency: xr.Dataset, *, width: float = TEXT) -> Drawing:
    """Kappa of each pair and the means, within conditions and between them (Meding et al. 2022, Fig. 3).

    One row per condition. With many conditions, the distribution over all pairs instead.

    Parameters
    ----------
    error_consistency
        Result of ``stats.error_consistency``.
    width
        In inches.

    Raises
    ------
    InputError
        No pair of observers has a defined kappa.
    """
    kappas = error_consistency["kappa"].values
    values = np.concatenate([kappas[..., None], error_consistency["ci"].values], axis=-1)
    if not np.isfinite(values[..., 0][np.triu_indices(len(values), 1)]).any():
        msg = "no pair of observers has a defined error consistency, so there is nothing to draw"
        raise InputError(msg)
    conditions = error_consistency["condition_a"].values.astype(str)
    several = len(dict.fromkeys(conditions)) <= MOST_CONDITIONS
    return (_rows if several else _distribution)(error_consistency, values, conditions, width)


def _rows(result: xr.Dataset, values: NDArray[np.float64], conditions: NDArray[Any], width: float) -> Drawing:
    rows = _by_condition(values, conditions)
    if len(values) == 2 and len(rows) == 2:  # one pair stands in one row
        both = " with ".join(clipped(name, 20) for name in conditions)
        rows = [_Row(both, rows[0].within, rows[0].between)]
    lanes = [lane for lane in _LOOK if any(len(getattr(row, lane)) for row in rows)]
    pitch = 0.36 if len(rows) <= 16 else 0.26
    figure = new_figure(
        width, pitch * len(rows) + (0.85 if len(lanes) == 1 else 1.0 + 0.3 * (width < NARROW))
    )
    ax = keep_ticks(figure.add_subplot())
    ax.hlines(
        np.arange(len(rows))[1:] - 0.5, 0, 1, transform=ax.get_yaxis_transform(), color=FAINT, linewidth=0.5
    )
    colours = {lane: _LOOK[lane][0] if len(lanes) > 1 else BLUE for lane in lanes}
    dots = sum(len(getattr(row, lane)) for row in rows for lane in lanes)
    bars = max(len(getattr(row, lane)) for row in rows for lane in lanes) <= MOST_INTERVALS
    for k, lane in enumerate(lanes):
        for place, row in enumerate(rows):
            at = place + (0.0 if len(lanes) == 1 else (-0.2, 0.2)[k])
            half = 0.24 / len(lanes)
            pairs = _known(getattr(row, lane))
            if len(pairs):
                _lane(
                    ax, pairs, (at, half), colours[lane], _LOOK[lane][1], bars=bars, raster=dots > MOST_VECTOR
                )
                _mean(ax, row.mean(lane), len(pairs), (at, half), lane)
    label_rows(ax, [clipped(row.name, 44) if len(rows) == 1 else row.name for row in rows], pitch)
    one = "kappa" if dots == 1 else "mean"
    heads = {lane: f"mean {lane}" if len(lanes) > 1 else one for lane in lanes}
    columns = {
        heads[lane]: [kappa(row.mean(lane)) if len(getattr(row, lane)) else "" for row in rows]
        for lane in lanes
    }
    if width >= NARROW:
        margin_columns(ax, columns, pitch, each=58)
    name_x(ax, "Error consistency of a pair (kappa)", width)
    if len(lanes) > 1:
        names = {"within": "pairs within the condition", "between": "pairs with other conditions"}
        handles = [ax.plot([], [], _LOOK[n][1], color=_LOOK[n][0], markersize=3.5)[0] for n in lanes]
        handles.append(ax.plot([], [], "|", color=INK, markersize=8, markeredgewidth=1.6)[0])
        figure.legend(
            handles,
            [*(names[n] for n in lanes), "mean"],
            loc="outside lower left",
            ncols=3 if width >= NARROW else 1,
        )
    return Drawing(figure, _alt(result, rows, lanes), _caption(result, bars=bars, lanes=lanes))


def _by_condition(values: NDArray[np.float64], conditions: NDArray[Any]) -> list[_Row]:
    """Rows in order of their mean with other conditions (within, where there is only one), highest first."""
    rows = []
    for name in dict.fromkeys(conditions):
        own = conditions == name
        inside = values[np.ix_(own, own)]
        rows.append(
            _Row(str(name), inside[np.triu_indices(len(inside), 1)], values[np.ix_(own, ~own)].reshape(-1, 3))
        )
    return sorted(
        rows, key=lambda row: -np.nan_to_num(row.mean("between" if len(rows) > 1 else "within"), nan=-2)
    )


def _lane(
    ax: Axes,
    pairs: NDArray[np.float64],
    lane: tuple[float, float],
    colour: str,
    marker: str,
    *,
    bars: bool,
    raster: bool,
) -> None:
    """Dots around a height, at most half a lane off; their heights have nothing to do with their values."""
    at, half = lane
    pairs = pairs[np.argsort(pairs[:, 0], kind="stable")]
    spread = (np.arange(1, len(pairs) + 1) * _GOLDEN) % 1 - 0.5 if len(pairs) > 1 else np.zeros(1)
    heights = at + 2 * half * spread
    if bars:
        ax.hlines(heights, pairs[:, 1], pairs[:, 2], color=colour, linewidth=0.8, zorder=2, label="_interval")
    size = 16 if len(pairs) == 1 else (9 if len(pairs) <= FEW else 4)
    ax.scatter(
        pairs[:, 0], heights, s=size, marker=marker, color=colour, linewidth=0, zorder=3, rasterized=raster,
        label="_pairs",
    )  # fmt: skip


def _mean(ax: Axes, mean: float, pairs: int, lane: tuple[float, float], name: str) -> None:
    """Mark the mean of a lane: behind few dots, before many."""
    at, half = lane
    ends = [at - 1.6 * half, at + 1.6 * half]
    if pairs > FEW:
        ax.plot([mean, mean], ends, color="white", linewidth=3.2, zorder=4, label="_halo")
    if pairs > 1:
        ax.plot(
            [mean, mean],
            ends,
            color=INK,
            linewidth=1.4,
            zorder=5 if pairs > FEW else 2,
            label=f"_mean {name}",
        )


def _distribution(
    result: xr.Dataset, values: NDArray[np.float64], conditions: NDArray[Any], width: float
) -> Drawing:
    """Histogram of kappa over all pairs; pairs within a condition set off where there are any."""
    a, b = np.triu_indices(len(values), 1)
    known = np.isfinite(values[a, b, 0])
    kappas, alike = values[a, b, 0][known], (conditions[a] == conditions[b])[known]
    figure = new_figure(width, 0.25 * width + 1.2)
    ax = keep_ticks(figure.add_subplot())
    edges = _edges(kappas)
    total, _ = np.histogram(kappas, edges)
    ax.stairs(total, edges, fill=True, color=SKY, label="all pairs")
    if alike.any():
        inside, _ = np.histogram(kappas[alike], edges)
        ax.stairs(inside, edges, fill=True, color=BLUE, label="pairs within a condition")
        figure.legend(*ax.get_legend_handles_labels(), loc="outside lower left", ncols=2)
    mean = float(kappas.mean())
    ax.axvline(mean, color=INK, linewidth=1.2, label="_mean")
    ax.annotate(f"mean {kappa(mean)}", (mean, 1), xycoords=("data", "axes fraction"), xytext=(0, 3),
                textcoords="offset points", ha="center", va="bottom", annotation_clip=False)  # fmt: skip
    ax.yaxis.set_major_locator(MaxNLocator(nbins=5, integer=True))
    ax.set_xlabel("Error consistency of a pair (kappa)")
    ax.set_ylabel("Pairs")
    low, high = np.argmin(kappas), np.argmax(kappas)
    at = np.flatnonzero(known)[[low, high]]
    names = [tuple(clipped(result["observer_a"].values[i]) for i in (a[k], b[k])) for k in at]
    alt = (
        f"Histogram of the error consistency of {count(len(kappas), 'pair')} of {count(len(values), 'observer')}: mean "
        f"{kappa(mean)}, from {kappa(kappas[low])} ({' with '.join(names[0])}) to {kappa(kappas[high])} "
        f"({' with '.join(names[1])})."
    )
    caption = (
        f"Distribution of error consistency over {count(len(kappas), 'pair')}, too many conditions to show one by one; "
        f"the line is the plain mean of the pairs drawn.{_undefined(result)}"
    )
    return Drawing(figure, alt, caption)


def _edges(kappas: NDArray[np.float64]) -> NDArray[np.float64]:
    """Edges of bins of a round width that cover all values with some 40 bins."""
    reach = max(float(kappas.max() - kappas.min()), 1e-3)
    step = min((s for s in (0.001, 0.002, 0.005, 0.01, 0.02, 0.05) if reach / s <= 60), default=0.05)
    first, last = np.floor(kappas.min() / step), np.floor(kappas.max() / step) + 1
    return np.arange(first, last + 1) * step


def _alt(result: xr.Dataset, rows: list[_Row], lanes: list[str]) -> str:
    def said(row: _Row) -> str:
        means = [f"{kappa(row.mean(n))} {n}" if len(lanes) > 1 else kappa(row.mean(n))
                 for n in lanes if len(getattr(row, n))]  # fmt: skip
        return f"{clipped(row.name, 44)} {' and '.join(means)}"

    M = result.sizes["observer_a"]
    shown = "; ".join(said(row) for row in rows[:12]) + ("; and others" if len(rows) > 12 else "")
    return f"Error consistency of the pairs of {count(M, 'observer')}, a dot each. Mean kappa: {shown}."


def _caption(result: xr.Dataset, *, bars: bool, lanes: list[str]) -> str:
    if result.sizes["observer_a"] == 2:
        return f"Error consistency (kappa) of the one pair. {interval(result.attrs)}"
    what = {"within": "within each condition", "between": "with the other conditions"}
    text = (
        f"Error consistency (kappa) of single pairs {' and '.join(what[lane] for lane in lanes)}; upright marks and "
        "numbers are plain means of the dots."
    )
    if bars:
        text += f" {interval(result.attrs)}"
    return (
        text
        + " A pair of two conditions stands in the rows of both." * ("between" in lanes)
        + _undefined(result)
    )


def _undefined(result: xr.Dataset) -> str:
    values = result["kappa"].values
    number = int(np.isnan(values[np.triu_indices(len(values), 1)]).sum())
    return f" {count(number, 'pair')} with undefined kappa not drawn." * bool(number) + constant(result)


def _known(pairs: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(pairs[np.isfinite(pairs[:, 0])])
