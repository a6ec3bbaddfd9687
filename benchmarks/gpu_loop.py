"""What ``benchmarks.gpu`` measures against: one network in a loop after PyTorch's ImageNet example.

A ``DataLoader`` with worker processes over PIL images, pinned memory, plain SGD, the loss and the accuracy of each
batch read at once, as the example's meters do. Also the pictures that both sides read.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from trichotomy import datasets
from trichotomy.datasets import Augmentation

DISTINCT = 64


def write_pictures(folder: Path, *, classes: int, size: tuple[int, int]) -> None:
    """Write one training and one test JPEG for each class: clouds under noise, of the size of ImageNet's files."""
    width, height = size
    rng = np.random.default_rng(0)
    made = []
    for _ in range(min(DISTINCT, classes)):
        clouds = Image.fromarray(rng.integers(0, 256, (12, 16, 3), dtype=np.uint8)).resize(
            size, Image.Resampling.BICUBIC
        )
        noisy = np.asarray(clouds, np.int16) + rng.normal(0, 12, (height, width, 3)).astype(np.int16)
        made.append(Image.fromarray(noisy.clip(0, 255).astype(np.uint8)))
    for split in ("train", "test"):
        for k in range(classes):
            place = folder / split / f"c{k:04d}"
            place.mkdir(parents=True)
            made[k % len(made)].save(place / "a.jpg", quality=90)


class Pictures(Dataset[tuple[Tensor, int]]):
    """Files, or images in memory, as PIL images that go through the usual transforms one by one."""

    def __init__(self, data: datasets.Dataset, how: Augmentation, folder: Path | None) -> None:
        split = data.train
        self.labels = split.labels.tolist()
        self.files = None if split.paths is None or folder is None else [folder / p for p in split.paths]
        self.images = split.images(np.arange(len(split.ids))) if self.files is None else None
        self.how = how
        self.mean, self.std = (torch.tensor(v)[:, None, None] for v in (data.mean, data.std))

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        if self.files is not None:
            with Image.open(self.files[index]) as file:
                picture = file.convert("RGB")
        else:
            assert self.images is not None
            picture = Image.fromarray(self.images[index].transpose(1, 2, 0))
        picture = self._resized(picture) if self.how.crop == "resized" else self._shifted(picture)
        if torch.rand(1) < 0.5:
            picture = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        pixels = torch.from_numpy(np.array(picture)).permute(2, 0, 1).contiguous()
        return pixels.float().div(255).sub_(self.mean).div_(self.std), self.labels[index]

    def _resized(self, picture: Image.Image) -> Image.Image:
        """A window of 8 to 100 % of the area, resized."""
        assert self.how.size is not None
        width, height = picture.size
        area, aspect = torch.empty(2).uniform_(0, 1).tolist()
        share, ratio = 0.08 + 0.92 * area, 3 / 4 * (16 / 9) ** aspect
        w = min((share * width * height * ratio) ** 0.5, width)
        h = min((share * width * height / ratio) ** 0.5, height)
        x, y = torch.rand(2).mul(torch.tensor([width - w, height - h])).tolist()
        side = (self.how.size, self.how.size)
        return picture.resize(side, Image.Resampling.BILINEAR, box=(x, y, x + w, y + h))

    def _shifted(self, picture: Image.Image) -> Image.Image:
        pad = self.how.padding
        x, y = torch.randint(-pad, pad + 1, (2,)).tolist()
        return picture.crop((x, y, x + picture.width, y + picture.height))


def loop(
    data: datasets.Dataset, network: nn.Module, how: Augmentation, *, batch: int, workers: int, device: torch.device,
    folder: Path | None = None, mixed: bool = False, tf32: bool = True, settle: Callable[[], Any] = lambda: None,
) -> tuple[float, float]:  # fmt: skip
    """Train for two epochs; return images per second and mean loss of the second."""
    torch.use_deterministic_algorithms(False)
    torch.backends.cudnn.deterministic = torch.backends.cudnn.benchmark = False
    torch.backends.cudnn.allow_tf32 = tf32
    loader = DataLoader(
        Pictures(data, how, folder), batch, shuffle=True, num_workers=workers, pin_memory=device.type == "cuda",
        persistent_workers=workers > 0,
    )  # fmt: skip
    network = network.to(device).train()
    optimizer = torch.optim.SGD(network.parameters(), 0.1, momentum=0.9, weight_decay=1e-4)
    spent, losses = 0.0, 0.0
    for _ in range(2):
        losses = 0.0
        settle()
        start = time.perf_counter()
        for images, target in loader:
            images, target = images.to(device, non_blocking=True), target.to(device, non_blocking=True)
            with torch.autocast(device.type, dtype=torch.bfloat16, enabled=mixed):
                output = network(images)
                loss = nn.functional.cross_entropy(output, target)
            losses += loss.item() * len(target)
            (output.argmax(1) == target).sum().item()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        settle()
        spent = time.perf_counter() - start
    return len(data.train.ids) / spent, losses / len(data.train.ids)
