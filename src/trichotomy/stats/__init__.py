"""Statistics of Decisions: each function takes Decisions and returns a labelled result.

Intervals have a ``ci_bound`` dimension (``lower``, ``upper``); attributes name the method, the number of
items, the seed and the source. Undefined is NaN.
"""

from trichotomy.stats.accuracy import accuracy, class_difficulty
from trichotomy.stats.consistency import (
    consistency_difference,
    error_consistency,
    mean_consistency,
    near_duplicates,
    overall_agreement,
    response_consistency,
)
from trichotomy.stats.difficulty import (
    difficulty,
    influence,
    one_per_condition,
    outsiders,
    partition,
    rarefaction,
)
from trichotomy.stats.dynamics import dynamics
from trichotomy.stats.pruning import pruned_consistency, raw_conditional_independence, residual_consistency

__all__ = [
    "accuracy",
    "class_difficulty",
    "consistency_difference",
    "difficulty",
    "dynamics",
    "error_consistency",
    "influence",
    "mean_consistency",
    "near_duplicates",
    "one_per_condition",
    "outsiders",
    "overall_agreement",
    "partition",
    "pruned_consistency",
    "rarefaction",
    "raw_conditional_independence",
    "residual_consistency",
    "response_consistency",
]
