"""The paper's networks at full size: what goes in and what comes out, without computing anything (``meta`` device)."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from trichotomy import models

pytestmark = pytest.mark.usefixtures("torchvision_importable")

FEATURES = {
    "resnet18": (512, 7, 4),
    "resnet50": (2048, 7, 4),
    "densenet121": (1024, 7, 4),
    "vgg11": (512, 7, 1),
    "alexnet": (256, 6, 3),
}
"""Of the last convolution's stage: channels, side at 224 pixels, side at 32 pixels."""


def on_meta(name: str, *, classes: int, channels: int, size: int | None) -> nn.Module:
    return models.build(name, classes=classes, channels=channels, size=size, seed=0).to("meta")


def last_map(network: nn.Module, images: Tensor) -> tuple[Tensor, torch.Size]:
    """The output, and the shape of the last tensor with a height and a width that is not pooled to fit."""
    shapes: list[torch.Size] = []

    def noted(module: nn.Module, _: object, result: object) -> None:
        if isinstance(result, Tensor) and result.ndim == 4 and not isinstance(module, nn.AdaptiveAvgPool2d):
            shapes.append(result.shape)

    handles = [m.register_forward_hook(noted) for m in network.modules()]
    output = network(images)
    for handle in handles:
        handle.remove()
    return output, shapes[-1]


@pytest.mark.parametrize("name", sorted(FEATURES))
def test_at_224_pixels(name):
    network = on_meta(name, classes=1000, channels=3, size=224)
    output, shape = last_map(network, torch.empty(2, 3, 224, 224, device="meta"))
    channels, side, _ = FEATURES[name]
    assert output.shape == (2, 1000)
    assert shape == (2, channels, side, side)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("name", sorted(FEATURES))
def test_at_32_pixels(name, channels):
    network = on_meta(name, classes=10, channels=channels, size=32)
    output, shape = last_map(network, torch.empty(2, channels, 32, 32, device="meta"))
    features, _, side = FEATURES[name]
    assert output.shape == (2, 10)
    assert shape == (2, features, side, side)
