"""Figures: each function takes results of ``trichotomy.stats`` and returns a `Drawing`; nothing is computed here.

``FIGURES`` lists them by name, with the results that each needs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType

from trichotomy.plots.accuracy import accuracy_bars, class_accuracy
from trichotomy.plots.consistency import consistency_by_condition
from trichotomy.plots.difficulty import NULLS, difficulty_histogram
from trichotomy.plots.drawing import Drawing, check_format, save, to_svg
from trichotomy.plots.dynamics import learning_curves
from trichotomy.plots.heatmaps import cluster_order, consistency_heatmaps
from trichotomy.plots.influence import influence_bars
from trichotomy.plots.overview import consistency_overview
from trichotomy.plots.rarefaction import rarefaction_curve
from trichotomy.plots.raster import DECISION_COLOURS, decision_raster

__all__ = [
    "DECISION_COLOURS",
    "FIGURES",
    "NULLS",
    "Drawing",
    "NamedFigure",
    "accuracy_bars",
    "check_format",
    "class_accuracy",
    "cluster_order",
    "consistency_by_condition",
    "consistency_heatmaps",
    "consistency_overview",
    "decision_raster",
    "difficulty_histogram",
    "influence_bars",
    "learning_curves",
    "rarefaction_curve",
    "save",
    "to_svg",
]


@dataclass(frozen=True, slots=True)
class NamedFigure:
    """A figure that can be asked for by name.

    Attributes
    ----------
    description
        What it shows, in half a sentence.
    draw
        Takes the results of ``needs``, in that order.
    needs
        Names of results, as ``report.Analysis`` has them.
    """

    description: str
    draw: Callable[..., Drawing]
    needs: tuple[str, ...]


FIGURES: Mapping[str, NamedFigure] = MappingProxyType({
    "difficulty": NamedFigure(
        "items by the number of observers right, with null models", difficulty_histogram, ("difficulty",)
    ),
    "overview": NamedFigure(
        "mean consistency by every measure, beside what shared difficulty alone would give", consistency_overview,
        ("mean_consistency", "insample", "crossfit", "residual", "raw_conditional_independence"),
    ),
    "consistency": NamedFigure(
        "error consistency of single pairs, by condition", consistency_by_condition, ("consistency",)
    ),
    "heatmaps": NamedFigure(
        "error consistency of all pairs, before and after pruning", consistency_heatmaps,
        ("consistency", "insample", "crossfit"),
    ),
    "heatmaps-clustered": NamedFigure(
        "the same, with observers that err alike side by side", partial(consistency_heatmaps, cluster=True),
        ("consistency", "insample", "crossfit"),
    ),
    "accuracy": NamedFigure("accuracy of each observer, with intervals", accuracy_bars, ("accuracy",)),
    "influence": NamedFigure(
        "what leaving out one observer does to the partition", influence_bars, ("influence", "outsiders")
    ),
    "rarefaction": NamedFigure(
        "trivial and impossible shares among fewer observers", rarefaction_curve, ("rarefaction",)
    ),
    "raster": NamedFigure("every decision, items by difficulty", decision_raster, ("history", "partition")),
    "classes": NamedFigure("accuracy of each class, sorted", class_accuracy, ("classes",)),
    "dynamics": NamedFigure("accuracy and consistency over the epochs", learning_curves, ("dynamics",)),
})  # fmt: skip
"""Figures by name, in the order in which a reader would want them."""
