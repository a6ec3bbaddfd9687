"""What a data set is: two splits of labelled images, and how their pixels become a network's input."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trichotomy.datasets.augment import Augmentation
from trichotomy.datasets.checks import check_count, check_seed
from trichotomy.datasets.subset import stratified

Progress: TypeAlias = Callable[[str, int, int], None]
"""Called as ``progress(name, done, total)`` while images are read."""
SPLITS = ("train", "test")
IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)
"""What the paper's authors normalise ImageNet and CIFAR-100 with (their code; torchvision's usual constants)."""


class Split(Protocol):
    """Labelled images, sorted by id; what reads them may be anything that pickles."""

    @property
    def ids(self) -> NDArray[np.object_]:
        """object[N] of str: unique, and none of them in the data set's other split."""

    @property
    def labels(self) -> NDArray[np.int64]:
        """int64[N] class indices."""

    @property
    def channels(self) -> int:
        """Channels of every image: 1 (gray), 3 (red, green, blue) or as many as the data have."""

    @property
    def size(self) -> tuple[int, int] | None:
        """(height, width) in pixels, None where images differ or are read only when asked for."""

    @property
    def paths(self) -> NDArray[np.object_] | None:
        """object[N] of str: the images' files, relative to the data folder; None where they are no files."""

    def images(
        self,
        positions: ArrayLike,
        augmentation: Augmentation = ...,
        draws: NDArray[np.float64] | None = None,
    ) -> NDArray[np.uint8]:
        """uint8[n, C, H, W] of the items at ``positions``; ``draws`` are the rows of these: float64[n, 5]."""

    def content_hash(self) -> str:
        """SHA-256, as 64 hexadecimal digits, of ids, labels and images."""


@dataclass(frozen=True, slots=True)
class Dataset:
    """A training and a test split over the same classes.

    Parameters
    ----------
    name
        What ``load`` finds it under.
    classes
        Class names; ``classes[k]`` is label k.
    train, test
        The two splits; no id is in both.
    mean, std
        Per channel, of pixels scaled to 0..1: an input is ``(pixel / 255 - mean) / std``. ``(0, ...)`` and
        ``(1, ...)``: not normalised.
    options
        Plain JSON; ``load(name, data=..., **options)`` makes the same again.
    """

    name: str
    classes: tuple[str, ...]
    train: Split
    test: Split
    mean: tuple[float, ...]
    std: tuple[float, ...]
    options: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Loading:
    """What was asked of ``load`` beside a data set's own options.

    ``folder`` is where the data lie, None where none was named; ``train_items`` and ``test_items`` are sizes of
    subsets, None for all; ``cache`` is the folder of caches, where one is wanted.
    """

    name: str
    folder: Path | None = None
    train_items: int | None = None
    test_items: int | None = None
    seed: int = 0
    progress: Progress | None = None
    cache: Path | None = None

    def __post_init__(self) -> None:
        check_seed(self.seed)
        for what, count in (("train_items", self.train_items), ("test_items", self.test_items)):
            if count is not None:
                check_count(what, count)

    def chosen(self, split: str, labels: NDArray[np.int64]) -> NDArray[np.int64]:
        """Positions of the items wanted of a split, increasing; ``labels`` are those of all, sorted by id."""
        count = self.train_items if split == "train" else self.test_items
        if count is None:
            return np.arange(len(labels))
        return stratified(labels, count, seed=self.seed, split=SPLITS.index(split), what=f"{split}_items")
