"""How far apart neighbouring classes lie against how well they are told apart, for classes of Gaussian noise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.patheffects import withStroke
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from trichotomy.errors import InputError
from trichotomy.plots.drawing import Drawing, in_style
from trichotomy.plots.style import BLUE, MUTED, TEXT, keep_ticks, name_x, new_figure, percent_axis
from trichotomy.plots.wording import clipped, interval, percent

if TYPE_CHECKING:
    import xarray as xr

MOST_NAMED = 24
"""Up to so many classes are named beside their dots."""


@in_style
def neighbour_divergence(neighbour_divergence: xr.Dataset, *, width: float = TEXT) -> Drawing:
    """Kullback-Leibler divergence to the next class against accuracy (Meding et al. 2022, Fig. 9).

    Parameters
    ----------
    neighbour_divergence
        Result of ``stats.neighbour_divergence``.
    width
        In inches.

    Raises
    ------
    InputError
        Fewer than two classes have a divergence and an accuracy.
    """
    apart, accuracy = (neighbour_divergence[name].values for name in ("divergence", "accuracy"))
    known = np.isfinite(apart) & np.isfinite(accuracy) & (apart > 0)
    if known.sum() < 2:
        msg = f"divergence against accuracy needs two classes or more; there is {int(known.sum())}"
        raise InputError(msg)
    apart, accuracy = apart[known], accuracy[known]
    bounds = neighbour_divergence["ci"].values[known]
    names = [clipped(name, 14) for name in neighbour_divergence["class_name"].values[known]]
    few = len(names) <= MOST_NAMED
    figure = new_figure(width, 0.38 * width + 0.9)
    ax = keep_ticks(figure.add_subplot())
    ax.vlines(
        apart,
        bounds[:, 0],
        bounds[:, 1],
        color=BLUE,
        alpha=1.0 if few else 0.35,
        linewidth=1.0,
        label="_interval",
    )
    ax.plot(apart, accuracy, "o", color=BLUE, markersize=4 if few else 2.5, label="_classes")
    ax.set_xscale("log")
    ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if apart.max() < 300 * apart.min() else (1,)))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    ax.xaxis.set_minor_locator(NullLocator())
    if few:
        for name, x, y in zip(names, apart, accuracy, strict=True):
            ax.annotate(
                name, (x, y), xytext=(4, 3), textcoords="offset points", fontsize=6, color=MUTED,
                path_effects=[withStroke(linewidth=2, foreground="white")],
            )  # fmt: skip
    percent_axis(ax)
    name_x(ax, "KL divergence to the next class (nats)", width)
    ax.set_ylabel("Accuracy of the class")
    order = np.argsort(apart)
    ends = [f"{names[k]}, {apart[k]:.3g} nats, {percent(accuracy[k])} right" for k in order[[0, -1]]]
    alt = (
        f"Accuracy of {len(names):,} classes against the divergence to the next one, from {ends[0]}, to "
        f"{ends[1]}."
    )
    caption = (
        "Kullback-Leibler divergence of each class's noise from that of the next, "
        "ln((i+1)/i) + i\N{SUPERSCRIPT TWO}/(2(i+1)\N{SUPERSCRIPT TWO}) \N{MINUS SIGN} 1/2 for standard deviations i "
        f"and i+1, against the mean accuracy of the observers. {interval(neighbour_divergence.attrs)}"
    )
    return Drawing(figure, alt, caption)
