"""How often people are right, person by person, and by how sure the networks are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes

from trichotomy.errors import InputError
from trichotomy.plots.drawing import Drawing, in_style
from trichotomy.plots.rows import MOST_ROWS, label_rows, row_pitch
from trichotomy.plots.style import (
    BLUE,
    FAINT,
    INK,
    MUTED,
    ORANGE,
    SMALL,
    TEXT,
    keep_ticks,
    name_x,
    new_figure,
    percent_axis,
)
from trichotomy.plots.wording import count, interval, percent, signed

if TYPE_CHECKING:
    import xarray as xr

CERTAINTY = {"mean_correct": "Networks right", "p_target": "Probability of the right class"}
BAND = "#fbe6bd"
CURVE_BAND = "#c6dcec"
CROWD = 4.5
"""Inches for more people than can be named."""


@in_style
def people_accuracy(choice_accuracy: xr.Dataset, *, width: float = TEXT) -> Drawing:
    """Accuracy of each person with its interval, beside chance and the group (Meding et al. 2022, experiment 1).

    Parameters
    ----------
    choice_accuracy
        Result of ``stats.people.choice_accuracy``. Of more than about a hundred people the names are left out.
    width
        In inches.

    Raises
    ------
    InputError
        Nobody has an accuracy.
    """
    r = choice_accuracy
    values = r["accuracy"].values
    if not np.isfinite(values).any():
        msg = "no participant has an accuracy to draw"
        raise InputError(msg)
    order = np.argsort(-np.nan_to_num(values, nan=-1), kind="stable")
    M = len(order)
    pitch = row_pitch(M) if M <= MOST_ROWS else CROWD / M
    figure = new_figure(width, pitch * M + 1.05)
    ax = keep_ticks(figure.add_subplot())
    chance, group = float(r.attrs["chance"]), float(r["group"])
    low, high = r["group_ci"].values
    if np.isfinite(low):
        ax.axvspan(low, high, color=BAND, linewidth=0, label="_group interval", zorder=0)
    ax.axvline(group, color=ORANGE, linewidth=1.4, label="everybody", zorder=1)
    ax.axvline(chance, color=MUTED, linewidth=0.9, linestyle=(0, (4, 3)), label="chance", zorder=1)
    rows, bounds = np.arange(M), r["ci"].values[order]
    thin = min(1.1, 72 * pitch * 0.5)
    ax.hlines(
        rows,
        bounds[:, 0],
        bounds[:, 1],
        color=BLUE,
        linewidth=thin,
        alpha=1 if M <= MOST_ROWS else 0.5,
        label="_interval",
    )
    ax.plot(
        values[order], rows, "o", color=BLUE, markersize=max(min(4.0, 72 * pitch * 0.45), 1.5), label="one person",
        linestyle="none", clip_on=False,
    )  # fmt: skip
    names = r["participant"].values[order] if M <= MOST_ROWS else [""] * M
    label_rows(ax, names, pitch)
    if M > MOST_ROWS:
        ax.set_ylabel(count(M, "participant"))
    ends = np.concatenate([bounds.ravel(), [chance, group]])
    ax.set_xlim(max(0.0, float(np.nanmin(ends)) - 0.03), min(1.0, float(np.nanmax(ends)) + 0.03))
    percent_axis(ax, "x")
    ax.set_xlabel("Share right")
    handles, labels = ax.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower left", ncols=3)
    above = int(np.sum(bounds[:, 0] > chance))
    known = values[np.isfinite(values)]
    alt = (
        f"Share right of each of {count(len(known), 'participant')}, sorted, from {percent(known.min())} to "
        f"{percent(known.max())}; everybody together {percent(group)}, chance {percent(chance)}. "
        f"{above} of the intervals {'lies' if above == 1 else 'lie'} above chance."
    )
    caption = (
        f"Share right of each participant. {interval(r.attrs)} The vertical line is all answers together, "
        f"{percent(group)}"
        + (f" ({percent(low)} to {percent(high)}; {r.attrs['group_interval']})" if np.isfinite(low) else "")
        + f"; dashed: chance, {percent(chance)}."
    )
    return Drawing(figure, alt, caption)


@in_style
def certainty_curve(accuracy_by_certainty: xr.Dataset, *, width: float = TEXT) -> Drawing:
    """Accuracy of people by the networks' certainty of the pair, with a logistic regression.

    Parameters
    ----------
    accuracy_by_certainty
        Result of ``stats.people.accuracy_by_certainty``.
    width
        In inches.
    """
    r = accuracy_by_certainty
    figure = new_figure(width, 0.42 * width + 0.8)
    ax = keep_ticks(figure.add_subplot())
    chance = float(r.attrs["chance"])
    ax.axhline(chance, color=MUTED, linewidth=0.9, linestyle=(0, (4, 3)))
    fitted = np.isfinite(r["curve"].values).all()
    if fitted:
        band = r["curve_ci"].values
        ax.fill_between(
            r["at"].values, band[:, 0], band[:, 1], color=CURVE_BAND, linewidth=0, label="_band of the fit"
        )
        ax.plot(r["at"].values, r["curve"].values, color=BLUE, linewidth=1.4, label="logistic regression")
    x, bounds = r["certainty"].values, r["ci"].values
    ax.vlines(x, bounds[:, 0], bounds[:, 1], color=INK, linewidth=1.1, label="_interval")
    ax.plot(
        x, r["accuracy"].values, "o", color=INK, markersize=4, linestyle="none", label="pairs of like certainty",
        clip_on=False,
    )  # fmt: skip
    _pad_x(ax, r["at"].values)
    ax.annotate(
        "chance", (1, chance), xycoords=("axes fraction", "data"), xytext=(0, 3), textcoords="offset points",
        ha="right", color=MUTED, fontsize=SMALL,
    )  # fmt: skip
    least = float(np.nanmin([*bounds.ravel(), *r["accuracy"].values, chance]))
    ax.set_ylim(max(0.0, least - 0.05), 1.02)
    percent_axis(ax)
    percent_axis(ax, "x")
    ax.grid(axis="y", color=FAINT, linewidth=0.5)
    what = CERTAINTY[r.attrs["certainty"]]
    name_x(ax, f"{what} on the easier image, minus on the harder one", width)
    ax.set_ylabel("People right")
    handles, labels = ax.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower left", ncols=2)
    slope, (low, high) = float(r["slope"]), r["slope_ci"].values
    said = (
        f"slope {signed(slope)} ({signed(low)} to {signed(high)}) in log odds"
        if fitted
        else "no slope could be fitted"
    )
    alt = (
        f"People's accuracy by the networks' certainty, in {count(r.sizes['bin'], 'group')} of pairs: from "
        f"{percent(r['accuracy'][0])} where it is {percent(x[0])} to {percent(r['accuracy'][-1])} where it is "
        f"{percent(x[-1])}; {said}."
    )
    caption = (
        f"How often people pick the image that is easier for networks, by how much easier: {what.lower()} on it, "
        "minus on the other "
        f"({count(r.attrs['n'], 'pair')}, {count(r.attrs['participants'], 'participant')}); logistic fit: {said}. "
        f"{interval(r.attrs, 'Lines and band' if fitted else 'Lines')}"
    )
    return Drawing(figure, alt, caption)


def _pad_x(ax: Axes, x: object) -> None:
    ends = np.asarray(x, dtype=float)
    room = 0.04 * max(float(np.ptp(ends)), 0.02)
    ax.set_xlim(float(ends.min()) - room, float(ends.max()) + room)
