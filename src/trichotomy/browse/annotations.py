"""Annotations of items, sorted by what they can be asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from trichotomy.decisions import Decisions, flagged
from trichotomy.errors import InputError

MOST_CHOICES = 200
Kind = Literal["flag", "category", "number", "text"]


@dataclass(frozen=True, slots=True, eq=False)
class Annotation:
    """What an annotation says of each item.

    Attributes
    ----------
    kind
        ``flag``: true or false; ``category``: one of ``choices``; ``number``; ``text``: anything.
    values
        str, float64 (NaN unknown) or ``true`` / ``false`` as texts, N of them.
    choices
        Texts that occur, sorted; of flags and categories.
    """

    kind: Kind
    values: NDArray[Any]
    choices: Sequence[str] = field(default=())

    def shown(self, item: int) -> str | float | None:
        """What it says of an item, as JSON can hold it; None where unknown."""
        value = self.values[item]
        if self.kind == "number":
            return float(value) if np.isfinite(value) else None
        return str(value) or None


def annotations_of(d: Decisions) -> dict[str, Annotation]:
    """Annotations of the items of Decisions, by name, in their order."""
    return {
        str(name): _annotation(d, str(name), coordinate.values)
        for name, coordinate in d.coords.items()
        if coordinate.dims == ("item",) and name != "item"
    }


def _annotation(d: Decisions, name: str, values: NDArray[Any]) -> Annotation:
    if values.dtype.kind == "b" or (values.dtype.kind == "O" and _truths(values)):
        try:
            true = flagged(d, name)
        except InputError:  # true, false and something else
            pass
        else:
            return Annotation("flag", np.where(true, "true", "false").astype(object), ("true", "false"))
    if values.dtype.kind in "iuf":
        return Annotation("number", values.astype(np.float64))
    texts = np.array([_text(value) for value in values], dtype=object)
    different = sorted(set(texts) - {""})
    few = len(different) <= min(MOST_CHOICES, max(2, len(texts) // 2))
    return Annotation("category" if few else "text", texts, different if few else ())


def _truths(values: NDArray[Any]) -> bool:
    return all(isinstance(v, bool | np.bool_) or v is None or v != v for v in values) and any(
        isinstance(v, bool | np.bool_) for v in values
    )


def _text(value: Any) -> str:
    return "" if value is None or value != value else str(value)
