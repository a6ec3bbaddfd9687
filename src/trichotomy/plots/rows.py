"""Figures with one labelled row per thing, the first on top."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from trichotomy.plots.style import MUTED, SMALL, bare_rows
from trichotomy.plots.wording import clipped

TALLEST = 8.4
"""Inches that rows may take on a page."""
NARROWEST = 0.085
"""Inches between rows that can still be read (type of 5.5 points)."""
MOST_ROWS = int(TALLEST / NARROWEST) + 1


def row_pitch(rows: int, *, roomy: float = 0.19) -> float:
    """Return the inches between ``rows`` rows: ``roomy`` for few, less for many."""
    return min(roomy, max(TALLEST / max(rows, 1), NARROWEST))


def row_type(pitch: float) -> float:
    """Return the type size that fits rows ``pitch`` inches apart."""
    return min(SMALL, 72 * pitch * 0.9)


def label_rows(ax: Axes, names: Sequence[Any] | Any, pitch: float, *, colours: Sequence[str] = ()) -> None:
    """Name rows 0, 1, ... from the top down."""
    ax.set_yticks(np.arange(len(names)), [clipped(n) for n in names], fontsize=row_type(pitch))
    for label, colour in zip(ax.get_yticklabels(), colours, strict=False):
        if colour:
            label.set_color(colour)
    ax.set_ylim(len(names) - 0.4, -0.6)
    bare_rows(ax)


def margin_columns(ax: Axes, columns: Mapping[str, Sequence[str]], pitch: float, *, each: float = 52) -> None:
    """Write columns of numbers to the right of the rows, each ``each`` points wide, with a heading."""
    for k, (heading, values) in enumerate(columns.items()):
        end = (k + 1) * each
        ax.annotate(
            heading, (1, 1), xycoords="axes fraction", xytext=(end, 3), textcoords="offset points", ha="right",
            va="bottom", color=MUTED, fontsize=SMALL, annotation_clip=False,
        )  # fmt: skip
        for row, value in enumerate(values):
            ax.annotate(
                value, (1, row), xycoords=("axes fraction", "data"), xytext=(end, 0), textcoords="offset points",
                ha="right", va="center_baseline", fontsize=row_type(pitch), annotation_clip=False,
            )  # fmt: skip
