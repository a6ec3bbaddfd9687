"""Statistics of the answers that people gave in an experiment: which of a pair, ratings, or the class of an image.

Functions take `Answers` and return a labelled result, as those of Decisions do. People and items are both samples, so
intervals come from resampling both, unless the attributes say otherwise.
"""

from trichotomy.stats.people.answers import CHANCE, Answers
from trichotomy.stats.people.balance import balanced, balanced_association
from trichotomy.stats.people.checking import ANSWER_ORDERS, KINDS
from trichotomy.stats.people.choices import accuracy_by_certainty, choice_accuracy, observer_agreement
from trichotomy.stats.people.classes import as_decisions, beside_networks, human_consistency
from trichotomy.stats.people.ratings import (
    accuracy_by_answer,
    rater_agreement,
    rating_association,
    rating_effects,
    rating_shares,
)
from trichotomy.stats.people.times import learning, reaction_times

__all__ = [
    "ANSWER_ORDERS",
    "CHANCE",
    "KINDS",
    "Answers",
    "accuracy_by_answer",
    "accuracy_by_certainty",
    "as_decisions",
    "balanced",
    "balanced_association",
    "beside_networks",
    "choice_accuracy",
    "human_consistency",
    "learning",
    "observer_agreement",
    "rater_agreement",
    "rating_association",
    "rating_effects",
    "rating_shares",
    "reaction_times",
]
