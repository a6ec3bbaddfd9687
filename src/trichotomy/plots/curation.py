"""How well subsets order observers that they were not chosen by, against their size."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, NullLocator

from trichotomy.errors import InputError
from trichotomy.plots.drawing import Drawing, in_style
from trichotomy.plots.style import BLUE, GREY, NARROW, TEXT, keep_ticks, new_figure
from trichotomy.plots.wording import count, interval, kappa

if TYPE_CHECKING:
    import xarray as xr

_APART = 1.04
_OURS, _RANDOM = "chosen", "random"


@in_style
def curation_curves(curation_curve: xr.Dataset, *, width: float = TEXT) -> Drawing:
    """Rank correlation of held-out observers, and error of their differences, by the size of the subset.

    Parameters
    ----------
    curation_curve
        Result of ``curation.curation_curve``.
    width
        In inches.

    Raises
    ------
    InputError
        The population was too small to hold out observers.
    """
    curve = curation_curve
    if curve.attrs["too_few"] or not np.isfinite(curve["rank"].values).any():
        msg = "there are too few observers to hold some out, so there is nothing to draw"
        raise InputError(msg)
    both = bool(np.isfinite(curve["error"].values).any())
    panels = 2 if both else 1
    stacked = width < NARROW and both
    figure = new_figure(width, 2.4 * (2 if stacked else 1) + 0.2)
    axes = np.atleast_1d(figure.subplots(2 if stacked else 1, 1 if stacked else panels))
    _panel(axes[0], curve, "rank", 1.0)
    axes[0].set_ylabel("Rank correlation, held-out observers")
    axes[0].legend(loc="lower right")
    if both:
        _panel(axes[1], curve, "error", 100.0)
        axes[1].set_ylim(bottom=0)
        axes[1].set_ylabel("Error of a difference in accuracy (points)")
    return Drawing(figure, _alt(curve, both=both), _caption(curve, both=both))


def _panel(ax: Axes, curve: xr.Dataset, name: str, scale: float) -> None:
    sizes = curve["size"].values.astype(float)
    keep_ticks(ax)
    for key, colour, label, shift in (
        (name, BLUE, _OURS, 1 / _APART),
        (f"{name}_random", GREY, _RANDOM, _APART),
    ):
        values, bounds = scale * curve[key].values, scale * curve[f"{key}_ci"].values
        ax.plot(sizes * shift, values, color=colour, marker="o", markersize=3, label=label)
        ax.vlines(sizes * shift, bounds[:, 0], bounds[:, 1], color=colour, linewidth=1.0)
    ax.set_xscale("log")
    ax.set_xticks(sizes)
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter(
        FuncFormatter(lambda size, _: f"{size / 1000:g}k" if size >= 1000 else f"{size:g}")
    )
    ax.set_xlabel("Items in the subset")


def _alt(curve: xr.Dataset, *, both: bool) -> str:
    lines = [
        f"{count(row['size'], 'item')}: {kappa(row['rank'])} against {kappa(row['rank_random'])}"
        + (f", error {_points(row['error'])} against {_points(row['error_random'])} points" if both else "")
        for row in (curve.isel(size=k) for k in range(curve.sizes["size"]))
    ]
    return (
        "Rank correlation of held-out observers with chosen against random subsets. " + "; ".join(lines) + "."
    )


def _caption(curve: xr.Dataset, *, both: bool) -> str:
    attrs = curve.attrs
    error = (
        " Right: root mean squared error of the difference in accuracy between two of them, by weights."
        if both
        else ""
    )
    better = [
        f"{int(n):,}"
        for n, v in zip(curve["size"].values, curve["verdict"].values, strict=True)
        if v == "better"
    ]
    told = (
        f" Clearly fewer pairs in the wrong order than with random subsets (interval of the ratio below 1): {', '.join(better)} items."
        if better
        else " At no size can the order be told from that of random subsets."
    )
    return (
        f"Rank correlation of scores on a subset with accuracy on all {count(attrs['n'], 'item')}, of observers that "
        f"did not choose it: {count(attrs['observers'], 'observer')} split by families in halves, {attrs['splits']} times "
        f"(rule {attrs['rule']}).{error if both else ''} {interval(attrs)}{told}"
    )


def _points(error: Any) -> str:
    return f"{100 * float(error):.2f}"
