"""Pictures with the statistics of photographs, for benchmarks of decoding: 1/f noise, as JPEG."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

CLASSES = 10


def write_photographs(
    folder: Path,
    *,
    train: int,
    test: int,
    size: tuple[int, int] = (256, 256),
    quality: int = 95,
    seed: int = 0,
) -> None:
    """Write ``train/<class>/*.jpg`` and ``test/<class>/*.jpg``; ``size`` is (height, width) in pixels."""
    rng = np.random.default_rng(seed)
    tints = rng.uniform(-25, 25, (CLASSES, 3))
    for split, count in (("train", train), ("test", test)):
        for i in range(count):
            label = i % CLASSES
            place = folder / split / f"class-{label}"
            place.mkdir(parents=True, exist_ok=True)
            pixels = photograph(rng, size) + tints[label]
            picture = Image.fromarray(pixels.clip(0, 255).astype(np.uint8))
            picture.save(place / f"{i:05d}.jpg", quality=quality)


def photograph(rng: np.random.Generator, size: tuple[int, int]) -> NDArray[np.float64]:
    """float64[H, W, 3]: an amplitude that falls with frequency, and channels that mostly agree (Field 1987)."""
    height, width = size
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None, :])
    frequency[0, 0] = np.inf
    noise = rng.normal(size=(4, *frequency.shape)) + 1j * rng.normal(size=(4, *frequency.shape))
    fields = np.fft.irfft2(noise / frequency, s=size)
    fields /= fields.std(axis=(1, 2), keepdims=True)
    mixed = 0.9 * fields[0] + 0.4 * fields[1:]
    return np.moveaxis(128 + 55 * mixed, 0, 2)
