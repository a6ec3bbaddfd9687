"""What came of an evaluation: top-1 of each model beside what it should be, and what is to be doubted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from trichotomy.decisions import Store
from trichotomy.decisions.schema import FAILURE, MISSING, few

if TYPE_CHECKING:
    from trichotomy.evaluation.entries import Entry
    from trichotomy.evaluation.images import Images

POINT = 0.01
"""A deviation of top-1 that is worth a warning, unless it is within three standard errors."""
ERRORS = 3.0
FEWEST = 100
"""Items from which on accuracy at chance is worth a warning."""


@dataclass(frozen=True, slots=True)
class Result:
    """One model's.

    Attributes
    ----------
    id
        The observer.
    top1
        Share right of the items with a target; NaN where there is none, or the model failed.
    expected, expected_source
        What it should be, and who says so; None where nobody does.
    failure
        Why there are no decisions, or not all features that were asked for; empty where there are.
    """

    id: str
    top1: float
    expected: float | None
    expected_source: str
    failure: str


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What came of an evaluation.

    Attributes
    ----------
    store
        The decisions.
    results
        Of all models, in their order.
    items
        How many images there are.
    warnings
        Sentences about what is to be doubted.
    notes
        Sentences about what was done.
    unreadable
        How many of the images could not be decoded; no model was asked about them.
    """

    store: Store
    results: tuple[Result, ...]
    items: int
    warnings: tuple[str, ...]
    notes: tuple[str, ...]
    unreadable: int = 0

    @property
    def failed(self) -> tuple[Result, ...]:
        """Models that lack decisions, or features that were asked for."""
        return tuple(result for result in self.results if result.failure)

    def as_plain(self) -> dict[str, Any]:
        """As plain JSON; NaN is None."""
        return {
            "schema": 1,
            "store": self.store.path,
            "items": self.items,
            "unreadable": self.unreadable,
            "models": [
                {
                    "id": r.id, "top1": None if np.isnan(r.top1) else r.top1, "expected": r.expected,
                    "expected_source": r.expected_source or None, "failure": r.failure or None,
                }
                for r in self.results
            ],
            "warnings": list(self.warnings),
            "notes": list(self.notes),
        }  # fmt: skip


def outcome(store: Store, wanted: Sequence[Entry], images: Images) -> Evaluation:
    """Read from the store what came of its models; warnings are noted in it."""
    d = store.read()
    known = images.targets >= 0
    about = store.provenance.get("models", {})
    lacking = store.provenance.get("features_lacking", {})
    done = {entry.id: bool(store.done_by(entry.id)[0]) for entry in wanted}
    failures = dict(zip(d["observer"].values.tolist(), d[FAILURE].values.tolist(), strict=True))
    results = []
    unreadable = np.zeros(len(images.ids), bool)
    for k, entry in enumerate(wanted):
        right = float("nan")
        if done[entry.id]:
            response = d["response"][k, 0].values
            unreadable |= response == MISSING
            asked = known & (response != MISSING)
            if asked.any():
                right = float((response[asked] == images.targets[asked]).mean())
        stated = about.get(entry.id, {})
        failure = lacking.get(entry.id, "") if done[entry.id] else failures[entry.id] or "not evaluated yet"
        results.append(
            Result(entry.id, right, stated.get("expected"), stated.get("expected_source", ""), failure)
        )
    n = int((known & ~unreadable).sum())
    warnings = [text for r in results for text in _doubts(r, n, len(images.classes))]
    lost = images.ids[unreadable].tolist()
    if lost:
        warnings.append(
            f"{len(lost)} of {len(images.ids)} images cannot be read, and their decisions are missing for all models: "
            f"{few(lost)}; copy them again and evaluate anew"
        )
    widths = {known["outputs"] for known in about.values() if "outputs" in known}
    if not images.classes and len(widths) > 1:
        warnings.append(
            f"the models have {', '.join(map(str, sorted(widths)))} outputs, and the images no classes to match them "
            "with: equal responses may mean different classes"
        )
    store.note(warnings=warnings)
    return Evaluation(
        store, tuple(results), len(images.ids), tuple(warnings), tuple(_notes(images, about)), len(lost)
    )


def _doubts(result: Result, n: int, classes: int) -> list[str]:
    if np.isnan(result.top1):
        return []
    chance = 1 / classes if classes > 1 else float("nan")
    if n >= FEWEST and abs(result.top1 - chance) <= ERRORS * np.sqrt(chance * (1 - chance) / n):
        return [
            f"{result.id} is right on {result.top1:.1%} of the images, as by chance: is the order of its classes that "
            "of the data, and its transform the one that it was trained with?"
        ]
    if result.expected is None:
        return []
    allowed = max(POINT, ERRORS * float(np.sqrt(result.expected * (1 - result.expected) / n)))
    if abs(result.top1 - result.expected) <= allowed:
        return []
    return [
        f"{result.id} reaches {result.top1:.1%} where {result.expected:.1%} is expected"
        f"{f' ({result.expected_source})' if result.expected_source else ''}: check the order of its classes, its "
        "transform (resize, interpolation, mean and std), its weights, and that these are the images meant"
    ]


def _notes(images: Images, about: Any) -> list[str]:
    notes = []
    if not (images.targets >= 0).any():
        notes.append("the images have no targets: responses are recorded, and nothing can be right or wrong")
    unknown = int((images.targets < 0).sum())
    if 0 < unknown < len(images.targets):
        notes.append(f"{unknown} of {len(images.targets)} images have no target")
    left_out = images.source.get("left_out", 0)
    if left_out:
        notes.append(f"{left_out} images are left out: the mapping does not have their classes")
    unchecked = [
        name for name, known in about.items() if str(known.get("classes", "")).startswith("by order")
    ]
    if unchecked:
        notes.append(
            f"the classes of {', '.join(unchecked[:3])}{' and others' if len(unchecked) > 3 else ''} were taken in the "
            "data's order, since their names could not be compared"
        )
    opaque = [name for name, known in about.items() if known.get("transform_compared") is False]
    if opaque:
        notes.append(
            f"the transform of {few(opaque)} is code that does not say what it does: it could not be compared with the "
            "one that was begun with"
        )
    return notes
