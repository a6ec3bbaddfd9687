"""How often observers are right: over all items, and class by class."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from trichotomy.errors import InputError
from trichotomy.plots.drawing import Drawing, in_style
from trichotomy.plots.ranked import Ranked, ranked_curve, ranked_rows
from trichotomy.plots.rows import MOST_ROWS
from trichotomy.plots.style import TEXT
from trichotomy.plots.wording import clipped, count, interval, left_out, listed, percent

if TYPE_CHECKING:
    import xarray as xr

MOST_CLASS_ROWS = 40


@in_style
def accuracy_bars(accuracy: xr.Dataset, *, width: float = TEXT) -> Drawing:
    """Accuracy of each observer with its interval, the best on top (Meding et al. 2022, Fig. 13, 14).

    Parameters
    ----------
    accuracy
        Result of ``stats.accuracy``. Of more than about a hundred observers only the ends are named.
    width
        In inches.

    Raises
    ------
    InputError
        No observer has an accuracy.
    """
    ranked = _ranked(accuracy, "observer")
    if len(ranked.names) <= MOST_ROWS:
        figure = ranked_rows(ranked, width, "Accuracy")
    else:
        figure = ranked_curve(ranked, width, "Accuracy", "observers", ("least accurate", "most accurate"))
    known = ranked.defined()
    alt = (
        f"Accuracy of {count(len(ranked.names), 'observer')}, sorted: from {clipped(known.names[-1])} with "
        f"{percent(known.values[-1])} to {clipped(known.names[0])} with {percent(known.values[0])}."
    )
    low, high = int(accuracy["n"].min()), int(accuracy["n"].max())
    decided = count(high, "item") if low == high else f"{low:,} to {count(high, 'item')}"
    caption = f"Accuracy of each observer on {decided}. {interval(accuracy.attrs)}"
    return Drawing(figure, alt, caption)


@in_style
def class_accuracy(class_difficulty: xr.Dataset, *, width: float = TEXT) -> Drawing:
    """Accuracy of each class over all observers, sorted (Meding et al. 2022, Fig. 20).

    Parameters
    ----------
    class_difficulty
        Result of ``stats.class_difficulty``. Of many classes the hardest and the easiest are named.
    width
        In inches.

    Raises
    ------
    InputError
        There are fewer than two classes.
    """
    K = class_difficulty.sizes["class"]
    if K < 2:
        msg = f"comparing classes needs two or more; there is {K}"
        raise InputError(msg)
    ranked = _ranked(class_difficulty, "class")
    what = "Mean accuracy of the observers"
    if K <= MOST_CLASS_ROWS:
        figure = ranked_rows(ranked, width, what)
    else:
        figure = ranked_curve(ranked, width, what, "classes", ("hardest", "easiest"))
    hardest, easiest = ranked.names[::-1][: min(3, K // 2)], ranked.names[: min(3, K // 2)]
    alt = (
        f"Mean accuracy of each of {K:,} classes, sorted, from {percent(ranked.values[-1])} to "
        f"{percent(ranked.values[0])}. Hardest: {listed(hardest.tolist())}. Easiest: {listed(easiest.tolist())}."
    )
    caption = (
        f"Accuracy of {K:,} classes, the mean over {count(class_difficulty.attrs['observers'], 'observer')} and the "
        f"items of the class. {interval(class_difficulty.attrs, 'Lines' if K <= MOST_CLASS_ROWS else 'Band')}"
    )
    return Drawing(figure, alt, caption + left_out(class_difficulty.attrs))


def _ranked(result: xr.Dataset, dim: str) -> Ranked:
    values = result["accuracy"].values
    if not np.isfinite(values).any():
        msg = f"no {dim} has an accuracy to draw"
        raise InputError(msg)
    return Ranked.of(result[dim].values, values, result["ci"].values)
