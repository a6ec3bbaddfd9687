"""Answers as others read them: tables, CSV, JSON, a Psych-DS folder, Decisions."""

from trichotomy.experiments.exporting.csvs import to_csv
from trichotomy.experiments.exporting.decided import to_decisions
from trichotomy.experiments.exporting.table import answers_table, items_table
from trichotomy.experiments.exporting.writing import Export, check_export, write_export

__all__ = ["Export", "answers_table", "check_export", "items_table", "to_csv", "to_decisions", "write_export"]
