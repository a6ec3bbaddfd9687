"""Error consistency of all pairs of conditions, all items above the diagonal and pruned below."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from trichotomy.errors import InputError
from trichotomy.plots.conditions import pruning
from trichotomy.plots.drawing import Drawing, in_style
from trichotomy.plots.heatmaps import kappa_scale
from trichotomy.plots.style import INK, MUTED, NARROW, SMALL, TEXT, keep_ticks, new_figure
from trichotomy.plots.wording import clipped, count, kappa

if TYPE_CHECKING:
    import xarray as xr

SMALLEST_TYPE = 4.6
"""Points below which numbers in the cells are left out."""
_ABOVE = np.array([(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5)])
_BELOW = np.array([(-0.5, -0.5), (-0.5, 0.5), (0.5, 0.5)])


@in_style
def condition_heatmap(condition_matrix: xr.Dataset, *, width: float = TEXT) -> Drawing:
    """Mean kappa between conditions and, on the diagonal, within them (Meding et al. 2022, Fig. 5a).

    Above the diagonal over all items, below it pruned; a cell on the diagonal is split alike. A condition of one
    network has nothing within, and such cells are empty.

    Parameters
    ----------
    condition_matrix
        Result of ``stats.condition_matrix``.
    width
        In inches. Where cells get too small, the numbers in them are left out.

    Raises
    ------
    InputError
        Fewer than two conditions, or no defined kappa.
    """
    names = [str(name) for name in condition_matrix["condition_a"].values]
    whole, pruned = condition_matrix["kappa"].values, condition_matrix["pruned"].values
    K = len(names)
    if K < 2 or not np.isfinite(whole).any():
        msg = f"a heatmap of conditions needs two or more with a defined kappa; there are {count(K, 'condition')}"
        raise InputError(msg)
    labels = 0.058 * max(len(clipped(name, 18)) for name in names)
    side = width - labels - (0.85 if width >= NARROW else 0.25)
    figure = new_figure(width, side + labels + 0.15)
    ax = keep_ticks(figure.add_subplot())
    ax.add_patch(
        Rectangle((-0.5, -0.5), K, K, facecolor="#eeeeee", edgecolor="#9a9a9a", hatch="////", linewidth=0)
    )
    norm, colours = kappa_scale(np.concatenate([whole.ravel(), pruned.ravel()]))
    shown = np.where(np.triu(np.ones((K, K), dtype=bool), 1), whole, pruned)
    np.fill_diagonal(shown, np.nan)
    image = ax.imshow(np.ma.masked_invalid(shown), cmap=colours, norm=norm, zorder=2)
    for half, values in ((_ABOVE, whole.diagonal()), (_BELOW, pruned.diagonal())):
        at = np.flatnonzero(np.isfinite(values))
        ax.add_collection(
            PolyCollection(
                [half + k for k in at], array=values[at], cmap=colours, norm=norm, linewidth=0, zorder=3
            )
        )
    _empty_diagonal(ax, np.flatnonzero(~np.isfinite(whole.diagonal())))
    _write(ax, shown, (whole.diagonal(), pruned.diagonal()), 72 * side / K)
    _axes(ax, names, 72 * side / K)
    if width >= NARROW:
        bar = figure.colorbar(image, cax=ax.inset_axes((1 + 0.12 / side, 0, 0.13 / side, 1)))
        bar.set_label("Error consistency (kappa)")
        bar.outline.set_visible(False)
        bar.ax.tick_params(length=2, width=0.6, color=MUTED, labelsize=SMALL)
    return Drawing(figure, _alt(names, whole, pruned), _caption(condition_matrix))


def _write(ax: Axes, shown: NDArray[Any], diagonal: tuple[NDArray[Any], NDArray[Any]], room: float) -> None:
    """Write the values into cells ``room`` points wide, white on dark; those of the diagonal into its halves."""
    K = len(shown)
    norm: Any = ax.images[0].norm
    colours = ax.images[0].get_cmap()

    def put(row: float, column: float, value: Any, size: float) -> None:
        if not np.isfinite(value):
            return
        red, green, blue, _ = colours(float(norm(value)))
        dark = 0.299 * red + 0.587 * green + 0.114 * blue < 0.52
        ax.text(
            column, row, f"{value:.2f}".replace("0.", ".").replace("-", "\N{MINUS SIGN}"), ha="center",
            va="center_baseline", fontsize=size, color="white" if dark else INK, zorder=5,
        )  # fmt: skip

    size = min(SMALL, 0.42 * room)
    if size >= SMALLEST_TYPE:
        for row, column in np.ndindex(K, K):
            put(row, column, shown[row, column], size)
    small = min(SMALL, 0.26 * room)
    if small >= SMALLEST_TYPE:
        for k in range(K):
            put(k - 0.21, k + 0.17, diagonal[0][k], small)
            put(k + 0.25, k - 0.17, diagonal[1][k], small)


def _empty_diagonal(ax: Axes, places: NDArray[np.intp]) -> None:
    """A condition of one network has no pairs within: white, not hatched, since nothing is undefined there."""
    for k in places:
        ax.add_patch(Rectangle((k - 0.5, k - 0.5), 1, 1, facecolor="white", linewidth=0, zorder=3))


def _axes(ax: Axes, names: list[str], room: float) -> None:
    size = min(SMALL, 0.85 * room)
    labels = [clipped(name, 18) for name in names]
    ax.set_xticks(range(len(names)), labels, rotation=90, fontsize=size)
    ax.set_yticks(range(len(names)), labels, fontsize=size)
    ax.set_xlim(-0.5, len(names) - 0.5)
    ax.set_ylim(len(names) - 0.5, -0.5)
    ax.tick_params(length=0)
    for spine in ax.spines.values():
        spine.set_visible(False)


def _alt(names: list[str], whole: NDArray[Any], pruned: NDArray[Any]) -> str:
    K = len(names)
    parts = []
    for what, values in (("all items", whole), ("pruned", pruned)):
        above = values[np.triu_indices(K, 1)]
        above = above[np.isfinite(above)]
        parts.append(
            f"{what}: from {kappa(above.min())} to {kappa(above.max())}, mean {kappa(above.mean())}"
            if above.size
            else f"{what}: undefined"
        )
    within = whole.diagonal()
    said = [f"{clipped(name)} {kappa(v)}" for name, v in zip(names, within, strict=True) if np.isfinite(v)]
    inside = f" Within a condition: {'; '.join(said)}." if said else ""
    return f"Heatmap of mean error consistency between {count(K, 'condition')}. {'; '.join(parts)}.{inside}"


def _caption(result: xr.Dataset) -> str:
    K = result.sizes["condition_a"]
    above = np.triu_indices(K, 1)
    undefined = sum(int(np.isnan(result[name].values[above]).sum()) for name in ("kappa", "pruned"))
    epoch = f" at epoch {result.attrs['epoch']}" if result.attrs["epoch"] else ""
    return (
        f"Mean error consistency (kappa) over all pairs of networks of two conditions{epoch}; on the diagonal, within "
        f"one. Above the diagonal: all items; below: {pruning(result)}. White: a condition of one network."
        + (f" Hatched: {count(undefined, 'undefined value')}." if undefined else "")
    )
