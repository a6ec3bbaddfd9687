"""A cache of decoded images: their pixels one after the other in one file, which all processes of a machine share.

A folder holds ``shapes.npy``, int32[N, 2] heights and widths; ``pixels``, red, green and blue of all images; and
``sums``, uint64[N]: 0 where an image isn't there yet, else its checksum with a bit set. Pixels are written before
their sum, so any number of processes fill it without a lock, and may be killed: what has no sum is made again. What
does not match its sum counts as not there.
"""

from __future__ import annotations

import mmap
import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import google_crc32c
import numpy as np
from numpy.typing import NDArray

from trichotomy.datasets.pictures import CHANNELS

if TYPE_CHECKING:
    from PIL.Image import Image

THERE = 2**32
"""Added to a checksum of 32 bits, so that none is 0."""
SHAPES, PIXELS, SUMS = "shapes.npy", "pixels", "sums"


class Cache:
    """A cache that has been laid out; pickles as the path of its folder.

    Attributes
    ----------
    shapes
        int32[N, 2]: height and width of each image.

    Raises
    ------
    ValueError, OSError
        There is none in this folder.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.shapes: NDArray[np.int32] = _shapes(folder)
        self._ends = _ends(self.shapes)
        self._files: list[int] = []
        self._pixels, self._sums = self._mapped(PIXELS), self._mapped(SUMS).view("<u8")
        if len(self._pixels) != self._ends[-1] or len(self._sums) != len(self.shapes):
            msg = f"{folder} is not what its {SHAPES} says"
            raise ValueError(msg)

    def __reduce__(self) -> tuple[Any, ...]:
        return Cache, (self.folder,)

    def __del__(self) -> None:
        for file in getattr(self, "_files", ()):
            os.close(file)

    def get(self, i: int) -> Image | None:
        """Return image i, None where it is not there or damaged."""
        recorded = int(self._sums[i])
        if not recorded:
            return None
        end = int(self._ends[i])
        height, width = self.shapes[i].tolist()
        pixels = self._pixels[end - height * width * CHANNELS : end]
        if recorded != _sum(pixels, self.shapes[i]):
            return None
        from PIL.Image import frombuffer

        return frombuffer("RGB", (width, height), pixels, "raw", "RGB", 0, 1)

    def put(self, i: int, picture: Image) -> None:
        """Write image i, unless it has another size than was laid out for it.

        Raises
        ------
        OSError
            It cannot be written.
        """
        if (picture.height, picture.width) != tuple(self.shapes[i].tolist()):
            return
        pixels, sums = self._files
        content = np.asarray(picture).reshape(-1)
        _write(pixels, content, int(self._ends[i]) - content.nbytes)
        _write(sums, np.array([_sum(content, self.shapes[i])], "<u8").view(np.uint8), 8 * i)

    def missing(self, positions: NDArray[np.int64] | slice = slice(None)) -> NDArray[np.bool_]:
        """Whether each image (of these) is not there yet."""
        absent: NDArray[np.bool_] = self._sums[positions] == 0
        return absent

    def _mapped(self, name: str) -> NDArray[np.uint8]:
        """uint8 of a whole file, which shows what any process writes to it."""
        path = self.folder / name
        self._files.append(os.open(path, os.O_RDWR if os.access(path, os.W_OK) else os.O_RDONLY))
        return np.frombuffer(mmap.mmap(self._files[-1], 0, access=mmap.ACCESS_READ), np.uint8)

    def bytes_left(self) -> int:
        """Bytes of disk that it will take when full, beyond those it takes."""
        return max(len(self._pixels) - (self.folder / PIXELS).stat().st_blocks * 512, 0)


def lay_out(folder: Path, shapes: NDArray[np.int32]) -> None:
    """Prepare the files of a cache: sparse, so that they take no room before they are filled.

    ``shapes.npy`` comes last and at once, so that where it is the others are. It harms no cache that others prepare
    or fill at the same time.

    Raises
    ------
    OSError
        They cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, size in ((PIXELS, int(_ends(shapes)[-1])), (SUMS, 8 * len(shapes))):
        file = os.open(folder / name, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            if os.fstat(file).st_size != size:
                os.ftruncate(file, size)
        finally:
            os.close(file)
    handle, partial = tempfile.mkstemp(dir=folder, prefix=".shapes-")
    try:
        with os.fdopen(handle, "wb") as shapes_file:
            np.save(shapes_file, shapes.astype("<i4"))
        os.chmod(partial, 0o644)  # noqa: PTH101 - others may use the cache
        os.replace(partial, folder / SHAPES)  # noqa: PTH105
    except BaseException:
        with suppress(OSError):
            os.unlink(partial)  # noqa: PTH108
        raise


def bytes_of(shapes: NDArray[np.int32]) -> int:
    """Bytes of disk that a cache of these images takes."""
    return int(_ends(shapes)[-1]) + 8 * len(shapes)


def _shapes(folder: Path) -> NDArray[np.int32]:
    shapes = np.load(folder / SHAPES, allow_pickle=False)
    if (
        shapes.dtype != np.dtype("<i4")
        or shapes.ndim != 2
        or shapes.shape[1] != 2
        or shapes.min(initial=1) < 1
    ):
        msg = f"{folder / SHAPES} does not hold sizes of images"
        raise ValueError(msg)
    return np.asarray(shapes)


def _ends(shapes: NDArray[np.int32]) -> NDArray[np.int64]:
    ends: NDArray[np.int64] = np.cumsum(shapes.astype(np.int64).prod(axis=1) * CHANNELS)
    return ends


def _sum(pixels: NDArray[np.uint8], shape: NDArray[np.int32]) -> int:
    """CRC-32C of an image and its size, with the bit that says that it is there."""
    return THERE | int(google_crc32c.extend(google_crc32c.value(shape.tobytes()), pixels))


def _write(file: int, content: NDArray[np.uint8], at: int) -> None:
    """Write all of it: one call may write a part."""
    left = content.data
    while left:
        written = os.pwrite(file, left, at)
        left, at = left[written:], at + written
