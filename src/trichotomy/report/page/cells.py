"""Values as text: the cells of the page's tables, and those of the CSV files it offers."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trichotomy.report.page.model import Cell, Column, Undefined

THIN_SPACE = "\u202f"
MINUS = "\u2212"
DASH = "\u2013"


def csv_text(columns: Mapping[str, Sequence[Any] | NDArray[Any]]) -> str:
    r"""Return columns as the text of a CSV file after RFC 4180, safe to open in a spreadsheet.

    Lines end in CRLF; cells with commas, quotes or line breaks are quoted. A *text* cell that starts with
    ``=``, ``+``, ``-``, ``@``, tab or carriage return would be run as a formula by a spreadsheet: it gets a
    leading apostrophe. Numbers are left as they are; None and NaN are empty cells.

    Parameters
    ----------
    columns
        Name to values, all of one length.

    Raises
    ------
    ValueError
        The columns differ in length.

    Examples
    --------
    >>> csv_text({"item": ["=1+1", "a,b"], "right": [3, 4]})
    'item,right\r\n\'=1+1,3\r\n"a,b",4\r\n'
    """
    cells = [_csv_column(values) for values in columns.values()]
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([_csv_safe(name) for name in columns])
    writer.writerows(zip(*cells, strict=True))
    return out.getvalue()


def _csv_column(values: Sequence[Any] | NDArray[Any]) -> list[Any]:
    plain = values.tolist() if isinstance(values, np.ndarray) else values
    return [_csv_safe(v) if isinstance(v, str) else None if v != v else v for v in plain]


def _csv_safe(text: str) -> str:
    return "'" + text if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def json_cell(cell: Cell) -> object:
    """Return a cell as JSON can hold it: null, or an object with the reason, where there is no value."""
    if isinstance(cell, Undefined):
        return {"why": cell.reason}
    if isinstance(cell, tuple):
        return [json_cell(v) for v in cell]
    value = cell.item() if isinstance(cell, np.generic) else cell
    return None if isinstance(value, float) and not math.isfinite(value) else value


def shown_cell(cell: Cell, column: Column) -> tuple[str, str]:
    """Return the text of a cell, and the reason where it is a dash; `cellText` in tables.js agrees."""
    if isinstance(cell, Undefined):
        return DASH, cell.reason
    value: Any = json_cell(cell)
    if value is None or (isinstance(value, list) and None in value):
        return DASH, "undefined"
    unit = f"{THIN_SPACE}%" if column.kind == "share" else ""
    if isinstance(value, list):
        return " to ".join(_number(v, column) for v in value) + unit, ""
    return (str(value) if column.kind == "text" else _number(value, column) + unit), ""


def _number(value: float, column: Column) -> str:
    if column.kind == "integer":
        return f"{round(value):,}".replace("-", MINUS)
    if column.kind == "log_p":
        return _p_value(value)
    return _fixed(100 * value if column.kind == "share" else value, column.digits)


def _fixed(value: float, digits: int) -> str:
    """Round the exact binary value half away from zero, as JavaScript's ``toFixed`` does."""
    rounded = Decimal(value).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    return str(rounded if rounded else abs(rounded)).replace("-", MINUS)


def _p_value(log_p: float) -> str:
    if log_p >= math.log(0.001):
        return _fixed(math.exp(log_p), 3)
    power = log_p / math.log(10)
    exponent = math.floor(power)
    mantissa = _fixed(10 ** (power - exponent), 1)
    return f"1.0e{MINUS}{-exponent - 1}" if mantissa == "10.0" else f"{mantissa}e{MINUS}{-exponent}"
