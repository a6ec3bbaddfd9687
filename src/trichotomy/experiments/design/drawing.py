"""Drawing items and trials for a design: what the kinds of experiment share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from trichotomy.errors import InputError
from trichotomy.experiments.design.schema import Item

if TYPE_CHECKING:
    import pandas as pd

POOL = 1000
"""Most and least often right items that pairs and ratings are drawn from, as Meding et al. 2022 did."""


def pool(table: pd.DataFrame, difficulty: str, *, size: int | None, rng: np.random.Generator) -> pd.DataFrame:
    """Items of one class of difficulty in random order; of the extremes only the ``size`` most extreme.

    Ties at the edge are broken at random.
    """
    of_class = table[table["difficulty"] == difficulty]
    mixed = of_class.iloc[rng.permutation(len(of_class))]
    if size is None or difficulty == "in-between" or len(mixed) <= size:
        return mixed
    order = np.argsort(
        mixed["mean_correct"].to_numpy() * (-1 if difficulty == "trivial" else 1), kind="stable"
    )
    return mixed.iloc[np.sort(order[:size])]


def enough(have: int, need: int, what: str) -> None:
    """Refuse to draw more than there is."""
    if have < need:
        msg = (
            f"{need} {what} are needed and {have} have an image and are not left out; ask for fewer trials (--n, "
            "--practice), allow a --tolerance, or choose the observers with --from"
        )
        raise InputError(msg)


def counts(n: int, practice: int) -> None:
    """Check the numbers of trials."""
    if n < 1 or practice < 0:
        msg = f"an experiment needs 1 trial or more and no fewer than 0 of practice; got {n} and {practice}"
        raise InputError(msg)


def as_items(rows: pd.DataFrame) -> list[Item]:
    """Make items of rows of candidates."""
    return [_item(row) for row in rows.to_dict("records")]


def balanced_sides(n: int, rng: np.random.Generator) -> list[str]:
    """Left and right, equally often (to one), in random order."""
    sides = np.array(["left", "right"])[(np.arange(n) + rng.integers(2)) % 2]
    return [str(s) for s in rng.permutation(sides)]


def evenly(groups: Sequence[pd.DataFrame], n: int, rng: np.random.Generator) -> pd.DataFrame:
    """Draw ``n`` rows, as evenly over the groups as they allow; which groups give one more is random."""
    import pandas as pd

    taken = [0] * len(groups)
    left = min(n, sum(map(len, groups)))
    while left:
        open_ones = [k for k, group in enumerate(groups) if taken[k] < len(group)]
        for k in rng.permutation(open_ones)[:left]:
            taken[int(k)] += 1
            left -= 1
    return pd.concat([group.iloc[:count] for group, count in zip(groups, taken, strict=True)])


def _item(row: dict[Any, Any]) -> Item:
    error = row["label_error"]
    return Item(
        item=str(row["item"]),
        path=str(row["path"]),
        class_name=str(row["class_name"]),
        difficulty=str(row["difficulty"]),
        mean_correct=_known(row["mean_correct"]),
        p_target=_known(row["p_target"]),
        label_error=None if error is None else bool(error),
    )


def _known(number: float) -> float | None:
    return None if np.isnan(number) else float(number)
