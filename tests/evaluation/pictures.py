"""Little pictures in folders of their classes, and networks that decide on them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import nn

from trichotomy.evaluation import Crop

CLASSES = ("ape", "bee", "cow")
GRAY = Crop(mean=(0.5,), std=(0.5,))


def write_pictures(folder: Path, *, per_class: int = 6, classes=CLASSES) -> Path:
    """``folder/<class>/k.png`` of 12 x 9 or 9 x 12 pixels, tinted by class."""
    rng = np.random.default_rng(0)
    for c, name in enumerate(classes):
        (folder / name).mkdir(parents=True)
        for k in range(per_class):
            size = (12, 9, 3) if k % 2 else (9, 12, 3)
            pixels = rng.integers(0, 180, size, np.uint8)
            pixels[..., c % 3] += 60
            Image.fromarray(pixels).save(folder / name / f"{k}.png")
    return folder


def network(seed: int, *, classes: int = 3, side: int = 6, names=()) -> nn.Module:
    """A linear classifier of side x side pixels."""
    torch.manual_seed(seed)
    made = nn.Sequential(nn.Flatten(), nn.Linear(3 * side * side, classes))
    made.classes = names
    return made


def crop(side: int = 6, **changes) -> Crop:
    return Crop(**{"resize": 8, "crop": side, "mean": (0.4, 0.5, 0.6), "std": (0.2, 0.3, 0.2), **changes})


def slow(folder: Path, items, net: nn.Module, transform) -> torch.Tensor:
    """Logits, one picture after the other."""
    with torch.no_grad():
        return torch.cat([net(transform(Image.open(folder / item).convert("RGB"))[None]) for item in items])
