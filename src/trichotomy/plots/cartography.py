"""Dataset cartography: items by confidence and variability, coloured by class of difficulty."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes

from trichotomy.errors import InputError
from trichotomy.plots.drawing import Drawing, in_style
from trichotomy.plots.style import (
    CLASS_COLOUR,
    NARROW,
    PAGE,
    bare_rows,
    keep_ticks,
    new_figure,
    percent_axis,
)
from trichotomy.plots.wording import count, percent

if TYPE_CHECKING:
    import xarray as xr

EASIEST_FIRST = ("trivial", "in-between", "impossible")
_CODES = {"impossible": 0, "in-between": 1, "trivial": 2}


@in_style
def data_map(cartography: xr.Dataset, *, width: float = PAGE) -> Drawing:
    """Items by variability and confidence, and which classes of difficulty the three regions are made of.

    Parameters
    ----------
    cartography
        Result of ``stats.cartography``.
    width
        In inches; in a narrow figure the panels stand one above the other.

    Raises
    ------
    InputError
        No item has a confidence.
    """
    if not np.isfinite(cartography["confidence"].values).any():
        msg = "nothing to draw: no item has the probability of its target at all epochs"
        raise InputError(msg)
    if width >= NARROW:
        figure = new_figure(width, 3.3)
        left, right = figure.subplots(1, 2, width_ratios=(1.2, 1))
    else:
        figure = new_figure(width, 5.2)
        left, right = figure.subplots(2, 1, height_ratios=(2.6, 1.4))
    _map(keep_ticks(left), cartography)
    _regions(keep_ticks(right), cartography)
    handles, labels = right.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower left", ncols=3)
    return Drawing(figure, _alt(cartography), _caption(cartography))


def _map(ax: Axes, result: xr.Dataset) -> None:
    x, y, category = (result[name].values for name in ("variability", "confidence", "category"))
    n = int(np.isfinite(y).sum())
    size = float(np.clip(6000 / n, 1.0, 14.0))
    for name in ("in-between", "trivial", "impossible"):  # the rarer on top
        own = np.isfinite(y) & (category == _CODES[name])
        ax.scatter(
            x[own], y[own], s=size, color=CLASS_COLOUR[name], alpha=0.55, linewidths=0, rasterized=n > 500,
            label=f"_{name}",
        )  # fmt: skip
    ax.set_xlim(left=0)
    ax.set_ylim(0, 1)
    ax.set_xlabel("Variability (standard deviation over epochs)")
    ax.set_ylabel("Confidence (mean over epochs)")


def _regions(ax: Axes, result: xr.Dataset) -> None:
    regions = [str(r) for r in result["region"].values]
    known = result["category"].values
    known = known[known >= 0]
    rows = {
        "all items": [float((known == _CODES[name]).mean()) if known.size else 0.0 for name in EASIEST_FIRST]
    }
    for region in regions:
        own = result["of_class"].sel(region=region)
        rows[region] = [float(own.sel(difficulty=name)) for name in EASIEST_FIRST]
    at = np.arange(len(rows))
    below = np.zeros(len(rows))
    for k, name in enumerate(EASIEST_FIRST):
        values = np.nan_to_num([shares[k] for shares in rows.values()])
        ax.barh(at, values, left=below, height=0.7, color=CLASS_COLOUR[name], label=name)
        below = below + values
    ax.set_yticks(at, list(rows))
    ax.set_ylim(len(rows) - 0.5, -0.5)
    ax.set_xlim(0, 1)
    bare_rows(ax)
    percent_axis(ax, "x")
    ax.set_xlabel("Share of the region's items")


def _alt(result: xr.Dataset) -> str:
    said = []
    for region in result["region"].values:
        own = result["of_class"].sel(region=region)
        parts = ", ".join(f"{percent(own.sel(difficulty=name))} {name}" for name in EASIEST_FIRST)
        said.append(f"Of the items {region}: {parts}.")
    c = result["confidence"].values
    return (
        f"Map of {count(result.attrs['n'], 'item')} by variability and confidence over the training, confidence from "
        f"{np.nanmin(c):.2f} to {np.nanmax(c):.2f}. {' '.join(said)}"
    )


def _caption(result: xr.Dataset) -> str:
    a = result.attrs
    text = (
        f"Each point is an item: mean and standard deviation, over epochs {a['first_epoch']} to {a['epoch']}, of the "
        f"probability given to its target, mean of {count(a['observers'], 'observer')}. Colours: class of difficulty "
        f"at epoch {a['epoch']} (tolerance {a['tolerance']}). Easy to learn: the {percent(a['share'])} of items of "
        "highest confidence; hard to learn: of lowest; ambiguous: of highest variability; regions may overlap "
        "(Swayamdipta et al. 2020)."
    )
    return text + (
        f" Left out: {count(a['left_out'], 'item')} without a probability at all epochs."
        if a["left_out"]
        else ""
    )
