"""Decisions: the labelled array observer x epoch x item, its store, and its parts."""

from trichotomy.decisions.combine import concat
from trichotomy.decisions.creation import create, write
from trichotomy.decisions.provenance import provenance
from trichotomy.decisions.schema import MISSING, NO_ANSWER, Decisions, from_arrays, validate
from trichotomy.decisions.simulation import simulate
from trichotomy.decisions.store import Store, is_store, open  # noqa: A004
from trichotomy.decisions.views import (
    asked,
    at_epoch,
    correctness,
    flagged,
    last_common_epoch,
    select,
    to_dataframe,
)

__all__ = [
    "MISSING",
    "NO_ANSWER",
    "Decisions",
    "Store",
    "asked",
    "at_epoch",
    "concat",
    "correctness",
    "create",
    "flagged",
    "from_arrays",
    "is_store",
    "last_common_epoch",
    "open",
    "provenance",
    "select",
    "simulate",
    "to_dataframe",
    "validate",
    "write",
]
