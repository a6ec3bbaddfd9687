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
