"""The course of an experiment, and how long people take."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from trichotomy.errors import InputError
from trichotomy.plots.drawing import Drawing, in_style
from trichotomy.plots.people.choices import CROWD
from trichotomy.plots.rows import MOST_ROWS, label_rows, row_pitch
from trichotomy.plots.style import (
    BLUE,
    FAINT,
    INK,
    MUTED,
    TEXT,
    VERMILLION,
    keep_ticks,
    new_figure,
    percent_axis,
)
from trichotomy.plots.wording import count, interval, percent, signed

if TYPE_CHECKING:
    import xarray as xr

BAND = "#c6dcec"
_OUTCOMES = {"all": (INK, "all answers"), "right": (BLUE, "right"), "wrong": (VERMILLION, "wrong")}


@in_style
def trial_curve(learning: xr.Dataset, *, width: float = TEXT) -> Drawing:
    """Accuracy and reaction time from the first to the last trial.

    Parameters
    ----------
    learning
        Result of ``stats.people.learning``.
    width
        In inches.

    Raises
    ------
    InputError
        Neither accuracy nor reaction times.
    """
    r = learning
    x, accuracy, rt = r["middle"].values, r["accuracy"].values, r["median_rt"].values
    shown = [k for k, v in (("accuracy", accuracy), ("time", rt)) if np.isfinite(v).any()]
    if not shown:
        msg = "there is neither accuracy nor reaction time to follow over the trials"
        raise InputError(msg)
    figure = new_figure(width, 1.5 * len(shown) + 0.55)
    panels = dict(zip(shown, figure.subplots(len(shown), 1, sharex=True, squeeze=False)[:, 0], strict=True))
    said = []
    if "accuracy" in panels:
        ax, bounds = keep_ticks(panels["accuracy"]), r["ci"].values
        if np.isfinite(bounds).any():
            ax.fill_between(x, bounds[:, 0], bounds[:, 1], color=BAND, linewidth=0, label="interval")
        ax.plot(x, accuracy, "o-", color=BLUE, markersize=3.5, label="accuracy")
        percent_axis(ax)
        ax.set_ylabel("Share right")
        ax.grid(axis="y", color=FAINT, linewidth=0.5)
        low, high = r["slope_ci"].values
        slope = signed(float(r["slope"]))
        said.append(f"accuracy from {percent(accuracy[0])} to {percent(accuracy[-1])}")
        change = (
            f" The log odds of being right change by {slope} ({signed(low)} to {signed(high)}) from first to last."
            if np.isfinite(low)
            else ""
        )
    if "time" in panels:
        ax = keep_ticks(panels["time"])
        ax.plot(x, rt / 1000, "o-", color=MUTED, markersize=3.5, label="median reaction time")
        ax.set_ylim(0, 1.15 * float(np.nanmax(rt)) / 1000)
        ax.set_ylabel("Median time (s)")
        ax.grid(axis="y", color=FAINT, linewidth=0.5)
        said.append(f"median reaction time from {_seconds(rt[0])} to {_seconds(rt[-1])}")
    last = panels[shown[-1]]
    last.set_xlim(0, 1)
    percent_axis(last, "x")
    last.set_xlabel("Place in the experiment")
    figure.align_ylabels()
    what = f"In {r.sizes['bin']} stretches of the experiment: {'; '.join(said)}."
    caption = (
        f"Answers of {count(r.attrs['participants'], 'participant')} in the order they were given "
        f"({count(r.attrs['n'], 'trial')})."
    )
    if "accuracy" in panels:
        caption += f"{change} {interval(r.attrs, 'Band')}"
    if "time" in panels:
        caption += " Times: median over people of each one's median."
    return Drawing(figure, what, caption)


@in_style
def reaction_rows(reaction_times: xr.Dataset, *, width: float = TEXT) -> Drawing:
    """Median and quartiles of each person's reaction times, right and wrong answers apart where there are such.

    Parameters
    ----------
    reaction_times
        Result of ``stats.people.reaction_times``. Of more than about a hundred people the names are left out.
    width
        In inches.
    """
    r = reaction_times
    judged = bool(np.isfinite(r["median"].sel(outcome=["right", "wrong"]).values).any())
    outcomes = ["right", "wrong"] if judged else ["all"]
    order = np.argsort(r["median"].sel(outcome="all").values, kind="stable")
    M = len(order)
    crowd = M > MOST_ROWS
    pitch = CROWD / M if crowd else row_pitch(M, roomy=0.22)
    figure = new_figure(width, pitch * M + (1.05 if judged else 0.75))
    ax = keep_ticks(figure.add_subplot())
    apart = {"right": -0.17, "wrong": 0.17, "all": 0.0}
    for name in outcomes:
        colour, label = _OUTCOMES[name]
        one = r.sel(outcome=name)
        rows = np.arange(M) + apart[name]
        ends = one["quartiles"].values[order] / 1000
        if not crowd:
            ax.hlines(rows, ends[:, 0], ends[:, 1], color=colour, linewidth=1.1, label=f"_{name}")
        size = max(min(3.8, 72 * pitch * (0.3 if judged else 0.45)), 1.6)
        ax.plot(
            one["median"].values[order] / 1000, rows, "o", color=colour, markersize=size, label=label,
            linestyle="none", clip_on=False,
        )  # fmt: skip
        group = float(one["group"]) / 1000
        ax.axvline(group, color=colour, linewidth=0.9, linestyle=(0, (4, 3)), zorder=0)
    ax.set_xscale("log")
    ax.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda t, _: f"{t:g}"))
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.tick_params(axis="x", which="minor", length=0)
    label_rows(ax, [""] * M if crowd else r["participant"].values[order], pitch)
    if crowd:
        ax.set_ylabel(count(M, "participant"))
    ax.set_xlabel("Reaction time (s, logarithmic)")
    if judged:
        handles, labels = ax.get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower left", ncols=2)
    medians = "; ".join(f"{_OUTCOMES[name][1]} {_seconds(r['group'].sel(outcome=name))}" for name in outcomes)
    lines = "" if crowd else ", and lines from the lower to the upper quartile"
    low, high = r["difference_ci"].values
    gap = (
        f" Wrong minus right, median over people: {signed(float(r['difference']) / 1000)} s "
        f"({signed(low / 1000)} to {signed(high / 1000)})."
        if np.isfinite(low)
        else ""
    )
    return Drawing(
        figure,
        f"Median reaction time of {count(M, 'participant')}, from "
        f"{_seconds(np.nanmin(r['median'].sel(outcome='all')))} to "
        f"{_seconds(np.nanmax(r['median'].sel(outcome='all')))}; group: {medians}.",
        f"Reaction times of each participant: medians{lines}; dashed, the median over people ({medians}).{gap}"
        + (f" {interval(r.attrs, 'In brackets')}" if gap else ""),
    )


def _seconds(ms: object) -> str:
    value = float(np.asarray(ms, dtype=float)) / 1000
    return f"{value:.2f} s" if np.isfinite(value) else "undefined"
