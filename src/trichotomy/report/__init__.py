"""Reports: everything computed once, then numbers, figures and one self-contained page."""

from trichotomy.report.analysis import Analysis
from trichotomy.report.output import Report, analyze, check_place, draw_figure
from trichotomy.report.summary import summary, to_json

__all__ = ["Analysis", "Report", "analyze", "check_place", "draw_figure", "summary", "to_json"]
