"""The mathematics on plain arrays, NumPy and SciPy only.

``correct`` is bool[M, N], or int8[M, N] of 1, 0 and -1 for missing: M observers, N items. Undefined is NaN.
"""

from trichotomy.estimators.agreement import (
    Cells,
    accuracy_bounds,
    attainable_kappa,
    disagreement,
    double_fault,
    error_consistency,
    kappa,
    kappa_bounds,
    kappa_gradient,
    observed_agreement,
    pair_cells,
    pair_cells_from_responses,
    yule_q,
)
from trichotomy.estimators.intervals import kappa_interval, kappa_standard_error, wilson
from trichotomy.estimators.joint import (
    Estimate,
    jackknife_mean,
    kappa_contrast,
    kappa_difference,
    mean_kappa,
)
from trichotomy.estimators.learning import finally_learned, first_learned, forgetting_events, order_agreement
from trichotomy.estimators.nulls import (
    DichotomyIndex,
    beta_binomial,
    beta_difficulty,
    binomial,
    comonotone,
    dichotomy_index,
    fit_beta_binomial,
    mixture,
    per_class_poisson_binomial,
    poisson_binomial,
    rarefied_dichotomy_index,
    sigmoid_difficulty,
    total_variation,
    two_spike,
)
from trichotomy.estimators.partition import (
    CATEGORIES,
    IMPOSSIBLE,
    IN_BETWEEN,
    TRIVIAL,
    extreme_shares,
    histogram,
    influence,
    number_right,
    partition,
    rarefaction,
)
from trichotomy.estimators.pruned import (
    PairConsistency,
    conditional_independence,
    crossfit_consistency,
    insample_consistency,
    pooled_consistency,
)
from trichotomy.estimators.pvalues import benjamini_hochberg, fisher_log_p, holm
from trichotomy.estimators.raters import fleiss_kappa, krippendorff_alpha, response_kappa
from trichotomy.estimators.residual import ResidualConsistency, residual_consistency

__all__ = [name for name in dir() if not name.startswith("_")]
