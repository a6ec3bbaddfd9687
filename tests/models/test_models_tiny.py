"""The own networks: their size, their reach, and that they learn."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn import functional

from trichotomy import models

# (channels, size, parameters, multiply-adds), counted by hand from the layers' shapes, as in
# 16 * 16 * 9 * 16**2 for a convolution; a change here changes every embedded study.
COSTS = {
    "tiny-resnet": [(1, 8, 4_962, 133_792), (3, 32, 75_290, 3_060_352)],
    "tiny-plain": [(1, 8, 4_370, 96_928), (3, 32, 72_954, 2_470_528)],
}


def gaussian(items: int, rng: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Ten classes of noise around 128 with standard deviations 1 to 10, clipped to bytes; one channel, 8x8."""
    labels = np.arange(items) % 10
    noise = rng.standard_normal((items, 1, 8, 8)) * (labels + 1)[:, None, None, None]
    pixels = np.clip(np.rint(128 + noise), 0, 255).astype(np.uint8)
    return torch.from_numpy(pixels).float() / 255, torch.from_numpy(labels)


def accuracy_after_training(network: torch.nn.Module, *, epochs: int) -> float:
    """Train as the quick study does: rate 0.1, a tenth of it after two thirds; return the test accuracy."""
    rng = np.random.default_rng(0)
    (images, labels), (test_images, test_labels) = gaussian(2000, rng), gaussian(1000, rng)
    optimiser = torch.optim.SGD(network.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-4, fused=True)
    schedule = torch.optim.lr_scheduler.MultiStepLR(optimiser, [2 * epochs // 3])
    for _ in range(epochs):
        for batch in torch.from_numpy(rng.permutation(len(images))).split(64):
            loss = functional.cross_entropy(network(images[batch]), labels[batch])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        schedule.step()
    with torch.no_grad():
        return float((network.eval()(test_images).argmax(1) == test_labels).float().mean())


@pytest.mark.parametrize("name", list(COSTS))
def test_costs_are_pinned(name):
    for channels, size, parameters, operations in COSTS[name]:
        network = models.build(name, classes=10, channels=channels, size=size, seed=0)
        assert models.parameters(network) == parameters
        assert models.multiply_adds(network, channels=channels, size=size) == operations


@pytest.mark.parametrize("name", list(COSTS))
@pytest.mark.parametrize("channels", [1, 3, 5])
@pytest.mark.parametrize("size", [1, 2, 7, 8, 16, 17, 28, 32, 64, 65, 224, None])
def test_any_image_will_do(name, channels, size):
    network = models.build(name, classes=4, channels=channels, size=size, seed=0)
    images = torch.rand(2, channels, size or 100, size or 100)
    output = network(images)
    output.square().sum().backward()
    assert output.shape == (2, 4)
    assert all(torch.isfinite(p.grad).all() for p in network.parameters())


@pytest.mark.parametrize("name", list(COSTS))
def test_it_learns_noise_that_nobody_normalised(name):
    network = models.build(name, classes=10, channels=1, size=8, seed=0)
    assert accuracy_after_training(network, epochs=15) > 0.65


@pytest.mark.parametrize("name", list(COSTS))
def test_the_memory_format_does_not_change_the_result(name):
    network = models.build(name, classes=10, channels=3, size=32, seed=0).eval()
    images = torch.rand(4, 3, 32, 32)
    with torch.no_grad():
        rows = network(images)
        channels_last = network.to(memory_format=torch.channels_last)(
            images.to(memory_format=torch.channels_last)
        )
    torch.testing.assert_close(rows, channels_last)


def test_a_residual_block_that_computes_nothing_hands_its_input_on():
    block = models.build("tiny-resnet", classes=2, channels=1, size=8, seed=0).stage1.eval()
    torch.nn.init.zeros_(block.norm2.weight)
    images = torch.rand(2, 8, 5, 5)
    assert torch.equal(block(images), images)
    wider = models.build("tiny-resnet", classes=2, channels=1, size=8, seed=0).stage2.eval()
    torch.nn.init.zeros_(wider.norm2.weight)
    halved = wider(images)
    assert halved.shape == (2, 16, 3, 3)
    torch.testing.assert_close(halved[:, :8, 0, 0], images[:, :, :2, :2].mean((2, 3)))
    torch.testing.assert_close(halved[:, :8, 2, 2], images[:, :, 4, 4])
    assert not halved[:, 8:].any()
