"""Class names or class indices: one rule for all columns of a read, never a mixture.

Where every target is a whole number, targets and responses are class indices. Where any is a name, they are
names: the classes are the targets' names in sorted order, then the other names that were answered, sorted.
Without targets the responses decide. ``3.0`` counts as the index 3. An empty cell or a NaN is a missing
decision. In indices, -1 is missing and -2 asked without a valid answer, as in Decisions.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trichotomy.decisions import MISSING, NO_ANSWER
from trichotomy.decisions.schema import few, short
from trichotomy.errors import InputError
from trichotomy.readers.rawtable import Coded, Codes, missing_text

WHOLE = re.compile(r"[+-]?[0-9]{1,30}(\.0*)?")
FRACTION = re.compile(r"[+-]?([0-9]*\.[0-9]+|[0-9]+\.?)(e[+-]?[0-9]+)?", re.IGNORECASE)
LARGEST = int(np.iinfo(np.int32).max)


@dataclass(frozen=True, slots=True)
class ClassColumn:
    """A column of responses or targets, its name, and the file and line of each of its rows."""

    column: Coded
    name: str
    place_of_row: Callable[[int], str]

    def place(self, code: int) -> str:
        """Where a code first stands."""
        return self.place_of_row(int(np.flatnonzero(self.column.codes == code)[0]))


@dataclass(slots=True)
class ClassCoding:
    """Class indices for every column given, the class names (none for indices) and what was noticed."""

    responses: list[Codes] = field(default_factory=list)
    targets: list[Codes] = field(default_factory=list)
    classes: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def code_classes(
    responses: Sequence[ClassColumn], targets: Sequence[ClassColumn], *, no_answer: Sequence[str] = ()
) -> ClassCoding:
    """Turn columns of responses and targets into class indices.

    Parameters
    ----------
    responses, targets
        The columns of all files.
    no_answer
        Texts in ``responses`` that say "asked, no valid answer".

    Returns
    -------
    ClassCoding
        int32[n] per column, -1 missing or unknown, -2 no answer.

    Raises
    ------
    InputError
        Names and indices mixed, numbers that are no class index; the message names the place.
    """
    read_r = [[_meaning(v, no_answer) for v in c.column.values] for c in responses]
    read_t = [[_meaning(v, ()) for v in c.column.values] for c in targets]
    for columns, meanings in ((responses, read_r), (targets, read_t)):
        for column, found in zip(columns, meanings, strict=True):
            _refuse(
                column, [isinstance(m, float) for m in found], "is neither a class index nor a class name"
            )
    found_targets = {m for found in read_t for m in found if isinstance(m, int | str)}
    named = any(isinstance(m, str) for m in found_targets or {m for found in read_r for m in found})
    coding = ClassCoding()
    table: dict[Any, int] | None = None
    if named:
        table = _names(responses, read_r, targets, read_t, coding)
    else:
        for column, found in zip(responses, read_r, strict=True):
            wrong = [isinstance(m, str) for m in found]
            _refuse(column, wrong, "is a class name where targets or other responses are class indices")
        _check_range(responses, read_r, targets, read_t)
    for columns, meanings, out in (
        (responses, read_r, coding.responses),
        (targets, read_t, coding.targets),
    ):
        for column, found in zip(columns, meanings, strict=True):
            lookup = np.array([*(_index(m, table) for m in found), MISSING], dtype=np.int32)
            out.append(lookup[column.column.codes])
    coding.warnings += _warnings(responses, read_r, coding, named=named)
    return coding


_NO_ANSWER = object()


def _meaning(value: Any, no_answer: Sequence[str]) -> Any:
    """int: class index; str: class name; float: neither; None: missing; or no answer."""
    if isinstance(value, str):
        bare = value.strip()
        if bare in no_answer:
            return _NO_ANSWER
        if missing_text(bare):
            return None
        if WHOLE.fullmatch(bare):
            return int(float(bare)) if "." in bare else int(bare)
        return float(bare) if FRACTION.fullmatch(bare) else bare
    if isinstance(value, bool | np.bool_ | int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        return int(value) if float(value).is_integer() else float(value)
    return str(value)


def _index(meaning: Any, table: dict[Any, int] | None) -> int:
    if meaning is None:
        return MISSING
    if meaning is _NO_ANSWER:
        return NO_ANSWER
    return int(meaning) if table is None else table[meaning]


def _names(
    responses: Sequence[ClassColumn],
    read_r: list[list[Any]],
    targets: Sequence[ClassColumn],
    read_t: list[list[Any]],
    coding: ClassCoding,
) -> dict[Any, int]:
    for columns, meanings in ((targets, read_t), (responses, read_r)):
        for column, found in zip(columns, meanings, strict=True):
            numbers = [isinstance(m, int) for m in found]
            if any(numbers):
                what = "is a number where other targets or responses are class names"
                _refuse(column, numbers, what)
    of_targets = {m for found in read_t for m in found if isinstance(m, str)}
    others = {m for found in read_r for m in found if isinstance(m, str)} - of_targets
    if others and of_targets:
        coding.warnings.append(
            f"{len(others)} answered class(es) are no item's target: {few(sorted(others))}; "
            "such answers count as wrong"
        )
    coding.classes = [*sorted(of_targets), *sorted(others)]
    return {name: k for k, name in enumerate(coding.classes)}


def _check_range(
    responses: Sequence[ClassColumn],
    read_r: list[list[Any]],
    targets: Sequence[ClassColumn],
    read_t: list[list[Any]],
) -> None:
    for columns, meanings, lowest in ((responses, read_r, NO_ANSWER), (targets, read_t, MISSING)):
        for column, found in zip(columns, meanings, strict=True):
            bad = [isinstance(m, int) and not lowest <= m <= LARGEST for m in found]
            _refuse(column, bad, f"is no class index (0 to {LARGEST})")


def _refuse(column: ClassColumn, bad: Sequence[bool], what: str) -> None:
    """Refuse a column whose values, marked as bad, cannot be classes; the first is named."""
    wrong = np.flatnonzero(np.asarray(bad, dtype=bool))
    if not wrong.size:
        return
    rows = int(np.isin(column.column.codes, wrong).sum())
    first = int(wrong[0])
    more = f" ({rows} rows like it)" if rows > 1 else ""
    msg = (
        f"'{short(column.column.values[first])}' in column '{column.name}' ({column.place(first)}) {what}{more}; "
        "give names everywhere or indices everywhere, and leave the cell empty where there is no answer"
    )
    raise InputError(msg)


def _warnings(
    responses: Sequence[ClassColumn], read_r: list[list[Any]], coding: ClassCoding, *, named: bool
) -> list[str]:
    found: list[str] = []
    gaps = sum(int((codes == MISSING).sum()) for codes in coding.responses)
    if gaps:
        tokens = sorted(
            {
                str(value)
                for column, meanings in zip(responses, read_r, strict=True)
                for value, meaning in zip(column.column.values, meanings, strict=True)
                if (meaning is None and str(value).strip()) or meaning == MISSING
            }
        )
        words = f" (empty, NaN{''.join(', ' + repr(t) for t in tokens)})" if tokens else " (empty or NaN)"
        found.append(f"{gaps} responses have no value{words}; they count as missing decisions, not as wrong")
    coded_none = sum(
        int((codes == NO_ANSWER).sum())
        for column, meanings, codes in zip(responses, read_r, coding.responses, strict=True)
        if NO_ANSWER in meanings
    )
    if coded_none and not named:
        found.append(f"{coded_none} responses are -2, asked without a valid answer; they count as wrong")
    fractions = any(
        "." in str(value) and isinstance(meaning, int)
        for column, meanings in zip(responses, read_r, strict=True)
        for value, meaning in zip(column.column.values, meanings, strict=True)
    )
    if fractions:
        found.append("class indices written with a decimal point (3.0) were read as whole numbers")
    return found


def correctness(column: ClassColumn) -> NDArray[np.int8]:
    """Turn a column of 0/1, true/false into int8[n] of 1, 0, -1 missing.

    Raises
    ------
    InputError
        A value that is neither; the message names the place.
    """
    words = {"0": 0, "1": 1, "false": 0, "true": 1, "0.0": 0, "1.0": 1, "no": 0, "yes": 1, "-1": -1}
    meaning = [
        MISSING if missing_text(value) else words.get(str(value).strip().lower(), 9)
        for value in column.column.values
    ]
    bad = next((k for k, m in enumerate(meaning) if m == 9), None)
    if bad is not None:
        msg = (
            f"'{short(column.column.values[bad])}' in column '{column.name}' ({column.place(bad)}) is neither 0 nor 1; "
            "a mean over several observers is not a decision: give one row or column per observer"
        )
        raise InputError(msg)
    return np.array([*meaning, MISSING], dtype=np.int8)[column.column.codes]
