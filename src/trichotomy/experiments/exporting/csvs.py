"""Tables as CSV."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trichotomy.spreadsheets import guarded

if TYPE_CHECKING:
    import pandas as pd


def to_csv(table: pd.DataFrame) -> str:
    """Write a table; a text that a spreadsheet would take for a formula gets an apostrophe before it."""
    return str(table.map(_cell).to_csv(index=False, lineterminator="\n"))


def _cell(value: Any) -> Any:
    return guarded(value) if isinstance(value, str) else value
