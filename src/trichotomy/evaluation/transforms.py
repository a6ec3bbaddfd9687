"""From a decoded picture to a network's input: transforms of one's own, and how any transform is told from another."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import torch
from torch import Tensor

from trichotomy.datasets.checks import check_count
from trichotomy.datasets.crops import with_shorter
from trichotomy.errors import InputError, UnknownNameError

if TYPE_CHECKING:
    from PIL.Image import Image

ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")
"""In the text of an object that does not say what it does."""
INTERPOLATIONS = ("nearest", "bilinear", "bicubic", "box", "hamming", "lanczos")
Side: TypeAlias = int | tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class Transform:
    """What makes a network's input of a picture.

    Attributes
    ----------
    apply
        From a picture to float32[C, H, W].
    text
        What it does, for the provenance.
    key
        Transforms with equal keys give equal tensors, and are computed once.
    any_mode
        Whether ``apply`` takes gray pictures, too; else they are made red, green and blue.
    opaque
        Whether ``text`` does not say what it does, so that equal texts may be of different transforms.
    """

    apply: Callable[[Image], Any]
    text: str
    key: Hashable
    any_mode: bool = False
    opaque: bool = False

    def __call__(self, picture: Image) -> Tensor:
        """float32[C, H, W] of a decoded picture."""
        made: Tensor = self.apply(
            picture if self.any_mode or picture.mode == "RGB" else picture.convert("RGB")
        )
        return made

    @staticmethod
    def of_library(apply: Callable[[Image], Any], *, kind: str) -> Transform:
        """One that a package made, whose text says all that it does; two of one kind and text are the same."""
        text = described(apply)
        return Transform(apply, text, (kind, text))

    @staticmethod
    def of_user(apply: Callable[[Image], Any]) -> Transform:
        """Anyone's own, which is the same as itself only."""
        opaque = ADDRESS.search(repr(apply)) is not None
        return Transform(apply, described(apply), ("object", id(apply)), any_mode=True, opaque=opaque)


def described(transform: object) -> str:
    """Return a transform's text in one line, without addresses in memory."""
    return ADDRESS.sub("", " ".join(repr(transform).split()))


@dataclass(frozen=True, slots=True)
class Crop:
    """Resize, cut out the middle, scale to 0..1, normalise: what torchvision's usual test transform does, to the bit.

    Parameters
    ----------
    resize
        Pixels of the shorter side, or (height, width); None: as it is.
    crop
        Side, or (height, width), of the window in the middle; None: all of it.
    interpolation
        Pillow's, by name.
    mean, std
        Per channel, of pixels scaled to 0..1; one number each: gray.

    Raises
    ------
    InputError
        Sizes that are no whole numbers above 0, numbers of mean and std that differ.
    UnknownNameError
        An interpolation that Pillow does not have.
    """

    resize: Side = None
    crop: Side = None
    interpolation: str = "bilinear"
    mean: tuple[float, ...] = (0.0, 0.0, 0.0)
    std: tuple[float, ...] = (1.0, 1.0, 1.0)

    def __post_init__(self) -> None:
        for what in ("resize", "crop"):
            side = getattr(self, what)
            for value in side if isinstance(side, tuple) else (side,):
                if value is not None:
                    check_count(f"{what} of a transform", value)
        if self.interpolation not in INTERPOLATIONS:
            raise UnknownNameError("interpolation", str(self.interpolation), list(INTERPOLATIONS))
        if not len(self.mean) == len(self.std) in (1, 3) or min(self.std) <= 0:
            msg = f"a transform has mean {self.mean} and std {self.std}; give three of each (gray: one), std above 0"
            raise InputError(msg)

    @staticmethod
    def from_table(table: Mapping[str, Any], where: str) -> Crop:
        """Make one of a table of a TOML file, which ``where`` names in messages."""
        known = [field.name for field in fields(Crop)]
        for name in table:
            if name not in known:
                raise UnknownNameError(f"key of the transform in {where}", name, known)
        values: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in table.items()}
        try:
            return Crop(**values)
        except TypeError as error:
            msg = f"the transform in {where} cannot be used ({error}); see docs/evaluate.md"
            raise InputError(msg) from error

    def transform(self) -> Transform:
        """Return it as a transform."""
        return Transform(self, repr(self), self, any_mode=True)

    def __call__(self, picture: Image) -> Tensor:
        """float32[C, H, W].

        Raises
        ------
        InputError
            The window does not fit into the picture.
        """
        from PIL.Image import Resampling

        picture = picture.convert("L" if len(self.mean) == 1 else "RGB")
        width, height = picture.size
        if self.resize is not None:
            height, width = _resized(self.resize, height, width)
            if picture.size != (width, height):
                picture = picture.resize((width, height), Resampling[self.interpolation.upper()])
        if self.crop is not None:
            picture = _middle(picture, _pair(self.crop))
        return scaled(picture, self.mean, self.std)


def scaled(picture: Image, mean: tuple[float, ...], std: tuple[float, ...]) -> Tensor:
    """float32[C, H, W]: pixels over 255, normalised."""
    pixels = np.array(picture)
    tensor = torch.from_numpy(pixels[:, :, None] if pixels.ndim == 2 else pixels).permute(2, 0, 1)
    result = tensor.contiguous().float().div_(255)
    shape = (-1, 1, 1)
    return result.sub_(torch.tensor(mean).view(shape)).div_(torch.tensor(std).view(shape))


def _pair(side: int | tuple[int, int]) -> tuple[int, int]:
    return side if isinstance(side, tuple) else (side, side)


def _resized(side: int | tuple[int, int], height: int, width: int) -> tuple[int, int]:
    return side if isinstance(side, tuple) else with_shorter(height, width, side)


def _middle(picture: Image, size: tuple[int, int]) -> Image:
    (h, w), (width, height) = size, picture.size
    if h > height or w > width:
        msg = f"a centre crop of {h}x{w} does not fit into a picture of {height}x{width}; give the transform a resize"
        raise InputError(msg)
    top, left = round((height - h) / 2), round((width - w) / 2)
    return picture.crop((left, top, left + w, top + h))
