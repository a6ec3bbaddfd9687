"""Error consistency at each epoch, and with the own end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import MaxNLocator

from trichotomy.errors import InputError
from trichotomy.plots.drawing import Drawing, in_style
from trichotomy.plots.style import (
    BLUE,
    GREEN,
    INK,
    MUTED,
    NARROW,
    ORANGE,
    PURPLE,
    TEXT,
    VERMILLION,
    keep_ticks,
    new_figure,
)
from trichotomy.plots.wording import count, interval, kappa

if TYPE_CHECKING:
    import xarray as xr

_COLOURS = {"all": INK, "within conditions": BLUE, "between conditions": VERMILLION}
_OTHERS = (GREEN, PURPLE, ORANGE)


@in_style
def consistency_curves(consistency_over_epochs: xr.Dataset, *, width: float = TEXT) -> Drawing:
    """Mean kappa of pairs within and between conditions over the epochs, and of observers with their own end.

    Parameters
    ----------
    consistency_over_epochs
        Result of ``stats.consistency_over_epochs``.
    width
        In inches.

    Raises
    ------
    InputError
        No kappa is defined.
    """
    result = consistency_over_epochs
    if not np.isfinite(result["kappa"].values).any():
        msg = "no error consistency is defined at any epoch: no two observers answered the same items"
        raise InputError(msg)
    epochs = result["epoch"].values
    scopes = _scopes(result)
    figure = new_figure(width, 0.42 * width + (1.1 if width >= NARROW else 1.9))
    ax = keep_ticks(figure.add_subplot())
    others = iter(_OTHERS)
    mark = "o" if len(epochs) <= 10 else None
    for scope in scopes:
        colour = _COLOURS.get(scope) or next(others, MUTED)
        own = result.sel(scope=scope)
        low, high = own["ci"].values.T
        ax.fill_between(epochs, low, high, color=colour, alpha=0.15, linewidth=0)
        label = "all pairs" if scope == "all" else f"{scope} pairs" if "-" in scope else f"pairs {scope}"
        ax.plot(
            epochs,
            own["kappa"].values,
            color=colour,
            label=label,
            zorder=3,
            marker=mark,
            markersize=2.5,
            clip_on=False,
        )
    if np.isfinite(result["to_final"].values).any():
        low, high = result["to_final_ci"].values.T
        ax.fill_between(epochs, low, high, color=MUTED, alpha=0.15, linewidth=0)
        ax.plot(
            epochs, result["to_final"].values, color=MUTED, linestyle="--",
            label=f"each with itself at epoch {epochs[-1]}", zorder=2, marker=mark, markersize=2.5, clip_on=False,
        )  # fmt: skip
    if np.isfinite(result["conditional_independence"].values).any():
        ax.plot(
            epochs, result["conditional_independence"].values, color=MUTED, linestyle=":",
            label="if only difficulty were shared", zorder=4,
        )  # fmt: skip
    ax.axhline(0, color=MUTED, linewidth=0.6, zorder=0)
    ax.set_xlim(epochs[0], epochs[-1])
    ax.set_ylim(top=min(1.0, ax.get_ylim()[1]))
    ax.xaxis.set_major_locator(MaxNLocator(nbins=8, integer=True))
    ax.set_xlabel("Epoch")
    ax.set_ylabel("Error consistency (kappa)")
    figure.legend(
        *ax.get_legend_handles_labels(), loc="outside lower left", ncols=3 if width >= NARROW else 1
    )
    return Drawing(figure, _alt(result, scopes), _caption(result))


def _scopes(result: xr.Dataset) -> list[str]:
    """All pairs, unless those within and those between conditions can be told apart; and pairs of kinds."""
    there = [str(s) for s in result["scope"].values if np.isfinite(result["kappa"].sel(scope=s)).any()]
    return there[1:] if {"within conditions", "between conditions"} <= set(there) else [
        s for s in there if not s.endswith(" conditions")
    ]  # fmt: skip


def _alt(result: xr.Dataset, scopes: list[str]) -> str:
    lines = {scope: result["kappa"].sel(scope=scope).values for scope in scopes}
    lines["each observer with its own end"] = result["to_final"].values
    said = []
    for name, values in lines.items():
        known = np.flatnonzero(np.isfinite(values))
        if len(known):
            first, last = known[[0, -1]]
            said.append(
                f"{name}: {kappa(values[first])} at epoch {result['epoch'].values[first]}, {kappa(values[last])} at "
                f"epoch {result['epoch'].values[last]}"
            )
    return f"Mean error consistency over the epochs. {'; '.join(said)}."


def _caption(result: xr.Dataset) -> str:
    a = result.attrs
    text = (
        f"Mean error consistency (kappa) of pairs of {count(a['observers'], 'observer')} at each epoch, over the items "
        "that both answered."
    )
    if np.isfinite(result["to_final"].values).any():
        text += f" Dashed: each observer with its own decisions at epoch {a['epoch']}, mean."
    if np.isfinite(result["conditional_independence"].values).any():
        text += " Dotted: observers that share nothing but the items' difficulty (fitted beta-binomial)."
    fewest, most = int(result["n"].min()), int(result["n"].max())
    text += f" {count(most, 'item')}." if fewest == most else f" {fewest:,} to {count(most, 'item')}."
    return f"{text} {interval(a, 'Bands')}"
