"""Error consistency of all pairs as heatmaps: all items, and pruned in two ways."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.image import AxesImage
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from trichotomy.errors import InputError
from trichotomy.plots.drawing import Drawing, in_style
from trichotomy.plots.style import MUTED, NARROW, PAGE, SMALL, keep_ticks, new_figure
from trichotomy.plots.wording import clipped, constant, count, kappa, left_out

if TYPE_CHECKING:
    import xarray as xr

MOST_OPTIMAL = 150
"""Up to so many observers the leaves of the tree are ordered optimally, which costs more than the tree."""
_NEGATIVE = ("#7f2f00", "#d55e00", "#f3b98a", "#fbfaf2")
_POSITIVE = ("#fbfaf2", "#c9e3c5", "#72bcc0", "#2b83ba", "#1f4f91", "#0d2154")


@in_style
def consistency_heatmaps(
    raw: xr.Dataset, insample: xr.Dataset, crossfit: xr.Dataset, *, cluster: bool = False, width: float = PAGE
) -> Drawing:
    """Observer x observer heatmaps of kappa side by side on one colour scale (Meding et al. 2022, Fig. 5).

    Undefined pairs are hatched; the diagonal, where a pair is no pair, is empty.

    Parameters
    ----------
    raw
        Result of ``stats.error_consistency``.
    insample, crossfit
        Results of ``stats.pruned_consistency`` by these methods.
    cluster
        Order the observers by ``cluster_order`` of ``raw``, the same in all panels; else as they come.
    width
        In inches.

    Raises
    ------
    InputError
        There are fewer than two observers, or the results are not of the same ones.
    """
    names = raw["observer_a"].values
    M = len(names)
    results = {"All items": raw, "Pruned, in-sample": insample, "Pruned, cross-fitted": crossfit}
    if M < 2 or any(not np.array_equal(r["observer_a"].values, names) for r in results.values()):
        msg = "heatmaps need results of the same two or more observers, in the same order"
        raise InputError(msg)
    order = cluster_order(raw) if cluster else list(range(M))
    maps = {title: r["kappa"].values[np.ix_(order, order)] for title, r in results.items()}
    norm, colours = kappa_scale(np.concatenate([m.ravel() for m in maps.values()]))
    across = 3 if width >= NARROW else 1
    labels = 0.058 * max(len(clipped(n, 18)) for n in names)
    fits = 72 * (width - 0.9 - labels) / across / M >= 5.2
    side = (width - 0.9 - (labels if fits else 0.2)) / across
    figure = new_figure(width, (3 // across) * (side + 0.32) + (labels + 0.1 if fits else 0.25))
    panels = [keep_ticks(ax) for ax in figure.subplots(3 // across, across, squeeze=False).ravel()]
    for ax, (title, values) in zip(panels, maps.items(), strict=True):
        image = _panel(ax, values, colours, norm, title)
    _labels(panels, [clipped(names[k], 18) for k in order], 72 * side / M, fits=fits, stacked=across == 1)
    bar = figure.colorbar(image, cax=panels[across - 1].inset_axes((1.06, 0, 0.06, 1)))
    bar.set_label("Error consistency (kappa)")
    bar.outline.set_visible(False)
    bar.ax.tick_params(length=2, width=0.6, color=MUTED, labelsize=SMALL)
    return Drawing(figure, _alt(results), _caption(results, cluster=cluster))


def cluster_order(raw: xr.Dataset) -> list[int]:
    """Order of the observers in which those that err alike stand together.

    Average linkage on 1 - kappa (Sokal & Michener 1958), leaves ordered optimally where that is affordable.
    An undefined kappa counts as 0, no more alike than chance.

    Parameters
    ----------
    raw
        Result of ``stats.error_consistency``, or any with ``kappa`` over pairs.

    Returns
    -------
    list of int
        A permutation of ``range(M)``.
    """
    from scipy.cluster.hierarchy import leaves_list, linkage

    values = raw["kappa"].values
    M = len(values)
    if M < 3:
        return list(range(M))
    apart = 1 - np.nan_to_num(values[np.triu_indices(M, 1)], nan=0.0)
    tree = linkage(np.maximum(apart, 0), method="average", optimal_ordering=M <= MOST_OPTIMAL)
    return [int(k) for k in leaves_list(tree)]


def kappa_scale(values: NDArray[np.float64]) -> tuple[Normalize, LinearSegmentedColormap]:
    """One colour scale for all panels: pale at 0, blue above, orange below at the same rate."""
    known = values[np.isfinite(values)]
    low, high = (min(float(known.min()), 0.0), max(float(known.max()), 0.1)) if known.size else (0.0, 1.0)
    reach = max(high, -low)
    below = LinearSegmentedColormap.from_list("below", _NEGATIVE)
    above = LinearSegmentedColormap.from_list("above", _POSITIVE)
    at = np.linspace(low, high, 256)
    table = np.where((at < 0)[:, None], below(1 + at / reach), above(at / reach))
    return Normalize(low, high), LinearSegmentedColormap.from_list("kappa", table.tolist())


def _panel(
    ax: Axes, values: NDArray[np.float64], colours: LinearSegmentedColormap, norm: Normalize, title: str
) -> AxesImage:
    M = len(values)
    ax.add_patch(
        Rectangle((-0.5, -0.5), M, M, facecolor="#eeeeee", edgecolor="#9a9a9a", hatch="////", linewidth=0)
    )
    image = ax.imshow(np.ma.masked_invalid(values), cmap=colours, norm=norm, zorder=2)
    diagonal = np.full((M, M, 4), np.uint8(255))
    diagonal[..., 3] = 255 * np.eye(M, dtype=np.uint8)
    ax.imshow(diagonal, zorder=3)
    ax.set_title(title)
    ax.tick_params(length=0)
    for spine in ax.spines.values():
        spine.set_visible(False)
    return image


def _labels(panels: list[Axes], names: list[str], room: float, *, fits: bool, stacked: bool) -> None:
    """Name the observers at the outer panels where the names fit; else say how many there are."""
    ticks = list(range(len(names))) if fits else []
    size = min(SMALL, 0.92 * room)
    for k, ax in enumerate(panels):
        below, left = (k == len(panels) - 1, True) if stacked else (True, k == 0)
        ax.set_xticks(ticks, names if fits and below else [""] * len(ticks), rotation=90, fontsize=size)
        ax.set_yticks(ticks, names if fits and left else [""] * len(ticks), fontsize=size)
        if not fits and below:
            ax.set_xlabel(f"{len(names)} observers")
    if not fits:
        panels[0].set_ylabel("observers, same order")


def _alt(results: dict[str, xr.Dataset]) -> str:
    parts = []
    for title, result in results.items():
        known = _pairs(result)
        known = known[np.isfinite(known)]
        span = f"kappa from {kappa(known.min())} to {kappa(known.max())}" if known.size else "kappa undefined"
        mean = f", mean {kappa(result['mean'])}" if "mean" in result else ""
        parts.append(f"{title}: {span}{mean}.")
    M = len(next(iter(results.values()))["observer_a"])
    return f"Three heatmaps of error consistency for all pairs of {count(M, 'observer')}. {' '.join(parts)}"


def _caption(results: dict[str, xr.Dataset], *, cluster: bool) -> str:
    insample, crossfit = results["Pruned, in-sample"], results["Pruned, cross-fitted"]
    undefined = sum(int(np.isnan(_pairs(r)).sum()) for r in results.values())
    order = "clustered by average linkage on 1 - kappa over all items" if cluster else "in the order given"
    return (
        f"Error consistency of all pairs; observers {order}, the same in all panels. Pruned (tolerance "
        f"{insample.attrs['tolerance']}): without the items that are trivial or impossible, in-sample to all "
        f"observers, the compared ones included ({_kept(insample)} of the items kept), cross-fitted to the observers "
        f"outside the two conditions compared; there each pair keeps its own items ({_kept(crossfit)} on average)."
        + (f" Hatched: {count(undefined, 'undefined value')}." if undefined else "")
        + constant(results["All items"])
        + left_out(insample.attrs)
    )


def _kept(result: xr.Dataset) -> str:
    share = float(result["kept"])
    return f"{share:.0%}" if np.isfinite(share) else "none"


def _pairs(result: xr.Dataset) -> NDArray[Any]:
    values = result["kappa"].values
    return np.asarray(values[np.triu_indices(len(values), 1)])
