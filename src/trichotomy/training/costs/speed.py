"""How fast a network trains: timed on a few images here, or reckoned for a card that is not at hand."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np
import torch

from trichotomy.datasets import Dataset, Selection, Split
from trichotomy.training.costs.cards import Card
from trichotomy.training.feed import TEST_BATCH, Feed
from trichotomy.training.loop import Trainer, set_up
from trichotomy.training.machine import Machine, Precision
from trichotomy.training.settings import Settings

TIMED_PIXELS = 2**18
"""So many pixels are timed per architecture."""
FEWEST_TIMED = 4
TIMED_BATCHES = 8
"""So many whole batches on a GPU."""
PASSES = 3
"""Forward, gradient of the weights, gradient of the inputs: each takes about as many operations."""

LAYER_SECONDS = 1e-5
"""Assumed to pass at least before a card begins the next layer: what tiny networks wait for."""


@dataclass(frozen=True, slots=True)
class Speed:
    """Seconds per image in training and in testing; ``images`` were timed, none where it was reckoned."""

    train: float
    test: float
    images: int = 0


def reckoned(
    multiply_adds: int, card: Card, *, precision: Precision, peak_share: float, layers: int, batch: int
) -> Speed:
    """Reckon the speed of a network on a card from the multiply-adds of one image, at a share of its peak.

    ``layers`` bounds the time of a ``batch`` from below.
    """
    forward = 2 * multiply_adds / (card.peak(precision) * peak_share)
    least = layers * LAYER_SECONDS
    return Speed(PASSES * max(forward, least / batch), max(forward, least / TEST_BATCH))


def layers(network: torch.nn.Module) -> int:
    """Count the modules that hold no others."""
    return sum(not list(module.children()) for module in network.modules())


def timed(
    network: torch.nn.Module, data: Dataset, settings: Settings, *, machine: Machine, device: torch.device
) -> Speed:
    """Train and test a few images twice and take the second time."""
    set_up(machine, settings)
    pixels = (settings.input_size(data.train.size) or 224) ** 2
    few = min(max(TIMED_PIXELS // pixels, FEWEST_TIMED), settings.batch_size * 4)
    count = (
        few if device.type == "cpu" else settings.batch_size * TIMED_BATCHES
    )  # a card idles with a few images
    some = replace(data, train=_some(data.train, count), test=_some(data.test, count))
    settings = replace(settings, half=0)
    feed = Feed(some, settings, seed=0, machine=machine, device=device)
    trainer = Trainer(network, feed, settings, seed=0, machine=machine, device=device)
    spent = []
    for work in (lambda: trainer.train(1), trainer.test):
        work()
        start = time.perf_counter()
        work()
        spent.append(time.perf_counter() - start)
    images = len(some.train.ids)
    return Speed(spent[0] / images, spent[1] / len(some.test.ids), images)


def _some(split: Split, count: int) -> Split:
    return Selection(split, np.arange(min(count, len(split.ids))))
