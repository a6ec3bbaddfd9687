"""Classes of difficulty in each superclass, and each superclass in those."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes

from trichotomy.errors import InputError
from trichotomy.plots.drawing import Drawing, in_style
from trichotomy.plots.rows import label_rows, row_pitch
from trichotomy.plots.style import (
    CLASS_COLOUR,
    MUTED,
    NARROW,
    PAGE,
    bare_rows,
    keep_ticks,
    name_x,
    new_figure,
    percent_axis,
)
from trichotomy.plots.wording import count, left_out, listed, percent

if TYPE_CHECKING:
    import xarray as xr

MOST_SUPERCLASSES = 40
_STACK = ("trivial", "in-between", "impossible")
_PALE = {**CLASS_COLOUR, "in-between": "#dde0e3"}
_MARK = {"trivial": "o", "in-between": "s", "impossible": "D"}


@in_style
def superclass_shares(superclass_shares: xr.Dataset, *, width: float = PAGE) -> Drawing:
    """Difficulty in each superclass, and superclasses in each class of difficulty (Meding et al. 2022, A.12).

    Parameters
    ----------
    superclass_shares
        Result of ``stats.superclass_shares``. Of more than forty superclasses only the twenty with the most and the
        twenty with the fewest impossible items are drawn.
    width
        In inches.

    Raises
    ------
    InputError
        There are fewer than two superclasses.
    """
    K = superclass_shares.sizes["superclass"]
    if K < 2:
        msg = f"comparing superclasses needs two or more; there is {K}"
        raise InputError(msg)
    half = MOST_SUPERCLASSES // 2
    rows = np.arange(K) if K <= MOST_SUPERCLASSES else np.r_[:half, K - half : K]
    shown = superclass_shares.isel(superclass=rows)
    pitch = row_pitch(len(rows))
    figure = new_figure(width, pitch * len(rows) + 1.25 + 0.5 * (width < NARROW))
    left, right = figure.subplots(1, 2, sharey=True, width_ratios=(1.15, 1))
    _composition(keep_ticks(left), shown)
    _origin(keep_ticks(right), shown)
    for ax, text in ((left, "Of the superclass's items"), (right, "The superclass's share of these items")):
        name_x(ax, text, 1.2 + 0.4 * (width - 1.2))
    label_rows(left, shown["superclass"].values, pitch)
    right.tick_params(labelleft=False)
    bare_rows(right)
    if len(rows) < K:
        for ax in (left, right):
            ax.axhline(half - 0.5, color=MUTED, linewidth=0.6, linestyle=(0, (2, 2)))
    handles, labels = right.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower left", ncols=4 if width >= NARROW else 2)
    return Drawing(figure, _alt(superclass_shares), _caption(superclass_shares, len(rows)))


def _composition(ax: Axes, shown: xr.Dataset) -> None:
    start = np.zeros(shown.sizes["superclass"])
    for name in _STACK:
        values = shown["share"].sel(difficulty=name).values
        ax.barh(np.arange(len(values)), values, left=start, height=0.8, color=_PALE[name], label=name)
        start = start + values
    ax.set_xlim(0, 1)
    percent_axis(ax, "x")


def _origin(ax: Axes, shown: xr.Dataset) -> None:
    at = np.arange(shown.sizes["superclass"])
    ax.plot(
        shown["share_of_all"].values, at, "|", color=MUTED, markersize=7, markeredgewidth=1.2, label="of all items",
        linestyle="none",
    )  # fmt: skip
    for name in _STACK:
        ax.plot(
            shown["share_of_difficulty"].sel(difficulty=name).values, at, _MARK[name], color=CLASS_COLOUR[name],
            markersize=3.5, label=f"of the {name}", linestyle="none", clip_on=False,
        )  # fmt: skip
    ax.set_xlim(left=0)
    percent_axis(ax, "x")


def _alt(result: xr.Dataset) -> str:
    K = result.sizes["superclass"]
    names, few = result["superclass"].values.tolist(), min(3, K // 2)
    impossible = result["share"].sel(difficulty="impossible").values
    return (
        f"Shares of trivial, in-between and impossible items in each of {K:,} superclasses, and the share of each "
        f"superclass among those. Most impossible: {listed(names[:few])}, {percent(impossible[0])} of its items for "
        f"the first; fewest: {listed(names[::-1][:few])}, {percent(impossible[-1])} for the first."
    )


def _caption(result: xr.Dataset, drawn: int) -> str:
    a, K = result.attrs, result.sizes["superclass"]
    text = (
        f"Left: classes of difficulty among the items of each superclass ('{a['annotation']}', "
        f"{count(a['observers'], 'observer')}, {count(a['n'], 'item')}, tolerance {a['tolerance']}), the most "
        "impossible on top. Right: how much of the trivial, in-between, impossible and of all items each superclass "
        "makes up."
    )
    if drawn < K:
        text += f" The {drawn // 2} superclasses at either end, of {K:,}."
    if a["unnamed"]:
        text += f" Left out: {count(a['unnamed'], 'item')} without a superclass."
    return text + left_out(a)
