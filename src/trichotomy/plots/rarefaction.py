"""How many observers until the partition settles."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import MaxNLocator

from trichotomy.errors import InputError
from trichotomy.plots.drawing import Drawing, in_style
from trichotomy.plots.style import CLASS_COLOUR, TEXT, keep_ticks, new_figure, percent_axis
from trichotomy.plots.wording import count, left_out, percent

if TYPE_CHECKING:
    import xarray as xr


@in_style
def rarefaction_curve(rarefaction: xr.Dataset, *, width: float = TEXT) -> Drawing:
    """Expected trivial and impossible shares among k of the observers.

    Parameters
    ----------
    rarefaction
        Result of ``stats.rarefaction``.
    width
        In inches.

    Raises
    ------
    InputError
        Fewer than two sizes have defined shares, so there is no curve.
    """
    sizes = rarefaction["observers_drawn"].values
    curves = {name: rarefaction[name].values for name in ("trivial", "impossible")}
    defined = np.isfinite(curves["trivial"]) & np.isfinite(curves["impossible"])
    if defined.sum() < 2:
        msg = "a rarefaction curve needs two sizes or more; there are too few observers for this tolerance"
        raise InputError(msg)
    first, last = np.flatnonzero(defined)[[0, -1]]
    figure = new_figure(width, 0.25 * width + 1.1)
    ax = keep_ticks(figure.add_subplot())
    ends = _apart({name: float(values[last]) for name, values in curves.items()}, _top(curves))
    for name, values in curves.items():
        ax.plot(
            sizes[defined], values[defined], color=CLASS_COLOUR[name], label=name,
            marker="o" if len(sizes) <= 20 else None, markersize=3,
        )  # fmt: skip
        ax.annotate(
            f"{name} {percent(values[last])}", (sizes[last], ends[name]), xytext=(6, 0), textcoords="offset points",
            va="center", color=CLASS_COLOUR[name], annotation_clip=False,
        )  # fmt: skip
    ax.set_xlim(sizes[first], sizes[last])
    ax.set_ylim(0, _top(curves))
    ax.xaxis.set_major_locator(MaxNLocator(nbins=10, integer=True))
    percent_axis(ax)
    ax.set_xlabel(f"Observers drawn (of {sizes[-1]})")
    ax.set_ylabel("Expected share of items")
    alt = "Expected shares of items among random subsets of the observers. " + " ".join(
        f"{name.capitalize()}: {percent(values[first])} with {count(sizes[first], 'observer')}, "
        f"{percent(values[last])} with all {sizes[last]}."
        for name, values in curves.items()
    )
    caption = (
        f"Shares of trivial and impossible items expected among k of the {sizes[-1]} observers "
        f"({rarefaction.attrs['method']}, exact; {count(rarefaction.attrs['n'], 'item')}, tolerance "
        f"{rarefaction.attrs['tolerance']}). Where a curve still falls, more observers would change the partition."
    )
    return Drawing(figure, alt, caption + left_out(rarefaction.attrs))


def _top(curves: dict[str, np.ndarray[tuple[int, ...], np.dtype[np.float64]]]) -> float:
    return max(1.05 * max(float(np.nanmax(values)) for values in curves.values()), 0.01)


def _apart(ends: dict[str, float], top: float) -> dict[str, float]:
    """Heights of the labels at the ends of two curves: at least a line of text apart."""
    gap = 0.1 * top
    (low, a), (high, b) = sorted(ends.items(), key=lambda end: end[1])
    middle = max((a + b) / 2, gap / 2)
    return ends if b - a >= gap else {low: middle - gap / 2, high: middle + gap / 2}
