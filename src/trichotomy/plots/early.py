"""How early the final partition can be told."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from trichotomy.errors import InputError
from trichotomy.plots.drawing import Drawing, in_style
from trichotomy.plots.looks import Dashes
from trichotomy.plots.style import (
    CLASS_COLOUR,
    INK,
    MUTED,
    NARROW,
    PAGE,
    SMALL,
    keep_ticks,
    new_figure,
    percent_axis,
)
from trichotomy.plots.wording import count, interval, left_out, percent

if TYPE_CHECKING:
    import xarray as xr

_DASHES: Mapping[str, Dashes] = MappingProxyType({"found": "-", "kept": "--"})
EXTREMES = ("trivial", "impossible")


@in_style
def early_curves(early_partition: xr.Dataset, *, width: float = PAGE) -> Drawing:
    """Share of items whose class of difficulty is the final one, epoch by epoch, beside chance; and by class.

    Parameters
    ----------
    early_partition
        Result of ``stats.early_partition``.
    width
        In inches; in a narrow figure the panels stand one above the other.

    Raises
    ------
    InputError
        All items are of one class at the end, so there is nothing to tell.
    """
    final = early_partition["share"].values[-1]
    if (final > 0).sum() < 2:
        names = early_partition["difficulty"].values
        only = str(names[int(np.nanargmax(final))])
        msg = (
            f"at epoch {early_partition.attrs['epoch']} all items are {only}, so there is no partition to tell early; "
            "take fewer observers (--one-per condition, --drop) or another --tolerance"
        )
        raise InputError(msg)
    side_by_side = width >= NARROW
    figure = new_figure(width, 3.0 if side_by_side else 5.3)
    left, right = figure.subplots(*((1, 2) if side_by_side else (2, 1)), sharex=True, sharey=True)
    _agreement(keep_ticks(left), early_partition)
    _classes(keep_ticks(right), early_partition)
    epochs = early_partition["epoch"].values
    for ax in (left, right):
        ax.set_xlim(epochs[0], epochs[-1])
        ax.set_ylim(0, 1.02)
        percent_axis(ax)
        ax.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
    for ax in (left, right) if side_by_side else (right,):
        ax.set_xlabel("Epoch")
    handles = [
        Line2D([], [], color=INK, label="of the final class"),
        Line2D([], [], color=MUTED, linestyle=":", label="by chance"),
        *(
            Line2D([], [], color=CLASS_COLOUR[name], linestyle=dashes, label=f"{name}, {what}")
            for name in EXTREMES
            if float(early_partition["share"].sel(difficulty=name).max()) > 0
            for what, dashes in _DASHES.items()
        ),
    ]
    figure.legend(handles=handles, loc="outside lower left", ncols=6 if side_by_side else 2, handlelength=1.8)
    return Drawing(figure, _alt(early_partition), _caption(early_partition))


def _agreement(ax: Axes, result: xr.Dataset) -> None:
    epochs = result["epoch"].values
    low, high = result["ci"].values.T
    ax.fill_between(epochs, low, high, color=INK, alpha=0.13, linewidth=0)
    ax.plot(
        epochs,
        result["agreement"].values,
        color=INK,
        linewidth=1.5,
        label="_agreement",
        marker=_mark(epochs),
        markersize=2.5,
        clip_on=False,
    )
    ax.plot(epochs, result["chance"].values, color=MUTED, linestyle=":", label="_chance")
    told, enough = float(result["told"]), float(result.attrs["enough"])
    ax.plot([told, told], [0, enough], color=MUTED, linewidth=0.7)
    ax.plot([epochs[0], told], [enough, enough], color=MUTED, linewidth=0.7)
    ax.annotate(
        f"epoch {told:.0f}", (told, 0), xytext=(-3, 4), textcoords="offset points", ha="right", fontsize=SMALL,
        color=MUTED,
    )  # fmt: skip
    ax.set_ylabel("Share of items")
    ax.set_title("Class already the final one")


def _classes(ax: Axes, result: xr.Dataset) -> None:
    epochs = result["epoch"].values
    for name in EXTREMES:
        own = result.sel(difficulty=name)
        for what, dashes in (("recall", "-"), ("precision", "--")):
            low, high = own[f"{what}_ci"].values.T
            if what == "recall":
                ax.fill_between(epochs, low, high, color=CLASS_COLOUR[name], alpha=0.13, linewidth=0)
            ax.plot(
                epochs, own[what].values, color=CLASS_COLOUR[name], linestyle=dashes, label=f"_{name} {what}",
                marker=_mark(epochs), markersize=2.5, clip_on=False,
            )  # fmt: skip
    ax.set_title("Found: finally so; kept: so now")


def _mark(epochs: NDArray[np.int64]) -> str | None:
    return "o" if len(epochs) <= 10 else None


def _alt(result: xr.Dataset) -> str:
    epochs = result["epoch"].values
    middle = len(epochs) // 2
    at = ", ".join(
        f"{percent(result['agreement'][k])} at epoch {epochs[k]} ({percent(result['chance'][k])} by chance)"
        for k in (0, middle)
        if np.isfinite(result["agreement"][k])
    )
    text = (
        f"Share of items whose class of difficulty is the one of epoch {epochs[-1]}: {at}; at least "
        f"{percent(result.attrs['enough'])} from epoch {float(result['told']):.0f} on."
    )
    for name in EXTREMES:
        own = result.sel(difficulty=name)
        if np.isfinite(own["recall"][middle]):
            text += f" At epoch {epochs[middle]}, {percent(own['recall'][middle])} of the finally {name} items are so"
            kept = own["precision"][middle]
            text += f", and {percent(kept)} of those that are stay so." if np.isfinite(kept) else "."
    return text


def _caption(result: xr.Dataset) -> str:
    a = result.attrs
    low, high = result["told_ci"].values
    return (
        f"Left: items whose class of difficulty at an epoch is the one at epoch {a['epoch']} "
        f"({count(a['observers'], 'observer')}, tolerance {a['tolerance']}, {count(a['n'], 'item')}), and how many "
        "would be if the classes of the epoch were dealt to the items at random. At least "
        f"{percent(a['enough'])} of them from epoch {float(result['told']):.0f} on ({low:.0f} to {high:.0f}). Right: "
        "the share of the finally trivial (impossible) items that are so already (found), and of those now so that are "
        f"in the end (kept). {interval(a, 'Bands and range')}{left_out(a)}"
    )
