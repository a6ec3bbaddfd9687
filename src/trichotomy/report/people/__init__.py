"""The report of an experiment with people: everything computed once, then numbers, tables, figures and a page."""

from trichotomy.report.people.analysis import ExperimentAnalysis
from trichotomy.report.people.output import (
    ExperimentReport,
    check_experiment_place,
    draw_experiment,
    write_experiment,
)

__all__ = [
    "ExperimentAnalysis",
    "ExperimentReport",
    "check_experiment_place",
    "draw_experiment",
    "write_experiment",
]
