"""Error consistency of people with people and with networks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from trichotomy.errors import InputError
from trichotomy.plots.drawing import Drawing, in_style
from trichotomy.plots.heatmaps import kappa_scale
from trichotomy.plots.style import (
    BLUE,
    GREEN,
    INK,
    MUTED,
    NARROW,
    ORANGE,
    SMALL,
    TEXT,
    keep_ticks,
    new_figure,
)
from trichotomy.plots.wording import clipped, count, interval, kappa

if TYPE_CHECKING:
    import xarray as xr

SMALLEST_TYPE = 4.4
_COLOUR = {"human-human": ORANGE, "human-model": BLUE, "model-model": GREEN}
BETWEEN = {"human-human": "people with people", "human-model": "people with networks",
           "model-model": "networks with networks"}  # fmt: skip
_GOLDEN = 0.618


@in_style
def people_networks(human_consistency: xr.Dataset, *, width: float = TEXT) -> Drawing:
    """Kappa of all pairs of people, of people and networks, and of networks, with the means.

    Parameters
    ----------
    human_consistency
        Result of ``stats.people.human_consistency``. The mean of the people is what networks are set beside.
    width
        In inches.

    Raises
    ------
    InputError
        No pair has a defined kappa.
    """
    r = human_consistency
    shown = [str(b) for b in r["between"].values if int(r["pairs"].sel(between=b))]
    if not shown:
        msg = "no pair of observers has a defined error consistency, so there is nothing to draw"
        raise InputError(msg)
    figure = new_figure(width, 0.62 * len(shown) + 0.75)
    ax = keep_ticks(figure.add_subplot())
    values, human = r["kappa"].values, r["kind"].values == "human"
    both = human.astype(int)[:, None] + human.astype(int)[None, :]
    upper = np.triu(np.ones_like(values, dtype=bool), 1)
    for row, name in enumerate(shown):
        count_human = {"human-human": 2, "human-model": 1, "model-model": 0}[name]
        pairs = values[upper & (both == count_human)]
        pairs = pairs[np.isfinite(pairs)]
        shift = 0.34 * ((np.arange(len(pairs)) * _GOLDEN) % 1 - 0.5)
        ax.plot(
            pairs, row + shift, "o", color=_COLOUR[name], markersize=3, alpha=0.45, markeredgewidth=0,
            linestyle="none", label=f"_{name}",
        )  # fmt: skip
        one = r.sel(between=name)
        low, high = one["ci"].values
        ax.hlines(row, low, high, color=INK, linewidth=1.6)
        ax.plot([float(one["mean"])], [row], "D", color=INK, markersize=4.5, label=f"_mean {name}")
    people = float(r["mean"].sel(between="human-human"))
    if np.isfinite(people):
        ax.axvline(people, color=ORANGE, linewidth=0.9, linestyle=(0, (4, 3)), zorder=0)
        ax.annotate(
            "between people", (people, 1), xycoords=("data", "axes fraction"), xytext=(0, 2),
            textcoords="offset points", ha="center", color=MUTED, fontsize=SMALL, annotation_clip=False,
        )  # fmt: skip
    ax.set_yticks(range(len(shown)), [BETWEEN[name] for name in shown])
    ax.set_ylim(len(shown) - 0.5, -0.5)
    ax.spines["left"].set_visible(False)
    ax.tick_params(axis="y", length=0)
    ax.set_xlabel("Error consistency (kappa)")
    said = "; ".join(
        f"{BETWEEN[name]} {kappa(r['mean'].sel(between=name))} ({count(r['pairs'].sel(between=name), 'pair')})"
        for name in shown
    )
    return Drawing(
        figure,
        f"Error consistency of single pairs and its means: {said}.",
        f"Error consistency on {count(r.attrs['n'], 'item')} that people named. Dots: pairs; diamonds: means ({said}). "
        f"{interval(r.attrs)}" + (" Dashed: the mean between people." if np.isfinite(people) else ""),
    )


@in_style
def people_heatmap(human_consistency: xr.Dataset, *, width: float = TEXT) -> Drawing:
    """Error consistency of all pairs of people and networks, people first (Geirhos et al. 2020).

    Parameters
    ----------
    human_consistency
        Result of ``stats.people.human_consistency``.
    width
        In inches.

    Raises
    ------
    InputError
        No pair has a defined kappa.
    """
    r = human_consistency
    order = np.argsort(r["kind"].values != "human", kind="stable")
    values = r["kappa"].values[np.ix_(order, order)]
    known = values[np.isfinite(values)]
    if not known.size:
        msg = "no pair of observers has a defined error consistency, so there is nothing to draw"
        raise InputError(msg)
    M, people = len(values), int((r["kind"].values == "human").sum())
    names = [clipped(n, 18) for n in r["observer"].values[order]]
    labels = 0.058 * max(map(len, names))
    side = width - labels - (0.95 if width >= NARROW else 0.3)
    type_size = min(SMALL, 0.9 * 72 * side / M)
    fits = type_size >= SMALLEST_TYPE
    figure = new_figure(width, side + (labels if fits else 0.2) + 0.15)
    ax = keep_ticks(figure.add_subplot())
    norm, colours = kappa_scale(known)
    image = ax.imshow(np.ma.masked_invalid(values), cmap=colours.with_extremes(bad="#dddddd"), norm=norm)
    blank = np.full((M, M, 4), np.uint8(255))
    blank[..., 3] = 255 * np.eye(M, dtype=np.uint8)
    ax.imshow(blank, zorder=3)
    if people < M:
        for line in (ax.axhline, ax.axvline):
            line(people - 0.5, color=INK, linewidth=1.2, zorder=4)
    ticks = list(range(M)) if fits else []
    ax.set_xticks(ticks, names if fits else [], rotation=90, fontsize=type_size)
    ax.set_yticks(ticks, names if fits else [], fontsize=type_size)
    if not fits:
        ax.set_xlabel(f"{count(people, 'participant')}, {count(M - people, 'network')}")
    ax.tick_params(length=0)
    for spine in ax.spines.values():
        spine.set_visible(False)
    if width >= NARROW:
        bar = figure.colorbar(image, cax=ax.inset_axes((1 + 0.12 / side, 0, 0.13 / side, 1)))
        bar.set_label("Error consistency (kappa)")
        bar.outline.set_visible(False)
        bar.ax.tick_params(length=2, width=0.6, color=MUTED, labelsize=SMALL)
    undefined = int(np.isnan(values).sum() - M) // 2
    who = f"{count(people, 'participant')} and {count(M - people, 'network')}"
    return Drawing(
        figure,
        f"Heatmap of error consistency for all pairs of {who}: from {kappa(known.min())} to {kappa(known.max())}.",
        f"Error consistency of all pairs on {count(r.attrs['n'], 'item')}; people before the line, networks behind."
        + (f" Grey: {count(undefined, 'undefined value')}." if undefined else ""),
    )
