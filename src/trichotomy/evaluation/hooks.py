"""What layers of a network give for a batch of inputs, by forward hooks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from trichotomy.decisions.schema import few
from trichotomy.errors import InputError, UnknownNameError

PENULTIMATE = "penultimate"
"""The input of the last linear layer that runs."""
LOGITS = "logits"
"""What the network returns."""
RESERVED = (PENULTIMATE, LOGITS)


@torch.inference_mode()
def layer_outputs(
    network: nn.Module, inputs: Tensor, layers: Sequence[str] = (PENULTIMATE,)
) -> dict[str, NDArray[np.float32]]:
    """Run a network on a batch, in evaluation mode, and return what its layers give.

    Parameters
    ----------
    network
        Any module whose forward pass takes ``inputs``; its mode is as before afterwards.
    inputs
        [n, ...] on the network's device.
    layers
        ``penultimate``, ``logits``, or names of modules as ``network.named_modules()`` has them: their outputs.

    Returns
    -------
    dict
        Layer to float32[n, D]; what is not a vector per item (maps, tokens) is laid out as one.

    Raises
    ------
    UnknownNameError
        The network has no such layer.
    InputError
        A layer did not run, has no linear layer for ``penultimate``, or gives no tensor with a row per item.
    """
    check_layers(network, layers)
    caught: dict[str, Any] = {}
    modules = dict(network.named_modules())
    was_training = network.training
    network.eval()
    with ExitStack() as hooks:
        for layer in layers:
            if layer not in RESERVED:
                handle = modules[layer].register_forward_hook(_keeping(caught, layer))
                hooks.callback(handle.remove)
        if PENULTIMATE in layers:
            for module in modules.values():
                if isinstance(module, nn.Linear):
                    handle = module.register_forward_pre_hook(partial(_keep_input, caught))
                    hooks.callback(handle.remove)
        hooks.callback(network.train, was_training)
        caught[LOGITS] = network(inputs)
    return {layer: _flat(caught, layer, len(inputs)) for layer in layers}


def check_layers(network: nn.Module, layers: Sequence[str]) -> None:
    """Refuse layers that a network does not have, before it runs."""
    known = [name for name, _ in network.named_modules() if name]
    for layer in layers:
        if layer not in known and layer not in RESERVED:
            kind = f"layer of {type(network).__name__}"
            raise UnknownNameError(kind, layer, [*RESERVED, *known])
    if PENULTIMATE in layers and not any(isinstance(m, nn.Linear) for m in network.modules()):
        msg = (
            f"{type(network).__name__} has no linear layer whose input would be '{PENULTIMATE}'; name a layer instead, "
            f"such as {few(known[-3:])}"
        )
        raise InputError(msg)


def _keeping(caught: dict[str, Any], layer: str) -> Callable[[nn.Module, Any, Any], None]:
    def keep(_: nn.Module, __: Any, output: Any) -> None:
        caught[layer] = (
            output.clone() if isinstance(output, Tensor) else output
        )  # the next layer may write to it

    return keep


def _keep_input(caught: dict[str, Any], _: nn.Module, inputs: tuple[Any, ...]) -> None:
    caught[PENULTIMATE] = inputs[0]


def _flat(caught: dict[str, Any], layer: str, n: int) -> NDArray[np.float32]:
    if layer not in caught:
        msg = f"layer '{layer}' did not run when the network did; choose another"
        raise InputError(msg)
    output = caught[layer]
    if not isinstance(output, Tensor) or output.ndim < 2 or len(output) != n:
        shape = f"shape {tuple(output.shape)}" if isinstance(output, Tensor) else type(output).__name__
        msg = f"layer '{layer}' gives {shape} for {n} items, not a row of numbers for each; choose another"
        raise InputError(msg)
    return np.asarray(output.flatten(1).float().cpu().numpy())
