"""From a view to the items it shows."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trichotomy.browse.catalogue import DIFFICULTIES, Catalogue
from trichotomy.browse.views import Span, View, span_of

KEPT = 32
"""Views whose items are remembered, for the next page and the next item."""


@lru_cache(maxsize=KEPT)
def chosen(c: Catalogue, view: View) -> NDArray[np.int64]:
    """Positions of the items of a view, in its order; among equals as given, and unknown values last."""
    found = np.flatnonzero(_kept(c, view))
    keys = _keys(c, view.sort)
    if keys is not None:
        own = keys[found]
        unknown = np.isnan(own)
        order = np.lexsort((np.arange(len(own)), np.where(unknown, 0, -own if view.down else own), unknown))
        found = found[order]
    elif view.down:
        found = found[::-1]
    found.flags.writeable = False
    return found


def _kept(c: Catalogue, view: View) -> NDArray[np.bool_]:
    """bool[N]: whether an item is in the view."""
    kept: NDArray[np.bool_] = np.ones(len(c.items), dtype=bool)
    if view.only is not None:
        kept[:] = False
        kept[list(view.only)] = True
    if view.difficulty:
        codes = [k if k < 3 else -1 for k in map(DIFFICULTIES.index, view.difficulty)]
        kept &= np.isin(c.category, codes)
    if view.classes:
        kept &= np.isin(c.target, view.classes)
    for observers, value in ((view.right, 1), (view.wrong, 0)):
        for k in observers:
            kept &= c.right[k] == value
    for span, values in ((view.number, c.number_right), (view.first, c.first), (view.final, c.final)):
        if span is not None:
            kept &= _within(values, span) if values is not None else False
    for name, text in view.where:
        note = c.notes[name]
        span = span_of(name, text) if note.kind == "number" else None
        kept &= note.values == text if span is None else _within(note.values, span)
    if view.words:
        kept &= _containing(c, view.words)
    return np.asarray(kept & _differing(c, view))


def _differing(c: Catalogue, view: View) -> NDArray[np.bool_]:
    kept: NDArray[np.bool_] = np.ones(len(c.items), dtype=bool)
    for who, says in ((view.a, view.a_says), (view.b, view.b_says)):
        if who is not None and says is not None and c.response is not None:
            kept &= c.response[who] == says
    if view.a is None or view.b is None:
        return kept
    a, b = c.right[view.a], c.right[view.b]
    both = (a >= 0) & (b >= 0)
    if view.differ == "answer":
        return kept & differ_in_answer(c, view.a, view.b)
    if view.differ in ("a", "b"):
        return np.asarray(kept & both & ((a if view.differ == "a" else b) == 1) & (a != b))
    return kept & both & (a != b) if view.differ else kept


def differ_in_answer(c: Catalogue, a: int, b: int) -> NDArray[np.bool_]:
    """bool[N]: items that two observers answer differently; where answers are not known, one is right."""
    one, other = (c.right[a], c.right[b]) if c.response is None else (c.response[a], c.response[b])
    return np.asarray((one != -1) & (other != -1) & (one != other))


def _within(values: NDArray[Any], span: Span) -> NDArray[np.bool_]:
    return np.asarray((values >= span[0]) & (values <= span[1]))


@lru_cache(maxsize=4)
def searched(c: Catalogue) -> list[str]:
    """What a search looks through, item by item."""
    texts = c.texts if c.texts is not None else [""] * len(c.items)
    return [f"{item}\n{text}".casefold() for item, text in zip(c.items, texts, strict=True)]


def _containing(c: Catalogue, words: str) -> NDArray[np.bool_]:
    """bool[N]: items whose id or text holds all words."""
    texts = searched(c)
    found: Iterable[int] = range(len(texts))
    for word in words.split():
        found = [k for k in found if word in texts[k]]
    kept = np.zeros(len(texts), dtype=bool)
    kept[list(found)] = True
    return kept


@lru_cache(maxsize=64)
def _keys(c: Catalogue, sort: str) -> NDArray[np.float64] | None:
    """float64[N]: numbers that sort as asked; None for the order given."""
    if sort == "given":
        return None
    if sort.startswith("note:"):
        note = c.notes[sort[5:]]
        return note.values if note.kind == "number" else _ranks(note.values)
    if sort == "item":
        return _ranks(c.items)
    if sort == "class":
        known = c.target >= 0
        names = np.array(
            [c.class_name(int(k)) for k in range(int(c.target.max(initial=-1)) + 1)], dtype=object
        )
        return np.where(known, _ranks(names)[c.target] if len(names) else 0, np.nan)
    if sort == "right":
        return np.where(c.number_asked > 0, c.number_right / np.maximum(c.number_asked, 1), np.nan)
    values: dict[str, Any] = {
        "answers": c.answers,
        "first": c.first,
        "final": c.final,
        "forgotten": c.forgotten,
    }
    return np.asarray(values[sort], dtype=np.float64)


def _ranks(texts: NDArray[np.object_]) -> NDArray[np.float64]:
    """Ranks of texts among the different ones; NaN for the empty text."""
    _, ranks = np.unique(texts.astype(str), return_inverse=True)
    return np.where(texts == "", np.nan, ranks.astype(np.float64))
