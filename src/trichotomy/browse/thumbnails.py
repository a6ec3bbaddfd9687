"""Small images, made once and kept while there is room."""

from __future__ import annotations

from trichotomy.datasets.depicted import ItemImages, Thumbnail
from trichotomy.web import Kept

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
        self._kept: Kept[Thumbnail] = Kept(room, lambda made: len(made.content))
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
        return self._kept.get(key, lambda: self._images.thumbnail(position, side))
