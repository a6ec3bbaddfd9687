"""States of a network in training: weights in one file per epoch, the optimiser's in one file, none of them pickles."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save
from torch import Tensor

OPTIMIZER = "optimizer.safetensors"
ENTROPY = "entropy.txt"


class States:
    """The folder of one network's states.

    Weights are written before the optimiser's state, which names their epoch; what a job that died has left half
    done is therefore never taken for a state.

    Parameters
    ----------
    folder
        Made when the first state is saved.
    keep
        ``all``: the weights of every epoch; ``last``; ``none``: nothing once the training has ended.
    """

    def __init__(self, folder: Path, keep: str) -> None:
        self._folder, self._keep = folder, keep

    def save(self, epoch: int, weights: Mapping[str, Tensor], momentum: Mapping[str, Tensor]) -> None:
        """Save the state after an epoch; earlier weights go where only the last are kept."""
        self._folder.mkdir(parents=True, exist_ok=True)
        _write(self.weights(epoch), weights, {})
        _write(self._folder / OPTIMIZER, momentum, {"epoch": str(epoch)})
        if self._keep != "all":
            for path in self._folder.glob("epoch-*.safetensors"):
                if path != self.weights(epoch):
                    path.unlink()

    def latest(self) -> tuple[int, dict[str, Tensor], dict[str, Tensor]] | None:
        """Epoch, weights and momentum of the latest complete state, None where there is none."""
        try:
            with safe_open(self._folder / OPTIMIZER, framework="pt") as file:
                epoch = int(file.metadata()["epoch"])
            momentum = load_file(self._folder / OPTIMIZER)
            return epoch, load_file(self.weights(epoch)), momentum
        except (OSError, SafetensorError, KeyError, ValueError):
            return None

    def finish(self) -> None:
        """Remove what is kept for resuming only, once the training has ended."""
        if self._keep == "none":
            shutil.rmtree(self._folder, ignore_errors=True)

    def weights(self, epoch: int) -> Path:
        """Where the weights after an epoch are."""
        return self._folder / f"epoch-{epoch:04d}.safetensors"

    def entropy(self) -> int:
        """A seed drawn from the operating system once and kept, so that resuming is exact."""
        path = self._folder / ENTROPY
        if not path.exists():
            self._folder.mkdir(parents=True, exist_ok=True)
            aside = self._folder / f".{uuid4().hex}.partial"
            aside.write_text(str(secrets.randbits(62)))
            with suppress(FileExistsError):  # another job was first; its seed is the one
                os.link(aside, path)
            aside.unlink()
        return int(path.read_text())


def _write(path: Path, tensors: Mapping[str, Tensor], about: dict[str, str]) -> None:
    aside = path.with_name(f".{uuid4().hex}.partial")
    aside.write_bytes(save({n: t.detach().contiguous() for n, t in tensors.items()}, metadata=about))
    aside.replace(path)
