"""timm's networks by name."""

from __future__ import annotations

import pytest
import torch

from trichotomy import models
from trichotomy.errors import InputError, UnknownNameError

pytestmark = pytest.mark.usefixtures("torchvision_importable")


@pytest.mark.parametrize("name", ["timm:test_resnet", "timm:test_resnet.r160_in1k", "timm:test_vit"])
@pytest.mark.parametrize(("channels", "size"), [(1, 32), (3, 64)])
def test_a_timm_network_is_fitted_and_seeded(name, channels, size):
    first, again, other = (
        models.build(name, classes=5, channels=channels, size=size, seed=s) for s in (1, 1, 2)
    )
    assert first(torch.rand(2, channels, size, size)).shape == (2, 5)
    weights = [
        torch.cat([p.detach().flatten() for p in network.parameters()]) for network in (first, again, other)
    ]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


def test_without_a_size_a_network_keeps_its_own():
    network = models.build("timm:test_vit", classes=5, seed=0)
    assert tuple(network.patch_embed.img_size) == (160, 160)


def test_a_size_that_does_not_fit_is_told():
    with pytest.raises(
        InputError, match=r"'timm:test_vit' does not work with images of 3 channel\(s\) and 8 x 8"
    ):
        models.build("timm:test_vit", classes=5, size=8, seed=0)


def test_unknown_names_suggest_or_say_where_the_names_are():
    with pytest.raises(UnknownNameError, match=r"no timm network called 'resnet18x'\. Did you mean resnet1"):
        models.build("timm:resnet18x", classes=2, seed=0)
    with pytest.raises(UnknownNameError, match=r"Known: the 1,\d\d\d of timm\.list_models\(\)\."):
        models.build("timm:hf_hub/????????", classes=2, seed=0)
