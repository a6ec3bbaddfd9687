"""CSV that spreadsheets cannot take for formulas."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

FORMULA = re.compile(r"'*[=+\-@\t\r\n]")
"""Apostrophes before it count, so that one can be taken away again when it is read."""


def to_csv(table: pd.DataFrame) -> str:
    """Write a table; a text that a spreadsheet would take for a formula gets an apostrophe before it."""
    return str(table.map(_safe).to_csv(index=False, lineterminator="\n"))


def _safe(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    text = value.replace("\r\n", "\n").replace("\r", "\n")  # a lone return would end a row for some readers
    return f"'{text}" if FORMULA.match(text) else text
