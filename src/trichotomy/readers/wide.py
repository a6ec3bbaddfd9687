"""What columns of answers without a header of their own can mean: responses, or 0/1 correctness."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from trichotomy.errors import InputError
from trichotomy.readers.classes import ClassCoding
from trichotomy.readers.parts import Part
from trichotomy.readers.rawtable import missing_text

ZERO_ONE = frozenset({"0", "1", "0.0", "1.0", "true", "false"})


def decisions_are_correctness(parts: Sequence[Part]) -> bool:
    """Whether every answer of every part is 0 or 1 (or true, false), so that it can say right or wrong."""
    columns = [part.response for part in parts if part.correct is None]
    return bool(columns) and all(
        column is not None
        and all(str(v).strip().lower() in ZERO_ONE or missing_text(v) for v in column.column.values)
        for column in columns
    )


def check_wide(parts: Sequence[Part], coding: ClassCoding) -> None:
    """Refuse a wide table in which a column can hardly be an observer's responses.

    Raises
    ------
    InputError
        A column that holds no class that is a target, or only 0 and 1 where there are more classes.
    """
    if not any(part.wide for part in parts):
        return
    targets = {int(t) for codes in coding.targets for t in np.unique(codes) if t >= 0}
    if not targets:
        return
    answered = [part for part in parts if part.response is not None]
    for part, codes in zip(answered, coding.responses, strict=True):
        given = {int(r) for r in np.unique(codes) if r >= 0}
        if not part.wide or not given:
            continue
        name, file = part.observer.values[0], part.table.path.name
        if given.isdisjoint(targets):
            msg = (
                f"column '{name}' of {file} holds no class that is an item's target, so it is hardly an observer; "
                "name the observers' columns with --map responses=A,B,..."
            )
            raise InputError(msg)
        if not coding.classes and given <= {0, 1} and len(targets) > 2:
            msg = (
                f"column '{name}' of {file} holds only 0 and 1 where the targets are {len(targets)} classes; if it "
                "says right or wrong, name it with --map correct=A,B,..."
            )
            raise InputError(msg)
