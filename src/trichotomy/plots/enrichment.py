"""Annotated items by class of difficulty: how many times the odds of being impossible, in-between, trivial."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from trichotomy.errors import InputError
from trichotomy.plots.drawing import Drawing, in_style
from trichotomy.plots.rows import label_rows, margin_columns
from trichotomy.plots.style import CLASS_COLOUR, FAINT, MUTED, NARROW, TEXT, keep_ticks, name_x, new_figure
from trichotomy.plots.wording import clipped, count, interval, left_out, listed, percent

if TYPE_CHECKING:
    import xarray as xr

_ORDER = ("impossible", "in-between", "trivial")
_OFFSET = {"impossible": -0.24, "in-between": 0.0, "trivial": 0.24}
_PITCH = 0.52


@in_style
def enrichment_odds(enrichment: xr.Dataset, *, width: float = TEXT) -> Drawing:
    """Odds ratios of annotated items for each class of difficulty, on a logarithmic axis.

    Parameters
    ----------
    enrichment
        Result of ``stats.enrichment``. An odds ratio of 0 or infinity is an arrow at the edge.
    width
        In inches.

    Raises
    ------
    InputError
        No odds ratio is defined.
    """
    names = [str(n) for n in enrichment["annotation"].values]
    ratios, bounds = (
        enrichment[k].sel(difficulty=list(_ORDER)).values for k in ("odds_ratio", "odds_ratio_ci")
    )
    if np.isnan(ratios).all():
        msg = "no odds ratio to draw: nothing is flagged, or everything"
        raise InputError(msg)
    figure = new_figure(width, _PITCH * len(names) + 1.15)
    ax = keep_ticks(figure.add_subplot())
    ax.set_xscale("log")
    low, high = _limits(ratios, bounds)
    ax.set_xlim(low, high)
    ax.hlines(
        np.arange(len(names))[1:] - 0.5, 0, 1, transform=ax.get_yaxis_transform(), color=FAINT, linewidth=0.5
    )
    ax.axvline(1, color=MUTED, linewidth=0.8, linestyle=":", zorder=0)
    for k, name in enumerate(_ORDER):
        for row in range(len(names)):
            _dot(ax, row + _OFFSET[name], ratios[row, k], bounds[row, k], CLASS_COLOUR[name], (low, high))
        ax.plot([], [], "o", color=CLASS_COLOUR[name], markersize=4, label=name)
    label_rows(ax, names, _PITCH)
    ax.xaxis.set_major_locator(LogLocator(numticks=7))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}"))
    ax.xaxis.set_minor_formatter(NullFormatter())
    share = enrichment["share"]
    if width >= NARROW:
        columns = {
            f"of {name}": [percent(v) for v in share.sel(difficulty=name).values]
            for name in ("impossible", "trivial")
        }
        margin_columns(ax, columns, _PITCH, each=62)
    name_x(ax, "Odds of being in the class: flagged items over the others", width)
    handles, labels = ax.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower left", ncols=3)
    return Drawing(figure, _alt(enrichment, names), _caption(enrichment, width))


def _limits(ratios: np.ndarray, bounds: np.ndarray) -> tuple[float, float]:
    """Round limits that hold every finite, positive number, and 1."""
    values = np.concatenate([ratios.ravel(), bounds.ravel(), [0.5, 2.0]])
    values = values[np.isfinite(values) & (values > 0)]
    return float(values.min() / 1.5), float(values.max() * 1.5)


def _dot(
    ax: Axes, at: float, ratio: float, bounds: np.ndarray, colour: str, limits: tuple[float, float]
) -> None:
    if np.isnan(ratio):
        return
    ends = np.clip(bounds, *limits)
    ax.hlines(at, ends[0], ends[1], color=colour, linewidth=1.2)
    marker = "o" if limits[0] < ratio < limits[1] else "<" if ratio <= limits[0] else ">"
    ax.plot(np.clip(ratio, *limits), at, marker, color=colour, markersize=4, clip_on=False)


def _alt(enrichment: xr.Dataset, names: list[str]) -> str:
    said = []
    for name in names:
        row = enrichment.sel(annotation=name)
        shares = [f"{percent(row['share'].sel(difficulty=c))} of the {c}" for c in reversed(_ORDER)]
        ratio = float(row["odds_ratio"].sel(difficulty="impossible"))
        times = "undefined" if np.isnan(ratio) else "infinite" if np.isinf(ratio) else f"{ratio:.3g}"
        said.append(
            f"{clipped(name)} holds for {listed(shares)} items; the odds ratio of being impossible is {times}."
        )
    return f"Odds ratios of {count(len(names), 'annotation')} by class of difficulty. {' '.join(said)}"


def _caption(enrichment: xr.Dataset, width: float) -> str:
    a = enrichment.attrs
    numbers = " Numbers: share flagged of the impossible and of the trivial items." if width >= NARROW else ""
    return (
        "Odds of flagged items to be impossible, in-between or trivial, over those of the other items "
        f"({count(a['observers'], 'observer')}, {count(a['n'], 'item')}, tolerance {a['tolerance']}); 1 is no "
        f"relation.{numbers} {interval(a)}{left_out(a)}"
    )
