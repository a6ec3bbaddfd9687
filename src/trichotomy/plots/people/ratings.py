"""What people see in images of each class of difficulty, and how it goes with the networks' accuracy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb

from trichotomy.errors import InputError
from trichotomy.estimators.partition import CATEGORIES
from trichotomy.plots.drawing import Drawing, in_style
from trichotomy.plots.style import (
    BLUE,
    CLASS_COLOUR,
    FAINT,
    INK,
    MUTED,
    NARROW,
    SMALL,
    TEXT,
    bare_rows,
    keep_ticks,
    new_figure,
    percent_axis,
)
from trichotomy.plots.wording import clipped, count, interval, kappa, percent

if TYPE_CHECKING:
    import xarray as xr

MOST_QUESTIONS = 6
_STACK = ("trivial", "in-between", "impossible")
_READABLE = 0.055
"""Share that its own number fits into."""
_MARK = {"trivial": "o", "in-between": "s", "impossible": "D"}
_GOLDEN = 0.618


@in_style
def rating_bars(rating_shares: xr.Dataset, *, width: float = TEXT) -> Drawing:
    """Shares of the answers to each question for trivial, in-between and impossible images (Fig. 6, 25-28).

    Parameters
    ----------
    rating_shares
        Result of ``stats.people.rating_shares``; of more than six questions the first six.
    width
        In inches.
    """
    r = rating_shares
    questions = list(dict.fromkeys(r["question"].values.tolist()))[:MOST_QUESTIONS]
    figure = new_figure(width, 1.28 * len(questions) + 0.25)
    panels = figure.subplots(len(questions), 1, squeeze=False, sharex=True)[:, 0]
    for question, ax in zip(questions, panels, strict=True):
        _stacked(keep_ticks(ax), r.isel(answer=np.flatnonzero(r["question"].values == question)), question)
    panels[-1].set_xlabel("Share of the answers")
    said = []
    for question in questions:
        own = r.isel(answer=np.flatnonzero(r["question"].values == question))
        most = own["share"].values.argmax(axis=1)
        said.append(
            f"{_words(question)}: "
            + ", ".join(
                f"{name} most often '{own['option'].values[most[k]]}' ({percent(own['share'].values[k, most[k]])})"
                for name in _STACK
                for k in [CATEGORIES.index(name)]
            )
        )
    items = ", ".join(f"{int(r['items'].sel(difficulty=k))} {k}" for k in _STACK)
    return Drawing(
        figure,
        f"Shares of the answers by class of difficulty. {'. '.join(said)}.",
        f"Answers of {count(r.attrs['participants'], 'participant')} to each question, for images that are {items}. "
        "From left to right the answers rise from the least to the most.",
    )


@in_style
def answer_accuracy(accuracy_by_answer: xr.Dataset, *, width: float = TEXT) -> Drawing:
    """Mean accuracy of the networks on the images that people gave each answer to.

    Parameters
    ----------
    accuracy_by_answer
        Result of ``stats.people.accuracy_by_answer``; of more than six questions the first six.
    width
        In inches.
    """
    r = accuracy_by_answer
    questions = list(dict.fromkeys(r["question"].values.tolist()))[:MOST_QUESTIONS]
    figure, panels = _panels(questions, width, [int((r["question"].values == q).sum()) for q in questions])
    said = []
    for question, ax in zip(questions, panels, strict=True):
        own = r.isel(answer=np.flatnonzero(r["question"].values == question))
        at, y, bounds = np.arange(own.sizes["answer"]), own["accuracy"].values, own["ci"].values
        ax.vlines(at, bounds[:, 0], bounds[:, 1], color=BLUE, linewidth=1.1, label="interval")
        ax.plot(at, y, "o", color=BLUE, markersize=4, linestyle="none", label=f"_{question}", clip_on=False)
        ax.set_xticks(at, [clipped(o, 12) for o in own["option"].values])
        for k, n in zip(at, own["answers"].values, strict=True):
            ax.annotate(
                f"{int(n):,}", (k, 1), xycoords=("data", "axes fraction"), xytext=(0, 2), textcoords="offset points",
                ha="center", color=MUTED, fontsize=SMALL - 1.5 if len(at) > 5 else SMALL, annotation_clip=False,
            )  # fmt: skip
        ax.set_xlim(-0.6, len(at) - 0.4)
        ax.set_ylim(0, 1)
        percent_axis(ax)
        ax.grid(axis="y", color=FAINT, linewidth=0.5)
        ax.set_xlabel(_words(question))
        known = np.isfinite(y)
        said.append(
            f"{_words(question)}: "
            + ", ".join(
                f"'{o}' {percent(v)}" for o, v in zip(own["option"].values[known], y[known], strict=True)
            )
        )
    return Drawing(
        figure,
        f"Mean accuracy of the networks by people's answer. {'. '.join(said)}.",
        f"Accuracy of the networks on the images that people gave an answer to, with the number of answers on top "
        f"({_weighting(r)}). {interval(r.attrs)}",
    )


@in_style
def rating_scatter(rating_association: xr.Dataset, *, width: float = TEXT) -> Drawing:
    """Mean rating of each image against the networks' accuracy on it.

    Images of one accuracy are moved up or down a little, so that they can be told apart.

    Parameters
    ----------
    rating_association
        Result of ``stats.people.rating_association``; of more than six questions the first six.
    width
        In inches.

    Raises
    ------
    InputError
        No image has both a rating and an accuracy.
    """
    r = rating_association
    questions = [str(q) for q in r["question"].values][:MOST_QUESTIONS]
    y, group = r["accuracy"].values, r["difficulty"].values
    if not np.isfinite(y).any():
        msg = "no image has both ratings and an accuracy of the networks, so there is nothing to draw"
        raise InputError(msg)
    figure, panels = _panels(questions, width, [1] * len(questions), height=2.2)
    shift = 0.05 * ((np.arange(len(y)) * _GOLDEN) % 1 - 0.5)
    said = []
    for question, ax in zip(questions, panels, strict=True):
        one = r.sel(question=question)
        for name in _STACK:
            own = group == CATEGORIES.index(name)
            ax.plot(
                one["rating"].values[own], (y + shift)[own], _MARK[name], color=CLASS_COLOUR[name], markersize=2.8,
                alpha=0.6, markeredgewidth=0, linestyle="none", label=name,
            )  # fmt: skip
        ax.set_ylim(-0.06, 1.06)
        percent_axis(ax)
        ax.set_xlabel(f"{_words(question)}, mean rating")
        options = r.attrs["options"][question]
        if options:
            ax.set_xticks(range(len(options)), [clipped(option, 12) for option in options])
        low, high = one["pearson_ci"].values
        value = f"r = {kappa(one['pearson'])}"
        ax.set_title(value, fontsize=SMALL, color=INK)
        said.append(
            f"{_words(question)}: {value} ({kappa(low)} to {kappa(high)}), rho = {kappa(one['spearman'])}"
        )
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower left", ncols=3, markerscale=1.6)
    return Drawing(
        figure,
        f"Networks' accuracy against the mean rating of {count(len(y), 'image')}. {'; '.join(said)}.",
        "Each mark is an image, moved a little up or down so that none hides another. "
        f"Correlations ({_weighting(r)}): {'; '.join(said)}. "
        f"{interval(r.attrs, 'In brackets')}",
    )


def _stacked(ax: Axes, own: xr.Dataset, question: str) -> None:
    options = own["option"].values
    colours = mpl.colormaps["YlGnBu"](np.linspace(0.12, 0.92, len(options)))
    used = own["count"].values.sum(axis=0) > 0
    start = np.zeros(len(_STACK))
    places = [CATEGORIES.index(name) for name in _STACK]
    for k in range(len(options)):
        values = own["share"].values[places, k]
        ax.barh(
            range(len(_STACK)), values, left=start, height=0.78, color=colours[k],
            label=clipped(options[k], 14) if used[k] else f"_{options[k]}",
        )  # fmt: skip
        dark = 0.3 * to_rgb(colours[k])[0] + 0.6 * to_rgb(colours[k])[1] + 0.1 * to_rgb(colours[k])[2] < 0.55
        for row, (value, left) in enumerate(zip(values, start, strict=True)):
            if value >= _READABLE:
                ax.annotate(
                    f"{100 * value:.0f}", (left + value / 2, row), ha="center", va="center_baseline",
                    fontsize=SMALL - 0.5, color="white" if dark else INK,
                )  # fmt: skip
        start = start + np.nan_to_num(values)
    ax.set_yticks(range(len(_STACK)), _STACK)
    ax.set_ylim(len(_STACK) - 0.5, -0.5)
    bare_rows(ax)
    ax.set_xlim(0, 1)
    percent_axis(ax, "x")
    ax.set_title(_words(question))
    handles, labels = ax.get_legend_handles_labels()
    ax.legend(
        handles, labels, loc="center left", bbox_to_anchor=(1.005, 0.5), ncols=1 if len(labels) < 6 else 2,
        handlelength=0.9, handleheight=0.9, columnspacing=0.7, handletextpad=0.4, labelspacing=0.25,
    )  # fmt: skip


def _panels(
    questions: list[str], width: float, sizes: list[int], *, height: float = 1.9
) -> tuple[Any, list[Axes]]:
    """Panels side by side as wide as they have answers, or one below the other where there is no room."""
    beside = width >= NARROW and len(questions) <= 3
    down = 1 if beside else len(questions)
    figure = new_figure(width, height * down + 0.5)
    ratios = [max(s, 5) ** 0.8 for s in sizes] if beside else None
    grid = figure.subplots(
        down, len(questions) if beside else 1, squeeze=False, sharey=True, width_ratios=ratios
    )
    panels = list(grid.ravel())
    for ax in panels:
        keep_ticks(ax)
    for ax in grid[:, 0]:
        ax.set_ylabel("Accuracy of the networks")
    return figure, panels


def _weighting(r: xr.Dataset) -> str:
    return (
        "trivial, in-between and impossible images count alike"
        if r.attrs["weighting"] == "class"
        else "every image counts alike"
    )


def _words(question: str) -> str:
    text = clipped(question.replace("_", " "), 34)
    return text[:1].upper() + text[1:]
