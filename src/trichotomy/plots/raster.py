"""Every decision as a raster: items by difficulty against observers, or against the epochs of one observer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colorbar import Colorbar
from matplotlib.colors import LinearSegmentedColormap, ListedColormap
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.ticker import FixedLocator, MaxNLocator, StrMethodFormatter
from numpy.typing import NDArray

from trichotomy.errors import InputError, UnknownNameError
from trichotomy.estimators import CATEGORIES
from trichotomy.plots.drawing import Drawing, in_style
from trichotomy.plots.rows import MOST_ROWS, label_rows, row_pitch
from trichotomy.plots.strip import class_strip
from trichotomy.plots.style import (
    BLUE,
    NARROW,
    PAGE,
    SMALL,
    VERMILLION,
    keep_ticks,
    name_x,
    new_figure,
)
from trichotomy.plots.wording import clipped, count, percent

if TYPE_CHECKING:
    import xarray as xr

MOST_COLUMNS = 400
"""More items than this are averaged in groups: finer columns than pixels alias into stripes that are not there."""
_MISSING = "#b4b4b4"
DECISION_COLOURS = LinearSegmentedColormap.from_list(
    "decision", [VERMILLION, "#f1b284", "#f7f7f3", "#86bad9", BLUE]
).with_extremes(bad=_MISSING)
_TWO = ListedColormap([VERMILLION, BLUE]).with_extremes(bad=_MISSING)


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """int8[R, N] of 1, 0, -1 in the order of the partition's items, and what the rows are."""

    correct: NDArray[np.int8]
    labels: list[str]
    epochs: bool
    observer: str


@in_style
def decision_raster(
    decisions: xr.Dataset | xr.DataArray,
    partition: xr.Dataset,
    *,
    observer: str | None = None,
    width: float = PAGE,
) -> Drawing:
    """Items by observers where there is one epoch, else items by the epochs of one observer (Fig. 8).

    Items go from the easiest to the hardest. More than ``MOST_COLUMNS`` of them are averaged in groups of
    neighbours, and the figure says so.

    Parameters
    ----------
    decisions
        Decisions, or their ``decisions.correctness``.
    partition
        Result of ``stats.partition``; says which items are drawn and how they are sorted.
    observer
        Whose epochs to draw; default the first. Without epochs, draws this observer alone.
    width
        In inches.

    Raises
    ------
    UnknownNameError
        There is no such observer.
    InputError
        The partition has items that the decisions lack.
    """
    rows = _read(decisions, partition, observer)
    category, right = partition["category"].values, partition["right"].values
    order = np.lexsort((-right, -category))
    R, N = rows.correct.shape
    shares, size = _binned(rows.correct[:, order])
    pitch = row_pitch(R, roomy=0.17)
    named = not rows.epochs and R <= MOST_ROWS
    height = pitch * R if named else min(max(0.045 * R, 1.4), 4.0)
    figure = new_figure(width, height + (1.25 if width >= NARROW else 1.6))
    ax = keep_ticks(figure.add_subplot())
    image = ax.imshow(
        np.ma.masked_invalid(shares), cmap=DECISION_COLOURS if size > 1 else _TWO, vmin=0, vmax=1, aspect="auto",
        extent=(0, size * shares.shape[1], R - 0.5, -0.5),
    )  # fmt: skip
    if named:
        label_rows(ax, rows.labels, pitch)
        ax.set_ylim(R - 0.5, -0.5)
    else:
        _row_axis(ax, rows)
    ax.set_xlim(0, N)
    ax.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
    ax.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    spans, class_shares = class_spans(category)
    class_strip(ax, spans, class_shares)
    grouped = f"each column the mean of {size:,} neighbours" if size > 1 else ""
    name_x(ax, "Items, from the easiest to the hardest" + (f"; {grouped}" if grouped else ""), width)
    bar = colour_bar(figure, image, ax, width, height)
    if grouped:
        bar.set_ticks([0, 0.5, 1], labels=["wrong", "half", "right"])
    else:
        bar.set_ticks([0.25, 0.75], labels=["wrong", "right"])
    return Drawing(figure, _alt(rows, class_shares, grouped), _caption(rows, partition, category, grouped))


