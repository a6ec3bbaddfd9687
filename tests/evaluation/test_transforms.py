"""Transforms of one's own do what torchvision's do, and are told from others."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from trichotomy.errors import InputError, UnknownNameError
from trichotomy.evaluation import Crop, Transform


def picture(height: int, width: int) -> Image.Image:
    return Image.fromarray(np.random.default_rng(height).integers(0, 256, (height, width, 3), np.uint8))


@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic", "nearest"])
@pytest.mark.parametrize(("height", "width"), [(33, 50), (61, 40), (40, 40)])
@pytest.mark.parametrize("resize", [None, 35, (30, 37)])
@pytest.mark.usefixtures("torchvision_importable")
def test_as_torchvision_does_it_to_the_bit(interpolation, height, width, resize):
    from torchvision import transforms as tv

    mean, std = (0.48, 0.45, 0.4), (0.23, 0.22, 0.21)
    size = list(resize) if isinstance(resize, tuple) else resize
    steps = [tv.Resize(size, tv.InterpolationMode(interpolation))] if resize else []
    theirs = tv.Compose([*steps, tv.CenterCrop(29), tv.ToTensor(), tv.Normalize(mean, std)])
    ours = Crop(resize=resize, crop=29, interpolation=interpolation, mean=mean, std=std)
    image = picture(height, width)
    assert torch.equal(ours(image), theirs(image))


def test_gray():
    gray = picture(9, 9).convert("L")
    assert torch.equal(
        Crop(mean=(0.0,), std=(1.0,))(picture(9, 9)), torch.from_numpy(np.array(gray)).float()[None] / 255
    )
    assert Crop()(gray).shape == (3, 9, 9)
    taken = []
    Transform(lambda p: taken.append(p.mode), "", "")(gray)
    Transform.of_user(lambda p: taken.append(p.mode))(gray)
    assert taken == ["RGB", "L"]


def test_which_are_the_same():
    assert Crop(crop=3).transform().key == Crop(crop=3).transform().key != Crop(crop=4).transform().key

    class Mine:
        def __call__(self, picture):
            return picture

        def __repr__(self):
            return "Mine()"

    one, other = Transform.of_user(Mine()), Transform.of_user(Mine())
    assert one.text == other.text == "Mine()"
    assert one.key != other.key


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"crop": 0}, "crop of a transform"),
        ({"resize": 2.5}, "resize of a transform"),
        ({"interpolation": "bilinaer"}, "Did you mean bilinear"),
        ({"mean": (0.5,)}, "give three of each"),
        ({"std": (1, 1, 0)}, "std above 0"),
    ],
)
def test_wrong_ones(changes, said):
    with pytest.raises((InputError, UnknownNameError), match=said):
        Crop(**changes)


def test_a_window_that_does_not_fit():
    with pytest.raises(InputError, match="12x12 does not fit into a picture of 9x10"):
        Crop(crop=12)(picture(9, 10))


def test_from_a_table():
    assert Crop.from_table({"resize": [8, 9], "mean": [0.5] * 3}, "x") == Crop(
        resize=(8, 9), mean=(0.5, 0.5, 0.5)
    )
    with pytest.raises(
        UnknownNameError, match=r"key of the transform in x called 'rezise'. Did you mean resize"
    ):
        Crop.from_table({"rezise": 3}, "x")
    with pytest.raises(InputError, match="the transform in x cannot be used"):
        Crop.from_table({"mean": 3}, "x")
