"""Which conditions change no more than another seed does: differences to the seed ceiling, with a margin."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from trichotomy.errors import InputError
from trichotomy.plots.drawing import Drawing, in_style
from trichotomy.plots.looks import condition_looks
from trichotomy.plots.rows import label_rows, margin_columns
from trichotomy.plots.style import MUTED, NARROW, TEXT, keep_ticks, name_x, new_figure
from trichotomy.plots.wording import clipped, interval, kappa

if TYPE_CHECKING:
    import xarray as xr

PITCH = 0.26
BAND = "#e8eef3"


@in_style
def equivalence_intervals(
    equivalence: xr.Dataset, conditions: Sequence[str] = (), *, width: float = TEXT
) -> Drawing:
    """Difference of each condition's kappa to the seed ceiling, its interval, and the margin of equivalence.

    Parameters
    ----------
    equivalence
        Result of ``stats.equivalence``.
    conditions
        All conditions of the study, so that each has the colour it has in other figures.
    width
        In inches.

    Raises
    ------
    InputError
        No condition has a defined difference.
    """
    values = equivalence["difference"].values
    if not np.isfinite(values).any():
        msg = "no condition has a defined difference to the seed ceiling, so there is nothing to draw"
        raise InputError(msg)
    shown = equivalence.isel(condition=np.argsort(-np.nan_to_num(values, nan=-np.inf), kind="stable"))
    names = [str(name) for name in shown["condition"].values]
    looks = condition_looks([*conditions, *(str(name) for name in equivalence["condition"].values)])
    margin = float(shown.attrs["margin"])
    figure = new_figure(width, PITCH * len(names) + (0.8 if width >= NARROW else 1.0))
    ax = keep_ticks(figure.add_subplot())
    ax.axvspan(-margin, margin, color=BAND, linewidth=0, zorder=0, label="_margin")
    ax.axvline(0, color=MUTED, linewidth=0.8, zorder=1)
    for place, name in enumerate(names):
        one, colour = shown.isel(condition=place), looks[name].colour
        alike = bool(one["equivalent"])
        ax.plot(one["ci"].values, (place, place), color=colour, linewidth=1.6, zorder=3, label="_interval")
        ax.plot(
            [float(one["difference"])], [place], "o", color=colour, markersize=5.5, zorder=4, label=f"_{name}",
            markerfacecolor=colour if alike else "white",
        )  # fmt: skip
    label_rows(ax, names, PITCH)
    if width >= NARROW:
        columns = {
            "difference": [kappa(v) for v in shown["difference"].values],
            "verdict": verdicts(shown),
        }
        margin_columns(ax, columns, PITCH, each=60)
    name_x(ax, "Kappa with the reference, less the seed ceiling", width)
    return Drawing(figure, _alt(shown, names, margin), _caption(shown, margin))


def verdicts(equivalence: xr.Dataset) -> list[str]:
    """What each condition's interval says: ``as alike`` as networks of other seeds, more, less, or not settled.

    Parameters
    ----------
    equivalence
        Result of ``stats.equivalence``. More and less alike are those whose interval lies beyond the margin.
    """
    margin = float(equivalence.attrs["margin"])
    said = []
    for (low, high), alike in zip(equivalence["ci"].values, equivalence["equivalent"].values, strict=True):
        if alike:
            said.append("as alike")
        elif low > margin:
            said.append("more alike")
        else:
            said.append(
                "less alike" if high < -margin else "not settled" if np.isfinite(low) else "undefined"
            )
    return said


def _alt(shown: xr.Dataset, names: list[str], margin: float) -> str:
    said = "; ".join(
        f"{clipped(name)} {kappa(value)}, {verdict}"
        for name, value, verdict in zip(names, shown["difference"].values, verdicts(shown), strict=True)
    )
    return f"Differences of kappa to the seed ceiling, a row per condition, margin {kappa(margin)}: {said}."


def _caption(shown: xr.Dataset, margin: float) -> str:
    attrs = shown.attrs
    return (
        f"Mean error consistency of each condition with its reference, less that of networks that differ by their seed "
        f"({clipped(attrs['ceiling'])}, kappa {kappa(attrs['ceiling_kappa'])} among themselves). {interval(attrs)} "
        f"Band: the margin of {kappa(margin)}; filled dots are as alike as networks of other seeds by two one-sided "
        f"tests at {attrs['alpha']:.0%}, more or less alike is what lies beyond the margin with its whole interval. "
        f"{attrs['caution']}"
    )
