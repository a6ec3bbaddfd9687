"""Statistics of Decisions: each function takes Decisions and returns a labelled result.

Intervals have a ``ci_bound`` dimension (``lower``, ``upper``); attributes name the method, the number of
items, the seed and the source. Undefined is NaN.
"""

from trichotomy.stats.accuracy import accuracy, class_difficulty
from trichotomy.stats.ambiguity import AMBIGUITY, label_ambiguity
from trichotomy.stats.carried import agreement_carried
from trichotomy.stats.cartography import REGIONS, cartography
from trichotomy.stats.comparisons import Comparison, comparisons
from trichotomy.stats.conditions import condition_consistency, condition_matrix
from trichotomy.stats.consistency import (
    consistency_difference,
    error_consistency,
    mean_consistency,
    near_duplicates,
    overall_agreement,
    response_consistency,
)
from trichotomy.stats.consistency_epochs import consistency_over_epochs
from trichotomy.stats.difficulty import (
    difficulty,
    influence,
    one_per_condition,
    outsiders,
    partition,
    rarefaction,
)
from trichotomy.stats.dynamics import dynamics
from trichotomy.stats.early import early_partition
from trichotomy.stats.epochs import condition_dynamics, learning_map
from trichotomy.stats.equivalence import equivalence
from trichotomy.stats.flags import enrichment, flag_names, flag_shares
from trichotomy.stats.gaussian import neighbour_divergence
from trichotomy.stats.irt import item_response
from trichotomy.stats.labels import label_issues
from trichotomy.stats.learned import learned
from trichotomy.stats.learning_order import learning_order
from trichotomy.stats.pruning import pruned_consistency, raw_conditional_independence, residual_consistency
from trichotomy.stats.similarity import condition_similarity, similarity
from trichotomy.stats.study import failures, study_notes
from trichotomy.stats.superclasses import superclass_shares

__all__ = [
    "AMBIGUITY",
    "REGIONS",
    "Comparison",
    "accuracy",
    "agreement_carried",
    "cartography",
    "class_difficulty",
    "comparisons",
    "condition_consistency",
    "condition_dynamics",
    "condition_matrix",
    "condition_similarity",
    "consistency_difference",
    "consistency_over_epochs",
    "difficulty",
    "dynamics",
    "early_partition",
    "enrichment",
    "equivalence",
    "error_consistency",
    "failures",
    "flag_names",
    "flag_shares",
    "influence",
    "item_response",
    "label_ambiguity",
    "label_issues",
    "learned",
    "learning_map",
    "learning_order",
    "mean_consistency",
    "near_duplicates",
    "neighbour_divergence",
    "one_per_condition",
    "outsiders",
    "overall_agreement",
    "partition",
    "pruned_consistency",
    "rarefaction",
    "raw_conditional_independence",
    "residual_consistency",
    "response_consistency",
    "similarity",
    "study_notes",
    "superclass_shares",
]
