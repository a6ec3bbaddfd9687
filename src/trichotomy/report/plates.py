"""The images of the items that most and fewest observers get right, out of the data set of a study."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from trichotomy.decisions import Decisions
from trichotomy.errors import InputError
from trichotomy.plots import Pairs, Plate
from trichotomy.plots.pairs import MOST_PAIRS
from trichotomy.plots.plates import MOST_IMAGES

LARGEST = 80
"""Pixels of the shorter side above which images are made smaller: a page with two plates stays small."""


def extreme_items(
    partition: xr.Dataset, learning: xr.Dataset | None, which: Literal["easiest", "hardest"]
) -> NDArray[np.intp]:
    """Positions of the items that most or fewest observers get right, the most extreme first, up to a plate's number.

    Among equals come first those that observers got right most (or least) often over all epochs, then those of the
    smaller id.

    Parameters
    ----------
    partition, learning
        Results of ``stats.partition`` and, where there are epochs, ``stats.learning_map`` of the same items.
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
    return np.asarray(order[known][:MOST_IMAGES])


def plate(
    d: Decisions, partition: xr.Dataset, positions: NDArray[np.intp], dataset: Any,
    which: Literal["easiest", "hardest"],
) -> Plate:  # fmt: skip
    """Take the images of items out of a data set's test split.

    Raises
    ------
    InputError
        The data set does not have these items.
    """
    from trichotomy.datasets import Augmentation

    split = dataset.test
    place = {item: k for k, item in enumerate(split.ids)}
    items = partition["item"].values[positions]
    missing = [str(item) for item in items if item not in place]
    if missing:
        msg = f"the data set '{dataset.name}' has no item '{missing[0]}' ({len(missing)} of {len(items)} are not in it)"
        raise InputError(msg)
    small = split.size is not None and min(split.size) <= LARGEST
    shown = Augmentation() if small else Augmentation(crop="centre", resize=LARGEST, size=LARGEST)
    images = split.images(np.array([place[item] for item in items]), shown)
    classes, target = d.attrs["classes"], d["target"].values[positions]
    labels = [str(classes[k]) if 0 <= k < len(classes) else str(k) for k in target]
    right = partition["right"].values[positions] / partition.attrs["observers"]
    return Plate(images, labels, right.tolist(), which)


def tricky_pairs(
    d: Decisions, partition: xr.Dataset, dataset: Any, easiest: NDArray[np.intp], hardest: NDArray[np.intp],
    rng: np.random.Generator,
) -> Pairs:  # fmt: skip
    """Pair easy with hard images, of one class where there are such; on which side the hard one stands is drawn.

    Parameters
    ----------
    easiest, hardest
        Positions of items, the most extreme first.

    Raises
    ------
    InputError
        As ``plate``.
    """
    target = d["target"].values
    left = list(easiest)
    chosen: list[tuple[int, int]] = []
    for hard in hardest[:MOST_PAIRS]:
        alike = [easy for easy in left if target[easy] == target[hard] and easy != hard]
        others = alike or [easy for easy in left if easy != hard]
        if others:
            left.remove(others[0])
            chosen.append((int(others[0]), int(hard)))
    flips = rng.random(len(chosen)) < 0.5
    positions = [pair if flip else pair[::-1] for pair, flip in zip(chosen, flips, strict=True)]
    shown = plate(d, partition, np.array(positions, dtype=np.intp).ravel(), dataset, "easiest")
    labels = list(zip(shown.labels[::2], shown.labels[1::2], strict=True))
    return Pairs(shown.images.reshape(-1, 2, *shown.images.shape[1:]), labels, flips.tolist())
