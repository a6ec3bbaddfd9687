"""Several processes for one network: each takes its share of every batch, and all come to the same weights.

PyTorch calls the processes ranks. Gradients are averaged over them (``DistributedDataParallel``), weighted so that the
mean over the whole batch comes out, whatever the sizes of the shares.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, distributed, nn
from torch.nn.parallel import DistributedDataParallel

from trichotomy.errors import InputError

PATIENCE = timedelta(days=365)
"""A rank that has nothing to do waits for the next network; one that has gone is noticed by its connection."""


@dataclass(frozen=True, slots=True, eq=False)
class Share:
    """What one rank takes of a batch.

    Attributes
    ----------
    positions
        int[n] of items: first those of the batch's first half, then those of the second.
    middle
        How many are of the first half; where there are half batches, these are an update of their own.
    whole
        Items in the whole batch.
    counts
        False for a rank that gets nothing of a small batch: it repeats another's items, with weight 0.
    """

    positions: NDArray[np.intp]
    middle: int
    whole: int
    counts: bool = True


@dataclass(frozen=True, slots=True)
class Ranks:
    """The processes of one network; this one is ``rank`` of ``count``, and 0 alone records and tells."""

    rank: int = 0
    count: int = 1

    def share(self, positions: NDArray[np.intp]) -> Share:
        """Take this rank's share of a batch for training.

        Every share of half a batch has two items or more (batch norm needs two): of a small batch only some take part.
        """
        middle = len(positions) // 2
        taking = max(min(self.count, middle // 2), 1)
        mine = [half[self.rank % taking :: taking] for half in (positions[:middle], positions[middle:])]
        return Share(np.concatenate(mine), len(mine[0]), len(positions), counts=self.rank < taking)

    def items(self, count: int) -> NDArray[np.intp]:
        """Positions of this rank's items of a split in testing."""
        return np.arange(self.rank, count, self.count)

    def wrapped(self, network: nn.Module, device: torch.device) -> nn.Module:
        """Return the network with gradients averaged over the ranks."""
        # Looking for unused parameters keeps the first division into buckets for good. Else the second step divides
        # anew, sums in another order, and a network resumed would not be the same to the bit.
        return DistributedDataParallel(
            network, device_ids=[device] if device.type == "cuda" else None, find_unused_parameters=True
        )

    def level(self, network: nn.Module) -> None:
        """Give all ranks the running statistics of rank 0."""
        if self.count > 1:
            for buffer in network.buffers():
                distributed.broadcast(buffer, 0)

    def add_up(self, *tensors: Tensor) -> None:
        """Sum tensors over the ranks, in place."""
        if self.count > 1:
            for tensor in tensors:
                distributed.all_reduce(tensor)

    def gathered(self, part: Tensor, count: int) -> Tensor:
        """Put the parts of all ranks, one row for each of their ``items``, in the order of the items.

        Parameters
        ----------
        part
            float[n, k].
        count
            N, the number of items.

        Returns
        -------
        float[N, k]
            On every rank.
        """
        if self.count == 1:
            return part
        padded = part.new_zeros((-(-count // self.count), *part.shape[1:]))
        padded[: len(part)] = part
        parts = [torch.empty_like(padded) for _ in range(self.count)]
        distributed.all_gather(parts, padded)
        return torch.stack(parts, 1).flatten(0, 1)[:count]

    def told(self, words: Sequence[str]) -> list[str]:
        """Return what rank 0 says, on all ranks."""
        if self.count == 1:
            return list(words)
        content = torch.frombuffer(bytearray(json.dumps(list(words)).encode()), dtype=torch.uint8)
        length = torch.tensor([len(content)])
        distributed.broadcast(length, 0)
        if self.rank:
            content = torch.empty(int(length), dtype=torch.uint8)
        distributed.broadcast(content, 0)
        return [str(word) for word in json.loads(content.numpy().tobytes())]


ALONE = Ranks()


def join(count: int, device: torch.device) -> Ranks:
    """Meet the other processes that torchrun has started.

    Parameters
    ----------
    count
        Processes for each network.
    device
        Of this one.

    Raises
    ------
    InputError
        There are as many processes as another study needs.
    """
    if count == 1:
        return ALONE
    started = int(os.environ.get("WORLD_SIZE", "1"))
    if started != count:
        msg = (
            f"this study trains each network in {count} processes, and {started} of them started; run the worker "
            f"with: python -m torch.distributed.run --standalone --nproc-per-node {count}"
        )
        raise InputError(msg)
    if device.type == "cuda":
        torch.cuda.set_device(device)
    if not distributed.is_initialized():
        backend = "cpu:gloo,cuda:nccl" if device.type == "cuda" else "gloo"
        distributed.init_process_group(backend, timeout=PATIENCE)
    return Ranks(distributed.get_rank(), count)
