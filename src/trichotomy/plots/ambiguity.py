"""Difficulty by how ambiguous labels are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes

from trichotomy.errors import InputError
from trichotomy.plots.drawing import Drawing, in_style
from trichotomy.plots.style import (
    CLASS_COLOUR,
    INK,
    NARROW,
    SMALL,
    TEXT,
    keep_ticks,
    new_figure,
    percent_axis,
)
from trichotomy.plots.wording import count, left_out, percent

if TYPE_CHECKING:
    import xarray as xr

MOST_PANELS = 4
TITLES = {
    "accepted_labels": "Accepted labels", "vote_entropy": "Entropy of workers' votes (bits)",
    "human_entropy": "Entropy of people's labels (bits)",
}  # fmt: skip
_PALE = {**CLASS_COLOUR, "in-between": "#dde0e3"}


@in_style
def ambiguity_panels(label_ambiguity: xr.Dataset, *, width: float = TEXT) -> Drawing:
    """Classes of difficulty and accuracy for each value of an annotation, a panel each (Meding et al. 2022, A.13).

    Parameters
    ----------
    label_ambiguity
        Result of ``stats.label_ambiguity``; of more than four annotations the first four.
    width
        In inches.

    Raises
    ------
    InputError
        The annotations know no item.
    """
    names = [str(n) for n in label_ambiguity["annotation"].values][:MOST_PANELS]
    levels = {name: np.flatnonzero(label_ambiguity["level_annotation"].values == name) for name in names}
    names = [name for name in names if len(levels[name])]
    if not names:
        msg = "nothing to draw: the annotations know none of the items that all observers answered"
        raise InputError(msg)
    across = 2 if width >= NARROW and len(names) > 1 else 1
    down = -(-len(names) // across)
    figure = new_figure(width, 2.25 * down + 0.45)
    panels = figure.subplots(down, across, squeeze=False, sharey=True)
    for ax in panels.flat[len(names) :]:
        ax.set_axis_off()
    for name, ax in zip(names, panels.flat, strict=False):
        _panel(keep_ticks(ax), label_ambiguity.isel(level=levels[name]), TITLES.get(name, name))
    figure.align_xlabels()
    for ax in panels[:, 0]:
        ax.set_ylabel("Share of items")
    handles, labels = panels.flat[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower left", ncols=4 if width >= NARROW else 2)
    return Drawing(figure, _alt(label_ambiguity, names), _caption(label_ambiguity, names))


def _panel(ax: Axes, rows: xr.Dataset, title: str) -> None:
    at = np.arange(rows.sizes["level"])
    trivial, impossible = rows["trivial"].values, rows["impossible"].values
    for name, values, below in (
        ("trivial", trivial, 0 * trivial), ("in-between", 1 - trivial - impossible, trivial),
        ("impossible", impossible, 1 - impossible),
    ):  # fmt: skip
        ax.bar(at, values, bottom=below, width=0.82, color=_PALE[name], label=name)
    bounds = rows["accuracy_ci"].values
    ax.vlines(at, bounds[:, 0], bounds[:, 1], color=INK, linewidth=1.1)
    ax.plot(
        at, rows["accuracy"].values, "o", color=INK, markersize=3.5, label="mean accuracy", linestyle="none"
    )
    ax.set_xticks(
        at,
        [_label(low, high) for low, high in zip(rows["lowest"].values, rows["highest"].values, strict=True)],
    )
    for x, n in zip(at, rows["items"].values, strict=True):
        ax.annotate(
            _short(int(n)), (x, 1), xytext=(0, 2), textcoords="offset points", ha="center", fontsize=SMALL - 1,
            annotation_clip=False,
        )  # fmt: skip
    ax.set_xlim(-0.6, len(at) - 0.4)
    ax.set_ylim(0, 1)
    percent_axis(ax)
    ax.set_xlabel(title)


def _short(n: int) -> str:
    return f"{n:,}" if n < 1000 else f"{n / 1000:.0f}k" if n >= 9950 else f"{n / 1000:.1f}k"


def _label(low: float, high: float) -> str:
    if low == high:
        return f"{low:.2g}"
    short = low == round(low) and high == round(high)
    return f"{low:.3g}\N{EN DASH}{'' if short else chr(10)}{high:.3g}"


def _alt(result: xr.Dataset, names: list[str]) -> str:
    said = []
    for name in names:
        rows = result.isel(level=np.flatnonzero(result["level_annotation"].values == name))
        first, last = float(rows["lowest"][0]), float(rows["highest"][-1])
        rho = float(result["association"].sel(annotation=name, statistic="spearman"))
        said.append(
            f"{TITLES.get(name, name)}: mean accuracy {percent(rows['accuracy'][0])} at {first:.2g}, "
            f"{percent(rows['accuracy'][-1])} at {last:.2g}; Spearman's rho with the number "
            f"of observers wrong {_signed(rho)}."
        )
    return f"Trivial, in-between and impossible items by how ambiguous their labels are. {' '.join(said)}"


def _caption(result: xr.Dataset, names: list[str]) -> str:
    a = result.attrs
    said = []
    for name in names:
        one = result.sel(annotation=name)
        values = [
            f"{word} {_signed(float(one['association'].sel(statistic=key)))} ({_signed(low)} to {_signed(high)})"
            for key, word in (("spearman", "rho"), ("kendall", "tau-b"), ("somers", "Somers' d"))
            for low, high in [one["association_ci"].sel(statistic=key).values]
        ]
        said.append(f"{TITLES.get(name, name)} ({count(one['n'], 'item')}): {', '.join(values)}")
    return (
        f"Items by the value of an annotation, their number on top ({count(a['observers'], 'observer')}, tolerance "
        f"{a['tolerance']}). Association with the number of observers wrong: {'; '.join(said)}. Lines and brackets: "
        f"{100 * a['level']:g}% intervals over items (percentile bootstrap; accuracies normal).{left_out(a)}"
    )


def _signed(value: float) -> str:
    return f"{value:.2f}".replace("-", "\N{MINUS SIGN}") if np.isfinite(value) else "undefined"
