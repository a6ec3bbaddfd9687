"""What networks cost: counted by hand and by torch."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from trichotomy import models
from trichotomy.models.cost import kept_bytes, multiply_adds, parameters


def test_a_convolution_counted_by_hand():
    network = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(8 * 36, 5))
    assert parameters(network) == 8 * 27 + 8 + 8 * 36 * 5 + 5
    assert multiply_adds(network, channels=3, size=6) == 8 * 27 * 36 + 8 * 36 * 5


def test_what_is_kept_for_the_gradient_counted_by_hand():
    """The image, which the convolution's gradient needs; the rectified map, which the next layer needs, once."""
    network = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(8 * 36, 5))
    assert kept_bytes(network, channels=3, size=6) == 4 * (3 * 36 + 8 * 36)


@pytest.mark.parametrize("name", ["tiny-resnet", "tiny-plain"])
def test_what_is_kept_is_what_a_real_pass_keeps(name):
    """In training, for several images, by another count: distinct memory that the graph holds."""
    network = models.build(name, classes=10, channels=1, size=8, seed=0).train()
    own = {p.data_ptr() for p in (*network.parameters(), *network.buffers())}
    held: dict[int, torch.Tensor] = {}

    def noted(tensor: torch.Tensor) -> torch.Tensor:
        if tensor.untyped_storage().data_ptr() not in own:
            held[tensor.untyped_storage().data_ptr()] = tensor
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(noted, lambda t: t):
        network(torch.ones(32, 1, 8, 8))
    real = sum(t.untyped_storage().nbytes() for t in held.values()) / 32
    assert kept_bytes(network, channels=1, size=8) == pytest.approx(real, rel=0.1)


def test_counting_leaves_the_network_as_it_is():
    network = models.build("tiny-resnet", classes=10, channels=1, size=8, seed=0).train()
    before = {name: t.clone() for name, t in network.state_dict().items()}
    kept_bytes(network, channels=1, size=8)
    multiply_adds(network, channels=1, size=8)
    assert network.training
    assert all(torch.equal(t, before[name]) for name, t in network.state_dict().items())
