"""One quiet, colour-blind-safe style for every figure, independent of the reader's own matplotlib settings."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from textwrap import fill

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import FuncFormatter

COLUMN, TEXT, PAGE = 3.4, 5.5, 7.1
"""Widths in inches: one column of two, a text block, a page."""

INK, MUTED, FAINT = "#22262b", "#5c646e", "#d5d8dc"
BLUE, SKY, GREEN, ORANGE = "#0072b2", "#56b4e9", "#009e73", "#e69f00"
VERMILLION, PURPLE, YELLOW, GREY = "#d55e00", "#cc79a7", "#c9b800", "#9aa2ab"
SERIES = (BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY, YELLOW)
"""Okabe and Ito 2008; the yellow is darkened to be seen on white."""

CLASS_COLOUR = {"trivial": BLUE, "in-between": GREY, "impossible": VERMILLION}
FONT = "DejaVu Sans"  # comes with matplotlib, so a figure looks the same everywhere
SMALL, NORMAL = 7.0, 8.0
NARROW = 5.0
"""Below so many inches a figure stacks what else stands side by side, and leaves out columns of numbers."""

_RC = {
    "font.family": FONT, "font.size": NORMAL, "text.color": INK, "text.parse_math": False,
    "axes.edgecolor": MUTED, "axes.labelcolor": INK, "axes.labelsize": NORMAL, "axes.linewidth": 0.6,
    "axes.spines.right": False, "axes.spines.top": False, "axes.titlesize": NORMAL, "axes.titlelocation": "left",
    "axes.axisbelow": True, "axes.formatter.useoffset": False,
    "xtick.labelsize": SMALL, "ytick.labelsize": SMALL, "xtick.color": MUTED, "ytick.color": MUTED,
    "xtick.labelcolor": INK, "ytick.labelcolor": INK,
    "xtick.major.size": 3, "ytick.major.size": 3, "xtick.major.width": 0.6, "ytick.major.width": 0.6,
    "legend.frameon": False, "legend.fontsize": SMALL, "legend.handlelength": 2.2, "legend.columnspacing": 1.4,
    "lines.linewidth": 1.2, "lines.solid_capstyle": "butt", "hatch.linewidth": 0.5,
    "image.interpolation": "nearest", "figure.dpi": 150,
    "pdf.fonttype": 42, "ps.fonttype": 42, "svg.fonttype": "path", "svg.hashsalt": "trichotomy",
}  # fmt: skip


@contextmanager
def style() -> Iterator[None]:
    """Settings of matplotlib for one figure; the ones before come back afterwards.

    A name in letters that the font lacks is drawn with boxes, without a warning.
    """
    with mpl.rc_context(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        mpl.rcdefaults()
        mpl.rcParams.update(_RC)  # type: ignore[arg-type]
        yield


def new_figure(width: float, height: float) -> Figure:
    """Return an empty figure of ``width`` x ``height`` inches whose parts find room for their labels."""
    return Figure(figsize=(width, height), layout=ConstrainedLayoutEngine(w_pad=0.04, h_pad=0.04))


def keep_ticks(ax: Axes) -> Axes:
    """Fix the look of the ticks, which matplotlib otherwise reads from its settings when it draws."""
    for axis in ("x", "y"):
        ax.tick_params(
            axis=axis, length=3, width=0.6, color=MUTED, labelcolor=INK, labelsize=SMALL, labelfontfamily=FONT
        )
    return ax


def name_x(ax: Axes, text: str, width: float) -> None:
    """Name the x axis, on two lines or more where a figure of ``width`` inches is too narrow for one."""
    ax.set_xlabel(fill(text, int(15 * (width - 1.2))))


def bare_rows(ax: Axes) -> None:
    """Leave labels at the left of rows without a spine and without ticks."""
    ax.spines["left"].set_visible(False)
    ax.tick_params(axis="y", length=0)


def percent_axis(ax: Axes, which: str = "y") -> None:
    """Show fractions as percent."""
    axis = ax.xaxis if which == "x" else ax.yaxis
    axis.set_major_formatter(FuncFormatter(lambda share, _: f"{100 * share:.6g}%"))
