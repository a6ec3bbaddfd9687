"""Is representational agreement, too, carried by the trivial items? Shares by class of difficulty."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from trichotomy.errors import InputError
from trichotomy.plots.drawing import Drawing, in_style
from trichotomy.plots.rows import label_rows
from trichotomy.plots.similarity import read_elsewhere
from trichotomy.plots.style import (
    CLASS_COLOUR,
    FAINT,
    INK,
    MUTED,
    NARROW,
    TEXT,
    keep_ticks,
    name_x,
    new_figure,
    percent_axis,
)
from trichotomy.plots.wording import clipped, count, interval, percent

if TYPE_CHECKING:
    import xarray as xr

PITCH = 0.26


@in_style
def agreement_by_difficulty(
    agreement_carried: xr.Dataset, order: Sequence[str] = (), *, width: float = TEXT
) -> Drawing:
    """Shares of representational agreement that the classes of difficulty carry, beside their shares of pairs.

    Above: each condition, a dot per class; dashed lines are where the dots would be if every item carried as much.
    Below: kinds of pairs of items, their share of agreement (filled) beside their share of all pairs (hollow).

    Parameters
    ----------
    agreement_carried
        Result of ``stats.agreement_carried``.
    order
        Conditions from the top down, such as ``condition_order`` gives; default as they come.
    width
        In inches.

    Raises
    ------
    InputError
        No share is defined.
    """
    there = [str(n) for n in agreement_carried["condition"].values]
    names = [n for n in dict.fromkeys([*order, *there]) if n in there]
    shares = agreement_carried["share"].sel(condition=names)
    if not np.isfinite(shares.values).any():
        msg = "no condition has a defined share of agreement, so there is nothing to draw"
        raise InputError(msg)
    kinds = _kinds(agreement_carried)
    heights = [PITCH * len(names) + 0.3, *([PITCH * len(kinds) + 0.3] if kinds else [])]
    figure = new_figure(width, sum(heights) + (1.15 if kinds else 0.85))
    axes = figure.subplots(len(heights), 1, squeeze=False, height_ratios=heights).ravel()
    _conditions(keep_ticks(axes[0]), agreement_carried, names)
    name_x(axes[0], "Share of representational agreement", width)
    if kinds:
        _pairs(keep_ticks(axes[1]), agreement_carried, kinds)
        name_x(axes[1], "Share of agreement (filled) and of all pairs of items (hollow)", width)
    classes = [str(c) for c in agreement_carried["difficulty"].values]
    handles = [
        Line2D([], [], marker="o", color=CLASS_COLOUR[c], markersize=5, linewidth=1.4) for c in classes
    ]
    dashed = Line2D([], [], color=MUTED, linestyle="--", linewidth=1)
    figure.legend(
        [*handles, dashed],
        [*classes, "share of items"],
        loc="outside lower left",
        ncols=4 if width >= NARROW else 2,
    )
    return Drawing(figure, _alt(agreement_carried, names), _caption(agreement_carried, kinds=bool(kinds)))


def _conditions(ax: Axes, result: xr.Dataset, names: list[str]) -> None:
    ax.hlines(
        np.arange(len(names)), 0, 1, transform=ax.get_yaxis_transform(), color=FAINT, linewidth=0.5, zorder=0
    )
    for k, difficulty in enumerate(result["difficulty"].values):
        own = result.sel(difficulty=difficulty)
        colour = CLASS_COLOUR[str(difficulty)]
        ax.axvline(float(own["items"]), color=colour, linestyle="--", linewidth=1, zorder=1)
        for place, name in enumerate(names):
            one = own.sel(condition=name)
            if not np.isfinite(float(one["share"])):
                if k == 0:
                    ax.annotate(
                        "undefined", (0, place), xycoords=("axes fraction", "data"), xytext=(3, 0),
                        textcoords="offset points", va="center", fontsize=6,
                    )  # fmt: skip
                continue
            ax.plot(
                one["ci"].values, (place, place), color=colour, linewidth=1.6, zorder=3, label="_interval"
            )
            ax.plot(
                [float(one["share"])],
                [place],
                "o",
                color=colour,
                markersize=5,
                zorder=4,
                label=f"_{difficulty}",
            )
    label_rows(ax, names, PITCH)
    percent_axis(ax, "x")


def _kinds(result: xr.Dataset) -> list[tuple[str, str]]:
    """Kinds of pairs of items with a defined share, the largest share of pairs first."""
    classes = [str(c) for c in result["difficulty"].values]
    found = [
        (float(result["pairs"].values[i, j]), (classes[i], classes[j]))
        for i in range(len(classes))
        for j in range(i, len(classes))
        if np.isfinite(result["pair_share"].values[i, j])
    ]
    return [kind for _, kind in sorted(found, key=lambda entry: -entry[0])]


def _pairs(ax: Axes, result: xr.Dataset, kinds: list[tuple[str, str]]) -> None:
    for place, (one, other) in enumerate(kinds):
        own = result.sel(difficulty=one, difficulty_b=other)
        colour = CLASS_COLOUR[one] if one == other else INK
        share, pairs = float(own["pair_share"]), float(own["pairs"])
        ax.plot((pairs, share), (place, place), color=FAINT, linewidth=3, zorder=1, label="_between")
        ax.plot(
            own["pair_ci"].values, (place, place), color=colour, linewidth=1.4, zorder=3, label="_interval"
        )
        ax.plot(
            [pairs], [place], "o", markerfacecolor="white", markeredgecolor=colour, markersize=5.5, zorder=2
        )
        ax.plot([share], [place], "o", color=colour, markersize=5, zorder=4, label=f"_{one} {other}")
    label_rows(ax, [f"both {one}" if one == other else f"{one}, {other}" for one, other in kinds], PITCH)
    percent_axis(ax, "x")


def _alt(result: xr.Dataset, names: list[str]) -> str:
    classes = [str(c) for c in result["difficulty"].values]
    mean = result["share"].sel(condition=names).mean("condition", skipna=True).values
    said = "; ".join(
        f"{name} {percent(share)} of agreement, {percent(items)} of items"
        for name, share, items in zip(classes, mean, result["items"].values, strict=True)
    )
    over = count(len(names), "condition")
    return f"Shares of representational agreement by class of difficulty, mean of {over}: {said}."


def _caption(result: xr.Dataset, *, kinds: bool) -> str:
    attrs = result.attrs
    below = (
        f" Below: kinds of pairs of items, over {count(attrs['network_pairs'], 'pair')} of networks; hollow, their "
        f"share of all pairs of items."
        if kinds
        else ""
    )
    lines = f" {interval(attrs)}" if attrs["interval"] != "none" else ""
    return (
        f"How the agreement of representations ({attrs['method']}, of layer {clipped(attrs['layer'])}, {attrs['n']:,} "
        f"items) between each condition's networks and those that it is compared with divides among items that are "
        f"trivial, in-between or impossible for all {attrs['observers']} networks (tolerance {attrs['tolerance']}); "
        f"half of what a pair of items adds is counted for each. Dashed: the share of items, where the dots would be "
        f"if all carried as much.{below}{lines}{read_elsewhere(result)}"
    )
