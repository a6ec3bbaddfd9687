"""Decisions drawn from a known distribution of item difficulty."""

from __future__ import annotations

from typing import Any

import numpy as np

from trichotomy.decisions.provenance import provenance
from trichotomy.decisions.schema import Decisions, from_arrays


def simulate(
    observers: int = 12,
    items: int = 5000,
    *,
    classes: int = 10,
    difficulty: tuple[float, float] = (0.75, 0.3),
    conditions: int = 4,
    likeness: float = 0.3,
    label_errors: float = 0.03,
    rng: int | np.random.Generator = 0,
) -> Decisions:
    """Draw decisions of observers in a few conditions on items whose difficulty is known.

    Item i is answered rightly with probability p_i ~ Beta(``difficulty``). Within a condition a decision is,
    with probability ``likeness``, the condition's own decision on that item, drawn once from the same p_i, so
    siblings agree beyond what difficulty explains. Wrong answers are uniform over the other classes. On a
    share ``label_errors`` of items, flagged by the annotation ``label_error``, the recorded target is wrong,
    so that nearly all observers count as wrong there.

    Returns
    -------
    Decisions
        ``observers`` x 1 epoch x ``items``, with the annotation ``difficulty`` = 1 - p_i.
    """
    seed = rng if isinstance(rng, int) else None
    draw = np.random.default_rng(rng)
    p = draw.beta(*difficulty, size=items)
    truth = draw.integers(classes, size=items)
    condition = np.arange(observers) % conditions
    shared = draw.random((conditions, items)) < p
    own = draw.random((observers, items)) < p
    right = np.where(draw.random((observers, items)) < likeness, shared[condition], own)
    wrong_class = (truth + 1 + draw.integers(classes - 1, size=(observers, items))) % classes
    response = np.where(right, truth, wrong_class)
    mislabelled = draw.random(items) < label_errors
    target = np.where(mislabelled, (truth + 1 + draw.integers(classes - 1, size=items)) % classes, truth)
    names = [f"condition-{c + 1}" for c in condition]
    instance = np.arange(observers) // conditions
    configuration: dict[str, Any] = {
        "observers": observers, "items": items, "classes": classes, "difficulty": list(difficulty),
        "conditions": conditions, "likeness": likeness, "label_errors": label_errors, "seed": seed,
    }  # fmt: skip
    return from_arrays(
        response,
        target=target,
        observers=[f"{name}/{k + 1}" for name, k in zip(names, instance, strict=True)],
        items=[f"item-{i:05d}" for i in range(items)],
        classes=[f"class {k}" for k in range(classes)],
        observer_coords={"condition": np.array(names, dtype=object), "instance": instance},
        item_coords={"difficulty": 1 - p, "label_error": mislabelled},
        provenance=provenance(
            configuration={"simulation": configuration},
            warnings=[
                "these decisions are simulated from a known distribution of difficulty; no model made them"
            ],
        ),
    )
