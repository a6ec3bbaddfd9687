"""The way of arrays to a device, beside what is computed there."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor


class Transfer:
    """Moves arrays to a device. On CUDA from pinned memory and on a stream of its own, so nobody waits for a copy.

    Parameters
    ----------
    device
        Where to; on a CPU nothing is moved.
    """

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._stream: torch.cuda.Stream | None = None
        if device.type == "cuda":
            self._stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]

    def beside(self) -> AbstractContextManager[Any]:
        """What is done within is done on the stream of its own."""
        return nullcontext() if self._stream is None else torch.cuda.stream(self._stream)

    def moved(self, array: NDArray[Any]) -> Tensor:
        """Start to move an array; to be called within ``beside``."""
        tensor = torch.from_numpy(array)
        if self._stream is None:
            return tensor.to(self._device)
        return tensor.pin_memory().to(self._device, non_blocking=True)

    def mark(self) -> torch.cuda.Event | None:
        """Mark that everything up to here has been asked for."""
        return None if self._stream is None else self._stream.record_event()

    def take(self, mark: torch.cuda.Event | None, *tensors: Tensor) -> None:
        """Let what is computed from now on, where this is called, wait for what was asked for before ``mark``."""
        if mark is not None:
            current = torch.cuda.current_stream(self._device)
            current.wait_event(mark)
            for tensor in tensors:
                tensor.record_stream(current)  # their memory was taken on the other stream
