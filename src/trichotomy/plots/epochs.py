"""How conditions develop over the epochs: kappa with base, accuracy, decisions changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from trichotomy.errors import InputError, UnknownNameError
from trichotomy.plots.conditions import common_reference
from trichotomy.plots.drawing import Drawing, in_style
from trichotomy.plots.looks import Look, condition_looks
from trichotomy.plots.style import INK, NARROW, SMALL, TEXT, keep_ticks, new_figure, percent_axis
from trichotomy.plots.wording import clipped, count, kappa, percent

if TYPE_CHECKING:
    import xarray as xr

LINE = 8.6
"""Points from one name at the end of the lines to the next."""


@dataclass(frozen=True, slots=True)
class Curve:
    """What one of the figures draws.

    Attributes
    ----------
    panels
        Variable of the result to the title of its panel; one that is nowhere defined is left out.
    axis
        Name of the axis of values.
    share
        Whether the values are shares, shown in percent, or kappas.
    caption
        What is drawn.
    """

    panels: Mapping[str, str]
    axis: str
    share: bool
    caption: str


CURVES: Mapping[str, Curve] = MappingProxyType({
    "kappa": Curve(
        {"kappa": ""}, "Error consistency (kappa)", False,
        "Error consistency (kappa) of each condition's networks with {reference}, the mean of pairs, epoch by epoch",
    ),
    "accuracy": Curve(
        {"accuracy": ""}, "Accuracy", True, "Accuracy at each epoch, the mean of a condition's networks"
    ),
    "changed": Curve(
        {"changed": "Right turned wrong or wrong right", "changed_response": "Another answer"},
        "Decisions changed", True,
        "Share of items decided otherwise than at the epoch before, the mean of a condition's networks",
    ),
})  # fmt: skip
"""What ``condition_curves`` can draw."""
_RANGES = {"kappa": ("lowest", "highest"), "accuracy": ("accuracy_lowest", "accuracy_highest")}
_Ends: TypeAlias = tuple[NDArray[np.float64], NDArray[np.float64]]


@dataclass(frozen=True, slots=True, eq=False)
class _Line:
    """Values of a condition, float64[E], and those of its lowest and highest network where they are told apart."""

    name: str
    values: NDArray[np.float64]
    ends: _Ends | None = None


@in_style
def condition_curves(
    condition_dynamics: xr.Dataset,
    conditions: Sequence[str] = (),
    trained: Sequence[str] = (),
    *,
    what: str = "kappa",
    width: float = TEXT,
) -> Drawing:
    """Kappa with the reference, accuracy or decisions changed over the epochs, a line per condition.

    Accuracy is Fig. 13 of Meding et al. 2022, decisions changed are their Fig. 17. Bands reach from the lowest to the
    highest network. Epochs that only the reference has are left out.

    Parameters
    ----------
    condition_dynamics
        Result of ``stats.condition_dynamics``.
    conditions
        All conditions of the study, so that each has the colour it has in other figures.
    trained
        Conditions that networks have. Of others, which read networks of these at another epoch or among themselves,
        accuracy and changes would stand there twice; where ``trained`` is given they are drawn of kappa alone.
    what
        One of ``CURVES``: ``kappa``, ``accuracy`` or ``changed``.
    width
        In inches; in a narrow figure panels stand one above the other.

    Raises
    ------
    UnknownNameError
        There is no such curve.
    InputError
        No condition has values at two epochs or more.
    """
    if what not in CURVES:
        kind = "curve"
        raise UnknownNameError(kind, what, list(CURVES))
    curve = CURVES[what]
    panels = {name: _lines(condition_dynamics, name, trained) for name in curve.panels}
    panels = {
        name: lines
        for name, lines in panels.items()
        if any(np.isfinite(line.values).sum() > 1 for line in lines)
    }
    if not panels:
        msg = f"curves of {what} over the epochs need a condition with values at two epochs or more"
        raise InputError(msg)
    epochs, beyond = _epochs(condition_dynamics)
    looks = condition_looks([*conditions, *condition_dynamics["condition"].values])
    across = len(panels) if width >= NARROW else 1
    height = 2.7 if width >= NARROW else 2.4
    figure = new_figure(width, (height + 0.15) * (len(panels) // across) + 0.45)
    axes = figure.subplots(len(panels) // across, across, squeeze=False, sharex=True).ravel()
    for ax, (name, lines) in zip(axes, panels.items(), strict=True):
        for line in lines:
            _draw(ax, line, epochs, looks[line.name])
        keep_ticks(ax).set_title(curve.panels[name], fontsize=SMALL + 0.5)
        ax.set_xlim(epochs[0], epochs[-1])
        if curve.share:
            ax.set_ylim(bottom=0)
            percent_axis(ax)
    for ax in axes if across == 1 else axes[-1:]:
        _names_at_end(ax, looks, 72 * (height - 0.35))
    axes[0].set_ylabel(curve.axis)
    for ax in axes[-across:]:
        ax.set_xlabel("Epoch")
        ax.xaxis.set_major_locator(MaxNLocator(nbins=6 if across == 1 else 4, integer=True))
    reference = clipped(common_reference(condition_dynamics))
    alt = _alt(next(iter(panels.values())), epochs, curve)
    return Drawing(figure, alt, _caption(curve, what, reference, beyond))


def _lines(result: xr.Dataset, variable: str, trained: Sequence[str]) -> list[_Line]:
    low, high = _RANGES.get(variable, ("", ""))
    lines = []
    for k, name in enumerate(result["condition"].values.astype(str).tolist()):
        if variable == "kappa" or not trained or name in trained:
            ends = (result[low].values[k], result[high].values[k]) if low else None
            lines.append(_Line(name, result[variable].values[k], ends))
    return [line for line in lines if np.isfinite(line.values).any()]


def _epochs(result: xr.Dataset) -> tuple[NDArray[np.int64], int]:
    """Epochs up to the last that a condition compared at its own epoch has, and how many others have beyond."""
    known = np.isfinite(result["accuracy"].values)
    compared = (result["shift"].values == 0) & (result["references"].values != "")
    if not known[compared].any():
        return result["epoch"].values, 0
    last = int(np.flatnonzero(known[compared].any(axis=0))[-1]) + 1
    return result["epoch"].values[:last], int(known[:, last:].any(axis=0).sum())


def _draw(ax: Axes, line: _Line, epochs: NDArray[np.int64], look: Look) -> None:
    E = len(epochs)
    known = np.isfinite(line.values[:E])
    if not known.any():
        return
    if line.ends is not None:
        low, high = (end[:E][known] for end in line.ends)
        if (low < high).any():
            ax.fill_between(
                epochs[known], low, high, color=look.colour, alpha=0.13, linewidth=0, zorder=1,
                label=f"_range {line.name}",
            )  # fmt: skip
    dark = look.colour == INK
    ax.plot(
        epochs[known], line.values[:E][known], color=look.colour, linestyle=look.dashes,
        linewidth=1.6 if dark else 1.1, zorder=4 if dark else 3, label=f"_{line.name}",
        marker="o" if known.sum() == 1 else None, markersize=2.5,
    )  # fmt: skip


def _names_at_end(ax: Axes, looks: dict[str, Look], height: float) -> None:
    """Name each line beside its end, in the order of the ends and so far apart that the names do not meet."""
    bottom, top = ax.get_ylim()
    lines = {str(line.get_label())[1:]: line for line in ax.lines}
    ends = {name: float(np.asarray(lines[name].get_ydata())[-1]) for name in looks if name in lines}
    order = sorted(ends, key=lambda name: ends[name])
    at = _apart(np.array([(ends[name] - bottom) / (top - bottom) for name in order]), LINE / height)
    last = ax.get_xlim()[1]
    for name, place in zip(order, at, strict=True):
        x = float(np.asarray(lines[name].get_xdata())[-1])
        ax.annotate(
            clipped(name, 20), (x, ends[name]), xycoords="data", xytext=(1.06, place), textcoords="axes fraction",
            va="center_baseline", fontsize=SMALL - 0.5, color=looks[name].colour, annotation_clip=False,
            arrowprops={"arrowstyle": "-", "color": looks[name].colour, "linewidth": 0.5, "shrinkA": 1, "shrinkB": 0,
                        "linestyle": looks[name].dashes, "relpos": (0, 0.5)} if x == last else None,
        )  # fmt: skip


def _apart(heights: NDArray[np.float64], gap: float) -> NDArray[np.float64]:
    """Move increasing heights as little as needed (in least squares) to be ``gap`` apart, then into 0..1."""
    blocks: list[list[float]] = []  # each of [sum of heights less their rank in the block times gap, size]
    for height in heights:
        blocks.append([float(height), 1.0])
        while (
            len(blocks) > 1
            and blocks[-2][0] / blocks[-2][1] + gap * blocks[-2][1] > blocks[-1][0] / blocks[-1][1]
        ):
            total, size = blocks.pop()
            blocks[-1] = [blocks[-1][0] + total - gap * blocks[-1][1] * size, blocks[-1][1] + size]
    moved = np.concatenate([total / size + gap * np.arange(int(size)) for total, size in blocks])
    rank = np.arange(len(moved))
    return np.asarray(np.maximum(np.minimum(moved, 1 - gap * rank[::-1]), gap * rank))


def _alt(lines: list[_Line], epochs: NDArray[np.int64], curve: Curve) -> str:
    said = []
    for line in lines:
        values = line.values[: len(epochs)]
        values = values[np.isfinite(values)]
        if len(values):
            first, last = ((percent if curve.share else kappa)(value) for value in values[[0, -1]])
            said.append(f"{clipped(line.name)} {first} to {last}")
    title = f"{curve.axis}, a line per condition, from the first to the last of epochs {epochs[0]} to {epochs[-1]}"
    return f"{title}: {'; '.join(said)}."


def _caption(curve: Curve, what: str, reference: str, beyond: int) -> str:
    text = f"{curve.caption.format(reference=reference)}."
    if what in _RANGES:
        text += " Bands reach from the lowest to the highest."
    if beyond:
        text += f" Not drawn: {count(beyond, 'further epoch')} of {reference} alone."
    return text
