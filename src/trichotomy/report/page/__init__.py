"""The report page: a small model of what it shows, and `render`, which makes one document of it."""

from trichotomy.report.page.model import (
    Band,
    Block,
    Cell,
    Column,
    Download,
    Gallery,
    Guess,
    Heatmap,
    KeyNumber,
    Page,
    Picture,
    Quiz,
    Raster,
    Section,
    Table,
    Tile,
    Undefined,
)
from trichotomy.report.page.render import render
from trichotomy.spreadsheets import csv_text

__all__ = [
    "Band",
    "Block",
    "Cell",
    "Column",
    "Download",
    "Gallery",
    "Guess",
    "Heatmap",
    "KeyNumber",
    "Page",
    "Picture",
    "Quiz",
    "Raster",
    "Section",
    "Table",
    "Tile",
    "Undefined",
    "csv_text",
    "render",
]
