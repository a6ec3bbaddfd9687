"""Figures: each function takes results of ``trichotomy.stats`` and returns a `Drawing`; nothing is computed here.

``FIGURES`` lists them by name, with the results that each needs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType

from trichotomy.plots.accuracy import accuracy_bars, class_accuracy
from trichotomy.plots.ambiguity import ambiguity_panels
from trichotomy.plots.carried import agreement_by_difficulty
from trichotomy.plots.cartography import data_map
from trichotomy.plots.class_shares import class_shares
from trichotomy.plots.condition_heatmap import condition_heatmap
from trichotomy.plots.conditions import condition_order, consistency_with_base
from trichotomy.plots.consistency import consistency_by_condition
from trichotomy.plots.consistency_epochs import consistency_curves
from trichotomy.plots.curation import curation_curves
from trichotomy.plots.difficulty import NULLS, difficulty_histogram
from trichotomy.plots.divergence import neighbour_divergence
from trichotomy.plots.drawing import Drawing, check_format, save, to_svg
from trichotomy.plots.dynamics import learning_curves
from trichotomy.plots.early import early_curves
from trichotomy.plots.enrichment import enrichment_odds
from trichotomy.plots.epochs import CURVES, condition_curves
from trichotomy.plots.equivalence import equivalence_intervals, verdicts
from trichotomy.plots.flags import flagged_shares
from trichotomy.plots.heatmaps import cluster_order, consistency_heatmaps
from trichotomy.plots.influence import influence_bars
from trichotomy.plots.item_map import discrimination_scatter, item_map
from trichotomy.plots.learned import forgetting, learning_epochs
from trichotomy.plots.learning import learning_map
from trichotomy.plots.learning_order import learning_order_matrix
from trichotomy.plots.looks import Look, condition_looks
from trichotomy.plots.overview import consistency_overview
from trichotomy.plots.pairs import Pairs, tricky_pairs
from trichotomy.plots.people import (
    answer_accuracy,
    certainty_curve,
    people_accuracy,
    people_heatmap,
    people_networks,
    rating_bars,
    rating_scatter,
    reaction_rows,
    trial_curve,
)
from trichotomy.plots.plates import Plate, image_plate
from trichotomy.plots.rarefaction import rarefaction_curve
from trichotomy.plots.raster import DECISION_COLOURS, decision_raster
from trichotomy.plots.similarity import similarity_with_base
from trichotomy.plots.similarity_heatmap import similarity_heatmap
from trichotomy.plots.superclasses import superclass_shares

__all__ = [
    "CURVES",
    "DECISION_COLOURS",
    "EXPERIMENT_FIGURES",
    "FIGURES",
    "IMAGE_FIGURES",
    "NULLS",
    "SIMILARITY_FIGURES",
    "Drawing",
    "Look",
    "NamedFigure",
    "Pairs",
    "Plate",
    "accuracy_bars",
    "agreement_by_difficulty",
    "ambiguity_panels",
    "answer_accuracy",
    "certainty_curve",
    "check_format",
    "class_accuracy",
    "class_shares",
    "cluster_order",
    "condition_curves",
    "condition_heatmap",
    "condition_looks",
    "condition_order",
    "consistency_by_condition",
    "consistency_curves",
    "consistency_heatmaps",
    "consistency_overview",
    "consistency_with_base",
    "curation_curves",
    "data_map",
    "decision_raster",
    "difficulty_histogram",
    "discrimination_scatter",
    "early_curves",
    "enrichment_odds",
    "equivalence_intervals",
    "flagged_shares",
    "forgetting",
    "image_plate",
    "influence_bars",
    "item_map",
    "learning_curves",
    "learning_epochs",
    "learning_map",
    "learning_order_matrix",
    "neighbour_divergence",
    "people_accuracy",
    "people_heatmap",
    "people_networks",
    "rarefaction_curve",
    "rating_bars",
    "rating_scatter",
    "reaction_rows",
    "save",
    "similarity_heatmap",
    "similarity_with_base",
    "superclass_shares",
    "to_svg",
    "trial_curve",
    "tricky_pairs",
    "verdicts",
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
    in_report
        Whether the report draws it; one that takes long to compute, or few ask for, is drawn only by name.
    """

    description: str
    draw: Callable[..., Drawing]
    needs: tuple[str, ...]
    in_report: bool = True


