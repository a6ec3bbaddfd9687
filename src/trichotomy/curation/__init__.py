"""Curation: subsets of items that order observers as all items do, checked on observers held out."""

from trichotomy.curation.card import data_card, verdict_lines
from trichotomy.curation.choosing import RULES
from trichotomy.curation.exports import FORMATS, format_of, write_subset
from trichotomy.curation.families import FAMILY, with_families
from trichotomy.curation.scoring import subset_accuracy
from trichotomy.curation.subset import KEEP, Subset, curate
from trichotomy.curation.validation import curation_curve

__all__ = [
    "FAMILY",
    "FORMATS",
    "KEEP",
    "RULES",
    "Subset",
    "curate",
    "curation_curve",
    "data_card",
    "format_of",
    "subset_accuracy",
    "verdict_lines",
    "with_families",
    "write_subset",
]
