"""What networks in training are fed: the batches of an epoch, made once for all networks that need the same."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from trichotomy.datasets import Augmentation, Dataset, Split, draws
from trichotomy.training.machine import Machine
from trichotomy.training.randomness import batches, seed_of, training_order
from trichotomy.training.ranks import ALONE, Ranks, Share
from trichotomy.training.resident import Resident, resident
from trichotomy.training.settings import Settings
from trichotomy.training.transfer import Transfer

TEST_BATCH = 500
MOST_KEPT_BYTES = 2**28
"""Inputs made of the test images, which are the same at every epoch, are kept up to this size."""
AHEAD = 2
"""Batches that are made while one is in use."""
A = TypeVar("A")
B = TypeVar("B")


class Batch:
    """Some images and labels on the device.

    Parameters
    ----------
    pixels, labels
        uint8[n, C, H, W] and int64[n].
    normalise
        Makes pixels an input.
    share
        What these are of the whole batch.
    """

    def __init__(
        self, pixels: Tensor, labels: Tensor, normalise: Callable[[Tensor], Tensor], share: Share
    ) -> None:
        self.labels, self.share = labels, share
        self._pixels, self._normalise = pixels, normalise
        self._inputs: Tensor | None = None
        self._version = 0

    def inputs(self) -> Tensor:
        """float32[n, C, H, W], normalised; made again where a network has written to what it was given."""
        if self._inputs is None or self._inputs._version != self._version:
            with torch.inference_mode(
                mode=False
            ):  # tensors made in that mode do not know that they were written to
                self._inputs = self._normalise(self._pixels)
            self._version = self._inputs._version
        return self._inputs


class Feed:
    """Batches of a data set on a device, each decoded and augmented once whoever takes it.

    What is in the batches is a function of data, settings, seed and epoch. Images that are read from files or resampled
    are made in a thread of their own, some ahead of their use. To a GPU they go as bytes from pinned memory, beside
    what is computed; images in memory that need no resampling stay there as a whole where they fit.

    Parameters
    ----------
    data, settings, seed
        Of ``settings`` counts what ``groups.same_batches`` names, and the augmentation in testing.
    machine, device
        Memory format, and where the batches are wanted.
    ranks
        Processes that share each batch; this feed makes the share of one.
    """

    def __init__(
        self, data: Dataset, settings: Settings, *, seed: int, machine: Machine, device: torch.device,
        ranks: Ranks = ALONE,
    ) -> None:  # fmt: skip
        self.data, self.ranks = data, ranks
        self._settings, self._seed, self._device = settings, seed, device
        self._memory = torch.channels_last if machine.channels_last else torch.contiguous_format
        shape = (1, data.train.channels, 1, 1)
        self._mean, self._scale = (
            torch.tensor(values).mul(255).expand(data.train.channels).reshape(shape).to(device)
            for values in (data.mean, data.std)
        )
        self._test_batches: list[Batch] = []
        self._transfer = Transfer(device)
        self._residents: dict[bool, Resident | None] = {}

    def train(self, epoch: int) -> Iterator[Batch]:
        """Batches of one pass over the training data, in order; ``epoch`` counts from 1."""
        settings, split = self._settings, self.data.train
        order = training_order(self._seed, settings, epoch, len(split.ids))
        luck = draws(seed_of(self._seed, "augmentation", settings.augmentation), epoch, len(split.ids))
        parts = map(self.ranks.share, batches(order, settings.batch_size))
        yield from self._made(split, parts, settings.train, luck)

    def test(self) -> Iterator[Batch]:
        """All test items of this rank in their order, each as it always is."""
        if self._test_batches:
            yield from self._test_batches
            return
        split, how = self.data.test, self._settings.test
        count = len(split.ids)
        luck = draws(seed_of(self._seed, "test"), 0, count) if how.crop in ("padded", "resized") else None
        items = self.ranks.items(count)
        cut = [items[start : start + TEST_BATCH] for start in range(0, len(items), TEST_BATCH)]
        parts = [ALONE.share(positions) for positions in cut]
        kept: list[Batch] | None = []
        held = 0
        for batch in self._made(split, parts, how, luck):
            held += batch.inputs().nbytes
            kept = None if kept is None or held > MOST_KEPT_BYTES else [*kept, batch]
            yield batch
        self._test_batches = kept or []

    def _made(
        self, split: Split, parts: Iterable[Share], how: Augmentation, luck: NDArray[np.float64] | None
    ) -> Iterator[Batch]:
        train = split is self.data.train
        if train not in self._residents:
            self._residents[train] = resident(split, how, self._device, self._transfer)
        held, transfer = self._residents[train], self._transfer

        def made(share: Share) -> tuple[Share, Tensor, Tensor, torch.cuda.Event | None]:
            positions = share.positions
            rows = None if luck is None else luck[positions]
            with transfer.beside():
                if held is not None:
                    pixels = held.images(positions, how, rows)
                else:
                    pixels = transfer.moved(split.images(positions, how, rows))
                labels = transfer.moved(split.labels[positions])
                return share, pixels, labels, transfer.mark()

        slow = split.size is None or how.crop in ("resized", "centre") or self._device.type != "cpu"
        for share, pixels, labels, mark in ahead(made, parts) if slow else map(made, parts):
            transfer.take(mark, pixels, labels)
            yield Batch(pixels, labels, self._normalised, share)

    def _normalised(self, pixels: Tensor) -> Tensor:
        """In the memory format of the networks."""
        return ((pixels.float() - self._mean) / self._scale).contiguous(memory_format=self._memory)


def ahead(function: Callable[[A], B], arguments: Iterable[A]) -> Iterator[B]:
    """Yield ``function`` of each argument, computed in another thread some steps before it is asked for."""
    pool = ThreadPoolExecutor(1)
    waiting: deque[Future[B]] = deque()
    try:
        for argument in arguments:
            waiting.append(pool.submit(function, argument))
            if len(waiting) > AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)
