"""Scores to right and wrong: which of a source's metrics decides, and from which value on.

A metric whose values are all 0 or 1 decides as it is. One with values between (partial credit, overlap) decides only
with a threshold that the user declares, ``correct=METRIC>=T``: no cut-off is made up here.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from trichotomy.decisions.schema import few, short
from trichotomy.errors import InputError, UnknownNameError
from trichotomy.readers.rawtable import Coded, RawTable, compact, missing_text

PREFERRED = (
    "acc",
    "exact_match",
    "is_correct",
    "correct",
    "accuracy",
    "extractive_match",
    "quasi_exact_match",
)
"""Metrics in the order in which they are taken where several could decide and none is named."""
WORDS = {"true": 1.0, "yes": 1.0, "false": 0.0, "no": 0.0}
_THRESHOLD = re.compile(r"\s*(.+?)\s*>=\s*([^\s>=]+)\s*", re.DOTALL)


def asked_metric(text: str) -> tuple[str, float | None]:
    """Split ``METRIC`` or ``METRIC>=T``.

    >>> asked_metric("f1>=0.5")
    ('f1', 0.5)

    Raises
    ------
    InputError
        A threshold that is no number.
    """
    found = _THRESHOLD.fullmatch(text)
    if found is None:
        return text, None
    try:
        threshold = float(found[2])
    except ValueError:
        threshold = math.nan
    if not math.isfinite(threshold):
        msg = f"'{found[2]}' is no threshold; declare a number, such as --map 'correct={found[1]}>=0.5'"
        raise InputError(msg)
    return found[1], threshold


def decide(
    table: RawTable, metrics: Sequence[str], asked: str | None, rows: NDArray[np.int64] | None
) -> tuple[str, Coded, list[str]]:
    """Decide what is right.

    Parameters
    ----------
    table
        With one column per metric, numbers or None.
    metrics
        The columns that are metrics.
    asked
        ``METRIC`` or ``METRIC>=T``, any column of the table; None to choose.
    rows
        Rows that are meant, None for all.

    Returns
    -------
    tuple
        What it was called, 1, 0 or null for every row of the table (null outside ``rows``), and warnings.

    Raises
    ------
    UnknownNameError
        A metric that is not there.
    InputError
        Partial credit without a threshold, several metrics that could decide, or none.
    """
    if asked is not None:
        name, threshold = asked_metric(asked)
        if name not in table.columns:
            raise UnknownNameError(f"metric of {table.path.name}", name, list(metrics) or list(table.columns))
        return asked, _decided(table, name, threshold, rows), []
    binary = [name for name in metrics if _is_binary(table, name, rows)]
    chosen = next((name for name in PREFERRED if name in binary), binary[0] if len(binary) == 1 else None)
    if chosen is None and binary:
        msg = (
            f"{table.path.name} has several metrics that say right or wrong ({few(binary, 8)}); choose one with "
            f"--map correct={binary[0]}"
        )
        raise InputError(msg)
    if chosen is None and len(metrics) == 1:
        chosen = metrics[0]  # refused with the place of the value that is neither right nor wrong
    if chosen is None:
        if not metrics:
            msg = f"{table.path.name} has no metric that says right or wrong; see trichotomy formats"
            raise InputError(msg)
        msg = (
            f"no metric of {table.path.name} is 0 or 1 everywhere (its metrics: {few(list(metrics), 8)}); declare from "
            f"which value on an answer is right, --map 'correct={metrics[0]}>=1'"
        )
        raise InputError(msg)
    decided = _decided(table, chosen, None, rows)
    others = [
        name for name in binary if name != chosen and not _same(_decided(table, name, None, rows), decided)
    ]
    warnings = (
        [f"{chosen} says what is right; {few(others, 8)} would say otherwise (--map correct={others[0]})"]
        if others
        else []
    )
    return chosen, decided, warnings


def number(value: object) -> float | None:
    """Value of a score: None where there is none, NaN for what is no number."""
    if value is None or missing_text(value):
        return None
    if isinstance(value, str) and value.strip().lower() in WORDS:
        return WORDS[value.strip().lower()]
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return math.nan


def _same(first: Coded, second: Coded) -> bool:
    return first.values == second.values and bool((first.codes == second.codes).all())


def _is_binary(table: RawTable, name: str, rows: NDArray[np.int64] | None) -> bool:
    column = table.coded(name) if rows is None else table.coded(name).take(rows)
    values = {number(value) for value in column.values} - {None}
    return bool(values) and values <= {0.0, 1.0}


def _decided(table: RawTable, name: str, threshold: float | None, rows: NDArray[np.int64] | None) -> Coded:
    column = table.coded(name)
    codes = column.codes
    if rows is not None:
        codes = np.full_like(codes, -1)
        codes[rows] = column.codes[rows]
    lookup = np.full(len(column.values) + 1, -1, dtype=np.int32)
    for code, value in enumerate(column.values):
        score = number(value)
        if score is None:
            continue
        if not math.isfinite(score) or (threshold is None and score not in (0.0, 1.0)):
            at = np.flatnonzero(codes == code)
            if not at.size:
                continue
            what = "is no score" if not math.isfinite(score) else "is partial credit, neither right nor wrong"
            msg = (
                f"'{short(value)}' in {name} ({table.place(int(at[0]))}) {what}; declare from which value on an answer "
                f"is right, such as --map 'correct={name}>=1'"
            )
            raise InputError(msg)
        lookup[code] = int(score >= (1.0 if threshold is None else threshold))
    return compact(lookup[codes], [0, 1])