def _read(decisions: xr.Dataset | xr.DataArray, partition: xr.Dataset, observer: str | None) -> _Rows:
    """Correctness of the rows to draw, with the partition's items in its order."""
    names = decisions["observer"].values.astype(str)
    if observer is not None and observer not in names:
        kind = "observer"
        raise UnknownNameError(kind, observer, names.tolist())
    epochs = decisions.sizes["epoch"] > 1
    chosen = str(names[0]) if observer is None else observer
    if epochs or observer is not None:
        decisions = decisions.isel(observer=np.flatnonzero(names == chosen))
    matrix = _matrix(decisions)
    items = partition["item"].values
    if not np.array_equal(items, matrix["item"].values):
        lacking = set(items.tolist()) - set(matrix["item"].values.tolist())
        if lacking or not len(items):
            msg = f"the partition has {count(len(lacking), 'item')} that the decisions lack; make it from the same ones"
            raise InputError(msg)
        matrix = matrix.sel(item=items)
    values = matrix.values[0] if epochs else matrix.values[:, 0]
    if (values < 0).all():
        msg = f"{chosen!r} made none of these decisions, so there is nothing to draw"
        raise InputError(msg)
    labels = matrix["epoch"].values if epochs else matrix["observer"].values
    return _Rows(values, [str(v) for v in labels], epochs, chosen)


def _matrix(decisions: xr.Dataset | xr.DataArray) -> xr.DataArray:
    import xarray as xr

    from trichotomy.decisions import correctness

    return decisions if isinstance(decisions, xr.DataArray) else correctness(decisions)


def _binned(correct: NDArray[np.int8]) -> tuple[NDArray[np.float64], int]:
    """Share right in groups of equally many neighbouring columns (the last may be smaller), and how many.

    NaN where nobody was asked.
    """
    N = correct.shape[1]
    size = -(-N // MOST_COLUMNS)
    starts = np.arange(0, N, size)
    right = np.add.reduceat(correct == 1, starts, axis=1, dtype=np.int64)
    asked = np.add.reduceat(correct >= 0, starts, axis=1, dtype=np.int64)
    return np.where(asked > 0, right / np.maximum(asked, 1), np.nan), size


def class_spans(category: NDArray[np.int8]) -> tuple[dict[str, tuple[float, float]], dict[str, float]]:
    """Where each class lies on the axis, from trivial on, and its share of the items partitioned."""
    spans, shares, start = {}, {}, 0
    total = int((category >= 0).sum())
    for code in (2, 1, 0):
        number = int((category == code).sum())
        spans[CATEGORIES[code]] = (float(start), float(start + number))
        shares[CATEGORIES[code]] = number / total if total else np.nan
        start += number
    return spans, shares


def _row_axis(ax: Axes, rows: _Rows) -> None:
    """Number the rows: epochs by their value, observers not by name."""
    if rows.epochs:
        number_rows(ax, rows.labels, "Epoch")
        return
    ax.yaxis.set_major_locator(FixedLocator([]))
    ax.set_ylabel(f"{len(rows.labels)} observers")


def number_rows(ax: Axes, labels: list[str], name: str) -> None:
    """Label every row, or every second, fifth, ..., so that there are about ten labels."""
    R = len(labels)
    step = next(s for s in (1, 2, 5, 10, 20, 50, 100, 10**9) if R / s <= 10)
    ax.set_yticks(range(0, R, step), labels[::step])
    ax.set_ylabel(name)


def colour_bar(figure: Figure, image: AxesImage, ax: Axes, width: float, height: float) -> Colorbar:
    """Explain the colours beside the raster, below it in a narrow figure."""
    if width >= NARROW:
        bar = figure.colorbar(
            image, ax=ax, fraction=0.03, pad=0.015, aspect=18, shrink=min(1.0, 1.6 / height)
        )
    else:
        bar = figure.colorbar(image, ax=ax, location="bottom", aspect=20, shrink=0.7, fraction=0.05, pad=0.02)
    bar.outline.set_visible(False)
    bar.ax.tick_params(length=0, labelsize=SMALL)
    return bar


def _alt(rows: _Rows, shares: dict[str, float], grouped: str) -> str:
    R, N = rows.correct.shape
    asked = int((rows.correct >= 0).sum())
    right = float((rows.correct == 1).sum() / asked)
    what = f"{count(R, 'epoch')} of {clipped(rows.observer)}" if rows.epochs else count(R, "observer")
    classes = ", ".join(f"{percent(share)} {name}" for name, share in shares.items())
    return (
        f"Raster of the decisions of {what} on {count(N, 'item')}, from the easiest to the hardest: {classes}. "
        f"{percent(right)} of the decisions drawn are right."
        + (f" {grouped.capitalize()}." if grouped else "")
    )


def _caption(rows: _Rows, partition: xr.Dataset, category: NDArray[np.int8], grouped: str) -> str:
    what = f"of {clipped(rows.observer)} at each epoch" if rows.epochs else "of each observer"
    tolerance = partition.attrs["tolerance"]
    text = f"Decisions {what}; items sorted by the number of observers right (tolerance {tolerance})."
    if grouped:
        means = grouped.replace("column", "column is")
        text += f" There are more items than pixels, so {means} and shows their share right."
    outside = int((category < 0).sum())
    if outside:
        text += (
            f" Without a class, at the right end: {count(outside, 'item')} that not every observer answered."
        )
    return text + (" Grey: missing." if (rows.correct < 0).any() else "")
