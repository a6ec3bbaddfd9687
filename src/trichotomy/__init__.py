"""Trichotomy: which test items can actually tell your models apart.

>>> import trichotomy as tri
>>> d = tri.simulate(observers=5, items=100)
>>> tri.partition(d).attrs["observers"]
5
"""

from typing import Any

__version__ = "0.1.0"

_PUBLIC = {
    "trichotomy.decisions": (
        "MISSING", "NO_ANSWER", "Decisions", "Store", "concat", "correctness", "create", "from_arrays",
        "open", "select", "simulate", "to_dataframe", "validate", "write",
    ),
    "trichotomy.readers": ("annotate", "formats", "read"),
    "trichotomy.representations": ("Features", "features_from_arrays", "open_features"),
    "trichotomy.stats": (
        "accuracy", "agreement_carried", "cartography", "class_difficulty", "comparisons", "condition_consistency",
        "condition_dynamics", "condition_matrix", "condition_similarity", "consistency_difference",
        "consistency_over_epochs", "difficulty", "dynamics", "early_partition", "enrichment", "equivalence",
        "error_consistency", "failures", "flag_shares", "influence", "item_response", "label_ambiguity",
        "label_issues", "learned", "learning_map", "learning_order", "mean_consistency", "near_duplicates",
        "neighbour_divergence", "outsiders", "overall_agreement", "partition", "pruned_consistency", "rarefaction",
        "residual_consistency", "response_consistency", "similarity", "study_notes", "superclass_shares",
    ),
    "trichotomy.curation": ("Subset", "curate", "curation_curve", "data_card", "subset_accuracy", "write_subset"),
    "trichotomy.recorders": (
        "Recorder", "fastai_recorder", "keras_recorder", "lightning_recorder", "record_predictions", "record_stages",
        "trainer_recorder",
    ),
    "trichotomy.report": ("analyze",),
    "trichotomy.evaluation": ("evaluate", "features", "study_features"),
}  # fmt: skip
_HOME = {name: module for module, names in _PUBLIC.items() for name in names}

__all__ = ["__version__", *_HOME]


def __getattr__(name: str) -> Any:
    """Load a public name on first use (PEP 562), so that ``import trichotomy`` stays light."""
    if name not in _HOME:
        msg = f"module 'trichotomy' has no attribute '{name}'"
        raise AttributeError(msg)
    from importlib import import_module

    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
