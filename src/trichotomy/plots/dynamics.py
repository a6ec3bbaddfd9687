"""How decisions form: learning curves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from trichotomy.errors import InputError
from trichotomy.plots.drawing import Drawing, in_style
from trichotomy.plots.looks import ALIKE, MOST_CONDITIONS, Look, condition_looks
from trichotomy.plots.style import (
    INK,
    NARROW,
    PAGE,
    keep_ticks,
    new_figure,
    percent_axis,
)
from trichotomy.plots.wording import clipped, count, kappa, percent

if TYPE_CHECKING:
    import xarray as xr


@in_style
def learning_curves(dynamics: xr.Dataset, conditions: Sequence[str] = (), *, width: float = PAGE) -> Drawing:
    """Accuracy, kappa to the reference observer and decisions changed, epoch by epoch; a line per observer.

    Parameters
    ----------
    dynamics
        Result of ``stats.dynamics``. Observers of one condition share a colour; the reference is dark.
    conditions
        All conditions of the study, where other figures draw others, so that each has one colour in all of them.
    width
        In inches; in a narrow figure the panels stand one above the other.

    Raises
    ------
    InputError
        Fewer than two epochs, or nobody has an accuracy.
    """
    if dynamics.sizes["epoch"] < 2 or not np.isfinite(dynamics["accuracy"].values).any():
        msg = f"learning curves need decisions at two epochs or more; there is {dynamics.sizes['epoch']}"
        raise InputError(msg)
    reference = str(dynamics.attrs["reference"])
    panels = {"accuracy": "Accuracy", "kappa_to_reference": f"Kappa to {clipped(reference, 24)}",
              "changed": "Changed until next epoch"}  # fmt: skip
    panels = {name: title for name, title in panels.items() if np.isfinite(dynamics[name].values).any()}
    looks = _looks(dynamics, reference, conditions)
    rows, columns = (1, len(panels)) if width >= NARROW else (len(panels), 1)
    figure = new_figure(width, 1.75 * rows + 0.75 + 0.13 * (len(looks) // 5))
    axes = figure.subplots(rows, columns, sharex=True, squeeze=False).ravel()
    for ax, (name, title) in zip(axes, panels.items(), strict=True):
        _panel(keep_ticks(ax), dynamics, name, looks, reference)
        ax.set_title(title)
        if name != "kappa_to_reference":
            percent_axis(ax)
    for ax in axes[len(panels) - columns :]:
        ax.set_xlabel("Epoch")
        ax.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
    handles = [Line2D([], [], color=look.colour, linestyle=look.dashes) for look in looks.values()]
    if len(looks) > 1:
        figure.legend(
            handles, [clipped(n, 24) for n in looks], loc="outside lower left", ncols=max(int(width / 1.4), 1)
        )
    return Drawing(figure, _alt(dynamics, reference), _caption(dynamics, reference, looks))


def _looks(dynamics: xr.Dataset, reference: str, conditions: Sequence[str]) -> dict[str, Look]:
    """Colour and dashes of each condition drawn; the reference observer's own line is dark."""
    present = dict.fromkeys(dynamics["condition"].values.astype(str))
    if len(present) > MOST_CONDITIONS:
        return {reference: Look(INK), "other observers": ALIKE}
    at = int(np.flatnonzero(dynamics["observer"].values == reference)[0])
    alone = str(dynamics["condition"].values[at])
    others = [c for c in present if c != alone or (dynamics["condition"].values == alone).sum() > 1]
    looks = condition_looks([*conditions, *others])
    return {reference: Look(INK), **{c: looks[c] for c in others}}


def _panel(ax: Axes, dynamics: xr.Dataset, name: str, looks: dict[str, Look], reference: str) -> None:
    epochs = dynamics["epoch"].values
    many = dynamics.sizes["observer"] > 12
    for observer, condition, values in zip(
        dynamics["observer"].values, dynamics["condition"].values, dynamics[name].values, strict=True
    ):
        known = np.isfinite(values)
        if not known.any():
            continue
        own = observer == reference
        look = looks[reference] if own else looks.get(str(condition), looks.get("other observers", ALIKE))
        ax.plot(
            epochs[known], values[known], color=look.colour, linestyle=look.dashes, label=f"_{observer}",
            linewidth=1.3 if own else (0.7 if many else 1.0), zorder=4 if own else 2,
            marker="o" if known.sum() == 1 else None, markersize=2.5,
        )  # fmt: skip
    ax.set_xlim(epochs[0], epochs[-1])
    if name != "kappa_to_reference":
        ax.set_ylim(bottom=0)


def _alt(dynamics: xr.Dataset, reference: str) -> str:
    epochs = dynamics["epoch"].values
    row = dynamics.sel(observer=reference)
    known = np.flatnonzero(np.isfinite(row["accuracy"].values))
    text = f"Learning curves of {count(dynamics.sizes['observer'], 'observer')} from epoch {epochs[0]} to {epochs[-1]}."
    if len(known):
        first, last = known[[0, -1]]
        text += (
            f" Accuracy of {clipped(reference)}: {percent(row['accuracy'][first])} at epoch {epochs[first]}, "
            f"{percent(row['accuracy'][last])} at epoch {epochs[last]}."
        )
    shared = np.isfinite(dynamics["kappa_to_reference"].values)
    if shared.any():
        last = int(np.flatnonzero(shared.any(axis=0))[-1])
        values = dynamics["kappa_to_reference"].values[:, last]
        text += (
            f" Kappa of the others to it at epoch {epochs[last]}: {kappa(np.nanmin(values))} to "
            f"{kappa(np.nanmax(values))}."
        )
    return text


def _caption(dynamics: xr.Dataset, reference: str, looks: dict[str, Look]) -> str:
    text = (
        f"Accuracy, error consistency (kappa) with {clipped(reference)} at the same epoch, and share of items whose "
        f"being right changes until the observer's next epoch; {count(dynamics.sizes['item'], 'item')}, a line per "
        f"observer, dark: {clipped(reference)}."
    )
    return text + (" Colours: conditions." if "other observers" not in looks else "")
