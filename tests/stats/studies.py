"""A small study, as its store would hold it, and slow definitions of what is computed from it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

import trichotomy as tri

LAST, LONGER = 4, 2
"""The last epoch of every network, and how much longer base runs."""
NETWORKS = {"base": 1, "nesterov": 1, "initialization": 3, "order": 2, "half-data": 2}
OBSERVERS = [c if n == 1 else f"{c}-{k + 1}" for c, n in NETWORKS.items() for k in range(n)]
CONDITIONS = [c for c, n in NETWORKS.items() for _ in range(n)]


def members(condition: str) -> list[str]:
    return [o for o, c in zip(OBSERVERS, CONDITIONS, strict=True) if c == condition]


def record() -> dict[str, Any]:
    """What a study notes about itself."""
    to_base = [
        {"condition": c, "observers": members(c), "references": ["base"], "shift": 0}
        for c in NETWORKS
        if c != "base"
    ]
    later = [
        {"condition": f"plus-{k}", "observers": ["base"], "references": ["base"], "shift": k}
        for k in (1, LONGER)
    ]
    apart = {
        "condition": "different-data", "observers": ["half-data-1"], "references": ["half-data-2"], "shift": 0
    }  # fmt: skip
    return {
        "recipe": "quick",
        "dataset": {"name": "gaussian", "options": {}, "data": None},
        "comparisons": [*to_base, *later, apart],
        "notes": ["nondeterministic is emulated."],
    }


def study(items: int = 160, seed: int = 5, *, missing: float = 0.0, **changes: Any) -> tri.Decisions:
    """Nine networks over epochs 0 to 4, base over 0 to 6; four classes; siblings are alike."""
    rng = np.random.default_rng(seed)
    epochs = LAST + LONGER + 1
    target = np.arange(items) % 4
    ease = rng.beta(1.2, 0.8, size=items)
    shared = rng.random(items)
    response = np.full((len(OBSERVERS), epochs, items), tri.MISSING, dtype=np.int16)
    for m, condition in enumerate(CONDITIONS):
        for e in range(epochs if condition == "base" else LAST + 1):
            draw = np.where(rng.random(items) < 0.5, shared, rng.random(items))
            right = draw < ease * (1 - np.exp(-(e + 0.5)))
            response[m, e] = np.where(right, target, (target + 1 + rng.integers(3, size=items)) % 4)
    response[rng.random(response.shape) < missing] = tri.MISSING
    coords = {
        "condition": np.array(CONDITIONS, dtype=object),
        "instance": [k for n in NETWORKS.values() for k in range(n)],
        "planned_epochs": [epochs if c == "base" else LAST + 1 for c in CONDITIONS],
        "failure": np.full(len(OBSERVERS), "", dtype=object),
    }
    return tri.from_arrays(
        response, target=target, observers=OBSERVERS, epochs=range(epochs), classes=["1", "2", "3", "4"],
        observer_coords=coords, item_coords={"label_error": rng.random(items) < 0.1},
        provenance={"study": {**record(), **changes}},
    )  # fmt: skip


def right(d: tri.Decisions, observer: str, epoch: int) -> NDArray[np.int8]:
    """int8[N] of one reading."""
    return tri.correctness(d).sel(observer=observer, epoch=epoch).values


def kappa(a: NDArray[np.int8], b: NDArray[np.int8]) -> float:
    """Error consistency by its definition, over the items that both answered."""
    both = [(x, y) for x, y in zip(a.tolist(), b.tolist(), strict=True) if x >= 0 and y >= 0]
    if not both:
        return np.nan
    p, q = (sum(side) / len(both) for side in zip(*both, strict=True))
    expected = p * q + (1 - p) * (1 - q)
    observed = sum(x == y for x, y in both) / len(both)
    return (observed - expected) / (1 - expected) if expected < 1 else np.nan
