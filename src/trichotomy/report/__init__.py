"""Reports: everything computed once, then numbers, figures and one self-contained page."""

from trichotomy.report.analysis import Analysis
from trichotomy.report.output import Report, analyze, check_place, draw_figure
from trichotomy.report.people import (
    ExperimentAnalysis,
    ExperimentReport,
    check_experiment_place,
    draw_experiment,
    write_experiment,
)
from trichotomy.report.similarity import (
    SimilarityAnalysis,
    SimilarityReport,
    check_similarity_place,
    draw_similarity,
    write_similarity,
)
from trichotomy.report.summary import summary, to_json

__all__ = [
    "Analysis",
    "ExperimentAnalysis",
    "ExperimentReport",
    "Report",
    "SimilarityAnalysis",
    "SimilarityReport",
    "analyze",
    "check_experiment_place",
    "check_place",
    "check_similarity_place",
    "draw_experiment",
    "draw_figure",
    "draw_similarity",
    "summary",
    "to_json",
    "write_experiment",
    "write_similarity",
]
