"""Small image folders, archives and batches, made for the tests."""

from __future__ import annotations

import tarfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

FolderMaker = Callable[..., Path]


@pytest.fixture
def image_folder(tmp_path: Path) -> FolderMaker:
    """Make ``root/<split>/<class>/NNN.png`` of random pixels; the same pixels for the same path."""

    def make(
        root: str = "images",
        *,
        splits: Sequence[str] = ("train", "test"),
        classes: Sequence[str] = ("cat", "dog"),
        per_class: int = 3,
        size: tuple[int, int] = (6, 5),
        mode: str = "RGB",
        suffix: str = ".png",
    ) -> Path:
        folder = tmp_path / root
        for split in splits:
            for name in classes:
                (folder / split / name).mkdir(parents=True)
                for i in range(per_class):
                    rng = np.random.default_rng([len(split), len(name), ord(name[0]), i])
                    pixels = rng.integers(0, 256, (*size, 3), np.uint8)
                    Image.fromarray(pixels).convert(mode).save(folder / split / name / f"{i:03d}{suffix}")
        return folder

    return make


@pytest.fixture
def packed() -> Callable[..., Path]:
    """Pack the contents of a folder into a tar archive, its files in reverse order."""

    def pack(folder: Path, to: Path, mode: Any = "w:xz", *, prefix: str = "") -> Path:
        with tarfile.open(to, mode) as archive:
            for path in sorted(folder.rglob("*"), reverse=True):
                archive.add(path, f"{prefix}{path.relative_to(folder).as_posix()}", recursive=False)
        return to

    return pack


@pytest.fixture(scope="session")
def philox() -> Callable[..., tuple[int, ...]]:
    """Philox 4x64-10 after its paper (Salmon et al. 2011): four 64-bit numbers from a counter and a key."""

    def block(counter: tuple[int, ...], key: tuple[int, ...]) -> tuple[int, ...]:
        c0, c1, c2, c3 = counter
        k0, k1 = key
        for _ in range(10):
            first, second = 0xD2E7470EE14C6C93 * c0, 0xCA5A826395121157 * c2
            c0, c1, c2, c3 = (second >> 64) ^ c1 ^ k0, second % 2**64, (first >> 64) ^ c3 ^ k1, first % 2**64
            k0, k1 = (k0 + 0x9E3779B97F4A7C15) % 2**64, (k1 + 0xBB67AE8584CAA73B) % 2**64
        return c0, c1, c2, c3

    return block
