"""The items in the report: small images of some of each class of difficulty, and the quiz of the paper's Fig. 1."""

from __future__ import annotations

from base64 import b64encode

import numpy as np
from numpy.typing import NDArray

from trichotomy.datasets.depicted import ItemImages
from trichotomy.errors import InputError
from trichotomy.estimators import CATEGORIES
from trichotomy.report.illustrations import Illustrations
from trichotomy.report.page import Block, Gallery, Guess, Quiz, Tile
from trichotomy.report.plates import class_names

MOST_TILES = 300
TILE, FACE = 72, 192
"""Pixels of the longer side in the gallery and in the quiz."""


def gallery_blocks(a: Illustrations) -> list[Block]:
    """Make the quiz and the gallery, or say why they cannot be shown; without images, which plates tell, nothing."""
    try:
        images = a.images
    except InputError:
        return []
    if images is None:
        return []
    blocks: list[Block] = []
    for what, make in (("quiz", quiz), ("gallery", gallery)):
        try:
            blocks.append(make(a, images))
        except InputError as error:
            blocks.append(f"The {what} is left out: {error}.")
    return blocks


def quiz(a: Illustrations, images: ItemImages) -> Block:
    """Make the quiz of the pairs that the figure ``tricky`` shows."""
    positions, right_is_hard = a.tricky_items
    if not len(positions):
        return "There is no pair of an easy and a hard item to guess."
    right, of = a.partition["right"].values, a.partition.attrs["observers"]
    names = class_names(a.population, positions.ravel())

    def note(k: int, name: str) -> str:
        return f"{name}, {right[k]} of {of} observers right"

    guesses = [
        Guess(
            (_address(images, left, FACE), _address(images, other, FACE)),
            (note(left, names[2 * k]), note(other, names[2 * k + 1])),
            hard,
        )
        for k, ((left, other), hard) in enumerate(zip(positions.tolist(), right_is_hard, strict=True))
    ]
    return Quiz(
        "quiz", "Which of the two is tricky?", guesses,
        "In each pair one image is among those that most observers get right, the other among those that fewest do; of "
        "one class where there are such. Choose the one you think is hard for them (Meding et al. 2022, Fig. 1).",
    )  # fmt: skip


def gallery(a: Illustrations, images: ItemImages) -> Block:
    """Draw items of each class of difficulty at random; an image that cannot be read is passed over."""
    category = a.partition["category"].values
    right, of = a.partition["right"].values, a.partition.attrs["observers"]
    rng = np.random.default_rng(a.options["seed"])
    tiles: list[Tile] = []
    size = 0
    for code, each in _shared_out(category, images.there).items():
        members = np.flatnonzero((category == code) & images.there)
        drawn = np.sort(rng.choice(members, each, replace=False))
        order = drawn[np.argsort(right[drawn], kind="stable")]
        for k, name in zip(order.tolist(), class_names(a.population, order), strict=True):
            try:
                address = _address(images, k, TILE)
            except InputError:
                continue
            size += len(address)
            group = CATEGORIES[code].capitalize()
            tiles.append(
                Tile(address, group, f"{a.population['item'].values[k]}: {name}", f"{right[k]}/{of} {name}")
            )
    caption = (
        f"{len(tiles)} items drawn at random, as many of each class of difficulty as can be, from the hardest to the "
        f"easiest; below each the number of observers right and its class. The images take {size / 1e6:.1f} MB of this "
        "page; the command trichotomy browse shows all items."
    )
    return Gallery("gallery", tiles, caption)


def _shared_out(category: NDArray[np.int8], there: NDArray[np.bool_]) -> dict[int, int]:
    """How many items of each class are shown: as equal as can be, the scarce ones first."""
    counts = {code: int(np.count_nonzero((category == code) & there)) for code in range(len(CATEGORIES))}
    shown: dict[int, int] = {}
    left = MOST_TILES
    for done, (code, count) in enumerate(sorted(counts.items(), key=lambda pair: pair[1])):
        shown[code] = min(count, left // (len(counts) - done))
        left -= shown[code]
    return {code: shown[code] for code in sorted(shown) if shown[code]}


def _address(images: ItemImages, position: int, side: int) -> str:
    made = images.thumbnail(position, side)
    return f"data:{made.kind};base64,{b64encode(made.content).decode()}"
