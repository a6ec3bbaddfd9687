"""Agreement on the order in which items are learned, between conditions and within them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from trichotomy.errors import InputError
from trichotomy.plots.drawing import Drawing, in_style
from trichotomy.plots.heatmaps import kappa_scale
from trichotomy.plots.style import (
    BLUE,
    INK,
    MUTED,
    NARROW,
    PAGE,
    SMALL,
    VERMILLION,
    bare_rows,
    keep_ticks,
    name_x,
    new_figure,
)
from trichotomy.plots.wording import clipped, count, interval, kappa, listed, told_apart

if TYPE_CHECKING:
    import xarray as xr

MOST_NAMED, MOST_WRITTEN = 30, 14
"""More groups than these have no names at the matrix, or no numbers in it."""
_TITLES = {
    "first": "first right",
    "final": "right for good",
    "first, learned by both": "first right,\nlearned by both",
}
_COLOURS = {"all": INK, "within groups": BLUE, "between groups": VERMILLION}


@in_style
def learning_order_matrix(learning_order: xr.Dataset, *, width: float = PAGE) -> Drawing:
    """Mean agreement on the learning order of any two groups of observers, and of all pairs, by three orders.

    Parameters
    ----------
    learning_order
        Result of ``stats.learning_order``.
    width
        In inches; in a narrow figure the panels stand one above the other.

    Raises
    ------
    InputError
        No pair of observers has a defined agreement.
    """
    if not np.isfinite(learning_order["scope_mean"].values).any():
        msg = "no agreement on the order of learning is defined: observers learned all their items at once"
        raise InputError(msg)
    G = learning_order.sizes["group_a"]
    across = 2 if width >= NARROW else 1
    side = width / across - 1.3
    height = min(max(0.27 * G + 0.9, 2.0), side)
    panels: tuple[Axes, ...]
    if across == 2:
        figure = new_figure(width, height + 1.35)
        panels = tuple(figure.subplots(1, 2, width_ratios=(1.25, 1)))
    else:
        figure = new_figure(width, height + 3.6)
        panels = tuple(figure.subplots(2, 1, height_ratios=(height + 0.9, 1.9)))
    _matrix(keep_ticks(panels[0]), learning_order, min(side, height) / G)
    _scopes(keep_ticks(panels[1]), learning_order, width)
    return Drawing(figure, _alt(learning_order), _caption(learning_order))


def _matrix(ax: Axes, result: xr.Dataset, pitch: float) -> None:
    values = result["mean"].values
    names = [clipped(n, 20) for n in told_apart(result["group_a"].values)]
    norm, colours = kappa_scale(values.ravel())
    ax.set_facecolor("#eeeeee")
    image = ax.imshow(np.ma.masked_invalid(values), cmap=colours, norm=norm)
    G = len(names)
    if G <= MOST_WRITTEN and pitch > 0.215:
        for a, b in np.argwhere(np.isfinite(values)):
            dark = abs(values[a, b]) > 0.6 * max(abs(norm.vmin or 0), norm.vmax or 1)
            ax.text(
                b, a, _two_places(values[a, b]), ha="center", va="center",
                fontsize=SMALL - 0.5, color="white" if dark else INK,
            )  # fmt: skip
    if G <= MOST_NAMED:
        size = min(SMALL, 72 * pitch * 0.8)
        ax.set_yticks(range(G), names, fontsize=size)
        ax.set_xticks(range(G), names, fontsize=size, rotation=45, ha="right", rotation_mode="anchor")
    else:
        ax.set_xticks([])
        ax.set_yticks([])
        ax.set_xlabel(f"{G} groups")
    ax.tick_params(length=0)
    for spine in ax.spines.values():
        spine.set_visible(False)
    ax.set_title(f"Epoch {_TITLES[str(result.attrs['by'])]}, by {result.attrs['groups']}".replace("\n", " "))
    figure = ax.figure
    bar = figure.colorbar(image, cax=ax.inset_axes((1.03, 0, 0.04, 1)))
    bar.outline.set_visible(False)
    bar.ax.tick_params(length=2, width=0.6, color=MUTED, labelsize=SMALL)


def _scopes(ax: Axes, result: xr.Dataset, width: float) -> None:
    measures = [str(m) for m in result["measure"].values]
    scopes = [str(s) for s in result["scope"].values if np.isfinite(result["scope_mean"].sel(scope=s)).any()]
    if len(scopes) == 2:  # all pairs are within, or all between
        scopes = scopes[:1]
    offsets = np.linspace(-0.2, 0.2, len(scopes)) if len(scopes) > 1 else np.zeros(1)
    for scope, offset in zip(scopes, offsets, strict=True):
        at = np.arange(len(measures)) + offset
        own = result.sel(scope=scope)
        low, high = own["scope_ci"].values.T
        ax.hlines(at, low, high, color=_COLOURS[scope], linewidth=1.2)
        label = scope.replace("groups", f"{result.attrs['groups']}s") if scope != "all" else "all pairs"
        ax.plot(own["scope_mean"].values, at, "o", color=_COLOURS[scope], markersize=4, label=label)
    ax.axvline(0, color=MUTED, linewidth=0.6, zorder=0)
    ax.set_yticks(range(len(measures)), [_TITLES[m] for m in measures])
    ax.set_ylim(len(measures) - 0.5, -0.5)
    bare_rows(ax)
    name_x(ax, "Mean Spearman correlation of learning epochs", width / (2 if width >= NARROW else 1))
    if len(scopes) > 1:
        ax.legend(
            loc="lower left",
            bbox_to_anchor=(-0.02, 1.0),
            borderaxespad=0.1,
        )


def _two_places(value: float) -> str:
    return f"{round(float(value), 2) + 0.0:.2f}".replace("-", "\N{MINUS SIGN}")


def _known(values: NDArray[np.float64]) -> tuple[int, int] | None:
    """Place of the highest value off the diagonal."""
    off = np.where(np.eye(len(values), dtype=bool), np.nan, values)
    return None if np.isnan(off).all() else tuple(np.unravel_index(np.nanargmax(off), off.shape))  # type: ignore[return-value]


def _alt(result: xr.Dataset) -> str:
    own = result.sel(measure=result.attrs["by"])
    said = [
        f"{scope} {kappa(own['scope_mean'].sel(scope=scope))}"
        for scope in result["scope"].values
        if np.isfinite(own["scope_mean"].sel(scope=scope))
    ]
    text = (
        f"Agreement of {count(result.attrs['observers'], 'observer')} on the order in which "
        f"{count(result.attrs['n'], 'item')} are learned, mean Spearman correlation: {', '.join(said)}."
    )
    names = result["group_a"].values
    diagonal = np.diag(result["mean"].values)
    within = [f"{clipped(n)} {kappa(v)}" for n, v in zip(names, diagonal, strict=True) if np.isfinite(v)]
    if within:
        text += f" Within: {listed(within, 8)}."
    top = _known(result["mean"].values)
    if top is not None:
        a, b = (clipped(names[k]) for k in top)
        text += f" Most alike: {a} and {b}, {kappa(result['mean'].values[top])}."
    return text


def _caption(result: xr.Dataset) -> str:
    a = result.attrs
    text = (
        f"Spearman correlation of the epochs at which two observers learn items (epochs {a['first_epoch']} to "
        f"{a['epoch']}), mean over pairs; on the diagonal, pairs within a {a['groups']}. An item learned at the same "
        "epoch as another is tied with it, one never learned is tied last, except where only items learned by both "
        f"count. {count(a['n'], 'item')}"
    )
    text += (
        f"; {count(a['left_out'], 'item')} that nobody saw at all epochs left out." if a["left_out"] else "."
    )
    corrected = result["corrected"].values
    if np.isfinite(corrected).any():
        values = corrected[np.triu_indices(len(corrected), 1)]
        values = values[np.isfinite(values)]
        text += (
            f" Between groups, corrected for the noise within them: {values.min():.2f} to {values.max():.2f} "
            f"({count(len(values), 'pair')} of groups)."
        )
    return f"{text} {interval(a)}"
