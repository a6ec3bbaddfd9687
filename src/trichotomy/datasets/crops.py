"""Crops that resample, by Pillow: bilinear with antialiasing, to the byte as torchvision does them on pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from trichotomy.errors import InputError

if TYPE_CHECKING:
    from PIL.Image import Image

SCALE = (0.08, 1.0)
"""Share of the area that a window has (Szegedy et al. 2015)."""
ASPECT = (3 / 4, 4 / 3)
"""Width over height of a window."""
ATTEMPTS = 10
"""Windows tried before the largest one in the middle is taken; torchvision's number."""


def windows(
    draws: NDArray[np.float64], height: int | NDArray[np.int64], width: int | NDArray[np.int64]
) -> NDArray[np.int64]:
    """Draw windows of 8 to 100 % of the area and an aspect of 3/4 to 4/3 that lie within the image.

    A window that does not fit is drawn again, as torchvision's ``RandomResizedCrop`` does; the further attempts
    come from the bits of the first draw.

    Parameters
    ----------
    draws
        float64[n, 4] in [0, 1): vertical place, horizontal place, scale, aspect.
    height, width
        Of the image, or int64[n] of each, in pixels.

    Returns
    -------
    int64[n, 4]
        left, top, right, bottom, in pixels.
    """
    heights, widths = (np.broadcast_to(side, len(draws)) for side in (height, width))
    scale, aspect = np.moveaxis(_attempts(draws[:, 2:]), 2, 0)
    area = (heights * widths)[:, None] * (SCALE[0] + (SCALE[1] - SCALE[0]) * scale)
    low, high = np.log(ASPECT)
    ratio = np.exp(low + (high - low) * aspect)
    w, h = np.rint(np.sqrt(area * ratio)), np.rint(np.sqrt(area / ratio))
    fits = (w >= 1) & (w <= widths[:, None]) & (h >= 1) & (h <= heights[:, None])
    first = fits.argmax(axis=1)[:, None]
    any_fits = fits.any(axis=1)
    largest_w, largest_h = _largest(heights, widths)
    w = np.where(any_fits, np.take_along_axis(w, first, axis=1)[:, 0], largest_w)
    h = np.where(any_fits, np.take_along_axis(h, first, axis=1)[:, 0], largest_h)
    top = np.where(any_fits, np.floor(draws[:, 0] * (heights - h + 1)), (heights - h) // 2)
    left = np.where(any_fits, np.floor(draws[:, 1] * (widths - w + 1)), (widths - w) // 2)
    return np.stack([left, top, left + w, top + h], axis=1).astype(np.int64)


def _attempts(draws: NDArray[np.float64]) -> NDArray[np.float64]:
    """float64[n, ATTEMPTS, k]: the draws, then numbers hashed from their bits (SplitMix64, Steele et al. 2014)."""
    k = np.arange(ATTEMPTS, dtype=np.uint64)[:, None]
    z = np.ascontiguousarray(draws).view(np.uint64)[:, None] + k * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    tried: NDArray[np.float64] = ((z ^ (z >> np.uint64(31))) >> np.uint64(11)) * 2.0**-53
    tried[:, 0] = draws
    return tried


def _largest(
    heights: NDArray[np.int64], widths: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return width and height of the largest window that has an allowed aspect, float64[n] each."""
    narrow, wide = widths < ASPECT[0] * heights, widths > ASPECT[1] * heights
    w = np.where(wide, np.minimum(widths, np.rint(heights * ASPECT[1])), widths)
    h = np.where(narrow, np.minimum(heights, np.rint(widths / ASPECT[0])), heights)
    return w, h


def resized(picture: Image, window: NDArray[np.int64], size: tuple[int, int]) -> Image:
    """Return one window (left, top, right, bottom) of the picture, resized to (height, width)."""
    from PIL.Image import Resampling

    left, top, right, bottom = (int(side) for side in window)
    return picture.resize(size[::-1], Resampling.BILINEAR, box=(left, top, right, bottom))


def centred(picture: Image, resize: int | None, size: tuple[int, int]) -> Image:
    """Return the window of (height, width) in the middle of the picture, once its shorter side is ``resize``.

    Raises
    ------
    InputError
        The window is larger than the picture.
    """
    from PIL.Image import Resampling

    width, height = picture.size
    if resize is not None and min(width, height) != resize:
        height, width = with_shorter(height, width, resize)
        picture = picture.resize((width, height), Resampling.BILINEAR)
    h, w = size
    if h > height or w > width:
        msg = f"a centre crop of {h}x{w} does not fit into an image of {height}x{width}; give resize, or more of it"
        raise InputError(msg)
    top, left = round((height - h) / 2), round((width - w) / 2)
    return picture.crop((left, top, left + w, top + h))


def shrunk(picture: Image, shorter: int | None) -> Image:
    """Return the picture with a shorter side of at most ``shorter`` pixels; smaller ones and None: as it is."""
    from PIL.Image import Resampling

    height, width = shrunk_size(picture.height, picture.width, shorter)
    if (width, height) == picture.size:
        return picture
    return picture.resize((width, height), Resampling.BILINEAR)


def shrunk_size(height: int, width: int, shorter: int | None) -> tuple[int, int]:
    """Return (height, width) of a picture of that size once it is ``shrunk``."""
    if shorter is None or min(height, width) <= shorter:
        return height, width
    return with_shorter(height, width, shorter)


def with_shorter(height: int, width: int, shorter: int) -> tuple[int, int]:
    """Return (height, width) scaled to a shorter one of ``shorter``; the longer one is rounded down."""
    longer = int(shorter * max(width, height) / min(width, height))
    return (longer, shorter) if width <= height else (shorter, longer)


def mirrored(picture: Image) -> Image:
    """Return the picture with left and right exchanged; much faster than NumPy, for which a pixel is three steps."""
    from PIL.Image import Transpose

    return picture.transpose(Transpose.FLIP_LEFT_RIGHT)


def pictured(pixels: NDArray[np.uint8]) -> list[Image]:
    """Return uint8[C, H, W] as one picture, or as one per channel where there are neither one nor three."""
    from PIL.Image import fromarray

    if len(pixels) == 3:
        return [fromarray(np.ascontiguousarray(pixels.transpose(1, 2, 0)))]
    return [fromarray(np.ascontiguousarray(channel)) for channel in pixels]


def planes(picture: Image) -> NDArray[np.uint8]:
    """Return the picture as uint8[C, H, W]; a view, C last in memory."""
    pixels = np.asarray(picture)
    return pixels[None] if pixels.ndim == 2 else pixels.transpose(2, 0, 1)
