"""Observers of several families on items whose difficulty and discrimination differ."""

from __future__ import annotations

import numpy as np

import trichotomy as tri


def population(
    families: int = 8, each: int = 3, items: int = 1500, *, answers: float = 1.0, seed: int = 0
) -> tri.Decisions:
    """2PL decisions; a family shares a third of its luck."""
    rng = np.random.default_rng(seed)
    family = np.repeat(np.arange(families), each)
    ability = 0.8 * rng.normal(size=families)[family] + 0.6 * rng.normal(size=len(family)) + 1
    difficulty, discrimination = rng.normal(0, 2.5, items), np.exp(0.6 * rng.normal(size=items))
    p = 1 / (1 + np.exp(-discrimination * (ability[:, None] - difficulty)))
    own, shared = rng.random((len(family), items)), rng.random((families, items))[family]
    luck = np.where(rng.random((len(family), items)) < 1 / 3, shared, own)
    correct = (luck < p).astype(np.int8)
    correct[rng.random(correct.shape) > answers] = -1
    target = rng.integers(5, size=items)
    return tri.from_arrays(
        correct=correct, target=target,
        observers=[f"net-{f}-{k}" for k, f in enumerate(family)],
        observer_coords={"condition": np.array([f"family {f}" for f in family], dtype=object)},
        item_coords={"row": rng.permutation(items), "source": np.array(["s0", "s1", "s2"])[np.arange(items) % 3]},
    )  # fmt: skip
