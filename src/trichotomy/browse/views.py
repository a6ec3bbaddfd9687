"""What is looked at: which items, in which order, as an address says it."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from trichotomy.browse.catalogue import DIFFICULTIES, Catalogue
from trichotomy.web import RefusedError

MOST_WORDS = 200
MOST_ONLY = 500
SORTS = ("given", "item", "right", "class", "answers", "first", "final", "forgotten")
DIFFERENCES = ("correctness", "answer", "a", "b")
Difference = Literal["", "correctness", "answer", "a", "b"]
Span = tuple[float, float]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class View:
    """A choice of items and their order; what is empty asks for nothing.

    Attributes
    ----------
    difficulty
        Classes of difficulty.
    classes
        Class indices.
    right, wrong
        Observers (positions) that are right, that are wrong.
    a, b, differ
        Two observers, and how they differ: ``correctness`` (one is right), ``answer``, ``a`` or ``b`` (only that one is
        right).
    a_says, b_says
        Class indices that they answer.
    number, first, final
        Ranges, both ends included: observers right, median epochs of first and final learning.
    where
        Annotation and value; of numbers a range.
    words
        To be found in id or text.
    only
        Positions of items, None for any.
    sort, down
        One of ``SORTS`` or ``note:NAME``, and whether from large to small.
    """

    difficulty: tuple[str, ...] = ()
    classes: tuple[int, ...] = ()
    right: tuple[int, ...] = ()
    wrong: tuple[int, ...] = ()
    a: int | None = None
    b: int | None = None
    differ: Difference = ""
    a_says: int | None = None
    b_says: int | None = None
    number: Span | None = None
    first: Span | None = None
    final: Span | None = None
    where: tuple[tuple[str, str], ...] = ()
    words: str = ""
    only: tuple[int, ...] | None = None
    sort: str = "given"
    down: bool = False


def view_of(c: Catalogue, asked: Sequence[tuple[str, str]]) -> View:
    """Read a view from the parameters of an address; others than its own are passed over.

    Raises
    ------
    RefusedError
        422: a name that the catalogue does not have, or a value that is none.
    """
    many: dict[str, list[str]] = {}
    for name, value in asked:
        if value:
            many.setdefault(name, []).append(value)

    def one(name: str) -> str:
        return many.get(name, [""])[-1]

    observers = {str(name): k for k, name in enumerate(c.observers)}
    classes = _classes(c)
    return View(
        difficulty=_each(many.get("difficulty"), lambda v: _known("class of difficulty", v, DIFFICULTIES)),
        classes=_each(many.get("class"), lambda v: _position("class", v, classes)),
        right=_each(many.get("right"), lambda v: _position("observer", v, observers)),
        wrong=_each(many.get("wrong"), lambda v: _position("observer", v, observers)),
        a=_position("observer", one("a"), observers) if one("a") else None,
        b=_position("observer", one("b"), observers) if one("b") else None,
        differ=_known("difference", one("differ"), ("", *DIFFERENCES)),  # type: ignore[arg-type]
        a_says=_position("class", one("a_says"), classes) if one("a_says") else None,
        b_says=_position("class", one("b_says"), classes) if one("b_says") else None,
        number=span_of("number", one("number")),
        first=span_of("first", one("first")),
        final=span_of("final", one("final")),
        where=tuple(_where(c, text) for text in many.get("where", ())),
        words=one("q").strip()[:MOST_WORDS].casefold(),
        only=_only(c, one("only")),
        sort=_sort(c, one("sort") or "given"),
        down=one("down") == "1",
    )  # fmt: skip


def _each(values: Sequence[str] | None, read: Callable[[str], T]) -> tuple[T, ...]:
    """What each of the values means, once."""
    return tuple(dict.fromkeys(map(read, values or ())))


def _classes(c: Catalogue) -> Mapping[str, int]:
    """Positions of classes by name; numbers where there are no names. No answer is one that may be said."""
    named = {str(name): k for k, name in enumerate(c.classes)}
    most = max(int(c.target.max(initial=-1)), -1 if c.response is None else int(c.response.max(initial=-1)))
    return {**(named or {str(k): k for k in range(most + 1)}), "no answer": -2}


def _position(kind: str, name: str, known: Mapping[str, int]) -> int:
    if name not in known:
        raise RefusedError(422, "unknown", f"There is no {kind} called '{name[:100]}'.")
    return known[name]


def _known(kind: str, name: str, known: Sequence[str]) -> str:
    if name not in known:
        raise RefusedError(
            422, "unknown", f"There is no {kind} '{name[:100]}'; known are {', '.join(filter(None, known))}."
        )
    return name


def span_of(name: str, text: str) -> Span | None:
    """``2..5``, ``..5``, ``2..`` or ``2``; ``never`` is beyond all of them."""
    if not text:
        return None
    if text == "never":
        return math.inf, math.inf
    low, dots, high = text.partition("..")
    try:
        ends = float(low or "-inf"), float((high or sys.float_info.max) if dots else low)
    except ValueError:
        ends = (math.nan, math.nan)
    if any(math.isnan(end) for end in ends):
        raise RefusedError(422, "range", f"'{name}' is a range such as 2..5, 2.. or ..5; got '{text[:100]}'.")
    return ends


def _where(c: Catalogue, text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    note = c.notes.get(name)
    if note is None or note.kind == "text":
        raise RefusedError(422, "unknown", f"There is no annotation called '{name[:100]}' to choose by.")
    if note.kind == "number":
        span_of(name, value)
    return name, value


def _only(c: Catalogue, text: str) -> tuple[int, ...] | None:
    if not text:
        return None
    parts = text.split(".")
    if len(parts) > MOST_ONLY or not all(p.isascii() and p.isdigit() and len(p) < 10 for p in parts):
        raise RefusedError(
            422, "only", f"'only' is up to {MOST_ONLY} numbers of items with points between them."
        )
    return tuple(sorted({k for k in map(int, parts) if k < len(c.items)}))


def _sort(c: Catalogue, name: str) -> str:
    if name.startswith("note:") and name[5:] in c.notes:
        return name
    learned: dict[str, Any] = {"first": c.first, "final": c.final, "forgotten": c.forgotten}
    return _known("order", name, [s for s in SORTS if learned.get(s, 0) is not None])
