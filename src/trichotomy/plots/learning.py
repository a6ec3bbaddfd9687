"""How items are learned: epochs by items, coloured by the share of observers right."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import MaxNLocator, StrMethodFormatter
from numpy.typing import NDArray

from trichotomy.errors import InputError
from trichotomy.plots.drawing import Drawing, in_style
from trichotomy.plots.raster import DECISION_COLOURS, MOST_COLUMNS, class_spans, colour_bar, number_rows
from trichotomy.plots.strip import class_strip
from trichotomy.plots.style import NARROW, PAGE, keep_ticks, name_x, new_figure
from trichotomy.plots.wording import count, percent

if TYPE_CHECKING:
    import xarray as xr


@in_style
def learning_map(learning_map: xr.Dataset, partition: xr.Dataset, *, width: float = PAGE) -> Drawing:
    """Epochs by items, coloured by the share of observers right (Meding et al. 2022, Fig. 4).

    Items go from the easiest to the hardest: by class of difficulty, by the number of observers right, then by the
    share right over all epochs. More than ``MOST_COLUMNS`` of them are averaged in groups of neighbours.

    Parameters
    ----------
    learning_map
        Result of ``stats.learning_map``. Epochs that fewer observers ran than any other are left out.
    partition
        Result of ``stats.partition`` of the same items.
    width
        In inches.

    Raises
    ------
    InputError
        Fewer than two epochs, or the partition has items that the map lacks.
    """
    shares, epochs, beyond = _read(learning_map, partition)
    category = partition["category"].values
    over_epochs = np.nan_to_num(_mean(shares, axis=0), nan=-1)
    order = np.lexsort((-over_epochs, -partition["right"].values, -category))
    E, N = shares.shape
    size = -(-N // MOST_COLUMNS)
    columns = _grouped(shares[:, order], size)
    height = min(max(0.09 * E, 1.4), 3.6)
    figure = new_figure(width, height + (1.25 if width >= NARROW else 1.6))
    ax = keep_ticks(figure.add_subplot())
    image = ax.imshow(
        np.ma.masked_invalid(columns), cmap=DECISION_COLOURS, vmin=0, vmax=1, aspect="auto",
        extent=(0, size * columns.shape[1], E - 0.5, -0.5),
    )  # fmt: skip
    number_rows(ax, [str(e) for e in epochs], "Epoch")
    ax.set_xlim(0, N)
    ax.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
    ax.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    spans, class_shares = class_spans(category)
    class_strip(ax, spans, class_shares)
    grouped = f"; each column the mean of {size:,} neighbours" if size > 1 else ""
    name_x(ax, f"Items, from the easiest to the hardest{grouped}", width)
    bar = colour_bar(figure, image, ax, width, height)
    bar.set_ticks([0, 0.5, 1], labels=["none right", "half", "all right"])
    M = int(learning_map["observers"].values.max())
    return Drawing(figure, _alt(shares, category, epochs, M), _caption(partition, M, size, beyond))


def _read(result: xr.Dataset, partition: xr.Dataset) -> tuple[NDArray[np.float64], NDArray[np.int64], int]:
    """Share right per epoch and item in the order of the partition, the epochs, and how many are left out."""
    observers = result["observers"].values
    whole = observers == observers.max(initial=0)
    if whole.sum() < 2:
        msg = (
            f"a map of learning needs two epochs or more that all observers ran; there is {int(whole.sum())}"
        )
        raise InputError(msg)
    items = partition["item"].values
    lacking = set(items.tolist()) - set(result["item"].values.tolist())
    if lacking:
        msg = f"the partition has {count(len(lacking), 'item')} that the map of learning lacks"
        raise InputError(msg)
    shown = result.isel(epoch=np.flatnonzero(whole))
    if not np.array_equal(items, shown["item"].values):
        shown = shown.sel(item=items)
    shares = shown["share_right"].transpose("epoch", "item").values
    return shares, shown["epoch"].values, int((~whole & (observers > 0)).sum())


def _grouped(shares: NDArray[np.float64], size: int) -> NDArray[np.float64]:
    """Means of groups of ``size`` neighbouring columns (the last may be smaller), NaN where none is known."""
    starts = np.arange(0, shares.shape[1], size)
    total = np.add.reduceat(np.nan_to_num(shares), starts, axis=1)
    known = np.add.reduceat(np.isfinite(shares).astype(np.int64), starts, axis=1)
    return np.where(known > 0, total / np.maximum(known, 1), np.nan)


def _mean(shares: NDArray[np.float64], axis: int) -> NDArray[np.float64]:
    known = np.isfinite(shares).sum(axis=axis)
    return np.asarray(np.where(known > 0, np.nansum(shares, axis=axis) / np.maximum(known, 1), np.nan))


def _alt(
    shares: NDArray[np.float64], category: NDArray[np.int8], epochs: NDArray[np.int64], observers: int
) -> str:
    _, class_shares = class_spans(category)
    text = (
        f"Map of the share of {count(observers, 'observer')} right on each of {count(shares.shape[1], 'item')} at "
        f"{count(len(epochs), 'epoch')}, from the easiest item to the hardest."
    )
    middle = len(epochs) // 2
    for code, name in ((2, "trivial"), (1, "in-between"), (0, "impossible")):
        if (category == code).any():
            at = [percent(_mean(shares[e][category == code], axis=0)) for e in (0, middle, -1)]
            text += (
                f" The {percent(class_shares[name])} {name}: mean share right {at[0]} at epoch {epochs[0]}, {at[1]} at "
                f"epoch {epochs[middle]}, {at[2]} at epoch {epochs[-1]}."
            )
    return text


def _caption(partition: xr.Dataset, observers: int, size: int, beyond: int) -> str:
    text = (
        f"Share of {count(observers, 'observer')} right on each item, epoch by epoch. Items sorted by the number of "
        f"observers right at epoch {partition.attrs['epoch']} (tolerance {partition.attrs['tolerance']}), then by "
        "the share right over all epochs."
    )
    if size > 1:
        text += f" There are more items than pixels, so each column is the mean of {size:,} neighbours."
    if beyond:
        text += f" Not drawn: {count(beyond, 'epoch')} that not all of them ran."
    return text
