"""The paper's Gaussian images: class i is noise of mean 128 and standard deviation i, pixel by pixel.

A byte is the inverse of the rounded, clipped normal distribution at 32 random bits, so that image k of a class is
always made of the same bits: alone, with all others, and whatever the NumPy version's normal generator does.
"""

from __future__ import annotations

from functools import lru_cache
from math import erfc, prod, sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trichotomy.datasets.arrays import IN_MEMORY, ArraySplit
from trichotomy.datasets.augment import UNCHANGED, Augmentation, augment
from trichotomy.datasets.checks import check_count, check_flag
from trichotomy.datasets.dataset import SPLITS, Dataset, Loading, Split
from trichotomy.datasets.hashing import digest
from trichotomy.datasets.streams import stream
from trichotomy.datasets.threads import spread

MEAN = 128.0
PER_BLOCK = 8
"""Numbers of 32 bits in a block of the generator; every image begins with a block of its own."""
AT_ONCE = 2**22
"""Pixels that are generated together."""
EMBEDDED_STD = 0.25
"""Pixels are divided by this after 0.5 is taken away: inputs of the order of the ones networks are made for."""


def gaussian(
    loading: Loading,
    *,
    size: int = 8,
    channels: int = 1,
    classes: int = 10,
    train_per_class: int = 200,
    test_per_class: int = 100,
    normalise: bool = True,
) -> Dataset:
    """Generate the paper's data set of that name.

    Sets of up to 1 GiB are generated at once, larger ones image by image when asked for; the images are the same.

    Parameters
    ----------
    loading
        What was asked of ``load``; its seed is the images' too.
    size, channels
        Side in pixels, and channels that are drawn independently.
    classes
        How many; class i (from 1) has the standard deviation i, and the name ``sd i``.
    train_per_class, test_per_class
        Images of each class. More of them, or more classes, leave those there were as they were.
    normalise
        Whether inputs are centred and scaled (mean 0.5, std 0.25); False: not at all, as in the paper.
    """
    shape = (channels, size, size)
    per_class = {"train": train_per_class, "test": test_per_class}
    for what, count in (
        ("size", size), ("channels", channels), ("classes", classes),
        ("train_per_class", train_per_class), ("test_per_class", test_per_class),
    ):  # fmt: skip
        check_count(f"{what} of the data set gaussian", count)
    check_flag("normalise of the data set gaussian", normalise)
    splits = [_split(loading, split, shape, classes, per_class[split]) for split in SPLITS]
    if sum(len(split.ids) for split in splits) * prod(shape) <= IN_MEMORY:
        train, test = (split.in_memory() for split in splits)
    else:
        train, test = splits
    options = {
        "size": size, "channels": channels, "classes": classes, "train_per_class": train_per_class,
        "test_per_class": test_per_class, "normalise": normalise, "seed": int(loading.seed),
    }  # fmt: skip
    mean, std = ((0.5,), (EMBEDDED_STD,)) if normalise else ((0.0,), (1.0,))
    names = tuple(f"sd {i}" for i in range(1, classes + 1))
    return Dataset(loading.name, names, train, test, mean * channels, std * channels, options)


def _split(
    loading: Loading, split: str, shape: tuple[int, int, int], classes: int, per_class: int
) -> GaussianSplit:
    """Sort by id ("train/3/0017": split, class, number); both orders are found once, not for every item."""
    in_class = sorted(range(per_class), key=_number)
    by_name = sorted(range(1, classes + 1), key=str)
    labels = np.repeat(np.asarray(by_name, np.int64) - 1, per_class)
    index = np.tile(np.asarray(in_class, np.int64), classes)
    chosen = loading.chosen(split, labels)
    return GaussianSplit(split, loading.seed, shape, labels[chosen], index[chosen])


def _number(index: int) -> str:
    return f"{index:04d}"


