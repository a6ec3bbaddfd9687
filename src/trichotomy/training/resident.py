"""Images that stay on the device: windows and flips are taken there, the same to the bit as ``datasets.augment``'s."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from trichotomy.datasets import Augmentation, Split
from trichotomy.training.transfer import Transfer

SHARE = 0.25
"""Of the device's free memory, at most this much goes to the images of one split."""
CHUNK = 4096
"""Images that are moved at once."""
EXACT_CROPS = ("none", "padded")
"""Those that only move bytes; what is resampled comes out otherwise on another device."""


class Resident:
    """All images of a split on a device.

    Parameters
    ----------
    split
        Images of one size.
    device, transfer
        Where to, and how.
    """

    def __init__(self, split: Split, device: torch.device, transfer: Transfer) -> None:
        assert split.size is not None
        self._split, self._transfer = split, transfer
        count = len(split.ids)
        shape = (count, split.channels, *split.size)
        with transfer.beside():
            self._images = torch.empty(shape, dtype=torch.uint8, device=device)
            for start in range(0, count, CHUNK):
                chunk = np.arange(start, min(start + CHUNK, count))
                self._images[start : start + CHUNK] = transfer.moved(split.images(chunk))

    def images(
        self, positions: NDArray[np.intp], how: Augmentation, draws: NDArray[np.float64] | None
    ) -> Tensor:
        """uint8[n, C, h, w], augmented; to be called within ``Transfer.beside``, as ``Split.images``."""
        count, (height, width) = len(positions), self._images.shape[2:]
        self._split.images(
            positions[:0], how, None if draws is None else draws[:0]
        )  # refuses what does not fit
        pad = how.padding
        h, w = (how.size or side for side in (height, width))
        place = np.zeros((count, 5)) if draws is None else draws
        top = (place[:, 1] * (height + 2 * pad - h + 1)).astype(np.int64) - pad
        left = (place[:, 2] * (width + 2 * pad - w + 1)).astype(np.int64) - pad
        rows, columns = top[:, None] + np.arange(h), left[:, None] + np.arange(w)
        if how.flip:
            mirrored = place[:, 0] < 0.5
            columns[mirrored] = columns[mirrored, ::-1]
        items, y, x = (self._transfer.moved(a) for a in (positions, rows, columns))
        inside = ((y >= 0) & (y < height))[:, :, None] & ((x >= 0) & (x < width))[:, None, :]
        y, x = y.clamp(0, height - 1)[:, :, None], x.clamp(0, width - 1)[:, None, :]
        found = self._images[items[:, None, None], :, y, x] * inside[..., None]
        return found.permute(0, 3, 1, 2)


def resident(split: Split, how: Augmentation, device: torch.device, transfer: Transfer) -> Resident | None:
    """Move a split to the device, if that is a GPU where the images fit and can be augmented exactly."""
    if device.type != "cuda" or split.size is None or how.crop not in EXACT_CROPS:
        return None
    free, _ = torch.cuda.mem_get_info(device)
    if len(split.ids) * split.channels * split.size[0] * split.size[1] > SHARE * free:
        return None
    return Resident(split, device, transfer)
