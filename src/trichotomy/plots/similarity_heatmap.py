"""Representational similarity of all pairs of networks as a heatmap."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.colors import LinearSegmentedColormap, Normalize

from trichotomy.errors import InputError
from trichotomy.plots.drawing import Drawing, in_style
from trichotomy.plots.similarity import NAMES, left_out_items
from trichotomy.plots.style import MUTED, NARROW, SMALL, TEXT, keep_ticks, new_figure
from trichotomy.plots.wording import clipped, count, kappa

if TYPE_CHECKING:
    import xarray as xr

COLOURS = ("#fbfaf2", "#c9e3c5", "#72bcc0", "#2b83ba", "#1f4f91", "#0d2154")
SMALLEST_TYPE = 4.4


@in_style
def similarity_heatmap(similarity: xr.Dataset, *, width: float = TEXT) -> Drawing:
    """Heatmap of the similarity of all pairs of networks, in the order of the features.

    Undefined pairs are grey, the diagonal is empty. The colours span the values that occur.

    Parameters
    ----------
    similarity
        Result of ``stats.similarity``.
    width
        In inches.

    Raises
    ------
    InputError
        No pair has a defined similarity.
    """
    values = similarity["similarity"].values
    M = len(values)
    known = values[np.isfinite(values)]
    if not known.size:
        msg = "no pair of networks has a defined similarity, so there is nothing to draw"
        raise InputError(msg)
    names = [clipped(n, 18) for n in similarity["observer_a"].values]
    labels = 0.058 * max(map(len, names))
    side = width - labels - (0.95 if width >= NARROW else 0.3)
    type_size = min(SMALL, 0.9 * 72 * side / M)
    fits = type_size >= SMALLEST_TYPE
    figure = new_figure(width, side + (labels if fits else 0.2) + 0.15)
    ax = keep_ticks(figure.add_subplot())
    low, high = float(known.min()), float(known.max())
    colours = LinearSegmentedColormap.from_list("similarity", COLOURS).with_extremes(bad="#dddddd")
    image = ax.imshow(
        np.ma.masked_invalid(values), cmap=colours, norm=Normalize(low, high if high > low else low + 1e-3)
    )
    blank = np.full((M, M, 4), np.uint8(255))
    blank[..., 3] = 255 * np.eye(M, dtype=np.uint8)
    ax.imshow(blank, zorder=3)
    ticks = list(range(M)) if fits else []
    ax.set_xticks(ticks, names if fits else [], rotation=90, fontsize=type_size)
    ax.set_yticks(ticks, names if fits else [], fontsize=type_size)
    if not fits:
        ax.set_xlabel(count(M, "network"))
    ax.tick_params(length=0)
    for spine in ax.spines.values():
        spine.set_visible(False)
    measure = NAMES[similarity.attrs["measure"]]
    if width >= NARROW:
        bar = figure.colorbar(image, cax=ax.inset_axes((1 + 0.12 / side, 0, 0.13 / side, 1)))
        bar.set_label(f"{measure}, {clipped(similarity.attrs['layer'])}")
        bar.outline.set_visible(False)
        bar.ax.tick_params(length=2, width=0.6, color=MUTED, labelsize=SMALL)
    said = f"from {kappa(low)} to {kappa(high)}, mean {kappa(similarity['mean'])}"
    undefined = int(np.isnan(values).sum() - M) // 2
    return Drawing(
        figure,
        f"Heatmap of representational similarity ({measure}) for all pairs of {count(M, 'network')}: {said}.",
        f"{similarity.attrs['method']}, of layer {clipped(similarity.attrs['layer'])}, on "
        f"{similarity.attrs['n']:,} items, for all pairs of networks ({said}). The colours span these values."
        + (f" Grey: {count(undefined, 'undefined value')}." if undefined else "")
        + left_out_items(similarity),
    )