class GaussianSplit:
    """Gaussian images that are generated when asked for; its content hash is of what they are generated from.

    Parameters
    ----------
    split, seed
        What the images are drawn from, beside class and number.
    shape
        (channels, height, width).
    labels, index
        int64[N]: class (standard deviation less 1) and number within it, sorted by id.
    """

    def __init__(
        self,
        split: str,
        seed: int,
        shape: tuple[int, int, int],
        labels: NDArray[np.int64],
        index: NDArray[np.int64],
    ) -> None:
        self._split = split
        self._seed = seed
        self._shape = shape
        self._index = index
        self.labels = labels
        self.ids: NDArray[np.object_] = np.array(
            [f"{split}/{c + 1}/{_number(i)}" for c, i in zip(labels.tolist(), index.tolist(), strict=True)], object
        )  # fmt: skip
        self.channels: int = shape[0]
        self.size: tuple[int, int] | None = shape[1:]
        self.paths: NDArray[np.object_] | None = None

    def images(
        self,
        positions: ArrayLike,
        augmentation: Augmentation = UNCHANGED,
        draws: NDArray[np.float64] | None = None,
    ) -> NDArray[np.uint8]:
        """uint8[n, C, H, W] of the items at ``positions``; ``draws`` are the rows of these: float64[n, 5]."""
        wanted = np.asarray(positions)
        labels, index = self.labels[wanted], self._index[wanted]

        def one(i: int) -> NDArray[np.uint8]:
            image = self._noise(int(labels[i]), int(index[i]), 1)
            return augment(image, augmentation, None if draws is None else draws[i : i + 1])

        if len(labels) == 0:
            return augment(np.empty((0, *self._shape), np.uint8), augmentation, draws)
        return np.concatenate(spread(one, len(labels)))

    def content_hash(self) -> str:
        """SHA-256 of ids, labels, seed and the images' shape: these determine every pixel."""
        return digest("gaussian", self.ids, self.labels, f"{self._seed} {self._shape}".encode())

    def in_memory(self) -> Split:
        """Return the same split with all images generated, class by class."""
        images = np.empty((len(self.labels), *self._shape), np.uint8)
        step = max(1, AT_ONCE // prod(self._shape))
        for label in np.unique(self.labels).tolist():
            mine = np.flatnonzero(self.labels == label)
            for part in _runs(self._index[mine], step):
                index = self._index[mine[part]]
                start = int(index.min())
                images[mine[part]] = self._noise(label, start, int(index.max()) + 1 - start)[index - start]
        return ArraySplit(images, self.labels, self.ids)

    def _noise(self, label: int, start: int, count: int) -> NDArray[np.uint8]:
        """uint8[count, C, H, W]: images ``start`` and following of a class."""
        pixels = prod(self._shape)
        blocks = -(-pixels // PER_BLOCK)
        bits = stream("gaussian", self._seed, SPLITS.index(self._split), label, start=start * blocks)
        raw = np.asarray(bits.random_raw(count * blocks * PER_BLOCK // 2)).astype("<u8", copy=False)
        numbers = raw.view("<u4").reshape(count, -1)[:, :pixels]
        return _bytes(np.ascontiguousarray(numbers).reshape(-1), label + 1).reshape(count, *self._shape)


def _runs(index: NDArray[np.int64], step: int) -> list[NDArray[np.int64]]:
    """Positions of the numbers that lie within one ``step`` of another, a run for each step that has any."""
    runs = index // step
    return [np.flatnonzero(runs == run) for run in np.unique(runs)]


def _bytes(numbers: NDArray[np.uint32], sd: int) -> NDArray[np.uint8]:
    """Turn uniform 32-bit numbers into rounded, clipped normal ones.

    The upper 16 bits settle nearly all of them by a table; the rest are searched for.
    """
    thresholds, table, unsettled = _table(sd)
    upper = numbers.view("<u2")[1::2]
    values = table.take(upper)
    rest = np.flatnonzero(unsettled.take(upper))
    values[rest] = np.searchsorted(thresholds, numbers[rest], side="right")
    return values


@lru_cache(maxsize=256)
def _table(sd: int) -> tuple[NDArray[np.uint64], NDArray[np.uint8], NDArray[np.bool_]]:
    """Thresholds between bytes, uint64[255]; byte by upper 16 bits, uint8[65536]; where a threshold lies within."""
    below = [erfc((MEAN - byte - 0.5) / (sd * sqrt(2))) / 2 for byte in range(255)]
    thresholds = np.rint(np.array(below) * 2.0**32).astype(np.uint64)
    counts = [
        np.cumsum(np.bincount(edges.astype(np.int64), minlength=2**16 + 1))[: 2**16]
        for edges in ((thresholds + np.uint64(0xFFFF)) >> np.uint64(16), thresholds >> np.uint64(16))
    ]
    return thresholds, counts[0].astype(np.uint8), counts[0] != counts[1]
