"""Where flagged items stand: their share among the items of each number of observers right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.ticker import MaxNLocator

from trichotomy.errors import InputError
from trichotomy.plots.drawing import Drawing, in_style
from trichotomy.plots.strip import class_strip
from trichotomy.plots.style import (
    CLASS_COLOUR,
    MUTED,
    SMALL,
    TEXT,
    keep_ticks,
    name_x,
    new_figure,
    percent_axis,
)
from trichotomy.plots.wording import count, interval, left_out, percent

if TYPE_CHECKING:
    import xarray as xr


@in_style
def flagged_shares(flag_shares: xr.Dataset, *, width: float = TEXT) -> Drawing:
    """Share of flagged items, such as label errors, by the number of observers right (Meding et al. 2022, Fig. 22).

    Parameters
    ----------
    flag_shares
        Result of ``stats.flag_shares``.
    width
        In inches.

    Raises
    ------
    InputError
        No item is flagged, or too few observers for the tolerance.
    """
    flagged, total = flag_shares["flagged"].values, flag_shares["count"].values
    M, tolerance = len(total) - 1, int(flag_shares.attrs["tolerance"])
    if not flagged.sum() or 2 * tolerance + 1 > M:
        msg = f"nothing to draw: {count(flagged.sum(), 'flagged item')} and {count(M, 'observer')}"
        raise InputError(msg)
    spans = {"impossible": (0, tolerance), "in-between": (tolerance + 1, M - tolerance - 1),
             "trivial": (M - tolerance, M)}  # fmt: skip
    spans = {name: (first, last) for name, (first, last) in spans.items() if last >= first}
    of_class = dict(
        zip(flag_shares["difficulty"].values, flag_shares["difficulty_share"].values, strict=True)
    )
    shares = {name: float(of_class[name]) for name in spans}
    figure = new_figure(width, 0.3 * width + 1.2)
    ax = keep_ticks(figure.add_subplot())
    right = flag_shares["number_right"].values
    for name, (first, last) in spans.items():
        at = right[first : last + 1]
        bounds, values = (flag_shares[k].values[first : last + 1] for k in ("ci", "share"))
        ax.vlines(at, bounds[:, 0], bounds[:, 1], color=CLASS_COLOUR[name], linewidth=1.1, label="_interval")
        ax.plot(at, values, "o", color=CLASS_COLOUR[name], markersize=4 if M <= 60 else 2.5, label=f"_{name}")
    whole = float(flagged.sum() / total.sum())
    ax.axhline(whole, color=MUTED, linewidth=0.8, linestyle=":", zorder=0, label="_all items")
    ax.annotate(
        f"all\n{percent(whole)}", (1, whole), xycoords=("axes fraction", "data"), xytext=(3, 0), fontsize=SMALL,
        textcoords="offset points", va="center", color=MUTED, annotation_clip=False,
    )  # fmt: skip
    ax.set_xlim(-0.5, M + 0.5)
    ax.set_ylim(bottom=0)
    ax.xaxis.set_major_locator(MaxNLocator(nbins=12, integer=True))
    percent_axis(ax)
    name_x(ax, f"Observers right (of {M})", width)
    what = _noun(flag_shares)
    ax.set_ylabel("Share of items flagged")
    class_strip(ax, {name: (a - 0.5, b + 0.5) for name, (a, b) in spans.items()}, shares)
    said = ", ".join(
        f"{percent(shares[name])} of the {name}"
        for name in ("trivial", "in-between", "impossible")
        if name in shares
    )
    alt = (
        f"Share of items that are {what}, by how many of {M} observers are right: {said} items; {percent(whole)} of "
        f"all {count(total.sum(), 'item')}, {int(flagged.sum()):,} in number."
    )
    caption = (
        f"Share of items that are {what} among those that a number of observers get right; above, the share in each "
        f"class of difficulty (tolerance {tolerance}). {interval(flag_shares.attrs)}"
    )
    return Drawing(figure, alt, caption + left_out(flag_shares.attrs))


def _noun(result: xr.Dataset) -> str:
    """What is flagged, from the annotation's name."""
    name = str(result.attrs.get("flags") or result.attrs.get("annotation") or "flagged")
    return {"label_error": "flagged as label errors"}.get(
        name, f"flagged ({name})" if name != "flagged" else name
    )
