"""The images of items: found below a folder, or out of a data set's split; small copies of them to show.

What a request or a store names is compared with what was found there; no path of theirs is ever opened.
"""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from trichotomy.datasets.augment import Augmentation
from trichotomy.datasets.crops import centred, pictured, planes
from trichotomy.datasets.dataset import Split
from trichotomy.datasets.pictures import SUFFIXES, decode, is_image, preview
from trichotomy.errors import InputError

if TYPE_CHECKING:
    from PIL.Image import Image

PIXELATED = 64
"""Pixels of the longer side up to which an image is kept as it is, without loss."""
JPEG_QUALITY = 82


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """A small image as a file: its bytes, their media type, its size in pixels."""

    content: bytes
    kind: str
    width: int
    height: int


class ItemImages(Protocol):
    """Images of N items, by position."""

    @property
    def there(self) -> NDArray[np.bool_]:
        """bool[N]: which items have an image."""

    def thumbnail(self, position: int, side: int) -> Thumbnail:
        """An image, its longer side at most ``side`` pixels; ``InputError`` where it cannot be read."""

    def pixels(self, positions: Sequence[int] | NDArray[np.integer[Any]], side: int) -> NDArray[np.uint8]:
        """uint8[n, C, H, W]: whole where all are alike and small, else their middle, ``side`` pixels square."""

    def version(self, position: int) -> str:
        """A text that is another one once the image is another one."""


@dataclass(frozen=True, slots=True, eq=False)
class FolderImages:
    """Images below a folder: the file of each item, None where it has none."""

    files: Sequence[Path | None]

    @property
    def there(self) -> NDArray[np.bool_]:
        """bool[N]: which items have an image."""
        return np.array([file is not None for file in self.files], dtype=bool)

    def thumbnail(self, position: int, side: int) -> Thumbnail:
        """Decode an image, no larger than needed."""
        file = self.files[position]
        if file is None:
            raise _without(position)
        return encoded(preview(file, file.name, side))

    def pixels(self, positions: Sequence[int] | NDArray[np.integer[Any]], side: int) -> NDArray[np.uint8]:
        """Decode images; ``InputError`` where one is missing or cannot be read."""
        files = [self.files[k] for k in positions]
        absent = [k for k, file in zip(positions, files, strict=True) if file is None]
        if absent:
            raise _without(absent[0])
        pictures = [decode(file, file.name) for file in files if file is not None]
        alike = len({picture.size for picture in pictures}) == 1
        if not alike or min(pictures[0].size) > side:
            pictures = [centred(picture, side, (side, side)) for picture in pictures]
        return np.stack([planes(picture) for picture in pictures])

    def version(self, position: int) -> str:
        """Digest of when the file was changed and how large it is."""
        file = self.files[position]
        try:
            found = None if file is None else file.stat()
        except OSError:
            found = None
        return _digest("" if found is None else f"{found.st_mtime_ns} {found.st_size}")


@dataclass(frozen=True, slots=True, eq=False)
class SplitImages:
    """Images of a data set's split: the position in it of each item, -1 where it is not in it."""

    split: Split
    positions: NDArray[np.int64]

    @property
    def there(self) -> NDArray[np.bool_]:
        """bool[N]: which items have an image."""
        return np.asarray(self.positions >= 0)

    def thumbnail(self, position: int, side: int) -> Thumbnail:
        """Take an image out of the split: whole where they are small, else its middle."""
        at = int(self.positions[position])
        if at < 0:
            raise _without(position)
        small = self.split.size is not None and max(self.split.size) <= side
        shown = Augmentation() if small else Augmentation(crop="centre", resize=side, size=side)
        return encoded(pictured(self.split.images(np.array([at]), shown)[0])[0])

    def pixels(self, positions: Sequence[int] | NDArray[np.integer[Any]], side: int) -> NDArray[np.uint8]:
        """Take images out of the split; ``InputError`` where one is not in it."""
        places = self.positions[np.asarray(positions, dtype=np.intp)]
        if (places < 0).any():
            raise _without(int(np.asarray(positions)[np.argmax(places < 0)]))
        small = self.split.size is not None and min(self.split.size) <= side
        shown = Augmentation() if small else Augmentation(crop="centre", resize=side, size=side)
        return self.split.images(places, shown)

    def version(self, position: int) -> str:
        """Digest of the item's id and label: a study's images stay as they are."""
        at = int(self.positions[position])
        return _digest(f"{self.split.ids[at]} {self.split.labels[at]}" if at >= 0 else "")


