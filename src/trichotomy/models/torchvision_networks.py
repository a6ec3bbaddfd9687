"""torchvision's classifiers, fitted to classes, channels and size."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from torch import Tensor, nn
from torch.nn import functional

from trichotomy.errors import UnknownNameError
from trichotomy.models.families import FAMILIES, SMALL, Draw, Family
from trichotomy.models.packages import require_torchvision

Builder = Callable[..., nn.Module]


def torchvision_names() -> list[str]:
    """Names of all classifiers of the torchvision at hand."""
    return list(_builders())


def torchvision_architecture(name: str, *, also_known: list[str]) -> Callable[..., nn.Module]:
    """Return what makes the classifier called ``name``; ``also_known`` are names to suggest beside its own."""
    require_torchvision(f"the network '{name}'")
    builders = _builders()
    if name not in builders:
        raise UnknownNameError("network", name, [*also_known, *builders])
    return partial(_build, *builders[name])


class FixedPool(nn.Module):
    """Adaptive average pooling to ``side`` x ``side``.

    torch has no deterministic gradient for it on CUDA, so the two cases that need none of its own go another
    way to the same result: a map of that size stays as it is, and one value per channel is a mean.
    """

    def __init__(self, side: int) -> None:
        super().__init__()
        self.side = side

    def forward(self, x: Tensor) -> Tensor:
        """Return float[n, channels, side, side]."""
        if x.shape[2:] == (self.side, self.side):
            return x
        if self.side == 1:
            return x.mean((2, 3), keepdim=True)
        return functional.adaptive_avg_pool2d(x, self.side)


def _builders() -> dict[str, tuple[Family, Builder]]:
    models = require_torchvision("listing torchvision's networks").models
    found = {name: models.get_model_builder(name) for name in models.list_models(module=models)}
    families = {name: FAMILIES.get(builder.__module__.rpartition(".")[2]) for name, builder in found.items()}
    return {name: (family, found[name]) for name, family in families.items() if family}


def _build(family: Family, builder: Builder, *, classes: int, channels: int, size: int | None) -> nn.Module:
    small = size is not None and size <= SMALL
    options = dict(family.options)
    if family.sized and size is not None:
        options.update(family.sized(size))
    network = builder(weights=None, num_classes=classes, **options)
    _fit_stem(network, family, channels, small=small)
    if small and family.ceil:
        for layer in network.modules():
            if isinstance(layer, nn.MaxPool2d):
                layer.ceil_mode = True
    if family.pool:
        side = family.pool.small if small else family.pool.side
        network.set_submodule(family.pool.layer, FixedPool(side))
        if small:
            _fit_classifier(network, family.pool.linear, (side / family.pool.side) ** 2, family.pool.draw)
    return network


def _fit_stem(network: nn.Module, family: Family, channels: int, *, small: bool) -> None:
    old = network.get_submodule(family.stem)
    assert isinstance(old, nn.Conv2d)
    if small and family.skipped:
        network.set_submodule(family.skipped, nn.Identity())
    kernel, stride, padding = old.kernel_size[0], old.stride[0], int(old.padding[0])
    if small and family.kernel:
        kernel, stride, padding = family.kernel, 1, family.kernel // 2
    elif channels == old.in_channels:
        return
    stem = nn.Conv2d(channels, old.out_channels, kernel, stride, padding, bias=old.bias is not None)
    family.draw(stem)
    network.set_submodule(family.stem, stem)


def _fit_classifier(network: nn.Module, path: str, share: float, draw: Draw) -> None:
    old = network.get_submodule(path)
    assert isinstance(old, nn.Linear)
    layer = nn.Linear(round(old.in_features * share), old.out_features)
    draw(layer)
    network.set_submodule(path, layer)
