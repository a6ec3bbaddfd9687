"""Figures about the answers of people; each takes results of ``trichotomy.stats.people``."""

from trichotomy.plots.people.agreement import BETWEEN, people_heatmap, people_networks
from trichotomy.plots.people.choices import certainty_curve, people_accuracy
from trichotomy.plots.people.ratings import answer_accuracy, rating_bars, rating_scatter
from trichotomy.plots.people.times import reaction_rows, trial_curve

__all__ = [
    "BETWEEN",
    "answer_accuracy",
    "certainty_curve",
    "people_accuracy",
    "people_heatmap",
    "people_networks",
    "rating_bars",
    "rating_scatter",
    "reaction_rows",
    "trial_curve",
]