def folder_images(folder: Path, items: Sequence[str], paths: Sequence[Any] | None = None) -> FolderImages:
    """Find the images of items below a folder.

    An item's file is the one whose path below the folder ends as the item's path (or, without one, its id) does, or
    the other way round; suffixes may be missing. Where several files would do for one name, it is the one of that
    very path, else none; where one file would do for several names, there is none.

    Parameters
    ----------
    items
        Ids, N of them.
    paths
        What the items' annotation ``path`` says, N of them.

    Raises
    ------
    InputError
        There is no such folder, or it holds an image of none of the items.
    """
    if not folder.is_dir():
        msg = f"there is no folder {folder} of images; check its name"
        raise InputError(msg)
    index = _Index(folder)
    hints = [
        [str(p), i] if isinstance(p, str) and p else [i] for p, i in zip(paths or items, items, strict=True)
    ]
    found = [next((match for hint in own if (match := index.find(hint))), None) for own in hints]
    shorter = Counter(match.file for match in {m for m in found if m is not None and m.shorter})
    files = [None if match is None or shorter[match.file] > 1 else folder / match.file for match in found]
    if not any(files):
        msg = (
            f"{folder} holds {index.size:,} images, none of which is named as an item is (such as {hints[0][0]!r}); "
            "name the folder that the items' paths begin in, or annotate the items with their path"
        )
        raise InputError(msg)
    return FolderImages(files)


def split_images(split: Split, items: Sequence[str]) -> SplitImages:
    """Find items in a split by their ids."""
    place = {item: k for k, item in enumerate(split.ids)}
    return SplitImages(split, np.array([place.get(item, -1) for item in items], dtype=np.int64))


def encoded(picture: Image) -> Thumbnail:
    """Write an image as the bytes of a file: PNG where it is tiny, else JPEG."""
    tiny = max(picture.size) <= PIXELATED
    out = BytesIO()
    if tiny:
        picture.save(out, "PNG")
    else:
        picture.convert("RGB").save(out, "JPEG", quality=JPEG_QUALITY)
    return Thumbnail(out.getvalue(), "image/png" if tiny else "image/jpeg", *picture.size)


class _Match(NamedTuple):
    """A file, what it was found by, and whether its path is shorter than that."""

    file: str
    hint: str
    shorter: bool


class _Index:
    """Image files below a folder, by every end of their paths, with and without suffix."""

    def __init__(self, folder: Path) -> None:
        self._whole: dict[str, str] = {}
        self._ends: dict[str, str | None] = {}
        self._names = dict.fromkeys(_below(folder))
        self.size = len(self._names)
        for name in self._names:
            for form in (name, _bare(name)):
                self._whole[form] = name if self._whole.get(form, name) == name else ""
                for end in _ends(form):
                    self._ends[end] = name if self._ends.get(end, name) == name else None

    def find(self, hint: str) -> _Match | None:
        """Find the file that a path or an id means; None where there is none or there are several."""
        whole = hint.replace("\\", "/").removeprefix("./").strip("/")
        if whole in self._names:
            return _Match(whole, hint, False)
        for form in dict.fromkeys((whole, _bare(whole))):
            if form in self._ends:
                file = self._ends[form]
                return None if file is None else _Match(file, hint, False)
            for end in _ends(form):
                if self._whole.get(end):
                    return _Match(self._whole[end], hint, True)
        return None


def _below(folder: Path) -> Iterator[str]:
    for path, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        inner = Path(path).relative_to(folder).as_posix()
        yield from (name if inner == "." else f"{inner}/{name}" for name in sorted(files) if is_image(name))


def _ends(path: str) -> Iterator[str]:
    """The path, then without its first folder, without its first two ..."""
    yield path
    while "/" in path:
        path = path.partition("/")[2]
        yield path


def _bare(path: str) -> str:
    """A path without the suffix of an image."""
    lower = path.lower()
    suffix = next((s for s in SUFFIXES if lower.endswith(s)), "")
    return path[: len(path) - len(suffix)] if suffix else path


def _without(position: int) -> InputError:
    return InputError(f"there is no image of item number {position + 1}")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]
