"""How torchvision's classifiers are fitted to other channel counts and to small images: a table, one row a family.

Small images are those of at most ``SMALL`` pixels a side. There, the first convolution becomes 3x3 with stride 1
and the max pooling right after it is left out, as is usual since He et al. 2016 trained on CIFAR; families
that do not shrink an image before their first block keep their stem. A family is the module of torchvision that
defines it, so that ``wide_resnet50_2`` and ``resnext50_32x4d`` are ResNets. Every new layer is drawn from the
distribution that the family's own constructor uses for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from torch import nn

SMALL = 64

Draw = Callable[[nn.Conv2d | nn.Linear], None]


def _as_constructed(layer: nn.Conv2d | nn.Linear) -> None:
    """torch's default, drawn when the layer was made."""


def _zero_bias(layer: nn.Conv2d | nn.Linear) -> None:
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)


def _fan_out(layer: nn.Conv2d | nn.Linear) -> None:
    nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
    _zero_bias(layer)


def _fan_in(layer: nn.Conv2d | nn.Linear) -> None:
    nn.init.kaiming_normal_(layer.weight)
    _zero_bias(layer)


def _uniform(layer: nn.Conv2d | nn.Linear) -> None:
    nn.init.kaiming_uniform_(layer.weight)
    _zero_bias(layer)


def _normal(layer: nn.Conv2d | nn.Linear, *, std: float) -> None:
    nn.init.normal_(layer.weight, std=std)
    _zero_bias(layer)


def _truncated(layer: nn.Conv2d | nn.Linear, *, std: float) -> None:
    nn.init.trunc_normal_(layer.weight, std=std, a=-2, b=2)
    _zero_bias(layer)


def _truncated_fan_in(layer: nn.Conv2d | nn.Linear) -> None:
    _truncated(layer, std=layer.weight[0].numel() ** -0.5)


@dataclass(frozen=True, slots=True)
class Pool:
    """The pooling to a fixed side before a classifier made of linear layers.

    ``linear`` is the first of these layers; where ``small`` differs from ``side``, its inputs are cut to fit.
    """

    layer: str
    side: int
    small: int
    linear: str
    draw: Draw


@dataclass(frozen=True, slots=True)
class Family:
    """What is done to the networks of one family; layers are named by their dotted path."""

    stem: str
    """The first convolution: replaced where the number of channels is not 3, or ``kernel`` says so."""
    draw: Draw
    """Gives a new stem its weights."""
    kernel: int | None = None
    """Side of the first convolution for small images, at stride 1, padded to keep their size. None: as it is."""
    skipped: str = ""
    """The max pooling that small images go past."""
    ceil: bool = False
    """Whether the max poolings that small images do meet keep an odd last row and column."""
    pool: Pool | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    """What the constructor is always given."""
    sized: Callable[[int], Mapping[str, Any]] | None = None
    """What the constructor is given where it wants to know the side of the images."""


# Without these, torchvision warns of a change to come, and draws weights that do not train; the auxiliary
# classifiers would make the output in training a tuple.
_INCEPTION = {"init_weights": True, "aux_logits": False}

FAMILIES: Mapping[str, Family] = {
    # 11x11 with stride 4 leaves nothing of 32x32 after two poolings. With 3x3 and stride 1 the last map of a 32x32
    # image is 3x3, which is what its classifier then takes (native: 6x6).
    "alexnet": Family(
        "features.0", _as_constructed, kernel=3, pool=Pool("avgpool", 6, 3, "classifier.1", _as_constructed)
    ),
    "convnext": Family("features.0.0", partial(_truncated, std=0.02)),
    "densenet": Family("features.conv0", _fan_in, kernel=3, skipped="features.pool0"),
    "efficientnet": Family("features.0.0", _fan_out, kernel=3),
    "googlenet": Family(
        "conv1.conv", partial(_truncated, std=0.01), kernel=3, skipped="maxpool1", options=_INCEPTION
    ),
    "inception": Family(
        "Conv2d_1a_3x3.conv", partial(_truncated, std=0.1), kernel=3, skipped="maxpool1", options=_INCEPTION
    ),
    "maxvit": Family("stem.0.0", partial(_normal, std=0.02), sized=lambda size: {"input_size": (size, size)}),
    "mnasnet": Family("layers.0", _fan_out, kernel=3),
    "mobilenetv2": Family("features.0.0", _fan_out, kernel=3),
    "mobilenetv3": Family("features.0.0", _fan_out, kernel=3),
    "regnet": Family("stem.0", _fan_out, kernel=3),
    "resnet": Family("conv1", _fan_out, kernel=3, skipped="maxpool"),
    "shufflenetv2": Family("conv1.0", _as_constructed, kernel=3, skipped="maxpool"),
    "squeezenet": Family("features.0", _uniform, kernel=3),
    "swin_transformer": Family("features.0.0", _as_constructed),
    # The last map of a 32x32 image is 1x1; pooled to 7x7 it would be 49 copies with 49 times the weights.
    # Five poolings that round down leave nothing of 28x28.
    "vgg": Family(
        "features.0",
        _fan_out,
        ceil=True,
        pool=Pool("avgpool", 7, 1, "classifier.0", partial(_normal, std=0.01)),
    ),
    "vision_transformer": Family("conv_proj", _truncated_fan_in, sized=lambda size: {"image_size": size}),
}
