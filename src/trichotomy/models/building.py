"""From a name and a seed to a network with fresh weights."""

from __future__ import annotations

import inspect
from difflib import get_close_matches
from importlib import import_module
from typing import TYPE_CHECKING, Protocol

from trichotomy.errors import InputError, TrichotomyError, UnknownNameError
from trichotomy.models.packages import one_line, require_torch, require_torchvision
from trichotomy.models.seeding import LARGEST_SEED, seeded
from trichotomy.registry import Registry

if TYPE_CHECKING:
    from torch import nn


class Architecture(Protocol):
    """What makes a network: a class or function that takes these three by name."""

    def __call__(self, *, classes: int, channels: int, size: int | None) -> nn.Module:
        """Return a network from float32[n, channels, size, size] to float32[n, classes]."""
        ...


OWN: Registry[Architecture] = Registry(
    "network",
    {
        "tiny-resnet": "trichotomy.models.tiny:tiny_resnet",
        "tiny-plain": "trichotomy.models.tiny:tiny_plain",
    },
)


def build(name: str, *, classes: int, channels: int = 3, size: int | None = None, seed: int) -> nn.Module:
    """Return the network called ``name``, freshly initialised on the CPU, in training mode.

    Its weights are a function of the arguments alone: the same again is bit-identical (with the same torch on
    the same kind of processor), and no global random state is read or changed. Pretrained weights are never
    loaded.

    Parameters
    ----------
    name
        One of ``names()``; ``"timm:NAME"`` for a network of timm; or ``"module:attribute"`` for a callable of
        one's own that takes ``classes``, ``channels`` and ``size`` by name and returns a ``torch.nn.Module``.
    classes
        Number of classes: the length of the output.
    channels
        Number of channels of an image.
    size
        Side of the images in pixels. Up to 64, torchvision's networks get the usual changes for small images
        (``trichotomy.models.families`` lists them), and the network is tried out on two black images. None:
        the size a network was designed for, and nothing is tried out.
    seed
        From 0 to 2**32 - 1: torch's generator on the CPU looks at no more than 32 bits.

    Raises
    ------
    UnknownNameError
        Nothing is known under that name; the message lists what is close.
    MissingExtraError
        The package that has the network is not installed.
    InputError
        A number is out of range; torchvision does not fit the torch it stands beside; the network cannot take
        images of this size, or does not return one number per class.
    """
    torch = require_torch("building a network")
    for what, value in (("classes", classes), ("channels", channels), ("size", size)):
        if value is not None and value < 1:
            msg = f"{what}={value} for the network '{name}': give at least 1"
            raise InputError(msg)
    if not 0 <= seed <= LARGEST_SEED:
        msg = f"seed={seed} for the network '{name}': give a number from 0 to {LARGEST_SEED}"
        raise InputError(msg)
    architecture = _find(name)
    try:
        with seeded(seed), torch.device("cpu"):
            network = architecture(classes=classes, channels=channels, size=size)
            _check(name, network, classes, channels, size)
    except (RuntimeError, ValueError, TypeError, AssertionError) as error:
        if isinstance(error, TrichotomyError):
            raise
        images = f"images of {channels} channel(s)" + (f" and {size} x {size} pixels" if size else "")
        msg = f"the network '{name}' does not work with {images}: {one_line(error)}. Choose another size or network"
        raise InputError(msg) from error
    return network.train()


def names() -> list[str]:
    """Names that ``build`` knows: the own networks, then torchvision's classifiers where torchvision loads.

    Beside them stand ``"timm:NAME"`` for all of ``timm.list_models()`` and ``"module:attribute"`` for a
    callable of one's own.
    """
    own = OWN.names()
    try:
        require_torchvision("listing networks")
    except TrichotomyError:
        return own
    from trichotomy.models.torchvision_networks import torchvision_names

    return [*own, *torchvision_names()]


def _find(name: str) -> Architecture:
    if name in OWN:
        return OWN.get(name)
    source, colon, rest = name.partition(":")
    if not colon:
        if get_close_matches(name, OWN.names(), cutoff=0.8):  # a slip, whatever else is installed
            raise UnknownNameError("network", name, OWN.names())
        from trichotomy.models.torchvision_networks import torchvision_architecture

        return torchvision_architecture(name, also_known=OWN.names())
    if source == "timm":
        from trichotomy.models.timm_networks import timm_architecture

        return timm_architecture(rest)
    return _users(name, source, rest)


def _users(name: str, module_name: str, attribute: str) -> Architecture:
    """Import ``attribute`` from the user's own module."""
    if not all(part.isidentifier() for part in (*module_name.split("."), attribute)):
        msg = f"the network '{name}' is not of the form PACKAGE.MODULE:ATTRIBUTE"
        raise InputError(msg)
    try:
        module = import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module_name}.".startswith(f"{error.name}."):
            raise  # the module is there; what it imports is not
        msg = f"the network '{name}' names a module that is not found; put its folder on PYTHONPATH, or install it"
        raise InputError(msg) from error
    found = getattr(module, attribute, None)
    if not callable(found):
        fault = "cannot be called" if hasattr(module, attribute) else "does not exist"
        msg = f"the network '{name}': '{attribute}' {fault} in {module_name}; name a class or function there"
        raise InputError(msg)
    try:
        inspect.signature(found).bind(classes=1, channels=1, size=1)
    except (TypeError, ValueError) as error:
        msg = f"the network '{name}' must be callable with classes=, channels= and size= by name: {error}"
        raise InputError(msg) from error
    architecture: Architecture = found
    return architecture


def _check(name: str, network: object, classes: int, channels: int, size: int | None) -> None:
    """Find out now, not after an hour of loading images, that a network does not fit its data."""
    import torch

    if not isinstance(network, torch.nn.Module):
        msg = f"'{name}' returned {type(network).__name__}; a network must be a torch.nn.Module"
        raise InputError(msg)
    if size is None:
        return
    with torch.no_grad():
        output = network.eval()(torch.zeros(2, channels, size, size))
    shape = tuple(getattr(output, "shape", ()))
    if shape != (2, classes):
        got = f"shape {shape}" if shape else type(output).__name__
        msg = f"the network '{name}' returns {got} for two images; with {classes} classes it must be (2, {classes})"
        raise InputError(msg)
