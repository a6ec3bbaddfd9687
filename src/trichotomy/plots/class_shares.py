"""Trivial, in-between and impossible items, class by class."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from trichotomy.errors import InputError
from trichotomy.plots.accuracy import MOST_CLASS_ROWS
from trichotomy.plots.drawing import Drawing, in_style
from trichotomy.plots.rows import label_rows, row_pitch
from trichotomy.plots.style import CLASS_COLOUR, NARROW, TEXT, keep_ticks, new_figure, percent_axis
from trichotomy.plots.wording import count, left_out, listed, percent

if TYPE_CHECKING:
    import xarray as xr

_STACK = {"trivial": "trivial", "in_between": "in-between", "impossible": "impossible"}
_PALE = {**CLASS_COLOUR, "in-between": "#dde0e3"}


@in_style
def class_shares(class_difficulty: xr.Dataset, *, width: float = TEXT) -> Drawing:
    """Shares of trivial, in-between and impossible items of each class, stacked (Meding et al. 2022, Fig. 21).

    Parameters
    ----------
    class_difficulty
        Result of ``stats.class_difficulty``. Of many classes the ends are named in the alt text alone.
    width
        In inches.

    Raises
    ------
    InputError
        There are fewer than two classes.
    """
    K = class_difficulty.sizes["class"]
    if K < 2:
        msg = f"comparing classes needs two or more; there is {K}"
        raise InputError(msg)
    order = np.lexsort((class_difficulty["impossible"].values, -class_difficulty["trivial"].values))
    shown = class_difficulty.isel({"class": order})
    names = [str(name) for name in shown["class"].values]
    stack = {label: np.asarray(shown[name].values, dtype=float) for name, label in _STACK.items()}
    rows = K <= MOST_CLASS_ROWS
    pitch = row_pitch(K)
    height = pitch * K + 0.9 if rows else 0.3 * width + 1.2
    figure = new_figure(width, height + (0.0 if width >= NARROW else 0.15))
    ax = keep_ticks(figure.add_subplot())
    start = np.zeros(K)
    for label, values in stack.items():
        if rows:
            ax.barh(np.arange(K), values, left=start, height=0.8, color=_PALE[label], label=label)
        else:
            _area(ax, start, start + values, label)
        start = start + values
    if rows:
        label_rows(ax, names, pitch)
        ax.set_xlim(0, 1)
        percent_axis(ax, "x")
        ax.set_xlabel("Share of the items of the class")
    else:
        ax.set_xlim(0.5, K + 0.5)
        ax.set_ylim(0, 1)
        ax.xaxis.set_major_locator(MaxNLocator(nbins=8, integer=True, min_n_ticks=3))
        percent_axis(ax)
        ax.set_xlabel("Classes, from most to least trivial")
        ax.set_ylabel("Share of items")
    handles, labels = ax.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower left", ncols=3)
    return Drawing(figure, _alt(names, stack), _caption(class_difficulty))


def _area(ax: Axes, low: NDArray[np.float64], high: NDArray[np.float64], label: str) -> None:
    edges = np.arange(len(low) + 1) + 0.5
    ax.stairs(high, edges, baseline=low, fill=True, color=_PALE[label], label=label, linewidth=0)


def _alt(names: list[str], stack: dict[str, NDArray[np.float64]]) -> str:
    K = len(names)
    most, least = names[: min(3, K // 2)], names[::-1][: min(3, K // 2)]
    return (
        f"Shares of trivial, in-between and impossible items in each of {K:,} classes, sorted by the trivial share: "
        f"from {percent(stack['trivial'][0])} trivial and {percent(stack['impossible'][0])} impossible to "
        f"{percent(stack['trivial'][-1])} and {percent(stack['impossible'][-1])}. Most trivial: {listed(most)}. "
        f"Least: {listed(least)}."
    )


def _caption(result: xr.Dataset) -> str:
    return (
        f"Of the items of each class, those that are trivial, in-between and impossible to "
        f"{count(result.attrs['observers'], 'observer')} (tolerance {result.attrs['tolerance']}), sorted by the "
        f"trivial share.{left_out(result.attrs)}"
    )
