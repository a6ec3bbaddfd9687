"""Some items of a split as a split of their own."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trichotomy.datasets.augment import UNCHANGED, Augmentation
from trichotomy.datasets.dataset import Split
from trichotomy.datasets.hashing import digest


class Selection:
    """Some items of another split, in an order of their own.

    Its content hash is of the chosen ids and labels and of the whole split's hash.
    """

    def __init__(self, split: Split, positions: NDArray[np.int64]) -> None:
        self._split = split
        self._positions = positions
        self.ids: NDArray[np.object_] = np.asarray(split.ids, object)[positions]
        self.labels: NDArray[np.int64] = np.asarray(split.labels, np.int64)[positions]
        self.channels: int = split.channels
        self.size: tuple[int, int] | None = split.size
        self.paths: NDArray[np.object_] | None = None if split.paths is None else split.paths[positions]

    def images(
        self,
        positions: ArrayLike,
        augmentation: Augmentation = UNCHANGED,
        draws: NDArray[np.float64] | None = None,
    ) -> NDArray[np.uint8]:
        """uint8[n, C, H, W] of the items at ``positions`` of the selection; ``draws`` are the rows of these."""
        return self._split.images(self._positions[np.asarray(positions)], augmentation, draws)

    def content_hash(self) -> str:
        """SHA-256 of the ids and labels chosen and of the content hash of all."""
        return digest("selection", self.ids, self.labels, self._split.content_hash().encode())
