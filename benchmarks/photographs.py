"""Pictures with the statistics of photographs, for benchmarks of decoding: 1/f noise with some grain, as JPEG."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SLOPE = 1.1
"""Amplitude falls with frequency to this power (Field 1987 and later: 0.9 to 1.2 in natural images)."""
QUALITY = 90


def write_photographs(
    folder: Path,
    *,
    train: int,
    test: int,
    size: tuple[int, int] = (256, 256),
    classes: int = 2,
    seed: int = 0,
) -> float:
    """Write ``train/<class>/*.jpg`` and ``test/<class>/*.jpg``; return the mean size of a file in bytes.

    Every fourth picture is upright. One of the test pictures is a pixel narrower: of one size, so few would be held in
    memory.

    Parameters
    ----------
    size
        (height, width) in pixels.
    """
    rng = np.random.default_rng(seed)
    tints = rng.uniform(-25, 25, (classes, 3))
    sizes = []
    for split, count in (("train", train), ("test", test)):
        for i in range(count):
            height, width = size[::-1] if i % 4 == 0 else size
            label = i % classes
            path = folder / split / f"class-{label}" / f"{i:05d}.jpg"
            path.parent.mkdir(parents=True, exist_ok=True)
            narrower = split == "test" and i == 0
            pixels = photograph(rng, height, width - narrower) + tints[label]
            Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(path, quality=QUALITY)
            sizes.append(path.stat().st_size)
    return float(np.mean(sizes))


def photograph(rng: np.random.Generator, height: int, width: int) -> NDArray[np.float64]:
    """float64[H, W, 3]: an amplitude that falls with frequency, channels that mostly agree, and grain."""
    frequency = np.hypot(*np.meshgrid(np.fft.rfftfreq(width), np.fft.fftfreq(height))) + 1 / width

    def plane() -> NDArray[np.float64]:
        noise = np.fft.rfft2(rng.normal(size=(height, width)))
        values = np.fft.irfft2(noise / frequency**SLOPE, (height, width))
        return np.asarray(values / values.std())

    light = plane()
    grain = rng.normal(0, 2, (3, height, width))
    return np.stack([120 + 50 * light + 18 * plane() + grain[k] for k in range(3)], axis=-1)
