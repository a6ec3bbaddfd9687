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


def windows(draws: NDArray[np.float64], height: int, width: int) -> NDArray[np.int64]:
    """Draw windows of 8 to 100 % of the area and an aspect of 3/4 to 4/3 that lie within the image.

    A window that does not fit is drawn again, as torchvision's ``RandomResizedCrop`` does; the further attempts
    come from the bits of the first draw.

    Parameters
    ----------
    draws
        float64[n, 4] in [0, 1): vertical place, horizontal place, scale, aspect.
    height, width
        Of the image, in pixels.

    Returns
    -------
    int64[n, 4]
        left, top, right, bottom, in pixels.
    """
    scale, aspect = np.moveaxis(_attempts(draws[:, 2:]), 2, 0)
    area = height * width * (SCALE[0] + (SCALE[1] - SCALE[0]) * scale)
    low, high = np.log(ASPECT)
    ratio = np.exp(low + (high - low) * aspect)
    w, h = np.rint(np.sqrt(area * ratio)), np.rint(np.sqrt(area / ratio))
    fits = (w >= 1) & (w <= width) & (h >= 1) & (h <= height)
    first = fits.argmax(axis=1)[:, None]
    any_fits = fits.any(axis=1)
    largest_w, largest_h = _largest(height, width)
    w = np.where(any_fits, np.take_along_axis(w, first, axis=1)[:, 0], largest_w)
    h = np.where(any_fits, np.take_along_axis(h, first, axis=1)[:, 0], largest_h)
    top = np.where(any_fits, np.floor(draws[:, 0] * (height - h + 1)), (height - h) // 2)
    left = np.where(any_fits, np.floor(draws[:, 1] * (width - w + 1)), (width - w) // 2)
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


def _largest(height: int, width: int) -> tuple[int, int]:
    """Return width and height of the largest window that has an allowed aspect."""
    if width < ASPECT[0] * height:
        return width, min(height, round(width / ASPECT[0]))
    if width > ASPECT[1] * height:
        return min(width, round(height * ASPECT[1])), height
    return width, height


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
        longer = int(resize * max(width, height) / min(width, height))
        width, height = (resize, longer) if width <= height else (longer, resize)
        picture = picture.resize((width, height), Resampling.BILINEAR)
    h, w = size
    if h > height or w > width:
        msg = f"a centre crop of {h}x{w} does not fit into an image of {height}x{width}; give resize, or more of it"
        raise InputError(msg)
    top, left = round((height - h) / 2), round((width - w) / 2)
    return picture.crop((left, top, left + w, top + h))


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
