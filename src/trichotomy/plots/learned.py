"""When items are learned, first and for good, and how often they are forgotten."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from trichotomy.errors import InputError
from trichotomy.plots.drawing import Drawing, in_style
from trichotomy.plots.rows import label_rows, row_pitch
from trichotomy.plots.style import (
    BLUE,
    CLASS_COLOUR,
    INK,
    MUTED,
    NARROW,
    PAGE,
    TEXT,
    bare_rows,
    keep_ticks,
    name_x,
    new_figure,
    percent_axis,
)
from trichotomy.plots.wording import clipped, count, interval, listed, percent, told_apart

if TYPE_CHECKING:
    import xarray as xr

MOST_EVENTS = 3
"""Histories forgotten as often as this or more are drawn together."""
MOST_CONDITIONS = 30
ORDER = ("all", "trivial", "in-between", "impossible")
_COLOURS = {"all": INK, **CLASS_COLOUR}
_FORGOTTEN = ("#1b5e8f", "#7fb2d9", "#c6dcee", "#e6b98a")
_NEVER = "#d55e00"


@in_style
def learning_epochs(learned: xr.Dataset, *, width: float = TEXT) -> Drawing:
    """Share of items first right, and right for good, by each epoch; a line per class of difficulty.

    Parameters
    ----------
    learned
        Result of ``stats.learned``.
    width
        In inches; in a narrow figure the panels stand one above the other.

    Raises
    ------
    InputError
        There are no histories.
    """
    groups = _groups(learned)
    side_by_side = width >= NARROW
    figure = new_figure(width, 2.75 if side_by_side else 4.6)
    axes = figure.subplots(*((1, 2) if side_by_side else (2, 1)), sharex=True, sharey=True)
    epochs = learned["epoch"].values
    panels = {"first": "First right by", "final": "Right for good from"}
    for ax, (name, title) in zip(axes, panels.items(), strict=True):
        keep_ticks(ax).set_title(title)
        for group in groups:
            own = learned.sel(group=group)
            low, high = own[f"{name}_ci"].values.T
            ax.fill_between(
                epochs, low, high, color=_COLOURS[group], alpha=0.15, linewidth=0, label=f"_{group}"
            )
            ax.plot(
                epochs, own[name].values, color=_COLOURS[group], label=group if group != "all" else "all items",
                linewidth=1.7 if group == "all" else 1.2, zorder=4 if group == "all" else 3,
                marker="o" if len(epochs) <= 10 else None, markersize=2.5, clip_on=False,
            )  # fmt: skip
        ax.set_xlim(epochs[0], epochs[-1])
        ax.set_ylim(0, 1.02)
        percent_axis(ax)
        ax.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
    axes[0].set_ylabel("Share of items")
    for ax in axes if side_by_side else axes[-1:]:
        ax.set_xlabel("Epoch")
    handles, labels = axes[0].get_legend_handles_labels()
    if len(groups) > 1:
        figure.legend(handles, labels, loc="outside lower left", ncols=4 if side_by_side else 2)
    return Drawing(figure, _alt_epochs(learned, groups), _caption_epochs(learned))


@in_style
def forgetting(learned: xr.Dataset, *, width: float = PAGE) -> Drawing:
    """How often items are forgotten, by class of difficulty, and the unforgettable ones of each condition.

    Parameters
    ----------
    learned
        Result of ``stats.learned``; more than thirty conditions are left out.
    width
        In inches; in a narrow figure the panels stand one above the other.

    Raises
    ------
    InputError
        There are no histories.
    """
    groups = _groups(learned)
    known = np.flatnonzero(np.isfinite(learned["condition_unforgettable"].values))
    rows = known if 1 < len(known) <= MOST_CONDITIONS else known[:0]
    pitch = row_pitch(max(len(rows), 1))
    upper, lower = 0.34 * len(groups) + 0.2, max(pitch * len(rows) + 0.2, 1.2)
    if not len(rows):
        figure = new_figure(width, upper + 1.2)
        panels = [figure.add_subplot()]
    elif width >= NARROW:
        figure = new_figure(width, max(upper, lower) + 1.2)
        panels = list(figure.subplots(1, 2, width_ratios=(1.15, 1)))
    else:
        figure = new_figure(width, upper + lower + 2.1)
        panels = list(figure.subplots(2, 1, height_ratios=(upper, lower)))
    _bars(keep_ticks(panels[0]), learned, groups)
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower left", ncols=5 if width >= NARROW else 3)
    if len(rows):
        _conditions(keep_ticks(panels[1]), learned, rows, pitch, width)
    return Drawing(
        figure, _alt_forgetting(learned, groups), _caption_forgetting(learned, drawn=len(rows) > 0)
    )


def _groups(learned: xr.Dataset) -> list[str]:
    there = [g for g in ORDER if int(learned["histories"].sel(group=g))]
    if not there:
        msg = "nothing to draw: no observer was shown an item at all its epochs"
        raise InputError(msg)
    return there if len(there) != 2 else there[:1]  # the only class is all items


def _parts(learned: xr.Dataset, group: str) -> dict[str, float]:
    """Shares of the histories of a group, from never forgotten to never right."""
    own = learned.sel(group=group)
    ever, events = 1 - float(own["never"]), np.nan_to_num(own["forgotten"].values)
    several = {
        "never forgotten": events[0], "once": events[1:2].sum(), "twice": events[2:3].sum(),
        f"{MOST_EVENTS} times or more": events[MOST_EVENTS:].sum(),
    }  # fmt: skip
    return {**{name: ever * float(share) for name, share in several.items()}, "never right": 1 - ever}


def _bars(ax: Axes, learned: xr.Dataset, groups: list[str]) -> None:
    at = np.arange(len(groups))
    parts = [_parts(learned, g) for g in groups]
    below: NDArray[np.float64] = np.zeros(len(groups))
    for name, colour in zip(parts[0], (*_FORGOTTEN, _NEVER), strict=True):
        values = np.array([p[name] for p in parts])
        ax.barh(at, values, left=below, height=min(0.72, 0.24 * len(groups)), color=colour, label=name)
        below = below + values
    shown = [f"{'all items' if g == 'all' else g} ({int(learned['items'].sel(group=g)):,})" for g in groups]
    label_rows(ax, shown, 0.34)
    ax.set_ylim(len(groups) - 0.5, -0.5)
    ax.set_xlim(0, 1)
    bare_rows(ax)
    percent_axis(ax, "x")
    ax.set_title("Forgotten")
    ax.set_xlabel("Share of histories")


def _conditions(ax: Axes, learned: xr.Dataset, rows: NDArray[np.intp], pitch: float, width: float) -> None:
    values = learned["condition_unforgettable"].values[rows]
    low, high = learned["condition_unforgettable_ci"].values[rows].T
    at = np.arange(len(rows))
    ax.hlines(at, low, high, color=BLUE, linewidth=1.2)
    ax.plot(values, at, "o", color=BLUE, markersize=4, clip_on=False)
    chance = learned["condition_independent"].values[rows]
    ax.plot(chance, at, "|", color=MUTED, markersize=9, markeredgewidth=1.2, clip_on=False, zorder=1)
    label_rows(ax, [clipped(n, 24) for n in told_apart(learned["condition"].values[rows])], pitch)
    ax.set_ylim(len(rows) - 0.5, -0.5)
    ax.set_xlim(0, 1)
    bare_rows(ax)
    percent_axis(ax, "x")
    ax.set_title("Unforgettable, by condition")
    name_x(ax, "Share of items learned and never forgotten", width / (2 if width >= NARROW else 1))


def _alt_epochs(learned: xr.Dataset, groups: list[str]) -> str:
    epochs = learned["epoch"].values
    middle = len(epochs) // 2
    said = []
    for group in groups:
        own = learned.sel(group=group)
        said.append(
            f"{'All items' if group == 'all' else group.capitalize()}: first right by epoch {epochs[0]} "
            f"{percent(own['first'][0])}, by {epochs[middle]} {percent(own['first'][middle])}, by {epochs[-1]} "
            f"{percent(own['first'][-1])}; right for good from epoch {epochs[0]} {percent(own['final'][0])}, from "
            f"{epochs[middle]} {percent(own['final'][middle])}, at the end {percent(own['final'][-1])}."
        )
    return f"Share of items learned by each epoch. {' '.join(said)}"


def _caption_epochs(learned: xr.Dataset) -> str:
    return (
        "Share of items that an observer has got right at least once by an epoch, and that it gets right from an epoch "
        f"on until epoch {learned.attrs['epoch']}, mean over observers; colours, where there are several: classes of "
        f"difficulty at that epoch (tolerance {learned.attrs['tolerance']}). {_counted(learned)} "
        f"{interval(learned.attrs, 'Bands')}"
    )


def _alt_forgetting(learned: xr.Dataset, groups: list[str]) -> str:
    said = []
    for group in groups:
        parts = ", ".join(f"{percent(share)} {name}" for name, share in _parts(learned, group).items())
        said.append(f"{'All items' if group == 'all' else group.capitalize()}: {parts}.")
    names, values = learned["condition"].values, learned["condition_unforgettable"].values
    order = [k for k in np.argsort(-np.nan_to_num(values, nan=-1)) if np.isfinite(values[k])]
    if len(order) > 1:
        said.append(
            f"Unforgettable: {listed([f'{clipped(names[k])} {percent(values[k])}' for k in order], 6)}."
        )
    return f"How often items are forgotten. {' '.join(said)}"


def _caption_forgetting(learned: xr.Dataset, *, drawn: bool) -> str:
    own = learned.sel(group="all")
    strokes = " (upright strokes: in each condition)" if drawn else ""
    text = (
        "How often an observer goes from right to wrong on an item from one epoch to the next. Unforgettable, learned "
        f"and never forgotten: {percent(own['unforgettable'])} of histories; if what an observer decides at one epoch "
        f"told nothing of the next, {percent(learned['unforgettable_independent'])} would be{strokes}. "
        f"{percent(learned['unforgettable_by_all'])} of the items are so to every observer. {_counted(learned)}"
    )
    return f"{text} {interval(learned.attrs)}" if drawn else text


def _counted(learned: xr.Dataset) -> str:
    a = learned.attrs
    text = f"{count(a['histories'], 'history').replace('historys', 'histories')} (an observer on an item, "
    text += f"{count(a['observers'], 'observer')}, {count(a['n'], 'item')})"
    if a["incomplete"]:
        text += f"; left out: {a['incomplete']:,} with a decision lacking at some epoch"
    return f"{text}."
