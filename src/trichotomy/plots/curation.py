"""How well subsets order observers that they were not chosen by, against their size."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from trichotomy.errors import InputError
from trichotomy.plots.drawing import Drawing, in_style
from trichotomy.plots.style import BLUE, FAINT, GREY, NARROW, ORANGE, TEXT, keep_ticks, new_figure
from trichotomy.plots.wording import count, interval, kappa

if TYPE_CHECKING:
    import xarray as xr

_APART = 1.05
_HEIGHT = 2.5
_WRONG, _ERROR = "pairs in the wrong order", "error of differences"


@in_style
def curation_curves(curation_curve: xr.Dataset, *, width: float = TEXT) -> Drawing:
    """Rank correlation of held-out observers by the size of the subset, and what chosen subsets gain over random ones.

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
    shape = (2, 1) if width < NARROW else (1, 2)
    figure = new_figure(width, _HEIGHT * shape[0])
    left, right = figure.subplots(*shape)
    _lines(left, curve, (("rank", BLUE, "chosen", "o"), ("rank_random", GREY, "random", "s")))
    left.set_ylim(top=1.005)
    left.set_ylabel("Rank correlation")
    left.legend(loc="lower right")
    right.axhline(1, color=FAINT, linewidth=1)
    shown = [("swapped_ratio", BLUE, _WRONG, "o")]
    if _weighted(curve):
        shown.append(("error_ratio", ORANGE, _ERROR, "D"))
    _lines(right, curve, tuple(shown))
    right.set_ylim(bottom=0)
    right.set_ylabel("Chosen / random")
    right.legend(loc="lower left")
    return Drawing(figure, _alt(curve), _caption(curve))


def _lines(ax: Axes, curve: xr.Dataset, shown: tuple[tuple[str, str, str, str], ...]) -> None:
    sizes = curve["size"].values.astype(float)
    keep_ticks(ax)
    ax.set_xscale("log")
    for k, (name, colour, label, marker) in enumerate(shown):
        at = sizes * _APART ** (2 * k - len(shown) + 1)
        bounds = curve[f"{name}_ci"].values
        ax.plot(at, curve[name].values, color=colour, marker=marker, markersize=3, label=label)
        ax.vlines(at, bounds[:, 0], bounds[:, 1], color=colour, linewidth=1.0)
    ticks = [10**k for k in range(6) if sizes.min() <= 10**k <= sizes.max()]
    ax.xaxis.set_major_locator(FixedLocator(ticks if len(ticks) > 1 else sizes.tolist()))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter(FuncFormatter(lambda size, _: f"{size:,.0f}"))
    ax.set_xlabel("Items in the subset")


def _weighted(curve: xr.Dataset) -> bool:
    return bool(np.isfinite(curve["error_ratio"].values).any())


def _alt(curve: xr.Dataset) -> str:
    lines = [
        f"{count(row['size'], 'item')}: {kappa(row['rank'])} against {kappa(row['rank_random'])}, wrong pairs "
        f"{kappa(row['swapped_ratio'])} times as many"
        for row in (curve.isel(size=k) for k in range(curve.sizes["size"]))
    ]
    return (
        "Rank correlation of held-out observers with chosen against random subsets. " + "; ".join(lines) + "."
    )


def _caption(curve: xr.Dataset) -> str:
    attrs = curve.attrs
    better = [f"{int(n):,}" for n in curve["size"].values[curve["verdict"].values == "better"]]
    words = [
        f"Rank correlation of scores on a subset with accuracy on all {count(attrs['n'], 'item')}, of observers that "
        f"did not choose it: {count(attrs['observers'], 'observer')} were split by families in halves, "
        f"{attrs['splits']} times (rule {attrs['rule']}). Second panel: pairs of them put in the wrong order",
        ", and the error of their differences in accuracy," if _weighted(curve) else ",",
        " as a ratio to random subsets of the same size. ",
        interval(attrs),
        f" Clearly fewer wrong pairs than random at {', '.join(better)} items."
        if better
        else " At no size can the order be told from that of random subsets.",
    ]
    return "".join(words)
