"""Augmentation: how stored images become a network's input, for whole batches of bytes.

What is drawn for an item is a function of (seed, epoch, item) alone; what becomes of it is a function of the image and
its row of draws. So neither the batch an item is in nor the number of workers makes a difference.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from trichotomy.datasets.checks import check_count, check_flag
from trichotomy.datasets.crops import centred, mirrored, pictured, planes, resized, windows
from trichotomy.datasets.streams import stream
from trichotomy.datasets.threads import spread
from trichotomy.errors import InputError, UnknownNameError

if TYPE_CHECKING:
    from PIL.Image import Image

CROPS = ("none", "padded", "resized", "centre")
DRAWS = 5
FLIP, VERTICAL, HORIZONTAL = range(3)
"""Columns of the draws; scale and aspect are the last two."""
SEVERAL_THREADS = 2**22
"""Bytes of a batch from which several threads resize it faster than one."""


@dataclass(frozen=True, slots=True)
class Augmentation:
    """How a stored image becomes a network's input.

    Parameters
    ----------
    crop
        ``none``; ``padded``: zeros around the image, then a window at the place drawn; ``resized``: a window of 8 to
        100 % of the area and an aspect of 3/4 to 4/3, both drawn, resized (Szegedy et al. 2015; the usual one on
        ImageNet); ``centre``: resized, then the window in the middle (the usual one in testing).
    size
        Side of the result in pixels; None: as large as the image.
    padding
        Pixels of zeros on each side (``padded`` only).
    resize
        Shorter side of the whole image before a ``centre`` crop; None: the image as it is.
    flip
        Mirror left and right where the draw is below 1/2.

    Raises
    ------
    UnknownNameError
        A crop that does not exist.
    InputError
        Sizes that are no whole numbers above 0, or that the crop has no use for.
    """

    crop: Literal["none", "padded", "resized", "centre"] = "none"
    size: int | None = None
    padding: int = 0
    resize: int | None = None
    flip: bool = False

    def __post_init__(self) -> None:
        if self.crop not in CROPS:
            raise UnknownNameError("crop", str(self.crop), list(CROPS))
        for what, value, least in (
            ("size", self.size, 1), ("padding", self.padding, 0), ("resize", self.resize, 1)
        ):  # fmt: skip
            if value is not None or what == "padding":
                check_count(f"{what} of an augmentation", value, least=least)
        check_flag("flip of an augmentation", self.flip)
        if self.padding and self.crop != "padded":
            msg = f"padding is {self.padding}, but the crop is '{self.crop}'; only 'padded' pads"
            raise InputError(msg)
        if self.resize is not None and self.crop != "centre":
            msg = f"resize is {self.resize}, but the crop is '{self.crop}'; only 'centre' resizes first"
            raise InputError(msg)
        if self.resize is not None and self.size is not None and self.resize < self.size:
            msg = f"a centre crop of {self.size} does not fit into a shorter side of {self.resize}; resize to more"
            raise InputError(msg)

    @property
    def drawn(self) -> bool:
        """Whether it takes draws."""
        return self.flip or self.crop in {"padded", "resized"}


UNCHANGED = Augmentation()
"""Images as they are stored."""


def draws(seed: int, epoch: int, count: int) -> NDArray[np.float64]:
    """Draw what augments each item of a split in one epoch.

    Parameters
    ----------
    seed, epoch
        Whole numbers from 0 to 2**64 - 1: the key.
    count
        N, the number of items; row i does not depend on it.

    Returns
    -------
    float64[N, 5]
        In [0, 1): flip, vertical place, horizontal place, scale, aspect.
    """
    return np.random.Generator(stream("augmentation", seed, epoch)).random((count, DRAWS))


def augment(
    images: NDArray[np.uint8], augmentation: Augmentation, draws: NDArray[np.float64] | None = None
) -> NDArray[np.uint8]:
    """Augment a batch of images of one size.

    Parameters
    ----------
    images
        uint8[n, C, H, W]; not written to, but returned itself where nothing is to be done.
    augmentation
        What to do.
    draws
        float64[n, 5] in [0, 1), the rows of these items; None will do where nothing is drawn.

    Returns
    -------
    uint8[n, C, size, size]
        (H, W) where the augmentation names no size.

    Raises
    ------
    InputError
        Draws that are missing or of another shape, or a window larger than the image.
    """
    rows = _checked(draws, augmentation, len(images))
    height, width = images.shape[2:]
    if augmentation.crop in {"resized", "centre"}:
        images = _resampled(images, augmentation, rows)
    elif augmentation.crop == "padded":
        images = _padded(images, augmentation, rows)
    elif augmentation.size not in {None, height} or augmentation.size not in {None, width}:
        msg = f"the images are {height}x{width}, not {augmentation.size}x{augmentation.size}; name a crop"
        raise InputError(msg)
    return _flipped(images, rows[:, FLIP] < 0.5) if augmentation.flip else images


def augment_pictures(
    pictures: Sequence[Image], augmentation: Augmentation, draws: NDArray[np.float64] | None
) -> list[NDArray[np.uint8]]:
    """Do to decoded images of any sizes what ``augment`` does to a batch; ``draws`` is float64[n, 5].

    Returns
    -------
    list of uint8[C, h, w]
    """
    rows = _checked(draws, augmentation, len(pictures))
    if augmentation.crop not in {"resized", "centre"}:
        return [
            augment(planes(picture)[None], augmentation, rows[i : i + 1])[0]
            for i, picture in enumerate(pictures)
        ]
    boxes: Sequence[NDArray[np.int64] | None] = [None] * len(pictures)
    if (
        augmentation.crop == "resized"
    ):  # for all at once, since one alone takes as long as a third of a resizing
        sizes = np.array([picture.size for picture in pictures], np.int64).reshape(-1, 2)
        boxes = list(windows(rows[:, VERTICAL:], sizes[:, 1], sizes[:, 0]))
    cropped = [_cropped(picture, augmentation, box) for picture, box in zip(pictures, boxes, strict=True)]
    if augmentation.flip:
        cropped = [
            mirrored(each) if row[FLIP] < 0.5 else each for each, row in zip(cropped, rows, strict=True)
        ]
    return [planes(each) for each in cropped]


def _checked(
    draws: NDArray[np.float64] | None, augmentation: Augmentation, count: int
) -> NDArray[np.float64]:
    if not augmentation.drawn:
        return np.zeros((count, DRAWS))
    if draws is None:
        msg = (
            "this augmentation is drawn at random and no draws were given; "
            "pass draws=trichotomy.datasets.draws(seed, epoch, items)[positions]"
        )
        raise InputError(msg)
    if draws.shape != (count, DRAWS):
        msg = f"the draws have shape {draws.shape}; give one row of {DRAWS} for each of the {count} images"
        raise InputError(msg)
    if count and not (draws.min() >= 0 and draws.max() < 1):
        msg = "the draws must be at least 0 and below 1; take them from trichotomy.datasets.draws"
        raise InputError(msg)
    return draws


def _padded(
    images: NDArray[np.uint8], augmentation: Augmentation, rows: NDArray[np.float64]
) -> NDArray[np.uint8]:
    """Each image's window out of the image with zeros around it; the windows are views, and copied once."""
    count, channels, height, width = images.shape
    pad = augmentation.padding
    h, w = (augmentation.size or side for side in (height, width))
    down, right = height + 2 * pad - h + 1, width + 2 * pad - w + 1
    if down < 1 or right < 1:
        msg = f"a window of {h}x{w} does not fit into images of {height}x{width} padded by {pad}; pad more"
        raise InputError(msg)
    wide = np.zeros((count, channels, height + 2 * pad, width + 2 * pad), np.uint8)
    wide[:, :, pad : pad + height, pad : pad + width] = images
    windows = sliding_window_view(wide, (h, w), axis=(2, 3))
    top = (rows[:, VERTICAL] * down).astype(np.intp)
    left = (rows[:, HORIZONTAL] * right).astype(np.intp)
    result: NDArray[np.uint8] = windows[np.arange(count), :, top, left]
    return result


def _flipped(images: NDArray[np.uint8], mirrored: NDArray[np.bool_]) -> NDArray[np.uint8]:
    result = images.copy()
    result[mirrored] = images[mirrored][..., ::-1]
    return result


def _resampled(
    images: NDArray[np.uint8], augmentation: Augmentation, rows: NDArray[np.float64]
) -> NDArray[np.uint8]:
    count, channels, height, width = images.shape
    h, w = (augmentation.size or side for side in (height, width))
    boxes = windows(rows[:, VERTICAL:], height, width) if augmentation.crop == "resized" else None
    result = np.empty((count, channels, h, w), np.uint8)

    def one(i: int) -> None:
        window = None if boxes is None else boxes[i]
        pictures = pictured(images[i])
        result[i] = np.concatenate([planes(_cropped(each, augmentation, window)) for each in pictures])

    if images.size < SEVERAL_THREADS:
        for i in range(count):
            one(i)
    else:
        spread(one, count)
    return result


def _cropped(picture: Image, augmentation: Augmentation, window: NDArray[np.int64] | None) -> Image:
    width, height = picture.size
    size = (augmentation.size or height, augmentation.size or width)
    if window is None:
        return centred(picture, augmentation.resize, size)
    return resized(picture, window, size)
