"""What makes networks decide differently: each condition's error consistency with the base network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from trichotomy.errors import InputError
from trichotomy.plots.drawing import Drawing, in_style
from trichotomy.plots.looks import BASE, Look, condition_looks
from trichotomy.plots.rows import label_rows, margin_columns
from trichotomy.plots.style import FAINT, INK, NARROW, TEXT, keep_ticks, name_x, new_figure
from trichotomy.plots.wording import clipped, count, interval, kappa, listed

if TYPE_CHECKING:
    import xarray as xr

PALE = 0.45
"""Opacity of single pairs behind their mean."""
MOST_VECTOR = 500
"""Above so many dots they are drawn as pixels, also in vector formats."""
_GOLDEN = 0.6180339887


@dataclass(frozen=True, slots=True, eq=False)
class _Row:
    """A condition: the kappas of its pairs, their mean, its interval, and the mean on pruned items."""

    name: str
    pairs: NDArray[np.float64]
    mean: float
    bounds: tuple[float, float]
    pruned: float


def condition_order(condition_consistency: xr.Dataset) -> list[str]:
    """Conditions from the most to the least consistent with base; undefined ones last, equal ones as they come.

    A figure about something else that goes with this one, such as of the networks' representations, takes this
    order to keep each condition in its place.

    Parameters
    ----------
    condition_consistency
        Result of ``stats.condition_consistency``.
    """
    means = condition_consistency["kappa"].values
    order = np.argsort(-np.nan_to_num(means, nan=-np.inf), kind="stable")
    return [str(name) for name in condition_consistency["condition"].values[order]]


@in_style
def consistency_with_base(
    condition_consistency: xr.Dataset,
    conditions: Sequence[str] = (),
    architecture: str = "",
    *,
    order: Sequence[str] | None = None,
    width: float = TEXT,
) -> Drawing:
    """Kappa of each pair and the means, all items and pruned, condition by condition (Meding et al. 2022, Fig. 3).

    With another base network it is their Fig. 15 and 16.

    Parameters
    ----------
    condition_consistency
        Result of ``stats.condition_consistency``.
    conditions
        All conditions of the study, so that each has the colour it has in other figures.
    architecture
        Of the base network, for the title.
    order
        Conditions from the top down, such as ``condition_order`` of another result; default by mean. One without a
        result keeps its place; those that are not in it come last.
    width
        In inches.

    Raises
    ------
    InputError
        No condition has a pair with a defined kappa.
    """
    rows = _rows(condition_consistency, order)
    if not any(np.isfinite(row.mean) for row in rows):
        msg = "no condition has a defined error consistency with its reference, so there is nothing to draw"
        raise InputError(msg)
    own = condition_consistency["condition"].values  # not as sorted: colours stay where an order changes
    looks = condition_looks([*conditions, *own, *(row.name for row in rows)])
    pitch = 0.26 if len(rows) <= 20 else 0.2
    figure = new_figure(
        width, pitch * len(rows) + (1.1 if width >= NARROW else 1.5) + 0.15 * bool(architecture)
    )
    ax = keep_ticks(figure.add_subplot())
    ax.hlines(
        np.arange(len(rows)), 0, 1, transform=ax.get_yaxis_transform(), color=FAINT, linewidth=0.5, zorder=0
    )
    raster = sum(len(row.pairs) for row in rows) > MOST_VECTOR
    for place, row in enumerate(rows):
        _draw(ax, place, row, looks[row.name], raster=raster)
    label_rows(ax, [row.name for row in rows], pitch)
    if width >= NARROW:
        columns = {
            "mean": [kappa(row.mean) for row in rows],
            "pruned": [kappa(row.pruned) for row in rows],
            "pairs": [str(len(row.pairs)) for row in rows],
        }
        margin_columns(ax, columns, pitch, each=46)
    if architecture:
        ax.set_title(f"Base network: {clipped(architecture)}", pad=14 if width >= NARROW else 6)
    reference = common_reference(condition_consistency)
    name_x(ax, f"Error consistency with {clipped(reference)} (kappa)", width)
    handles = [
        Line2D([], [], marker="o", linestyle="", color=INK, alpha=PALE, markersize=3.5, linewidth=0),
        Line2D([], [], marker="o", color=INK, markersize=5, linewidth=1.4),
        Line2D(
            [], [], marker="D", linestyle="", markerfacecolor="white", markeredgecolor=INK, markersize=4.5
        ),
    ]
    names = ["pairs", "mean and interval", "mean, pruned"]
    figure.legend(handles, names, loc="outside lower left", ncols=3 if width >= NARROW else 2)
    alt = _alt(rows, reference, architecture)
    return Drawing(figure, alt, _caption(condition_consistency, rows, reference))


def _rows(result: xr.Dataset, order: Sequence[str] | None) -> list[_Row]:
    names = [str(name) for name in result["condition"].values]
    of_pair = result["pair_condition"].values.astype(str)
    kappas = result["pair_kappa"].values
    given = condition_order(result) if order is None else [str(name) for name in order]
    rows = []
    for name in dict.fromkeys([*given, *names]):
        if name not in names:
            rows.append(_Row(name, np.empty(0), np.nan, (np.nan, np.nan), np.nan))
            continue
        one = result.isel(condition=names.index(name))
        pairs = kappas[of_pair == name]
        low, high = (float(bound) for bound in one["ci"].values)
        rows.append(
            _Row(name, pairs[np.isfinite(pairs)], float(one["kappa"]), (low, high), float(one["pruned"]))
        )
    return rows


def _draw(ax: Axes, place: int, row: _Row, look: Look, *, raster: bool) -> None:
    """Pairs beside each other around the height of the row, which has nothing to do with their values."""
    if not np.isfinite(row.mean):
        ax.annotate(
            "undefined", (0, place), xycoords=("axes fraction", "data"), xytext=(3, 0), textcoords="offset points",
            va="center", fontsize=6,
        )  # fmt: skip
        return
    pairs = np.sort(row.pairs)
    apart = (np.arange(1, len(pairs) + 1) * _GOLDEN) % 1 - 0.5 if len(pairs) > 1 else np.zeros(len(pairs))
    ax.scatter(
        pairs, place + 0.6 * apart, s=14, color=look.colour, alpha=PALE, linewidth=0, zorder=2, rasterized=raster,
        label="_pairs",
    )  # fmt: skip
    ax.plot(row.bounds, (place, place), color=look.colour, linewidth=1.4, zorder=3, label="_interval")
    ax.plot([row.mean], [place], "o", color=look.colour, markersize=5.5, zorder=5, label="_mean")
    if np.isfinite(row.pruned):
        ax.plot(
            [row.pruned], [place], "D", markerfacecolor="white", markeredgecolor=look.colour, markersize=4.5, zorder=4,
            label="_pruned",
        )  # fmt: skip


def _alt(rows: list[_Row], reference: str, architecture: str) -> str:
    said = [
        f"{clipped(row.name)} {kappa(row.mean)}"
        + (f", pruned {kappa(row.pruned)}" if np.isfinite(row.pruned) else "")
        for row in rows
    ]
    base = f" Base network: {clipped(architecture)}." if architecture else ""
    return f"Mean error consistency (kappa) with {clipped(reference)}, from the top: {'; '.join(said)}.{base}"


def _caption(result: xr.Dataset, rows: list[_Row], reference: str) -> str:
    epoch = f" at epoch {result.attrs['epoch']}" if result.attrs["epoch"] else ""
    text = (
        f"Error consistency (kappa) of each condition's networks with {clipped(reference)}{epoch}: pale dots are pairs "
        f"of networks, dark ones their plain mean. {interval(result.attrs)}"
    )
    if any(np.isfinite(row.pruned) for row in rows):
        text += f" Diamonds: the mean {pruning(result)}."
    return text + other_references(result)


def pruning(result: xr.Dataset) -> str:
    """How a result over conditions pruned the items, in words."""
    attrs = result.attrs
    return (
        f"without the items that are trivial or impossible to the {count(attrs['observers'], 'network')} (tolerance "
        f"{attrs['tolerance']}; {attrs['kept']:,} of {count(attrs['n'], 'item')} kept)"
    )


def common_reference(result: xr.Dataset) -> str:
    """What most conditions of a result are compared with, such as ``base``."""
    references = result["references"].values.astype(str)
    names, counts = np.unique(references[references != ""], return_counts=True)
    return str(names[counts.argmax()]) if len(names) else BASE


def other_references(result: xr.Dataset) -> str:
    """Say which conditions are compared with something else than the others; with a space before."""
    of_pair = result["pair_condition"].values.astype(str)
    usual = common_reference(result)
    text = ""
    for name, shift, reference in zip(
        *(result[k].values.tolist() for k in ("condition", "shift", "references")), strict=True
    ):
        own = list(dict.fromkeys(result["observer_a"].values[of_pair == name].tolist()))
        if own and shift:
            text += f" {clipped(name)}: {listed(own)} {count(shift, 'epoch')} later."
        elif own and reference != usual:
            text += f" {clipped(name)}: {listed(own)} with {clipped(reference)}."
    return text
