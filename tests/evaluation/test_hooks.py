"""What hooks catch is what the network computes, and they leave the network as it was."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from trichotomy import models
from trichotomy.errors import InputError, UnknownNameError
from trichotomy.evaluation import layer_outputs


@pytest.fixture
def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(1, 3, 3),
        nn.BatchNorm2d(3),
        nn.ReLU(inplace=True),
        nn.Flatten(),
        nn.Dropout(),
        nn.Linear(108, 4),
    ).train()


IMAGES = torch.randn(5, 1, 8, 8, generator=torch.Generator().manual_seed(1))


def test_layers_by_name_and_by_place(network):
    found = layer_outputs(network, IMAGES, ["penultimate", "logits", "1", "2"])
    assert network.training
    assert not network[5]._forward_pre_hooks
    network.eval()
    with torch.no_grad():
        normed = network[1](network[0](IMAGES))
        np.testing.assert_allclose(
            found["1"], normed.flatten(1), rtol=1e-6
        )  # not what ReLU made of it in place
        flat = normed.relu().flatten(1)
        np.testing.assert_allclose(found["2"], flat, rtol=1e-6)
        np.testing.assert_allclose(found["penultimate"], flat, rtol=1e-6)
        np.testing.assert_allclose(found["logits"], network[5](flat), rtol=1e-5)


def test_penultimate_is_the_last_linear_layer_that_runs():
    class Backwards(nn.Module):
        def __init__(self):
            super().__init__()
            self.head, self.body, self.unused = nn.Linear(3, 2), nn.Linear(4, 3), nn.Linear(9, 9)

        def forward(self, x):
            return self.head(self.body(x))

    network, x = Backwards(), torch.randn(6, 4)
    np.testing.assert_allclose(layer_outputs(network, x)["penultimate"], network.body(x).detach(), rtol=1e-6)
    with pytest.raises(InputError, match="'unused' did not run"):
        layer_outputs(network, x, ["unused"])


@pytest.mark.parametrize("name", ["tiny-resnet", "tiny-plain"])
def test_networks_of_the_study(name):
    network = models.build(name, classes=7, channels=1, size=8, seed=0)
    found = layer_outputs(network, IMAGES, ["penultimate", "logits"])
    assert {k: v.shape for k, v in found.items()} == {"penultimate": (5, 16), "logits": (5, 7)}


def test_wrong_layers(network):
    with pytest.raises(UnknownNameError, match="Did you mean penultimate"):
        layer_outputs(network, IMAGES, ["penultimat"])
    with pytest.raises(InputError, match="no linear layer"):
        layer_outputs(nn.Sequential(nn.Conv2d(1, 2, 8), nn.Flatten()), IMAGES)
    with pytest.raises(InputError, match=r"gives tuple for 5 items"):
        layer_outputs(nn.Sequential(nn.Flatten(), nn.LSTM(64, 2)), IMAGES, ["1"])
