"""Mean kappa by every measure beside what shared difficulty alone would give."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from trichotomy.errors import InputError
from trichotomy.plots.drawing import Drawing, in_style
from trichotomy.plots.rows import label_rows, margin_columns
from trichotomy.plots.style import (
    BLUE,
    FAINT,
    MUTED,
    NARROW,
    SKY,
    TEXT,
    VERMILLION,
    keep_ticks,
    name_x,
    new_figure,
)
from trichotomy.plots.wording import UNDEFINED, kappa

if TYPE_CHECKING:
    import xarray as xr

PITCH = 0.34


@dataclass(frozen=True, slots=True)
class _Row:
    label: str
    mean: float
    interval: tuple[float, float]
    expected: float
    over_observers: tuple[float, float] = (np.nan, np.nan)


@in_style
def consistency_overview(
    mean_consistency: xr.Dataset,
    insample: xr.Dataset,
    crossfit: xr.Dataset,
    residual: xr.Dataset,
    raw_conditional_independence: float,
    *,
    width: float = TEXT,
) -> Drawing:
    """Mean kappa over all items, pruned and residual, each beside its conditional-independence expectation.

    Parameters
    ----------
    mean_consistency, insample, crossfit, residual
        Results of ``stats.mean_consistency``, ``pruned_consistency`` by both methods, ``residual_consistency``.
    raw_conditional_independence
        Of ``stats.raw_conditional_independence``.
    width
        In inches.

    Raises
    ------
    InputError
        Every mean is undefined.
    """
    whole = mean_consistency.sel(scope="all")
    rows = [
        _Row("all items", float(whole["mean"]), _pair(whole["ci"]), float(raw_conditional_independence),
             _pair(whole["jackknife_ci"])),
        *(
            _Row(label, float(r["mean"]), _pair(r["mean_ci"]), float(r["conditional_independence"]))
            for label, r in (
                ("pruned, in-sample", insample), ("pruned, cross-fitted", crossfit),
                ("residual, given the rest score", residual),
            )
        ),
    ]  # fmt: skip
    if not any(np.isfinite(row.mean) for row in rows):
        msg = "no mean consistency is defined, so there is nothing to draw"
        raise InputError(msg)
    figure = new_figure(width, PITCH * len(rows) + (1.0 if width >= NARROW else 1.15))
    ax = keep_ticks(figure.add_subplot())
    ax.axvline(0, color=FAINT, linewidth=0.8, zorder=0)
    for place, row in enumerate(rows):
        _draw(ax, place, row)
    label_rows(ax, [row.label for row in rows], PITCH)
    expected = [kappa(row.expected) if np.isfinite(row.mean) else "" for row in rows]
    if width >= NARROW:
        margin_columns(
            ax, {"observed": [kappa(row.mean) for row in rows], "expected": expected}, PITCH, each=46
        )
    ax.xaxis.set_major_locator(MaxNLocator(nbins=5))
    name_x(ax, "Mean error consistency over pairs (kappa)", width)
    figure.legend(
        *ax.get_legend_handles_labels(), loc="outside lower left", ncols=2 if width >= NARROW else 1
    )
    return Drawing(figure, _alt(rows), _caption(mean_consistency, crossfit, residual, rows))


def _draw(ax: Axes, place: int, row: _Row) -> None:
    """Observed mean with its intervals and, as a diamond, what shared difficulty alone would give."""
    if not np.isfinite(row.mean):
        ax.annotate(
            UNDEFINED, (0, place), xytext=(3, 0), textcoords="offset points", va="center", color=MUTED
        )
        return
    if np.isfinite(row.over_observers).all():
        ax.plot(
            row.over_observers, (place, place), color=SKY, linewidth=0.8, zorder=2, label="_over observers"
        )
    ax.plot(row.interval, (place, place), color=BLUE, linewidth=2.2, zorder=3, label="_over items")
    dot, diamond = (
        ("observed", "expected from shared difficulty alone") if place == 0 else ("_observed", "_expected")
    )
    ax.plot([row.mean], [place], "o", color=BLUE, markersize=5, zorder=4, label=dot)
    ax.plot(
        [row.expected], [place], "D", markerfacecolor="none", markeredgecolor=VERMILLION, markersize=6.5, zorder=5,
        markeredgewidth=1.1, label=diamond,
    )  # fmt: skip


def _alt(rows: list[_Row]) -> str:
    parts = [
        f"{row.label}: {kappa(row.mean)}, expected {kappa(row.expected)}"
        if np.isfinite(row.mean)
        else f"{row.label}: {UNDEFINED}"
        for row in rows
    ]
    return (
        "Mean error consistency over pairs of observers, beside what observers that share nothing but the items' "
        f"difficulty would give. {'; '.join(parts)}."
    )


def _caption(mean: xr.Dataset, crossfit: xr.Dataset, residual: xr.Dataset, rows: list[_Row]) -> str:
    level = 100 * float(mean.attrs.get("level", 0.95))
    methods = dict.fromkeys([mean.attrs["interval"], crossfit["mean"].attrs.get("interval", ""),
                             residual.attrs["interval"]])  # fmt: skip
    text = (
        "Mean kappa over all pairs (dots) and what conditionally independent observers of the fitted beta-binomial "
        f"difficulty would give (diamonds). Thick lines: {level:g}% intervals "
        f"({'; '.join(m for m in methods if m)})."
    )
    if np.isfinite(rows[0].over_observers).all():
        text += f" Thin line: {level:g}% jackknife {mean.attrs['jackknife']}."
    return text


def _pair(bounds: xr.DataArray) -> tuple[float, float]:
    low, high = bounds.values
    return float(low), float(high)
