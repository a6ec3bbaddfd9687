"""Small images, made once and kept while there is room."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock

from trichotomy.datasets.depicted import ItemImages, Thumbnail

SIDE = 192
"""Pixels of the longer side in the gallery: twice the size shown, for fine screens."""
LARGE = 768
"""Pixels of the longer side on an item's page."""
ROOM = 128 * 2**20


class Thumbnails:
    """Thumbnails of items; the ones that were not asked for longest go first.

    Parameters
    ----------
    images
        What they are made of.
    room
        Bytes that are kept.
    """

    def __init__(self, images: ItemImages, *, room: int = ROOM) -> None:
        self._images = images
        self._room = room
        self._kept: OrderedDict[tuple[int, int, str], Thumbnail] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()
        self.there = images.there

    def version(self, position: int) -> str:
        """Tell apart an image and the one that replaces it."""
        return self._images.version(position)

    def get(self, position: int, side: int) -> Thumbnail:
        """Return the thumbnail of an item.

        Raises
        ------
        InputError
            Its image cannot be read.
        """
        key = position, side, self.version(position)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        made = self._images.thumbnail(position, side)
        with self._lock:
            if key not in self._kept:
                self._kept[key] = made
                self._bytes += len(made.content)
            while self._bytes > self._room and len(self._kept) > 1:
                _, old = self._kept.popitem(last=False)
                self._bytes -= len(old.content)
        return made
