"""Image files to pixels: colours made red, green and blue, and what is damaged refused by name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from trichotomy.datasets.arrays import IN_MEMORY
from trichotomy.datasets.crops import planes, shrunk, shrunk_size
from trichotomy.datasets.dataset import Progress
from trichotomy.datasets.threads import spread, workers
from trichotomy.errors import InputError

if TYPE_CHECKING:
    from PIL.Image import Image

Source: TypeAlias = Path | bytes
SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".gif", ".pgm", ".ppm", ".tif", ".tiff", ".webp")
FORMATS = ("BMP", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP")
"""Formats that Pillow decodes by itself; those that start other programs are not tried."""
CHANNELS = 3
CHUNK = 16
"""Images that one thread decodes at a stretch."""


def is_image(name: str) -> bool:
    """Whether a file's name says that it is an image; hidden files are not."""
    return name.lower().endswith(SUFFIXES) and not name.startswith(".")


def decode(source: Source, name: str, *, shorter: int | None = None) -> Image:
    """Return an image in red, green and blue.

    Gray, palette, CMYK and transparent images are converted (transparency is left out, the orientation that a camera
    recorded is not applied: as torchvision's folders do); 16-bit gray keeps its upper byte. Of several frames, the
    first is taken. Where ``shorter`` is given, an image whose shorter side has more pixels is made that small,
    bilinear with antialiasing as torchvision's ``Resize`` does it.

    Raises
    ------
    InputError
        The file is damaged, no image, far too large, or has another kind of pixels; the message names it.
    """
    with _opened(source, name) as opened:
        opened.load()
        return shrunk(_rgb(opened), shorter)


def measure(source: Source, name: str, *, shorter: int | None = None) -> tuple[int, int]:
    """Return (height, width) of what ``decode`` gives, from the file's first bytes.

    Raises
    ------
    InputError
        As ``decode``, as far as it shows there.
    """
    with _opened(source, name) as opened:
        return shrunk_size(opened.height, opened.width, shorter)


def preview(source: Source, name: str, side: int) -> Image:
    """Return an image in red, green and blue whose longer side has at most ``side`` pixels, to be looked at.

    JPEG files are decoded at a fraction of their size, so the pixels are not those that ``decode`` gives.

    Raises
    ------
    InputError
        As ``decode``.
    """
    with _opened(source, name) as opened:
        opened.draft("RGB", (side, side))
        shown = _rgb(opened)
        shown.thumbnail((side, side))
        return shown


@contextmanager
def _opened(source: Source, name: str) -> Iterator[Any]:
    """Open an image; whatever is wrong with it, then or within, becomes one sentence."""
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(source if isinstance(source, Path) else BytesIO(source), formats=FORMATS) as opened:
            width, height = opened.size
            if width * height * CHANNELS > IN_MEMORY:
                msg = f"{width}x{height} pixels are more than an image of a data set has"
                raise ValueError(msg)
            yield opened
    except Exception as error:
        reason = " ".join(str(error).split()) if str(error) else type(error).__name__
        if isinstance(error, UnidentifiedImageError):
            reason = "not a known format"
        msg = f"the image {name} cannot be read ({reason[:120]}); copy it again, or remove it"
        raise InputError(msg) from error


def decoder() -> str:
    """Name the versions of all that pixels depend on."""
    from PIL import __version__, features

    codecs = ("jpg", "libjpeg_turbo", "zlib", "libtiff", "webp")
    versions = (f"{name} {features.version(name) if features.check(name) else None}" for name in codecs)
    return ", ".join([f"Pillow {__version__}", *versions])


def _rgb(image: Image) -> Image:
    from PIL.Image import fromarray

    if image.mode == "RGB":
        return image.copy()
    if image.mode.startswith("I;16"):
        image = fromarray((np.asarray(image) >> 8).astype(np.uint8))
    if image.mode in {"I", "F"}:
        msg = f"pixels of the kind {image.mode}, save it with 8 bits for each colour"
        raise ValueError(msg)
    if image.mode == "P":
        image = image.convert("RGBA")
    return image.convert("RGB")


def decode_all(
    files: Iterable[tuple[str, Source]],
    count: int,
    *,
    name: str,
    shorter: int | None = None,
    progress: Progress | None = None,
) -> NDArray[np.uint8] | None:
    """Decode images of one size into memory, several at a time.

    Parameters
    ----------
    files
        Name (for messages) and source of each, read one after the other as they are needed.
    count
        How many there are.
    shorter
        As for ``decode``.
    name, progress
        Called as ``progress(name, done, count)`` now and then.

    Returns
    -------
    uint8[count, 3, H, W]
        None where two images differ in size, or all together would take more than 1 GiB.

    Raises
    ------
    InputError
        As ``decode``.
    """
    result: NDArray[np.uint8] | None = None
    for done, pixels in enumerate(_decoded(files, shorter), start=1):
        if result is None:
            if pixels.nbytes * count > IN_MEMORY:
                return None
            result = np.empty((count, *pixels.shape), np.uint8)
        if pixels.shape != result.shape[1:]:
            return None
        result[done - 1] = pixels
        if progress is not None and (done % (CHUNK * workers()) == 0 or done == count):
            progress(name, done, count)
    return result


def _decoded(files: Iterable[tuple[str, Source]], shorter: int | None) -> Iterator[NDArray[np.uint8]]:
    """uint8[3, H, W] of one image after the other; no more than a chunk for each thread lies decoded."""
    waiting = iter(files)
    ahead = 1
    while batch := list(islice(waiting, ahead)):
        chunks = [batch[i : i + CHUNK] for i in range(0, len(batch), CHUNK)]

        def one(i: int, chunks: list[list[tuple[str, Source]]] = chunks) -> list[NDArray[np.uint8]]:
            return [planes(decode(source, name, shorter=shorter)) for name, source in chunks[i]]

        for decoded in spread(one, len(chunks)):
            yield from decoded
        ahead = CHUNK * workers()
