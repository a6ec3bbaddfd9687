"""Categorise: what is in the image? A forced choice among classes, as networks make it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from trichotomy.errors import InputError
from trichotomy.experiments.design.drawing import as_items, counts, enough, evenly
from trichotomy.experiments.design.schema import Item, Timing, Trial

if TYPE_CHECKING:
    import pandas as pd

MOST_CHOICES = 36
TIMING = Timing(fixation_ms=300, image_ms=200, mask=True, timeout_ms=1500)
"""As Geirhos et al. 2018 showed images: 200 ms, then a noise mask, 1.5 s to answer."""


def categorise(
    table: pd.DataFrame,
    *,
    n: int = 160,
    practice: int = 16,
    superclasses: bool = False,
    rng: int | np.random.Generator = 0,
) -> tuple[list[Item], list[Trial], tuple[str, ...]]:
    """Draw images as evenly over the classes as there are images, no image twice.

    Parameters
    ----------
    table
        Items that may be shown, as ``candidates`` gives them.
    n, practice
        Images of the main part and of the practice, over all classes.
    superclasses
        Choose among the annotation ``superclass`` instead of the targets' classes.

    Returns
    -------
    Items, trials, and the classes to choose from, sorted.

    Raises
    ------
    InputError
        No classes, one only, more than fit a screen, or too few images.
    """
    counts(n, practice)
    generator = np.random.default_rng(rng)
    column = "superclass" if superclasses else "class_name"
    known = table[table[column] != ""]
    choices = tuple(sorted(known[column].unique()))
    if len(choices) < 2:
        msg = (
            f"a choice needs two {'superclasses' if superclasses else 'classes'} or more and {len(choices)} are known; "
            f"{'annotate the items with superclass' if superclasses else 'read the decisions with --targets'}"
        )
        raise InputError(msg)
    if len(choices) > MOST_CHOICES:
        msg = (
            f"{len(choices)} classes do not fit a screen (at most {MOST_CHOICES}); annotate the items "
            "with superclass and choose --superclasses"
        )
        raise InputError(msg)
    enough(len(known), n + practice, "items of known class")
    mixed = known.iloc[generator.permutation(len(known))]
    main = evenly([mixed[mixed[column] == name] for name in choices], n, generator)
    rest = mixed[~mixed["item"].isin(main["item"])]
    first = evenly([rest[rest[column] == name] for name in choices], practice, generator)
    first = first.iloc[generator.permutation(len(first))]
    trials = [
        Trial(f"{name}-{k + 1}", phase, (str(item),), target=str(target))
        for name, phase, rows in (("practice", "practice", first), ("image", "main", main))
        for k, (item, target) in enumerate(zip(rows["item"], rows[column], strict=True))
    ]
    return [*as_items(first), *as_items(main)], trials, choices
