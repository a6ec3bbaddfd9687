"""What a network costs: its parameters, and the multiplications of one image."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import nn


def parameters(network: nn.Module) -> int:
    """Count the trained numbers of ``network``; one shared by several layers counts once."""
    return sum(p.numel() for p in network.parameters() if p.requires_grad)


def multiply_adds(network: nn.Module, *, channels: int, size: int) -> int:
    """Count the multiply-adds of convolutions, matrix products and attention for one image, forward.

    Nothing is computed: a copy of the network runs on torch's ``meta`` device. A step of training takes about
    three times as many per image (forward, gradient of the weights, gradient of the inputs).

    Parameters
    ----------
    channels, size
        Number of channels and side in pixels of the image.
    """
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    copy = deepcopy(network).to("meta").eval()
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        copy(torch.empty(1, channels, size, size, device="meta"))
    return int(counter.get_total_flops()) // 2  # a multiplication and an addition count as two there


def kept_bytes(network: nn.Module, *, channels: int, size: int) -> int:
    """Bytes that a forward pass in fp32 keeps for the gradient, per image: what a batch takes beside the weights.

    As in ``multiply_adds`` nothing is computed. The masks of dropout and what libraries compute in come on top.
    """
    import torch

    copy = deepcopy(network).to("meta").eval()  # as training does, batch normalisation keeps its input
    own = {t.untyped_storage()._cdata for t in (*copy.parameters(), *copy.buffers())}
    kept: dict[int, int] = {}

    def noted(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        if storage._cdata not in own:
            kept[storage._cdata] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(noted, lambda tensor: tensor):
        out = copy(torch.empty(1, channels, size, size, device="meta"))
    del out  # it held what was kept until here: no storage's place was taken by another
    return sum(kept.values())
