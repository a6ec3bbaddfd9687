"""What recording costs a plain training loop: the time in the recorder's calls against the rest of the same loop.

python -m benchmarks.recorder [cuda]
"""

from __future__ import annotations

import sys
import tempfile
import time
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

import trichotomy as tri
from benchmarks.timing import Row, table

TRAIN, TEST, BATCH, CLASSES = 2_000, 1_000, 128, 100
EPOCHS = 2
REPEATS = 3


@dataclass
class Clock:
    """A recorder whose calls are timed."""

    recorder: tri.Recorder
    spent: float = 0.0
    wait: Any = field(default=lambda: None)

    def add(self, *values: Any, **named: Any) -> None:
        """Pass on what a batch gave."""
        start = time.perf_counter()
        self.recorder.add(*values, **named)
        self.spent += time.perf_counter() - start

    def end(self, epoch: int) -> None:
        """Pass on the end of an epoch, and wait for the device before, which the loop would have done."""
        self.wait()
        start = time.perf_counter()
        self.recorder.end(epoch)
        self.spent += time.perf_counter() - start


def rows(device: str = "cpu") -> list[Row]:
    """Time a loop that records; the network is small (ten convolutions), as are its images (32 x 32)."""
    images, labels = _data(device)
    network = _network().to(device)
    calls, rest = [], []
    for _ in range(REPEATS + 1):
        with tempfile.TemporaryDirectory() as folder:
            recorder = tri.Recorder(
                Path(folder) / "r.zarr", "net", epochs=EPOCHS, target=labels[:TEST].cpu().numpy()
            )
            clock = Clock(recorder, wait=torch.cuda.synchronize if device == "cuda" else lambda: None)
            start = time.perf_counter()
            _epochs(network, images, labels, clock)
            calls.append(clock.spent / EPOCHS)
            rest.append((time.perf_counter() - start - clock.spent) / EPOCHS)
    ours, theirs = float(np.median(calls[1:])), float(np.median(rest[1:]))
    return [
        Row(
            f"calls of a recorder, against the rest of the epoch ({TRAIN:,} images to train on, {TEST:,} recorded)",
            ours, theirs, "50 times", theirs >= 50 * ours, f"{device}; {ours / (ours + theirs):.2%} of the epoch",
        )
    ]  # fmt: skip


def _epochs(network: nn.Module, images: Tensor, labels: Tensor, clock: Clock) -> None:
    optimizer = torch.optim.SGD(network.parameters(), lr=0.01)
    for epoch in range(1, EPOCHS + 1):
        network.train()
        for batch in torch.randperm(TRAIN).split(BATCH):
            optimizer.zero_grad()
            nn.functional.cross_entropy(network(images[batch]), labels[batch]).backward()
            optimizer.step()
        network.eval()
        right = torch.zeros((), device=images.device)
        with torch.no_grad():
            for batch in torch.arange(TEST).split(BATCH):
                logits = network(images[batch])
                right += (logits.argmax(dim=1) == labels[batch]).sum()
                clock.add(logits, index=batch)
        float(right)
        clock.end(epoch)


def _data(device: str) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    images = torch.randn(TRAIN, 3, 32, 32, generator=generator)
    return images.to(device), torch.randint(CLASSES, (TRAIN,), generator=generator).to(device)


def _network() -> nn.Module:
    torch.manual_seed(0)
    widths = [3, 16, 16, 32, 32, 64, 64, 64, 64, 64, 64]
    layers: list[nn.Module] = []
    for k, (a, b) in enumerate(pairwise(widths)):
        layers += [
            nn.Conv2d(a, b, 3, padding=1, stride=2 if a != b and k else 1),
            nn.BatchNorm2d(b),
            nn.ReLU(),
        ]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, CLASSES))


if __name__ == "__main__":
    print("\n".join(table(rows(*sys.argv[1:2]))))
