"""What the page is told: the catalogue, a piece of a view, an item, a pair of observers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trichotomy import estimators
from trichotomy.browse.catalogue import DIFFICULTIES, Catalogue
from trichotomy.browse.choosing import chosen, differ_in_answer
from trichotomy.browse.views import SORTS, View

PIECE = 60
MOST = 240
SNIPPET = 280
"""Characters of a text in the gallery."""
CONFUSIONS = 24
Address = Callable[[int], str | None]
"""Where the thumbnail of an item is, None where it has no image."""


def about(c: Catalogue, *, images: int) -> Mapping[str, Any]:
    """Describe the catalogue."""
    accuracy = [_share(int((row == 1).sum()), int((row >= 0).sum())) for row in c.right]
    learned = c.first is not None
    return {
        "title": c.title,
        "items": len(c.items),
        "images": images,
        "texts": c.texts is not None,
        "epoch": c.epoch,
        "epochs": c.epochs.tolist(),
        "learned": learned,
        "answers": c.response is not None,
        "classes": [str(name) for name in c.classes] or _unnamed(c),
        "named": bool(c.classes),
        "difficulties": list(DIFFICULTIES[::-1]) if (c.category < 0).any() else list(DIFFICULTIES[2::-1]),
        "observers": [
            {"name": str(name), "condition": str(condition), "accuracy": share}
            for name, condition, share in zip(c.observers, c.conditions, accuracy, strict=True)
        ],
        "annotations": [
            {"name": name, "kind": note.kind, "choices": list(note.choices)} for name, note in c.notes.items()
        ],
        "sorts": [s for s in SORTS if learned or s not in ("first", "final", "forgotten")],
        "remarks": list(c.remarks),
        "piece": PIECE,
    }


def piece(c: Catalogue, view: View, address: Address, *, at: int, count: int) -> Mapping[str, Any]:
    """Items of a view from the one at ``at`` on, and how many of each class of difficulty would be in it."""
    found = chosen(c, view)
    any_difficulty = chosen(c, replace(view, difficulty=(), sort="given", down=False))
    codes = c.category[any_difficulty].astype(np.int64) % len(DIFFICULTIES)
    counts = np.bincount(codes, minlength=len(DIFFICULTIES))
    return {
        "total": len(found),
        "of": len(c.items),
        "at": at,
        "difficulties": dict(zip(DIFFICULTIES, counts.tolist(), strict=True)),
        "items": [_brief(c, int(k), view, address) for k in found[at : at + count]],
    }


def item(c: Catalogue, position: int, view: View, address: Address) -> Mapping[str, Any]:
    """Describe an item: annotations, every observer's answers over the epochs, and its neighbours in a view."""
    found = chosen(c, view)
    here = np.flatnonzero(found == position)
    at = int(here[0]) if here.size else -1
    response, correct = c.histories.of(position)
    said = [] if response is None else sorted({int(v) for v in np.unique(response)} - {-1})
    now = c.right[:, position]
    return {
        **_brief(c, position, view, address),
        "text": None if c.texts is None else str(c.texts[position]),
        "annotations": {
            name: value for name, note in c.notes.items() if (value := note.shown(position)) is not None
        },
        "answers": int(c.answers[position]),
        "forgotten": None if c.forgotten is None else _number(c.forgotten[position]),
        "observers": [
            {
                "now": int(now[m]),
                "says": None if c.response is None else int(c.response[m, position]),
                "first": int(c.histories.first[m, position]),
                "final": int(c.histories.final[m, position]),
                "right": "".join("01-"[v] for v in correct[m]),
                "answers": None if response is None or len(c.epochs) == 1 else response[m].tolist(),
            }
            for m in range(len(c.observers))
        ],
        "names": {str(k): c.class_name(k) for k in said},
        "at": at,
        "total": len(found),
        "before": int(found[at - 1]) if at > 0 else None,
        "after": int(found[at + 1]) if 0 <= at < len(found) - 1 else None,
    }


def pair(c: Catalogue, view: View) -> Mapping[str, Any]:
    """Where two observers differ, on the items of a view that does not ask for how they differ."""
    assert view.a is not None
    assert view.b is not None
    found = chosen(c, view)
    a, b = c.right[view.a, found], c.right[view.b, found]
    shared = (a >= 0) & (b >= 0)
    cells = [int(np.count_nonzero(shared & (a == x) & (b == y))) for x, y in ((1, 1), (1, 0), (0, 1), (0, 0))]
    kappa = float(estimators.kappa(estimators.Cells(*(np.array(float(n)) for n in cells))))
    different = differ_in_answer(c, view.a, view.b)[found]
    return {
        "a": str(c.observers[view.a]),
        "b": str(c.observers[view.b]),
        "items": int(shared.sum()),
        "both": cells[0],
        "only_a": cells[1],
        "only_b": cells[2],
        "neither": cells[3],
        "kappa": _number(kappa),
        "answers": int(different.sum()) if c.response is not None else None,
        "confusions": _confusions(c, view, found[different]) if c.response is not None else [],
    }


def _confusions(c: Catalogue, view: View, items: NDArray[np.int64]) -> list[Mapping[str, Any]]:
    """The pairs of different answers that are given most often."""
    assert c.response is not None
    said = np.stack([c.response[who, items] for who in (view.a, view.b) if who is not None])
    if not said.size:
        return []
    most = int(said.max()) + 3  # no answer is -2
    codes, counts = np.unique((said[0].astype(np.int64) + 2) * most + said[1] + 2, return_counts=True)
    first = np.argsort(-counts, kind="stable")[:CONFUSIONS]
    return [
        {"a": c.class_name(int(code) // most - 2), "b": c.class_name(int(code) % most - 2), "items": int(n)}
        for code, n in zip(codes[first], counts[first], strict=True)
    ]


def _brief(c: Catalogue, position: int, view: View, address: Address) -> dict[str, Any]:
    text = None if c.texts is None else str(c.texts[position])
    brief: dict[str, Any] = {
        "index": position,
        "item": str(c.items[position]),
        "target": c.class_name(int(c.target[position])) if c.target[position] >= 0 else None,
        "right": int(c.number_right[position]),
        "asked": int(c.number_asked[position]),
        "difficulty": DIFFICULTIES[c.category[position]],
        "image": address(position),
        "snippet": None if text is None else text[:SNIPPET] + ("…" if len(text) > SNIPPET else ""),
    }
    if c.first is not None and c.final is not None:
        brief |= {"first": _epoch(c.first[position]), "final": _epoch(c.final[position])}
    for name, who in (("a", view.a), ("b", view.b)):
        if who is not None:
            says = None if c.response is None else c.class_name(int(c.response[who, position]))
            brief[name] = {"right": int(c.right[who, position]), "says": says}
    return brief


def _unnamed(c: Catalogue) -> list[str]:
    most = max(int(c.target.max(initial=-1)), -1 if c.response is None else int(c.response.max(initial=-1)))
    return [str(k) for k in range(most + 1)]


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _epoch(value: float) -> float | str | None:
    return "never" if np.isposinf(value) else _number(value)
