"""Reading a network's batches from the cache of decoded images against from their files.

    python -m benchmarks.decoding

An epoch is all images once, at random places in batches of 64, each cropped, resized and mirrored as in training. The
cache is filled before, as it is in a study's first seconds.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from benchmarks.photographs import write_photographs
from benchmarks.timing import Row, interleaved, table

if TYPE_CHECKING:
    from trichotomy.datasets import Dataset

COUNT = 512
BATCH = 64
FASTER = 2.0
SIZES = ((256, 256), (350, 400))


def rows(repeats: int = 5) -> list[Row]:
    """All of them."""
    found: list[Row] = []
    for height, width in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            data = Path(folder) / "photographs"
            size = write_photographs(data, train=COUNT, test=2, size=(height, width))
            for shorter, side in ((None, 224), (None, 128), (256, 224)):
                if shorter is None or shorter < min(height, width):
                    words = f"JPEGs of {width}x{height}, {size / 1000:.0f} kB each"
                    found.append(_epoch(data, Path(folder) / "cache", words, shorter, side, repeats))
    return found


def _epoch(data: Path, cache: Path, words: str, shorter: int | None, side: int, repeats: int) -> Row:
    from trichotomy.datasets import cached, load

    files = load("imagefolder", data=data, shorter=shorter)
    start = time.perf_counter()
    quick = cached(files, cache)
    filling = time.perf_counter() - start
    for one, other in zip(_batches(quick, side), _batches(files, side), strict=True):
        np.testing.assert_array_equal(one, other)
    ours, theirs = interleaved(_reading(quick, side), _reading(files, side), repeats=repeats)
    smaller = "" if shorter is None else f", shorter={shorter}"
    note = "" if filling < theirs / 10 else f"filling took {filling:.2g} s"
    what = f"an epoch of {COUNT} images, random crops to {side}, cache; files, {words}{smaller}"
    return Row(what, ours, theirs, f">= {FASTER:g} x", theirs / ours >= FASTER, note)


def _reading(data: Dataset, side: int) -> Callable[[], None]:
    def read() -> None:
        for _ in _batches(data, side):
            pass

    return read


def _batches(data: Dataset, side: int) -> Iterator[NDArray[np.uint8]]:
    from trichotomy.datasets import Augmentation, draws

    crop = Augmentation(crop="resized", size=side, flip=True)
    luck = draws(0, 1, COUNT)
    order = np.random.default_rng(0).permutation(COUNT)
    for start in range(0, COUNT, BATCH):
        positions = order[start : start + BATCH]
        yield data.train.images(positions, crop, luck[positions])


def main() -> None:
    """Measure and print the rows of a Markdown table."""
    print("\n".join(table(rows())))


if __name__ == "__main__":
    main()
