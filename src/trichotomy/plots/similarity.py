"""Do representations agree where decisions do? Each condition's similarity with base beside its error consistency."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from trichotomy.errors import InputError
from trichotomy.plots.conditions import PALE, common_reference, condition_order, other_references
from trichotomy.plots.drawing import Drawing, in_style
from trichotomy.plots.looks import Look, condition_looks
from trichotomy.plots.rows import label_rows
from trichotomy.plots.style import FAINT, INK, NARROW, TEXT, keep_ticks, name_x, new_figure
from trichotomy.plots.wording import clipped, interval, kappa, listed

if TYPE_CHECKING:
    import xarray as xr

PITCH = 0.26
NAMES = {"rsa": "RSA", "cka": "linear CKA", "procrustes": "Procrustes similarity", "rank-rsa": "rank RSA"}
_GOLDEN = 0.6180339887


@in_style
def similarity_with_base(
    condition_similarity: xr.Dataset,
    condition_consistency: xr.Dataset | None = None,
    conditions: Sequence[str] = (),
    *,
    width: float = TEXT,
) -> Drawing:
    """Representational similarity of each condition to base beside error consistency (Meding et al. 2022, Fig. 7).

    Parameters
    ----------
    condition_similarity
        Result of ``stats.condition_similarity``.
    condition_consistency
        Result of ``stats.condition_consistency``, whose order the conditions keep; without, they are sorted by
        similarity.
    conditions
        All conditions of the study, so that each has the colour it has in other figures.
    width
        In inches.

    Raises
    ------
    InputError
        No condition has a defined similarity.
    """
    similar = condition_similarity["similarity"].to_series()
    if not np.isfinite(similar).any():
        msg = (
            "no condition has features of its networks and of those that it is compared with; nothing to draw"
        )
        raise InputError(msg)
    if condition_consistency is None:
        order = [
            str(n) for n in similar.sort_values(ascending=False, na_position="last", kind="stable").index
        ]
    else:
        given = [*condition_order(condition_consistency), *map(str, similar.index)]
        order = [name for name in dict.fromkeys(given) if name in similar.index]
    looks = condition_looks([*conditions, *map(str, similar.index)])
    panels = [(condition_similarity, "similarity")]
    if condition_consistency is not None:
        panels.insert(0, (condition_consistency, "kappa"))
    across = len(panels) if width >= NARROW else 1
    down = len(panels) // across
    figure = new_figure(width, down * (PITCH * len(order) + 0.75) + 0.3)
    axes = figure.subplots(down, across, squeeze=False).ravel()
    reference = common_reference(condition_similarity)
    measure = NAMES[condition_similarity.attrs["measure"]]
    titles = {
        "kappa": "Error consistency",
        "similarity": f"{measure} ({clipped(condition_similarity.attrs['layer'])})",
    }
    for k, (ax, (result, name)) in enumerate(zip(axes, panels, strict=True)):
        _panel(keep_ticks(ax), result, name, order, looks)
        label_rows(ax, order if k % across == 0 else [""] * len(order), PITCH)
        name_x(ax, f"{titles[name]} with {clipped(reference)}", width / across + 0.9)
    handles = [
        Line2D([], [], marker="o", linestyle="", color=INK, alpha=PALE, markersize=3.5, linewidth=0),
        Line2D([], [], marker="o", color=INK, markersize=5, linewidth=1.4),
    ]
    figure.legend(handles, ["pairs of networks", "mean and interval"], loc="outside lower left", ncols=2)
    return Drawing(
        figure,
        _alt(order, condition_similarity, condition_consistency, reference),
        _caption(condition_similarity, condition_consistency, reference),
    )


def _panel(ax: Axes, result: xr.Dataset, name: str, order: list[str], looks: dict[str, Look]) -> None:
    ax.hlines(
        np.arange(len(order)), 0, 1, transform=ax.get_yaxis_transform(), color=FAINT, linewidth=0.5, zorder=0
    )
    of_pair = result["pair_condition"].values.astype(str)
    there = [str(n) for n in result["condition"].values]
    for place, condition in enumerate(order):
        own = result.isel(condition=there.index(condition)) if condition in there else None
        if own is None or not np.isfinite(float(own[name])):
            ax.annotate(
                "undefined", (0, place), xycoords=("axes fraction", "data"), xytext=(3, 0),
                textcoords="offset points", va="center", fontsize=6,
            )  # fmt: skip
            continue
        colour = looks[condition].colour
        pairs = np.sort(result[f"pair_{name}"].values[of_pair == condition])
        apart = (np.arange(1, len(pairs) + 1) * _GOLDEN) % 1 - 0.5 if len(pairs) > 1 else np.zeros(len(pairs))
        ax.scatter(
            pairs, place + 0.6 * apart, s=14, color=colour, alpha=PALE, linewidth=0, zorder=2, label="_pairs"
        )
        ax.plot(own["ci"].values, (place, place), color=colour, linewidth=1.4, zorder=3, label="_interval")
        ax.plot([float(own[name])], [place], "o", color=colour, markersize=5.5, zorder=5, label="_mean")


def _alt(order: list[str], similarity: xr.Dataset, consistency: xr.Dataset | None, reference: str) -> str:
    columns = {"": similarity["similarity"].to_series()}
    if consistency is not None:
        columns[", kappa "] = consistency["kappa"].to_series()
    said = "; ".join(
        clipped(name)
        + "".join(f"{words or ' '}{kappa(column.get(name, np.nan))}" for words, column in columns.items())
        for name in order
    )
    measure = NAMES[similarity.attrs["measure"]]
    return f"Representational similarity ({measure}) with {clipped(reference)} by condition, from the top: {said}."


def _caption(similarity: xr.Dataset, consistency: xr.Dataset | None, reference: str) -> str:
    attrs = similarity.attrs
    beside = (
        " Beside it: error consistency (kappa), whose order the rows keep." if consistency is not None else ""
    )
    notes = f"{left_out_items(similarity)}{read_elsewhere(similarity)}{other_references(similarity)}"
    return (
        f"{attrs['method']}, of layer {clipped(attrs['layer'])}, between each condition's networks and "
        f"{clipped(reference)} on {attrs['n']:,} items: pale dots are pairs of networks, dark ones their plain mean."
        f"{beside} {interval(attrs)}{notes}"
    )


def left_out_items(result: xr.Dataset) -> str:
    """Say how many items have no usable features, if any; with a space before."""
    number = int(result.attrs["left_out"])
    return f" Left out: {number:,} items without usable features for some network." if number else ""


def read_elsewhere(result: xr.Dataset) -> str:
    """Say which networks were read at another epoch than the others; with a space before."""
    elsewhere = result.attrs.get("elsewhere") or {}
    if not elsewhere:
        return ""
    said = listed([f"{clipped(name)} at epoch {epoch}" for name, epoch in elsewhere.items()])
    return f" Read at another epoch than {result.attrs['epoch']}, whose states were not kept: {said}."
