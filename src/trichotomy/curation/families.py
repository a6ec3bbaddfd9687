"""Which observers are kin, from a table of two columns."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import numpy as np

from trichotomy.decisions import Decisions
from trichotomy.decisions.schema import few
from trichotomy.errors import InputError

FAMILY = "family"


def with_families(d: Decisions, path: str | os.PathLike[str]) -> Decisions:
    """Add the coordinate ``family`` of observers, from a CSV file with the columns ``observer`` and ``family``.

    Observers that the table has and the decisions lack are no error.

    Raises
    ------
    InputError
        Other columns, an observer twice, or one that the table lacks.
    """
    place = Path(path)
    try:
        with place.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError) as error:
        msg = f"cannot read the families in {place}: {getattr(error, 'strerror', None) or error}"
        raise InputError(msg) from error
    if not rows or not {"observer", FAMILY} <= set(rows[0]):
        msg = f"{place} must have the columns observer and {FAMILY}, and a row for each observer"
        raise InputError(msg)
    families: dict[str, str] = {}
    for k, row in enumerate(rows, start=2):
        if row["observer"] in families or not row[FAMILY]:
            problem = "stands there twice" if row[FAMILY] else "has no family"
            msg = f"{place}, line {k}: observer {row['observer']!r} {problem}"
            raise InputError(msg)
        families[row["observer"]] = row[FAMILY]
    unknown = [o for o in d["observer"].values if o not in families]
    if unknown:
        msg = f"{place} has no family of the observers {few(unknown)}; add a row for each"
        raise InputError(msg)
    labels = np.array([families[o] for o in d["observer"].values], dtype=object)
    return d.assign_coords({FAMILY: ("observer", labels)})
