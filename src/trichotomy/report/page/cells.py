"""Values as text: the cells of the page's tables."""

from __future__ import annotations

import math
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import numpy as np

from trichotomy.report.page.model import Cell, Column, Undefined

THIN_SPACE = "\u202f"
MINUS = "\u2212"
DASH = "\u2013"


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
