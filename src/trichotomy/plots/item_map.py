"""Items and observers on the scale of item response theory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullFormatter

from trichotomy.errors import InputError
from trichotomy.plots.drawing import Drawing, in_style
from trichotomy.plots.style import (
    CLASS_COLOUR,
    GREEN,
    INK,
    MUTED,
    SMALL,
    TEXT,
    keep_ticks,
    name_x,
    new_figure,
    percent_axis,
)
from trichotomy.plots.wording import clipped, count

if TYPE_CHECKING:
    import xarray as xr

BINS = 40
_CODES = {"trivial": 2, "in-between": 1, "impossible": 0}
MOST_VECTOR = 2000


@in_style
def item_map(item_response: xr.Dataset, *, width: float = TEXT) -> Drawing:
    """Difficulty of items and ability of observers on one scale (Wright & Stone 1979), with the test's information.

    Parameters
    ----------
    item_response
        Result of ``stats.item_response``.
    width
        In inches.

    Raises
    ------
    InputError
        No item has a difficulty.
    """
    known = _known(item_response)
    figure = new_figure(width, 3.4)
    above, ax, below = figure.subplots(3, 1, sharex=True, height_ratios=(0.55, 2.6, 1.3))
    difficulty, category = known["difficulty"].values, known["category"].values
    edges = np.histogram_bin_edges(difficulty, bins=BINS)
    start = np.zeros(len(edges) - 1)
    for name, code in _CODES.items():
        height = np.histogram(difficulty[category == code], bins=edges)[0] / len(difficulty)
        ax.stairs(
            start + height,
            edges,
            baseline=start,
            fill=True,
            color=CLASS_COLOUR[name],
            label=name,
            linewidth=0,
        )
        start = start + height
    _abilities(above, item_response)
    keep_ticks(ax).set_ylabel("Share of items")
    ax.set_ylim(bottom=0)
    percent_axis(ax)
    keep_ticks(below).plot(
        item_response["scale"].values, item_response["test_information"].values, color=GREEN
    )
    below.set_ylabel("Information")
    below.set_ylim(bottom=0)
    below.yaxis.set_major_locator(MaxNLocator(3))
    name_x(below, f"Difficulty of items, ability of observers ({_unit(item_response)})", width)
    handles, labels = ax.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower left", ncols=3)
    low, high = (float(v) for v in (difficulty.min(), difficulty.max()))
    ability = item_response["ability"].values
    weakest, strongest = (
        clipped(item_response["observer"].values[k]) for k in (np.nanargmin(ability), np.nanargmax(ability))
    )
    alt = (
        f"Histogram of the difficulty of {count(len(difficulty), 'item')}, from {_number(low)} to {_number(high)}, and "
        f"abilities of {count(len(ability), 'observer')} on the same scale, from {_number(np.nanmin(ability))} "
        f"({weakest}) to {_number(np.nanmax(ability))} ({strongest})."
    )
    caption = (
        "Above: abilities of the observers. Middle: difficulty of the items, coloured by class. Below: Fisher "
        f"information of all items about an ability. {_made(item_response)}"
    )
    return Drawing(figure, alt, caption)


@in_style
def discrimination_scatter(item_response: xr.Dataset, *, width: float = TEXT) -> Drawing:
    """Discrimination of each item against its difficulty, coloured by class.

    Parameters
    ----------
    item_response
        Result of ``stats.item_response`` with ``model="2pl"``.
    width
        In inches.

    Raises
    ------
    InputError
        No item has a difficulty, or all discriminations are one (1PL).
    """
    if item_response.attrs["model"] != "2pl":
        msg = "the items of a 1PL all discriminate alike; fit model='2pl'"
        raise InputError(msg)
    known = _known(item_response)
    figure = new_figure(width, 0.5 * width + 0.6)
    ax = keep_ticks(figure.add_subplot())
    raster = known.sizes["item"] > MOST_VECTOR
    category = known["category"].values
    for name, code in _CODES.items():
        own = category == code
        ax.plot(
            known["difficulty"].values[own], known["discrimination"].values[own], "o", color=CLASS_COLOUR[name],
            markersize=2 if raster else 3, alpha=0.35 if raster else 0.7, markeredgewidth=0, label=name,
            rasterized=raster, linestyle="none",
        )  # fmt: skip
    ax.axhline(1, color=MUTED, linewidth=0.7, linestyle=":", zorder=0)
    ax.set_yscale("log")
    ax.yaxis.set_major_locator(FixedLocator([0.1, 0.2, 0.5, 1, 2, 5, 10]))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda a, _: f"{a:g}"))
    ax.yaxis.set_minor_formatter(NullFormatter())
    ax.set_ylabel("Discrimination")
    name_x(ax, f"Difficulty ({_unit(item_response)})", width)
    handles, labels = ax.get_legend_handles_labels()
    legend = figure.legend(handles, labels, loc="outside lower left", ncols=3)
    for handle in legend.legend_handles:
        if isinstance(handle, Line2D):
            handle.set_alpha(1)
            handle.set_markersize(4)
    a = known["discrimination"].values
    alt = (
        f"Discrimination of {count(len(a), 'item')} against difficulty: discriminations from {a.min():.2g} to "
        f"{a.max():.2g}, half of them between {np.quantile(a, 0.25):.2g} and {np.quantile(a, 0.75):.2g}."
    )
    caption = (
        "Each dot is an item; items that all observers get right or wrong say little about their discrimination, which "
        f"then stays near the prior's. {_made(item_response)}"
    )
    return Drawing(figure, alt, caption)


def _abilities(ax: Axes, item_response: xr.Dataset) -> None:
    """A tick for each observer, without an axis of its own."""
    ability = item_response["ability"].values
    ax.vlines(ability[np.isfinite(ability)], 0, 1, color=INK, linewidth=0.9)
    ax.set_ylim(0, 1.1)
    ax.set_yticks([])
    for side in ("left", "bottom"):
        ax.spines[side].set_visible(False)
    ax.tick_params(axis="x", length=0)
    ax.set_ylabel("Observers", rotation=0, ha="right", va="center", fontsize=SMALL)


def _known(item_response: xr.Dataset) -> xr.Dataset:
    known = np.flatnonzero(
        np.isfinite(item_response["difficulty"].values) & (item_response["category"].values >= 0)
    )
    if not known.size:
        msg = "nothing to draw: no item that all observers answered has a difficulty"
        raise InputError(msg)
    return item_response.isel(item=known)


def _unit(item_response: xr.Dataset) -> str:
    return "logits" if item_response.attrs["integrated"] == "items" else "standard deviations of ability"


def _made(item_response: xr.Dataset) -> str:
    a = item_response.attrs
    rest = "" if a["converged"] else " The estimate had not come to rest."
    return f"{a['model'].upper()}, integrated over {a['integrated']}; prior: {a['prior']}.{rest}"


def _number(value: float) -> str:
    return f"{value:.2f}".replace("-", "\N{MINUS SIGN}")
