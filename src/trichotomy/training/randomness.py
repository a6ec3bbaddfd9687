"""Streams of random numbers, each a function of the study's seed, a name, an index and an epoch."""

from __future__ import annotations

import zlib

import numpy as np
from numpy.typing import NDArray

from trichotomy.training.settings import Settings


def seed_of(seed: int, stream: str, index: int = 0, epoch: int = 0) -> int:
    """Return a whole number below 2**32 for a stream, the same on every machine."""
    return int(_sequence(seed, stream, index, epoch).generate_state(1)[0])


def generator(seed: int, stream: str, index: int = 0, epoch: int = 0) -> np.random.Generator:
    """Return a generator for a stream."""
    return np.random.default_rng(_sequence(seed, stream, index, epoch))


def _sequence(seed: int, stream: str, index: int, epoch: int) -> np.random.SeedSequence:
    return np.random.SeedSequence([seed, zlib.crc32(stream.encode()), index, epoch])


def training_order(seed: int, settings: Settings, epoch: int, items: int) -> NDArray[np.intp]:
    """Positions of the training items in the order of an epoch.

    A network that sees half of the data meets its half in the order in which base meets it.
    """
    order = generator(seed, "order", settings.order, epoch).permutation(items)
    if not settings.half:
        return order
    shuffled = generator(seed, "halves").permutation(items)
    middle = items // 2
    mine = np.zeros(items, dtype=bool)
    mine[shuffled[:middle] if settings.half == 1 else shuffled[middle:]] = True
    return order[mine[order]]


def batches(order: NDArray[np.intp], size: int) -> list[NDArray[np.intp]]:
    """Cut an order into batches; a last one of a single item joins the one before (batch norm needs two)."""
    starts = list(range(0, len(order), size))
    if size > 1 and len(starts) > 1 and len(order) - starts[-1] == 1:
        starts.pop()
    ends = [*starts[1:], len(order)]
    return [order[start:end] for start, end in zip(starts, ends, strict=True)]
