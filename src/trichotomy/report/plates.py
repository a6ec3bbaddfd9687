"""The images of the items that most and fewest observers get right."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from trichotomy.datasets.depicted import ItemImages
from trichotomy.decisions import Decisions
from trichotomy.plots import Pairs, Plate
from trichotomy.plots.pairs import MOST_PAIRS
from trichotomy.plots.plates import MOST_IMAGES

LARGEST = 80
"""Pixels of the shorter side above which images are made smaller: a page with two plates stays small."""


def extreme_items(
    partition: xr.Dataset,
    learning: xr.Dataset | None,
    which: Literal["easiest", "hardest"],
    *,
    there: NDArray[np.bool_] | None = None,
) -> NDArray[np.intp]:
    """Positions of the items that most or fewest observers get right, the most extreme first, up to a plate's number.

    Among equals come first those that observers got right most (or least) often over all epochs, then those of the
    smaller id.

    Parameters
    ----------
    partition, learning
        Results of ``stats.partition`` and, where there are epochs, ``stats.learning_map`` of the same items.
    there
        bool[N]: items that may be taken; default all.
    """
    sign = -1 if which == "easiest" else 1
    over_epochs = np.zeros(partition.sizes["item"])
    if learning is not None:
        shares, weights = learning["share_right"].values, learning["observers"].values[:, None]
        weights = np.where(np.isfinite(shares), weights, 0)
        total = weights.sum(axis=0)
        right = (np.nan_to_num(shares) * weights).sum(axis=0)
        # a float32 share times its number of observers: rounded, equal ones are equal
        over_epochs = np.round(right / np.maximum(total, 1), 6)
    order = np.lexsort(
        (partition["item"].values.astype(str), sign * over_epochs, sign * partition["right"].values)
    )
    known = partition["category"].values[order] >= 0
    if there is not None:
        known &= there[order]
    return np.asarray(order[known][:MOST_IMAGES])


def plate(
    d: Decisions, partition: xr.Dataset, positions: NDArray[np.intp], images: ItemImages,
    which: Literal["easiest", "hardest"],
) -> Plate:  # fmt: skip
    """Show images of items, with their classes and the shares of observers right.

    Raises
    ------
    InputError
        An item has no image.
    """
    right = partition["right"].values[positions] / partition.attrs["observers"]
    return Plate(images.pixels(positions, LARGEST), class_names(d, positions), right.tolist(), which)


def class_names(d: Decisions, positions: NDArray[np.intp]) -> list[str]:
    """Name the classes of items; numbers where there are no names."""
    classes, target = d.attrs["classes"], d["target"].values[positions]
    return [str(classes[k]) if 0 <= k < len(classes) else str(k) for k in target]


def tricky_positions(
    target: NDArray[Any], easiest: NDArray[np.intp], hardest: NDArray[np.intp], rng: np.random.Generator
) -> tuple[NDArray[np.intp], list[bool]]:
    """Pair easy with hard items, of one class where there are such.

    Parameters
    ----------
    target
        int[N] class indices.
    easiest, hardest
        Positions of items, the most extreme first.

    Returns
    -------
    intp[n, 2], the left item of each pair first, and whether the right one is the hard one, which is drawn.
    """
    left = list(easiest)
    chosen: list[tuple[int, int]] = []
    for hard in hardest[:MOST_PAIRS]:
        alike = [easy for easy in left if target[easy] == target[hard] and easy != hard]
        others = alike or [easy for easy in left if easy != hard]
        if others:
            left.remove(others[0])
            chosen.append((int(others[0]), int(hard)))
    flips = rng.random(len(chosen)) < 0.5
    pairs = [pair if flip else pair[::-1] for pair, flip in zip(chosen, flips, strict=True)]
    return np.array(pairs, dtype=np.intp).reshape(-1, 2), flips.tolist()


def tricky_pairs(
    d: Decisions, partition: xr.Dataset, images: ItemImages, positions: NDArray[np.intp], right_is_hard: list[bool]
) -> Pairs:  # fmt: skip
    """Show the pairs of ``tricky_positions``.

    Raises
    ------
    InputError
        As ``plate``.
    """
    shown = plate(d, partition, positions.ravel(), images, "easiest")
    labels = list(zip(shown.labels[::2], shown.labels[1::2], strict=True))
    return Pairs(shown.images.reshape(-1, 2, *shown.images.shape[1:]), labels, right_is_hard)
