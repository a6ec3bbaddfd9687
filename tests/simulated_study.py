"""Decisions as a controlled study leaves them, without training: for tests of what is made from them."""

from __future__ import annotations

from typing import Any

import numpy as np

import trichotomy as tri
from trichotomy.datasets import Split
from trichotomy.decisions import provenance

CONDITIONS = {
    # condition: (networks, how much of base's own noise they copy, how much noise they share with all others)
    "base": (1, 1.0, 0.5), "nesterov": (1, 0.97, 0.5), "half-batch": (1, 0.75, 0.5), "initialization": (5, 0.0, 0.5),
    "learning-rate": (5, 0.3, 0.5), "nondeterministic": (5, 0.6, 0.5), "order": (5, 0.02, 0.5),
    "architecture": (1, 0.0, 0.2), "half-data": (2, 0.0, 0.15), "combined": (5, 0.0, 0.05),
}  # fmt: skip
EMULATED = "'nondeterministic' is an emulation: the examples of each batch were permuted instead."


def simulated_study(
    *,
    items: int = 300,
    split: Split | None = None,
    epochs: int = 6,
    longer: int = 3,
    classes: int = 10,
    label_errors: bool = True,
    dataset: dict[str, Any] | None = None,
    conditions: dict[str, tuple[int, float, float]] = CONDITIONS,
    rng: int = 0,
) -> tri.Decisions:
    """A study of latent difficulty and of noise that a network shares with base the less, the further its condition is.

    A network is right on an item where its skill at the epoch, less the item's difficulty, plus its noise (which drifts
    from epoch to epoch) is above 0. Base runs ``longer`` epochs more than the others; epoch 0 is chance. ``split``
    gives the items and their classes, where there are images of them.
    """
    draw = np.random.default_rng(rng)
    E = epochs + 1 + longer
    names, families, instances, parts = [], [], [], []
    for condition, (networks, copied, shared) in conditions.items():
        for k in range(networks):
            names.append(condition if networks == 1 else f"{condition}-{k + 1}")
            families.append(condition)
            instances.append(k)
            parts.append((copied, shared))
    items = items if split is None else len(split.ids)
    difficulty = draw.normal(0.0, 1.6, items)
    skill = 2.2 * (1 - np.exp(-np.arange(E) / (epochs / 3)))
    common, *own = (_drift(draw, E, items) for _ in range(len(names) + 1))
    noise = np.stack(
        [
            np.sqrt(shared) * common + np.sqrt(1 - shared) * (copied * own[0] + np.sqrt(1 - copied**2) * mine)
            for mine, (copied, shared) in zip(own, parts, strict=True)
        ]
    )
    right = skill[:, None] - difficulty + 0.8 * noise > 0
    right[:, 0] = draw.random(right[:, 0].shape) < 1 / classes
    target = np.arange(items) % classes if split is None else split.labels
    wrong = (target + 1 + draw.integers(classes - 1, size=right.shape)) % classes
    response = np.where(right, target, wrong)
    response[1:, epochs + 1 :] = -1
    flags = {"label_error": difficulty > np.quantile(difficulty, 0.97)} if label_errors else {}
    return tri.from_arrays(
        response,
        target=target,
        observers=names,
        epochs=range(E),
        items=[f"test/{i:05d}" for i in range(items)] if split is None else split.ids.tolist(),
        classes=[f"class {k + 1}" for k in range(classes)],
        observer_coords={
            "condition": np.array(families, dtype=object),
            "instance": np.array(instances),
            "planned_epochs": np.array([E, *[epochs + 1] * (len(names) - 1)]),
            "failure": np.array([""] * len(names), dtype=object),
            "architecture": np.array(["tiny-resnet"] * len(names), dtype=object),
        },
        item_coords=flags,
        provenance={**provenance(), "study": _record(names, families, longer, dataset)},
    )


def _drift(draw: np.random.Generator, epochs: int, items: int) -> np.ndarray:
    """Noise of unit variance per epoch and item, most of it kept from one epoch to the next."""
    steps = draw.normal(size=(epochs, items))
    for e in range(1, epochs):
        kept = 1 - 0.5 / e
        steps[e] = kept * steps[e - 1] + np.sqrt(1 - kept**2) * steps[e]
    return steps


def _record(
    names: list[str], families: list[str], longer: int, dataset: dict[str, Any] | None
) -> dict[str, Any]:
    members: dict[str, list[str]] = {}
    for name, family in zip(names, families, strict=True):
        members.setdefault(family, []).append(name)
    base = members.pop("base")
    compared: list[dict[str, Any]] = [
        {"condition": c, "observers": own, "references": base, "shift": 0} for c, own in members.items()
    ]
    compared += [
        {"condition": f"plus-{k}", "observers": base, "references": base, "shift": k}
        for k in dict.fromkeys((1, longer))
    ]
    if len(members.get("half-data", [])) > 1:
        first, second = members["half-data"]
        compared.append(
            {"condition": "different-data", "observers": [first], "references": [second], "shift": 0}
        )
    return {
        "recipe": "quick",
        "dataset": dataset or {"name": "gaussian", "options": {}, "data": None},
        "comparisons": compared,
        "conditions": [{"condition": c, "differs": f"what '{c}' changes"} for c in members],
        "notes": [EMULATED],
    }
