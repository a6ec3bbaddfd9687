"""How many observers are right on an item: the histogram beside what simple models would give."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, StrMethodFormatter
from numpy.typing import NDArray

from trichotomy.errors import InputError, UnknownNameError
from trichotomy.plots.drawing import Drawing, in_style
from trichotomy.plots.strip import class_strip
from trichotomy.plots.style import (
    CLASS_COLOUR,
    GREEN,
    INK,
    MUTED,
    ORANGE,
    PURPLE,
    SKY,
    TEXT,
    keep_ticks,
    new_figure,
    percent_axis,
)
from trichotomy.plots.wording import count, left_out, percent

if TYPE_CHECKING:
    import xarray as xr

MOST_BARS = 60
"""With more observers neighbouring bars become one outline per class."""


@dataclass(frozen=True, slots=True)
class Null:
    """How a null is called and drawn.

    Attributes
    ----------
    label
        In the legend.
    sentence
        After "Observers", in the alt text.
    """

    label: str
    sentence: str
    colour: str
    dashes: str


NULLS: Mapping[str, Null] = MappingProxyType({
    "binomial": Null("independent, one accuracy (binomial)", "independent and equally accurate", GREEN, "--"),
    "poisson_binomial": Null(
        "independent, own accuracies (Poisson-binomial)", "independent with their own accuracies", PURPLE, ":"
    ),
    "beta_binomial": Null(
        "independent given difficulty (beta-binomial, fitted)", "independent given the fitted difficulty", INK, "-"
    ),
    "per_class": Null("independent within each class", "independent within each class", ORANGE, "-."),
    "two_spike": Null("two spikes", "that know only trivial and impossible items", MUTED, "--"),
    "comonotone": Null("items ordered alike for all (comonotone)", "that order all items alike", SKY, "-"),
    "beta_a9": Null("difficulty Beta(1, 0.32)", "independent given a difficulty of Beta(1, 0.32)", MUTED, ":"),
    "sigmoid_a9": Null(
        "difficulty along a sigmoid, at this mean accuracy", "independent given a sigmoid difficulty", MUTED, "-."
    ),
    "beta_fitted": Null("difficulty Beta on a grid, fitted", "independent given a fitted Beta difficulty", GREEN, "-"),
    "sigmoid_fitted": Null(
        "difficulty along a sigmoid, fitted", "independent given a fitted sigmoid difficulty", PURPLE, "-"
    ),
})  # fmt: skip
"""The nulls that can be drawn."""


@in_style
def difficulty_histogram(
    difficulty: xr.Dataset,
    *,
    nulls: Sequence[str] = ("binomial", "poisson_binomial", "beta_binomial"),
    counts: bool = False,
    width: float = TEXT,
) -> Drawing:
    """Items by the number of observers right, with null curves over them (Meding et al. 2022, Fig. 2).

    Parameters
    ----------
    difficulty
        Result of ``stats.difficulty``. Items it has ``flagged`` are drawn inside the bars.
    nulls
        Which nulls to draw, of ``plots.NULLS``; one that the result lacks or that is undefined is left out.
    counts
        Numbers of items instead of shares.
    width
        In inches.

    Raises
    ------
    UnknownNameError
        A null that is not known.
    InputError
        There are no items, or too few observers for the tolerance.
    """
    for name in nulls:
        if name not in NULLS:
            raise UnknownNameError("null", name, list(NULLS))
    right = difficulty["count"].values
    n, M, tolerance = int(right.sum()), len(right) - 1, int(difficulty.attrs["tolerance"])
    if not n or 2 * tolerance + 1 > M:
        msg = f"nothing to draw: {count(n, 'item')} and {count(M, 'observer')} at tolerance {tolerance}"
        raise InputError(msg)
    spans = {"impossible": (0, tolerance), "in-between": (tolerance + 1, M - tolerance - 1),
             "trivial": (M - tolerance, M)}  # fmt: skip
    spans = {name: (first, last) for name, (first, last) in spans.items() if last >= first}
    shares = {name: right[first : last + 1].sum() / n for name, (first, last) in spans.items()}
    scale = 1 if counts else 1 / n
    figure = new_figure(width, 0.33 * width + 1.45)
    ax = keep_ticks(figure.add_subplot())
    for name, (first, last) in spans.items():
        _bars(ax, np.arange(first, last + 1), right[first : last + 1] * scale, CLASS_COLOUR[name], name, M)
    flagged = difficulty["flagged"].values
    if flagged.any():
        _bars(ax, np.arange(M + 1), flagged * scale, INK, "flagged items", M, 0.45)
    drawn = [name for name in nulls if _defined(difficulty, name)]
    for name in drawn:
        null = NULLS[name]
        ax.plot(
            np.arange(M + 1), difficulty["probability"].sel(null=name).values * n * scale, color=null.colour,
            linestyle=null.dashes, label=null.label, marker="o" if M <= 20 else None, markersize=2.5, zorder=4,
        )  # fmt: skip
    _axes(ax, M, counts=counts)
    class_strip(ax, {name: (a - 0.5, b + 0.5) for name, (a, b) in spans.items()}, shares)
    handles, labels = ax.get_legend_handles_labels()
    keep = [k for k, label in enumerate(labels) if label not in CLASS_COLOUR]
    if keep:
        figure.legend([handles[k] for k in keep], [labels[k] for k in keep], loc="outside lower left")
    return Drawing(figure, _alt(difficulty, shares, drawn), _caption(difficulty, drawn, bool(flagged.any())))


def _bars(
    ax: Axes, at: NDArray[Any], heights: NDArray[Any], colour: str, label: str, M: int, part: float = 1.0
) -> None:
    if M <= MOST_BARS:
        ax.bar(at, heights, width=0.86 * part, color=colour, label=label)
    else:
        ax.stairs(
            heights, np.arange(at[0], at[-1] + 2) - 0.5, fill=True, color=colour, label=label, linewidth=0
        )


def _defined(difficulty: xr.Dataset, name: str) -> bool:
    known = difficulty["null"].values
    return name in known and bool(np.isfinite(difficulty["probability"].sel(null=name).values).all())


def _axes(ax: Axes, M: int, *, counts: bool) -> None:
    ax.set_xlim(-0.5, M + 0.5)
    ax.set_ylim(bottom=0)
    ax.xaxis.set_major_locator(MaxNLocator(nbins=12, integer=True))
    ax.set_xlabel(f"Observers right (of {M})")
    if counts:
        ax.set_ylabel("Items")
        ax.yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    else:
        ax.set_ylabel("Share of items")
        percent_axis(ax)


def _alt(difficulty: xr.Dataset, shares: dict[str, Any], drawn: Sequence[str]) -> str:
    M, n = len(difficulty["count"]) - 1, int(difficulty["count"].sum())
    classes = ", ".join(
        f"{percent(shares[k])} {k}" for k in ("trivial", "in-between", "impossible") if k in shares
    )
    text = [f"Histogram of how many of {M} observers are right on each of {count(n, 'item')}: {classes}."]
    for name in drawn:
        null = difficulty.sel(null=name)
        text.append(
            f"Observers {NULLS[name].sentence} would give {percent(null['trivial'])} trivial and "
            f"{percent(null['impossible'])} impossible."
        )
    flagged = int(difficulty["flagged"].sum())
    if flagged:
        nobody = int(difficulty["flagged"][0])
        text.append(f"{count(flagged, 'item')} flagged, {nobody:,} of them right for nobody.")
    return " ".join(text)


def _caption(difficulty: xr.Dataset, drawn: Sequence[str], flagged: bool) -> str:
    t, M = int(difficulty.attrs["tolerance"]), len(difficulty["count"]) - 1
    text = (
        f"Items by the number of observers right ({count(M, 'observer')}, "
        f"{count(difficulty['count'].sum(), 'item')}). Trivial: {_all_but(t)} right; impossible: {_all_but(t)} wrong "
        f"(tolerance {t})."
    )
    if drawn:
        text += f" Curves, if observers were: {'; '.join(NULLS[name].label for name in drawn)}."
    if flagged:
        text += " Dark: flagged items."
    return text + left_out(difficulty.attrs)


def _all_but(tolerance: int) -> str:
    return "every observer" if tolerance == 0 else f"all but at most {tolerance}"
