"""Pairs of an easy and a hard image, to guess which one is tricky."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from trichotomy.errors import InputError
from trichotomy.plots.drawing import Drawing, in_style
from trichotomy.plots.plates import channels_last
from trichotomy.plots.style import INK, NARROW, PAGE, new_figure
from trichotomy.plots.wording import clipped, count

MOST_PAIRS = 8
_TITLE = 0.27
_INNER, _OUTER = 0.04, 0.2
"""Inches between the images of a pair, and between pairs."""


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Pairs of images, one that nearly all observers get right and one that nearly none does.

    Attributes
    ----------
    images
        uint8[n, 2, H, W, C] or uint8[n, 2, C, H, W], the left image of each pair first.
    labels
        Classes of both images of each pair.
    right_is_hard
        bool[n]: on which side the hard one stands.
    """

    images: NDArray[np.uint8]
    labels: Sequence[tuple[str, str]]
    right_is_hard: Sequence[bool]


@in_style
def tricky_pairs(pairs: Pairs, *, width: float = PAGE) -> Drawing:
    """Pairs of images side by side; the caption tells which are impossible (Meding et al. 2022, Fig. 1).

    Parameters
    ----------
    pairs
        Of more than ``MOST_PAIRS`` the first are drawn.
    width
        In inches; a narrow figure has half as many columns.

    Raises
    ------
    InputError
        No pair, or images of a shape that is none.
    """
    n = min(len(pairs.images), MOST_PAIRS)
    if not n:
        msg = "there is no pair of an easy and a hard image to draw"
        raise InputError(msg)
    flat = channels_last(pairs.images[:n].reshape(-1, *pairs.images.shape[2:]))
    columns = min(4 if width >= NARROW else 2, n)
    rows = -(-n // columns)
    side = ((width - 0.1) / columns - _OUTER - _INNER) / 2
    tall = side * flat.shape[1] / flat.shape[2]
    figure = new_figure(
        width if n >= columns else columns * (2 * side + _OUTER), rows * (tall + _TITLE) + 0.1
    )
    ax = figure.add_subplot()
    for k in range(n):
        left, top = (k % columns) * (2 * side + _INNER + _OUTER), (k // columns) * (tall + _TITLE) + _TITLE
        for j in range(2):
            image, x = flat[2 * k + j], left + j * (side + _INNER)
            ax.imshow(
                image if image.shape[-1] == 3 else image[..., 0], cmap="gray", vmin=0, vmax=255,
                extent=(x, x + side, top + tall, top),
            )  # fmt: skip
        ax.add_patch(
            Rectangle((left, top), 2 * side + _INNER, tall, fill=False, edgecolor=INK, linewidth=0.4)
        )
        one, other = pairs.labels[k]
        words = one if one == other else f"{one} / {other}"
        ax.annotate(
            f"{k + 1}  {clipped(words, int(side * 34))}", (left, top), xytext=(0, 3), textcoords="offset points",
            fontsize=6.5, annotation_clip=False,
        )  # fmt: skip
    ax.set_xlim(-0.02, columns * (2 * side + _INNER + _OUTER) - _OUTER + 0.02)
    ax.set_ylim(rows * (tall + _TITLE), 0)
    ax.set_axis_off()
    return Drawing(figure, _alt(pairs, n), _caption(pairs, n))


def _alt(pairs: Pairs, n: int) -> str:
    return f"{count(n, 'pair')} of images, an easy and a hard one each. {_answers(pairs, n)}"


def _caption(pairs: Pairs, n: int) -> str:
    return (
        "Which is tricky? In each pair one image is among those that most observers get right, the other among those "
        f"that fewest do. {_answers(pairs, n)}"
    )


def _answers(pairs: Pairs, n: int) -> str:
    answers = [f"{k + 1} {'right' if pairs.right_is_hard[k] else 'left'}" for k in range(n)]
    return f"Hard: {', '.join(answers)}."
