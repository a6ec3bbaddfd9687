"""CSV that a spreadsheet can open without running any of it, and that can be read back."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

FORMULA = re.compile(r"'*[=+\-@\t\r\n]")
"""Apostrophes before it count, so that the one that was added can be told when it is read."""


def guarded(text: str) -> str:
    r"""Return a text as a cell that no spreadsheet takes for a formula.

    One that starts with ``=``, ``+``, ``-``, ``@``, a tab or a line break, or with apostrophes and then one of these,
    gets an apostrophe before it. Line ends become ``\n``, since a lone return would end a row for some readers.

    Examples
    --------
    >>> [guarded(text) for text in ("=1+1", "'-", "a=b", "'tis")]
    ["'=1+1", "''-", 'a=b', "'tis"]
    """
    whole = text.replace("\r\n", "\n").replace("\r", "\n")
    return f"'{whole}" if FORMULA.match(whole) else whole


def unguarded(text: str) -> str:
    """Return the text of a cell that ``guarded`` made.

    Examples
    --------
    >>> [unguarded(cell) for cell in ("'=1+1", "''-", "a=b", "'tis", "-1")]
    ['=1+1', "'-", 'a=b', "'tis", '-1']
    """
    return text[1:] if text.startswith("'") and FORMULA.match(text) else text


def csv_text(columns: Mapping[str, Sequence[Any] | NDArray[Any]]) -> str:
    r"""Return columns as the text of a CSV file after RFC 4180, safe to open in a spreadsheet.

    Lines end in CRLF; cells with commas, quotes or line breaks are quoted. Texts and names are ``guarded``, numbers
    left as they are; None and NaN are empty cells.

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
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([guarded(name) for name in columns])
    writer.writerows(zip(*map(_cells, columns.values()), strict=True))
    return out.getvalue()


def _cells(values: Sequence[Any] | NDArray[Any]) -> list[Any]:
    plain = values.tolist() if isinstance(values, np.ndarray) else values
    return [guarded(v) if isinstance(v, str) else None if v != v else v for v in plain]
