"""Plates of images, such as the items that most or fewest observers get right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from trichotomy.errors import InputError
from trichotomy.plots.drawing import Drawing, in_style
from trichotomy.plots.style import MUTED, NARROW, PAGE, new_figure
from trichotomy.plots.wording import clipped, count, listed, percent

ROWS, COLUMNS = 4, 8
MOST_IMAGES = ROWS * COLUMNS
_TITLE = 0.27
"""Inches above an image for its two lines."""
_GAP = 0.08


@dataclass(frozen=True, slots=True, eq=False)
class Plate:
    """Images to show together.

    Attributes
    ----------
    images
        uint8[n, H, W, C] or uint8[n, C, H, W] of one channel or three.
    labels
        Class of each image.
    shares
        Share of observers right on each.
    which
        What the images are: ``easiest`` or ``hardest``.
    """

    images: NDArray[np.uint8]
    labels: Sequence[str]
    shares: Sequence[float]
    which: Literal["easiest", "hardest"] = "easiest"


@in_style
def image_plate(plate: Plate, *, width: float = PAGE) -> Drawing:
    """Images in rows, each with its class and the share of observers right (Meding et al. 2022, Fig. 18, 19).

    Parameters
    ----------
    plate
        The images; of more than ``MOST_IMAGES`` the first.
    width
        In inches; a narrow plate has half as many columns.

    Raises
    ------
    InputError
        No image, images of a shape that is none, or other numbers of labels or shares than of images.
    """
    pixels = channels_last(plate.images)[:MOST_IMAGES]
    n = len(pixels)
    if not n or not len(plate.images) == len(plate.labels) == len(plate.shares):
        msg = (
            f"a plate needs a label and a share per image; got {len(plate.images)} images, {len(plate.labels)} labels "
            f"and {len(plate.shares)} shares"
        )
        raise InputError(msg)
    labels, shares = list(plate.labels)[:n], list(plate.shares)[:n]
    columns = min(COLUMNS if width >= NARROW else COLUMNS // 2, n)
    rows = -(-n // columns)
    across = COLUMNS if width >= NARROW else COLUMNS // 2
    side = (width - 0.1) / across - _GAP
    tall = side * pixels.shape[1] / pixels.shape[2]
    figure = new_figure(columns * (side + _GAP) + 0.1, rows * (tall + _TITLE) + 0.1)
    ax = figure.add_subplot()
    for k, image in enumerate(pixels):
        left, top = (k % columns) * (side + _GAP), (k // columns) * (tall + _TITLE) + _TITLE
        ax.imshow(
            image if image.shape[-1] == 3 else image[..., 0], cmap="gray", vmin=0, vmax=255,
            extent=(left, left + side, top + tall, top),
        )  # fmt: skip
        for line, height in ((clipped(labels[k], int(side * 20)), 9), (percent(shares[k]), 2)):
            ax.annotate(
                line, (left, top), xytext=(0, height), textcoords="offset points", fontsize=6,
                color=None if height > 2 else MUTED, annotation_clip=False,
            )  # fmt: skip
    ax.set_xlim(0, columns * (side + _GAP) - _GAP)
    ax.set_ylim(rows * (tall + _TITLE), 0)
    ax.set_axis_off()
    return Drawing(figure, _alt(labels, shares, plate.which), _caption(n, plate.which))


def _alt(labels: list[str], shares: list[float], which: str) -> str:
    span = list(dict.fromkeys(percent(share) for share in (min(shares), max(shares))))
    classes = list(dict.fromkeys(labels))
    return (
        f"Plate of the {count(len(labels), 'item')} that are {which}; {' to '.join(span)} of the observers are right "
        f"on each. Classes: {listed(classes, most=8)}."
    )


def _caption(n: int, which: str) -> str:
    most, verdict = ("most", "right") if which == "easiest" else ("fewest", "wrong")
    return (
        f"The {count(n, 'item')} that {most} observers get right, each with its class and the share of observers "
        f"right; among equals, those that the observers got {verdict} most often over all epochs."
    )


def channels_last(images: NDArray[Any]) -> NDArray[Any]:
    """uint8[n, H, W, C] whichever way round the images are.

    Raises
    ------
    InputError
        A shape that is none of images.
    """
    if images.ndim == 4 and images.shape[-1] in (1, 3):
        return images
    if images.ndim == 4 and images.shape[1] in (1, 3):
        return np.moveaxis(images, 1, -1)
    msg = (
        f"images of shape {images.shape} are no images; give [n, H, W, C] or [n, C, H, W] of 1 or 3 channels"
    )
    raise InputError(msg)
