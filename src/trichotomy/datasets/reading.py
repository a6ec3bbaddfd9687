"""Images that are read when they are asked for: from files, wherever those are."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trichotomy.datasets.augment import UNCHANGED, Augmentation, augment_pictures
from trichotomy.datasets.hashing import digest
from trichotomy.datasets.listing import Listing
from trichotomy.datasets.pictures import CHANNELS, Source, decode, measure
from trichotomy.datasets.threads import spread, workers
from trichotomy.errors import InputError

if TYPE_CHECKING:
    from PIL.Image import Image


MOST = 16
"""Images that one thread decodes before it augments them."""


class Files(Protocol):
    """The files of a split, by position."""

    def name(self, i: int) -> str:
        """What a message calls file i."""

    def source(self, i: int) -> Source:
        """Where it is, or its bytes."""

    def place(self) -> str:
        """The folder or the like that they are in."""

    def states(self) -> NDArray[np.int64]:
        """int64[N, 2]: bytes of each, and a number that changes whenever it may have been written to."""


class FileSplit:
    """Images that are read from their files when asked for, several at a time.

    Its content hash is of ids, labels and the files' sizes: reading every file would take hours where it matters.

    Parameters
    ----------
    files
        Of the images, in the listing's order.
    listing
        The images, sorted by id.
    shorter
        Pixels of the shorter side of images that have more; None: all as they are.
    on_disk
        Whether each image is a file of its own, whose path is worth knowing.
    """

    def __init__(
        self, files: Files, listing: Listing, *, shorter: int | None = None, on_disk: bool = True
    ) -> None:
        self.files = files
        self.shorter = shorter
        self.ids: NDArray[np.object_] = listing.ids
        self.labels: NDArray[np.int64] = listing.labels
        self.paths: NDArray[np.object_] | None = listing.paths if on_disk else None
        self.channels: int = CHANNELS
        self.size: tuple[int, int] | None = None
        self._states: NDArray[np.int64] | None = None

    def picture(self, i: int) -> Image:
        """Decode item i."""
        return decode(self.files.source(i), self.files.name(i), shorter=self.shorter)

    def measured(self, i: int) -> tuple[int, int]:
        """(height, width) that item i has once decoded, as its file's first bytes say."""
        return measure(self.files.source(i), self.files.name(i), shorter=self.shorter)

    def images(
        self,
        positions: ArrayLike,
        augmentation: Augmentation = UNCHANGED,
        draws: NDArray[np.float64] | None = None,
    ) -> NDArray[np.uint8]:
        """uint8[n, 3, H, W] of the items at ``positions``; ``draws`` are the rows of these: float64[n, 5].

        Raises
        ------
        InputError
            A damaged image, or images that still differ in size once augmented; files are named.
        """
        return batch(self.picture, self.files.name, positions, augmentation, draws)

    def content_hash(self) -> str:
        """SHA-256 of ids, labels, the sizes of the files in bytes, and ``shorter`` where it is given.

        Raises
        ------
        InputError
            A file that is gone.
        """
        shorter = [] if self.shorter is None else [f"shorter {self.shorter}".encode()]
        sizes = self.states()[:, 0].astype("<i8").tobytes()
        return digest("file sizes", self.ids, self.labels, sizes, *shorter)

    def states(self) -> NDArray[np.int64]:
        """int64[N, 2]: of the files, as they were when this was first asked."""
        if self._states is None:
            self._states = self.files.states()
        return self._states


def batch(
    picture: Callable[[int], Image],
    name: Callable[[int], str],
    positions: ArrayLike,
    augmentation: Augmentation,
    draws: NDArray[np.float64] | None,
) -> NDArray[np.uint8]:
    """Augment some pictures, several at a time.

    Parameters
    ----------
    picture, name
        The picture of an item, and what a message calls it.
    positions
        int[n].
    augmentation, draws
        What to do; float64[n, 5].

    Returns
    -------
    uint8[n, 3, H, W]
        C last in memory, as Pillow has it and as networks like it.

    Raises
    ------
    InputError
        Images that differ in size once augmented.
    """
    items = np.asarray(positions).tolist()

    several = max(1, min(MOST, len(items) // (2 * workers())))

    result: list[NDArray[np.uint8]] = []
    making = Lock()

    def some(chunk: int) -> list[tuple[int, ...]]:
        mine = range(chunk * several, min((chunk + 1) * several, len(items)))
        pictures = [picture(items[i]) for i in mine]
        rows = None if draws is None else draws[mine.start : mine.stop]
        shapes = []
        for i, pixels in zip(mine, augment_pictures(pictures, augmentation, rows), strict=True):
            image = pixels.transpose(1, 2, 0)
            with making:  # how large images become may only show once there is one
                if not result:
                    result.append(np.empty((len(items), *image.shape), np.uint8))
            if image.shape == result[0].shape[1:]:
                result[0][i] = image
            shapes.append(image.shape)
        return shapes

    shapes = [shape for chunk in spread(some, -(-len(items) // several)) for shape in chunk]
    for item, shape in zip(items, shapes, strict=True):
        if shape != shapes[0]:
            first, other = ("x".join(map(str, each[:2])) for each in (shapes[0], shape))
            msg = (
                f"{name(items[0])} is {first} and {name(item)} is {other}; ask for a crop with a size "
                "('resized' or 'centre')"
            )
            raise InputError(msg)
    return result[0].transpose(0, 3, 1, 2) if result else np.empty((0, CHANNELS, 0, 0), np.uint8)
