"""The items of a view as a table, or as a subset: their ids, and how they were chosen."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from trichotomy.browse.catalogue import DIFFICULTIES, Catalogue
from trichotomy.browse.choosing import chosen
from trichotomy.browse.views import View
from trichotomy.spreadsheets import csv_text


def to_csv(c: Catalogue, view: View) -> str:
    """One row per item: id, target, observers right, class of difficulty, learning, annotations, a pair's answers."""
    found = chosen(c, view)
    columns: dict[str, Any] = {
        "item": c.items[found],
        "target": [c.class_name(int(k)) if k >= 0 else "" for k in c.target[found]],
        "right": c.number_right[found],
        "observers": c.number_asked[found],
        "difficulty": [DIFFICULTIES[k] for k in c.category[found]],
        "different_answers": c.answers[found],
    }
    for name, values in (
        ("first_learned", c.first),
        ("finally_learned", c.final),
        ("forgotten", c.forgotten),
    ):
        if values is not None:
            columns[name] = ["never" if v == np.inf else v for v in values[found].tolist()]
    for who in (view.a, view.b):
        if who is not None:
            name = str(c.observers[who])
            columns[f"{name}: right"] = [v if v >= 0 else None for v in c.right[who, found].tolist()]
            if c.response is not None:
                columns[f"{name}: answer"] = [c.class_name(int(k)) for k in c.response[who, found]]
    for name, note in c.notes.items():
        columns[f"annotation: {name}" if name in columns else name] = note.values[found]
    return csv_text(columns)


def to_json(c: Catalogue, view: View, asked: Sequence[tuple[str, str]]) -> str:
    """Write the ids of the items, what was asked for, and of which decisions."""
    subset = {
        "items": [str(item) for item in c.items[chosen(c, view)]],
        "count": len(chosen(c, view)),
        "of": len(c.items),
        "source": c.title,
        "epoch": c.epoch,
        "observers": [str(name) for name in c.observers],
        "chosen_by": [[name, value] for name, value in asked if value],
    }
    return json.dumps(subset, indent=1) + "\n"


def to_text(c: Catalogue, view: View) -> str:
    """Write the ids, one on each line; a line break within one becomes a space."""
    return "".join(" ".join(str(item).splitlines()) + "\n" for item in c.items[chosen(c, view)])
