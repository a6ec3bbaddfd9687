"""Ratings: single images of all three classes of difficulty, and questions about each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from trichotomy.experiments.design.drawing import POOL, as_items, counts, enough, evenly, pool
from trichotomy.experiments.design.schema import Item, Trial

if TYPE_CHECKING:
    import pandas as pd

CLASSES = ("trivial", "in-between", "impossible")


def ratings(
    table: pd.DataFrame,
    *,
    n: int = 100,
    practice: int = 6,
    size: int = POOL,
    rng: int | np.random.Generator = 0,
) -> tuple[list[Item], list[Trial]]:
    """Draw images of the three classes of difficulty, no image twice.

    Parameters
    ----------
    table
        Items that may be shown, as ``candidates`` gives them.
    n, practice
        Images per class of difficulty, and images to practise with (as evenly over the classes as there are images);
        defaults as published.
    size
        As in ``pairs``.

    Raises
    ------
    InputError
        There are too few.

    References
    ----------
    Meding et al. 2022, experiment 2.
    """
    counts(n, practice)
    generator = np.random.default_rng(rng)
    pools = {name: pool(table, name, size=size, rng=generator) for name in CLASSES}
    for name, rows in pools.items():
        enough(len(rows), n, f"{name} items")
    enough(sum(map(len, pools.values())), 3 * n + practice, "items")
    first = as_items(evenly([rows.iloc[n:] for rows in pools.values()], practice, generator))
    main = as_items(evenly([rows.iloc[:n] for rows in pools.values()], 3 * n, generator))
    first = [first[k] for k in generator.permutation(len(first))]
    trials = [Trial(f"practice-{k + 1}", "practice", (item.item,)) for k, item in enumerate(first)]
    trials += [Trial(f"rating-{k + 1}", "main", (item.item,)) for k, item in enumerate(main)]
    return [*first, *main], trials
