"""Which observers decide the partition by themselves."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import FuncFormatter, MaxNLocator

from trichotomy.errors import InputError
from trichotomy.plots.drawing import Drawing, in_style
from trichotomy.plots.rows import label_rows, margin_columns, row_pitch
from trichotomy.plots.style import (
    BLUE,
    MUTED,
    NARROW,
    TEXT,
    VERMILLION,
    keep_ticks,
    name_x,
    new_figure,
)
from trichotomy.plots.wording import clipped, count, left_out, listed, percent, points

if TYPE_CHECKING:
    import xarray as xr


@in_style
def influence_bars(
    influence: xr.Dataset, highlight: Collection[str] = (), *, most: int = 20, width: float = TEXT
) -> Drawing:
    """Change of the trivial and impossible shares when one observer is left out.

    Parameters
    ----------
    influence
        Result of ``stats.influence``, the largest change first.
    highlight
        Observers to set off, such as those of ``stats.outsiders``; they are drawn even beyond ``most``.
    most
        How many observers to draw.
    width
        In inches.

    Raises
    ------
    InputError
        There is no observer, or ``most`` is below one.
    """
    names = influence["observer"].values.astype(str)
    marked = np.isin(names, list(highlight))
    if not len(names) or most < 1:
        msg = f"nothing to draw: {count(len(names), 'observer')}, of which {most} are to be shown"
        raise InputError(msg)
    shown = influence.isel(observer=np.flatnonzero((np.arange(len(names)) < most) | marked))
    names = shown["observer"].values.astype(str)
    marked = np.isin(names, list(highlight))
    change = shown["change"].values
    pitch = row_pitch(len(names))
    figure = new_figure(width, pitch * len(names) + (0.85 if width >= NARROW else 0.95))
    ax = keep_ticks(figure.add_subplot())
    rows = np.arange(len(names))
    ax.barh(rows, change, height=0.7, color=np.where(marked, VERMILLION, BLUE).tolist())
    ax.axvline(0, color=MUTED, linewidth=0.6)
    label_rows(ax, names, pitch, colours=np.where(marked, VERMILLION, "").tolist())
    name_x(ax, "Change of the trivial plus impossible share (percentage points)", width)
    ax.xaxis.set_major_locator(MaxNLocator(nbins=5 if width >= NARROW else 4))
    columns = {"without it:": [""] * len(names), "trivial": [percent(v) for v in shown["trivial"].values],
               "impossible": [percent(v) for v in shown["impossible"].values]}  # fmt: skip
    if width >= NARROW:
        margin_columns(ax, columns, pitch, each=46)
    ax.xaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{100 * v:+g}" if v else "0"))
    return Drawing(figure, _alt(shown, names[marked]), _caption(influence, shown, names[marked]))


def _alt(shown: xr.Dataset, marked: np.ndarray[tuple[int], np.dtype[np.str_]]) -> str:
    top = shown.isel(observer=0)
    text = (
        "Bars: how much the share of trivial and impossible items changes when one observer is left out. Largest: "
        f"{clipped(top['observer'].item())}, {points(top['change'])} percentage points; without it "
        f"{percent(top['trivial'])} are trivial and {percent(top['impossible'])} impossible."
    )
    return text + (f" Highlighted: {listed(marked.tolist())}." if len(marked) else "")


def _caption(
    influence: xr.Dataset, shown: xr.Dataset, marked: np.ndarray[tuple[int], np.dtype[np.str_]]
) -> str:
    total, few = influence.sizes["observer"], shown.sizes["observer"]
    which = (
        f"Shown: {few} of {total} observers, the most influential first"
        if few < total
        else f"All {total} observers"
    )
    text = (
        f"Change of the share of trivial and impossible items (their sum) when one observer is left out, and both "
        f"shares then. {which}; {count(influence.attrs['n'], 'item')}, tolerance {influence.attrs['tolerance']}."
    )
    if len(marked):
        text += f" Highlighted: {listed(marked.tolist(), most=10)}."
    return text + left_out(influence.attrs)
