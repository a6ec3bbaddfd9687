"""Answers as others read them: tables, CSV, JSON, a Psych-DS folder, Decisions."""

from trichotomy.experiments.exporting.csvs import to_csv
from trichotomy.experiments.exporting.table import answers_table, items_table

__all__ = ["answers_table", "items_table", "to_csv"]
