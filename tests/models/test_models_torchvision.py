"""torchvision's classifiers: fitted to classes, channels and small images, and otherwise torchvision's own."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch
from torch import nn

from trichotomy import models
from trichotomy.errors import InputError, UnknownNameError
from trichotomy.models.families import FAMILIES

pytestmark = pytest.mark.usefixtures("torchvision_importable")

# The smallest of each family; the parameters of the paper's own come with torchvision's weights.
SMALLEST = {
    "alexnet": "alexnet",
    "convnext": "convnext_tiny",
    "densenet": "densenet121",
    "efficientnet": "efficientnet_b0",
    "googlenet": "googlenet",
    "inception": "inception_v3",
    "maxvit": "maxvit_t",
    "mnasnet": "mnasnet0_5",
    "mobilenetv2": "mobilenet_v2",
    "mobilenetv3": "mobilenet_v3_small",
    "regnet": "regnet_y_400mf",
    "resnet": "resnet18",
    "shufflenetv2": "shufflenet_v2_x0_5",
    "squeezenet": "squeezenet1_1",
    "swin_transformer": "swin_t",
    "vgg": "vgg11",
    "vision_transformer": "vit_b_16",
}
PAPER = {"resnet18": "ResNet18", "resnet50": "ResNet50", "densenet121": "DenseNet121", "vgg11": "VGG11",
         "alexnet": "AlexNet", "squeezenet1_1": "SqueezeNet1_1"}  # fmt: skip


def layer(network: nn.Module, path: str) -> nn.Module:
    return network.get_submodule(path)


def test_every_classifier_of_torchvision_has_a_family():
    from torchvision import models as theirs

    listed = theirs.list_models(module=theirs)
    assert models.names() == ["tiny-resnet", "tiny-plain", *listed]
    assert {"resnet18", "resnet50", "densenet121", "vgg11_bn", "alexnet", "squeezenet1_1"} <= set(listed)
    assert SMALLEST.keys() == FAMILIES.keys()


@pytest.mark.parametrize("name", ["resnet18", "densenet121", "squeezenet1_1", "mobilenet_v3_small"])
def test_at_its_own_size_a_network_is_torchvisions_bit_for_bit(name):
    from torchvision import models as theirs

    ours = models.build(name, classes=1000, seed=7)
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(7)
        expected = theirs.get_model(name, weights=None)
    assert ours.state_dict().keys() == expected.state_dict().keys()
    for key, value in expected.state_dict().items():
        assert torch.equal(ours.state_dict()[key], value), key


@pytest.mark.parametrize("name", ["resnet18", "densenet121", "squeezenet1_1"])
def test_costs_at_224_pixels_are_the_published_ones(name):
    from torchvision import models as theirs

    facts = getattr(theirs, f"{PAPER[name]}_Weights").DEFAULT.meta
    network = models.build(name, classes=1000, seed=0)
    assert models.parameters(network) == facts["num_params"]
    assert models.multiply_adds(network, channels=3, size=224) / 1e9 == pytest.approx(facts["_ops"], rel=0.01)


@pytest.mark.parametrize("family", sorted(set(SMALLEST) - {"maxvit", "vgg"}))
def test_every_family_takes_small_grey_images(family):
    network = models.build(SMALLEST[family], classes=5, channels=1, size=32, seed=0)
    assert layer(network, FAMILIES[family].stem).in_channels == 1
    assert network(torch.rand(2, 1, 32, 32)).shape == (2, 5)
    assert network.training


@pytest.mark.parametrize("name", ["resnet34", "densenet121", "alexnet", "squeezenet1_1", "googlenet"])
@pytest.mark.parametrize("size", [16, 64])
def test_other_small_images_in_colour(name, size):
    network = models.build(name, classes=5, size=size, seed=0)
    assert network(torch.rand(2, 3, size, size)).shape == (2, 5)


@pytest.mark.parametrize("name", ["resnet18", "squeezenet1_1"])
def test_grey_images_at_full_size(name):
    network = models.build(name, classes=5, channels=1, size=224, seed=0)
    assert layer(network, FAMILIES[next(f for f, n in SMALLEST.items() if n == name)].stem).in_channels == 1


@pytest.mark.parametrize("family", sorted(SMALLEST))
def test_a_new_stem_is_drawn_as_the_familys_own(family):
    """With twice the channels, the spread stays, or shrinks by sqrt(2) where it follows the number of inputs."""
    own = layer(models.build(SMALLEST[family], classes=2, seed=0), FAMILIES[family].stem)
    new = nn.Conv2d(6, own.out_channels, own.kernel_size, bias=own.bias is not None)
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(0)
        new.reset_parameters()
        FAMILIES[family].draw(new)
    follows_inputs = {
        "alexnet",
        "densenet",
        "shufflenetv2",
        "squeezenet",
        "swin_transformer",
        "vision_transformer",
    }
    expected = 2**-0.5 if family in follows_inputs else 1
    assert float((new.weight.std() / own.weight.std()).detach()) == pytest.approx(expected, rel=0.12)
    if own.bias is not None:
        assert bool(own.bias.any()) == bool(new.bias.any())


def test_small_resnets_keep_the_size_of_the_image():
    network = models.build("resnet18", classes=10, size=32, seed=0)
    assert layer(network, "conv1").kernel_size == (3, 3)
    assert layer(network, "conv1").stride == (1, 1)
    assert isinstance(layer(network, "maxpool"), nn.Identity)
    assert layer(network, "layer1")(network.conv1(torch.zeros(1, 3, 32, 32))).shape == (1, 64, 32, 32)
    # 11,173,962: the count usually given for ResNet-18 on CIFAR-10.
    assert models.parameters(network) == 11_173_962


def test_small_is_at_most_64_pixels():
    kernels = [
        layer(models.build("resnet18", classes=2, size=size, seed=0), "conv1").kernel_size[0]
        for size in (64, 65)
    ]
    assert kernels == [3, 7]


def test_a_small_vgg_classifies_one_value_per_channel():
    network = models.build("vgg11", classes=3, channels=1, size=28, seed=0)  # five halvings of 28 leave 1
    assert layer(network, "avgpool")(network.features(torch.rand(1, 1, 28, 28))).shape == (1, 512, 1, 1)
    assert layer(network, "classifier.0").in_features == 512
    assert network(torch.rand(2, 1, 28, 28)).shape == (2, 3)


@pytest.mark.parametrize("side", [1, 3, 7])
@pytest.mark.parametrize("image", [1, 3, 7, 10])
def test_fixed_pooling_is_adaptive_pooling(side, image):
    from trichotomy.models.torchvision_networks import FixedPool

    maps = torch.rand(2, 5, image, image)
    torch.testing.assert_close(FixedPool(side)(maps), nn.AdaptiveAvgPool2d(side)(maps))


def test_the_seed_decides_every_layer_that_is_new():
    first, again, other = (models.build("alexnet", classes=4, channels=1, size=32, seed=s) for s in (1, 1, 2))
    for path in ("features.0", "classifier.1", "classifier.6"):
        assert torch.equal(layer(first, path).weight, layer(again, path).weight)
        assert not torch.equal(layer(first, path).weight, layer(other, path).weight)


def test_sizes_that_do_not_fit_are_told():
    with pytest.raises(
        InputError, match=r"'maxvit_t' does not work with images of 3 channel\(s\) and 32 x 32 pixels"
    ):
        models.build("maxvit_t", classes=2, size=32, seed=0)
    with pytest.raises(
        InputError, match=r"'alexnet' does not work .* 8 x 8 pixels: .*too small\. Choose another"
    ):
        models.build("alexnet", classes=2, size=8, seed=0)


def test_an_unknown_name_suggests():
    with pytest.raises(UnknownNameError, match=r"no network called 'resnet19'\. Did you mean resnet1"):
        models.build("resnet19", classes=2, seed=0)


def test_a_torchvision_for_another_torch_is_told_in_one_sentence():
    """Without the fixture's stand-ins, and twice, since a failed import leaves parts of itself behind."""
    program = """
from trichotomy import models
from trichotomy.errors import InputError
for name in ("resnet18", "resnet18", "timm:resnet18"):
    try:
        models.build(name, classes=2, size=32, seed=0)
    except InputError as error:
        print(error)
print(len(models.names()))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    *told, names = done.stdout.splitlines()
    if not told:
        pytest.skip("torchvision loads here: it was built for the torch it stands beside")
    assert names == "2"
    assert len(told) == 3
    for sentence in told:
        assert "torchvision 0." in sentence
        assert f"installed but does not load beside torch {torch.__version__}" in sentence
        assert "It was built for another torch" in sentence
        assert "pip install --force-reinstall torch torchvision" in sentence
        assert "Traceback" not in done.stderr
    assert told[0].startswith("the network 'resnet18' needs torchvision;")
    assert told[0] == told[1]
