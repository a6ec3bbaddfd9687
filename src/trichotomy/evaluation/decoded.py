"""Decoded pictures of a pass: kept where another will want them, and what stands in for those that cannot be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trichotomy.errors import InputError
from trichotomy.evaluation.images import Images

if TYPE_CHECKING:
    from PIL.Image import Image

KEPT_BYTES = 2**30
"""Decoded images that are kept for a next pass, where there will be one and no cache."""


class Pictures:
    """Decoded images; the first of them stay where another pass will want them.

    Parameters
    ----------
    images
        Where they come from.

    Attributes
    ----------
    again
        Whether another pass will want them.
    unreadable
        Items that cannot be decoded. Another picture stands in for each, so that batches keep their shape; what models
        say of it counts as missing.
    """

    def __init__(self, images: Images) -> None:
        self._picture, self._count = images.picture, len(images.ids)
        self._spare: Image | None = None
        self.unreadable: set[int] = set()
        self._kept: dict[int, Image] = {}
        self._left = KEPT_BYTES
        self.again = False

    def __call__(self, i: int) -> Image:
        """Return the picture of item i, or one that stands in for it.

        Raises
        ------
        InputError
            No item can be decoded.
        """
        found = self._kept.get(i)
        if found is not None:
            return found
        picture = self._decoded(i)
        if picture is None:
            return self._stand_in()
        size = picture.width * picture.height * len(picture.getbands())
        if self.again and size <= self._left:
            self._left -= size
            self._kept[i] = picture
        return picture

    def _decoded(self, i: int) -> Image | None:
        if i in self.unreadable:
            return None
        try:
            self._spare = picture = self._picture(i)
        except InputError:
            self.unreadable.add(i)
            return None
        return picture

    def _stand_in(self) -> Image:
        for i in range(self._count):
            if self._spare is not None:
                return self._spare
            self._decoded(i)
        if self._spare is None:
            msg = f"none of the {self._count} images can be read; copy them again"
            raise InputError(msg)
        return self._spare
