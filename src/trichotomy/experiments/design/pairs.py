"""Pairs: which of two images is easier for a network? One is trivial, one impossible."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from trichotomy.experiments.design.drawing import POOL, as_items, balanced_sides, counts, enough, pool
from trichotomy.experiments.design.schema import Item, Trial

if TYPE_CHECKING:
    import pandas as pd


def pairs(
    table: pd.DataFrame,
    *,
    n: int = 80,
    practice: int = 5,
    match_class: bool = False,
    size: int = POOL,
    rng: int | np.random.Generator = 0,
) -> tuple[list[Item], list[Trial]]:
    """Draw pairs of a trivial and an impossible image, no image twice; sides are balanced.

    Parameters
    ----------
    table
        Items that may be shown, as ``candidates`` gives them.
    n, practice
        Pairs of the main part and of the practice; defaults as published.
    match_class
        Both images of a pair have the same target.
    size
        Only the ``size`` items most often right of the trivial ones, and least often of the impossible ones, are drawn.

    Raises
    ------
    InputError
        There are too few.

    References
    ----------
    Meding et al. 2022, experiment 1.
    """
    counts(n, practice)
    generator = np.random.default_rng(rng)
    easy, hard = (pool(table, name, size=size, rng=generator) for name in ("trivial", "impossible"))
    if match_class:
        easy, hard = _matched(easy, hard, generator)
        enough(len(easy), n + practice, "pairs of a trivial and an impossible item of one class")
    enough(len(easy), n + practice, "trivial items")
    enough(len(hard), n + practice, "impossible items")
    easier, harder = as_items(easy.iloc[: n + practice]), as_items(hard.iloc[: n + practice])
    sides = balanced_sides(practice, generator) + balanced_sides(n, generator)
    trials = [
        Trial(
            f"practice-{k + 1}" if k < practice else f"pair-{k - practice + 1}",
            "practice" if k < practice else "main",
            (a.item, b.item),
            side,
        )
        for k, (a, b, side) in enumerate(zip(easier, harder, sides, strict=True))
    ]
    return [item for pair in zip(easier, harder, strict=True) for item in pair], trials


def _matched(
    easy: pd.DataFrame, hard: pd.DataFrame, rng: np.random.Generator
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows of both in which those of one place have the same class, in random order."""
    left: dict[str, list[int]] = {}
    for k, name in enumerate(hard["class_name"]):
        left.setdefault(name, []).append(k)
    places = [(k, left[name].pop()) for k, name in enumerate(easy["class_name"]) if name and left.get(name)]
    order = rng.permutation(len(places))
    return easy.iloc[[places[k][0] for k in order]], hard.iloc[[places[k][1] for k in order]]
