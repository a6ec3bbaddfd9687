"""Things sorted by a share, with intervals: as named rows, or as a curve where there are too many to name."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from trichotomy.plots.rows import label_rows, row_pitch
from trichotomy.plots.style import (
    BLUE,
    FAINT,
    INK,
    MUTED,
    SMALL,
    VERMILLION,
    keep_ticks,
    new_figure,
    percent_axis,
)
from trichotomy.plots.wording import clipped, percent

BAND = "#c6dcec"
NAMED = 5


@dataclass(frozen=True, slots=True, eq=False)
class Ranked:
    """Shares from the highest to the lowest; undefined ones last.

    Attributes
    ----------
    names, values, intervals
        object[K], float[K], float[K, 2].
    """

    names: NDArray[np.object_]
    values: NDArray[np.float64]
    intervals: NDArray[np.float64]

    @classmethod
    def of(
        cls, names: NDArray[np.object_], values: NDArray[np.float64], intervals: NDArray[np.float64]
    ) -> Ranked:
        """Sort; equal shares keep their order."""
        order = np.argsort(-values, kind="stable")
        return cls(names[order], values[order], intervals[order])

    def defined(self) -> Ranked:
        """Those with a share."""
        known = np.isfinite(self.values)
        return Ranked(self.names[known], self.values[known], self.intervals[known])


def ranked_rows(ranked: Ranked, width: float, what: str) -> Figure:
    """One row each, the highest on top: a dot and its interval."""
    pitch = row_pitch(len(ranked.names))
    figure = new_figure(width, pitch * len(ranked.names) + 0.65)
    ax = keep_ticks(figure.add_subplot())
    rows = np.arange(len(ranked.names))
    ax.hlines(rows, *_span(ax, ranked), color=FAINT, linewidth=0.5, zorder=1)
    ax.hlines(
        rows, ranked.intervals[:, 0], ranked.intervals[:, 1], color=BLUE, linewidth=1.1, label="interval"
    )
    size = min(4.0, 72 * pitch * 0.45)
    ax.plot(ranked.values, rows, "o", color=BLUE, markersize=size, label=what, clip_on=False)
    label_rows(ax, ranked.names, pitch)
    for row in rows[~np.isfinite(ranked.values)]:
        ax.annotate(
            "undefined", (0, row), xycoords=("axes fraction", "data"), color=MUTED, va="center", fontsize=6
        )
    percent_axis(ax, "x")
    ax.set_xlabel(what)
    return figure


def ranked_curve(ranked: Ranked, width: float, what: str, things: str, ends: tuple[str, str]) -> Figure:
    """A curve of all, the lowest at the left, with a band of intervals; the ends are named beside it.

    Parameters
    ----------
    things
        What is ranked, in the plural.
    ends
        What the lowest and the highest are called, such as ``("hardest", "easiest")``.
    """
    figure = new_figure(width, 0.3 * width + 1.2)
    ax = keep_ticks(figure.add_subplot())
    known = ranked.defined()
    values, intervals = known.values[::-1], known.intervals[::-1]
    rank = np.arange(1, len(values) + 1)
    ax.fill_between(rank, intervals[:, 0], intervals[:, 1], color=BAND, linewidth=0, label="interval")
    ax.plot(rank, values, color=BLUE, label=what)
    ax.set_xlim(1, len(rank))
    ax.xaxis.set_major_locator(MaxNLocator(nbins=8, integer=True, min_n_ticks=3))
    percent_axis(ax)
    ax.set_xlabel(f"{things.capitalize()}, from the {ends[0]} to the {ends[1]}")
    ax.set_ylabel(what)
    most = min(NAMED, len(rank) // 2)
    _names(ax, known, slice(None, most), ends[1], top=True, colour=BLUE)
    _names(ax, known, slice(len(rank) - most, None), ends[0], top=False, colour=VERMILLION)
    return figure


def _span(ax: Axes, ranked: Ranked) -> tuple[float, float]:
    """Ends of the axis: all intervals with a little room, within 0 and 1."""
    finite = ranked.intervals[np.isfinite(ranked.intervals)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    room = max(0.04 * (high - low), 0.005)
    low, high = max(low - room, 0.0), min(high + room, 1.0)
    ax.set_xlim(low, high)
    return low, high


def _names(ax: Axes, ranked: Ranked, which: slice, heading: str, *, top: bool, colour: str) -> None:
    ends = zip(ranked.names[which], ranked.values[which], strict=True)
    lines = [f"{clipped(name, 24)}  ({percent(value)})" for name, value in ends]
    step = 10.0
    for k, line in enumerate([heading, *lines]):
        offset = -k * step if top else (len(lines) - k) * step
        ax.annotate(
            line, (1, 1 if top else 0), xycoords="axes fraction", xytext=(10, offset), textcoords="offset points",
            va="top" if top else "bottom", color=colour if k == 0 else INK, fontsize=SMALL, annotation_clip=False,
        )  # fmt: skip