FIGURES: Mapping[str, NamedFigure] = MappingProxyType({
    "difficulty": NamedFigure(
        "items by the number of observers right, with null models (Fig. 2)", difficulty_histogram, ("difficulty",)
    ),
    "conditions": NamedFigure(
        "error consistency of each condition with base (Fig. 3; 15 and 16 with other base networks)",
        consistency_with_base, ("condition_consistency", "conditions", "architecture"),
    ),
    "equivalence": NamedFigure(
        "which conditions differ from base no more than another seed does", equivalence_intervals,
        ("equivalence", "conditions"),
    ),
    "conditions-heatmap": NamedFigure(
        "error consistency of all pairs of conditions, all items and pruned (Fig. 5a)", condition_heatmap,
        ("condition_matrix",),
    ),
    "conditions-epochs": NamedFigure(
        "error consistency with base over the epochs, a line per condition", condition_curves,
        ("condition_dynamics", "conditions"),
    ),
    "accuracy-epochs": NamedFigure(
        "accuracy over the epochs, a line per condition (Fig. 13)", partial(condition_curves, what="accuracy"),
        ("condition_dynamics", "conditions", "trained"),
    ),
    "changed": NamedFigure(
        "decisions changed from epoch to epoch, a line per condition (Fig. 17)",
        partial(condition_curves, what="changed"), ("condition_dynamics", "conditions", "trained"),
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
    "label-errors": NamedFigure(
        "share of items flagged as label errors by the number of observers right (Fig. 22)", flagged_shares,
        ("flag_shares",),
    ),
    "enrichment": NamedFigure(
        "odds of annotated items, such as label errors, to be impossible, in-between, trivial", enrichment_odds,
        ("enrichment",),
    ),
    "ambiguity": NamedFigure(
        "difficulty by the number of accepted labels, the entropy of votes (A.13)", ambiguity_panels,
        ("label_ambiguity",),
    ),
    "superclasses": NamedFigure(
        "trivial, in-between and impossible items by superclass, and the reverse (A.12)", superclass_shares,
        ("superclass_shares",),
    ),
    "difficulty-models": NamedFigure(
        "the histogram beside the paper's difficulty distributions, as printed and fitted (A.9)",
        partial(difficulty_histogram, nulls=("beta_a9", "sigmoid_a9", "beta_fitted", "sigmoid_fitted")),
        ("difficulty",), in_report=False,
    ),
    "item-map": NamedFigure(
        "difficulty of items and ability of observers on one scale (1PL)", item_map, ("item_response",), in_report=False
    ),
    "discrimination": NamedFigure(
        "discrimination of items against their difficulty (2PL)", discrimination_scatter, ("item_response_2pl",),
        in_report=False,
    ),
    "easiest": NamedFigure("images of the items that most observers get right (Fig. 18)", image_plate, ("easiest",)),
    "hardest": NamedFigure("images of the items that fewest observers get right (Fig. 19)", image_plate, ("hardest",)),
    "tricky": NamedFigure(
        "pairs of an easy and a hard image: which is tricky? (Fig. 1)", tricky_pairs, ("tricky",), in_report=False
    ),
    "learning": NamedFigure(
        "items by epochs, coloured by the share of observers right (Fig. 4)", learning_map,
        ("learning_map", "partition"),
    ),
    "raster": NamedFigure(
        "every decision, items by difficulty; of one network over its epochs (Fig. 8)", decision_raster,
        ("history", "partition"),
    ),
    "dynamics": NamedFigure(
        "accuracy and consistency over the epochs, a line per observer", learning_curves, ("dynamics", "conditions")
    ),
    "learned": NamedFigure(
        "share of items first right, and right for good, by each epoch, by class of difficulty", learning_epochs,
        ("learned",),
    ),
    "early-partition": NamedFigure(
        "how early the final class of difficulty of items can be told, beside chance", early_curves,
        ("early_partition",),
    ),
    "forgetting": NamedFigure(
        "how often items are forgotten, and which share is unforgettable", forgetting, ("learned",), in_report=False
    ),
    "learning-order": NamedFigure(
        "agreement of observers on the order in which items are learned, between and within conditions",
        learning_order_matrix, ("learning_order",), in_report=False,
    ),
    "consistency-epochs": NamedFigure(
        "error consistency over the epochs, within and between conditions and with the own end", consistency_curves,
        ("consistency_over_epochs",), in_report=False,
    ),
    "cartography": NamedFigure(
        "items by confidence and variability over the training, by class of difficulty", data_map, ("cartography",),
        in_report=False,
    ),
    "classes": NamedFigure("accuracy of each class, sorted (Fig. 20)", class_accuracy, ("classes",)),
    "class-difficulty": NamedFigure(
        "shares of trivial, in-between and impossible items in each class (Fig. 21)", class_shares, ("classes",)
    ),
    "divergence": NamedFigure(
        "how far apart neighbouring classes are against their accuracy, of gaussian studies (Fig. 9)",
        neighbour_divergence, ("divergence",),
    ),
})  # fmt: skip
"""Figures by name, in the order in which a reader would want them; numbers are those of Meding et al. 2022."""

IMAGE_FIGURES = tuple(name for name, figure in FIGURES.items() if figure.draw in (image_plate, tricky_pairs))
"""Figures that show the images of items."""

SIMILARITY_FIGURES: Mapping[str, NamedFigure] = MappingProxyType({
    "similarity": NamedFigure(
        "representational similarity of each condition with base beside error consistency (Fig. 7)",
        similarity_with_base, ("condition_similarity", "condition_consistency", "conditions"),
    ),
    "similarity-heatmap": NamedFigure(
        "representational similarity of all pairs of networks", similarity_heatmap, ("similarity",)
    ),
    "similarity-difficulty": NamedFigure(
        "which class of difficulty carries representational agreement", agreement_by_difficulty,
        ("agreement_carried", "order"),
    ),
})  # fmt: skip
"""Figures that need features beside decisions, with the results of ``report.SimilarityAnalysis``."""

EXPERIMENT_FIGURES: Mapping[str, NamedFigure] = MappingProxyType({
    "people-accuracy": NamedFigure(
        "how often each participant is right, beside chance and everybody", people_accuracy, ("choice_accuracy",)
    ),
    "certainty": NamedFigure(
        "participants right by how sure the networks are of the pair", certainty_curve, ("accuracy_by_certainty",)
    ),
    "people-networks": NamedFigure(
        "error consistency of people with people and with networks", people_networks, ("human_consistency",)
    ),
    "people-heatmap": NamedFigure(
        "error consistency of all pairs of people and networks", people_heatmap, ("human_consistency",)
    ),
    "ratings": NamedFigure(
        "answers to each question by class of difficulty (Fig. 6, 25-28)", rating_bars, ("rating_shares",)
    ),
    "answers-accuracy": NamedFigure(
        "mean accuracy of the networks by answer", answer_accuracy, ("accuracy_by_answer",)
    ),
    "ratings-accuracy": NamedFigure(
        "networks' accuracy against the mean rating of each image", rating_scatter, ("rating_association",)
    ),
    "trials": NamedFigure("accuracy and reaction time over the trials", trial_curve, ("learning",)),
    "reaction-times": NamedFigure(
        "median and quartiles of each participant's reaction times", reaction_rows, ("reaction_times",)
    ),
})  # fmt: skip
"""Figures of an experiment with people, with the results of ``report.ExperimentAnalysis``."""
