"""Images that live in memory, as bytes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trichotomy.datasets.augment import UNCHANGED, Augmentation, augment
from trichotomy.datasets.hashing import digest
from trichotomy.errors import InputError

IN_MEMORY = 2**30
"""Bytes: a data set whose images take more, decoded, is read (or generated) when asked for."""


class ArraySplit:
    """A split of images that are held in memory.

    Parameters
    ----------
    images
        uint8[N, C, H, W].
    labels
        int[N] class indices.
    ids
        N unique texts; items are sorted by them.
    paths
        N texts, the files relative to the data folder, or None.

    Raises
    ------
    InputError
        Images of another type or number of axes, or lengths that differ.
    """

    def __init__(
        self,
        images: NDArray[np.uint8],
        labels: ArrayLike,
        ids: Sequence[str] | NDArray[np.object_],
        *,
        paths: Sequence[str] | NDArray[np.object_] | None = None,
    ) -> None:
        pixels, names, numbers = np.asarray(images), np.asarray(ids, object), np.asarray(labels)
        if pixels.dtype != np.uint8 or pixels.ndim != 4:
            msg = f"images are {pixels.dtype} of shape {pixels.shape}; give uint8[items, channels, height, width]"
            raise InputError(msg)
        lengths = {len(pixels), len(names), len(numbers), len(pixels if paths is None else paths)}
        if len(lengths) > 1 or numbers.dtype.kind not in "iu":
            msg = (
                f"there are {len(pixels)} images, {len(names)} ids and {len(numbers)} labels of type {numbers.dtype}; "
                "give one id and one class index per image"
            )
            raise InputError(msg)
        order = np.argsort(names, kind="stable")
        already = bool((order[:-1] < order[1:]).all())
        self._images: NDArray[np.uint8] = np.ascontiguousarray(pixels if already else pixels[order])
        self.ids: NDArray[np.object_] = names[order]
        self.labels: NDArray[np.int64] = numbers[order].astype(np.int64)
        self.paths: NDArray[np.object_] | None = None if paths is None else np.asarray(paths, object)[order]
        self.channels: int = pixels.shape[1]
        self.size: tuple[int, int] | None = (pixels.shape[2], pixels.shape[3])
        self._hash: str | None = None

    def images(
        self,
        positions: ArrayLike,
        augmentation: Augmentation = UNCHANGED,
        draws: NDArray[np.float64] | None = None,
    ) -> NDArray[np.uint8]:
        """uint8[n, C, H, W] of the items at ``positions``; ``draws`` are the rows of these: float64[n, 5]."""
        return augment(self._images[np.asarray(positions)], augmentation, draws)

    def content_hash(self) -> str:
        """SHA-256 of ids, labels, the images' shape and every pixel."""
        if self._hash is None:
            shape = str(self._images.shape).encode()
            self._hash = digest("images", self.ids, self.labels, shape, self._images.reshape(-1).data)
        return self._hash
