"""States of a network in training: weights in one file per epoch, the optimiser's in one file, none of them pickles.

Which epochs' states are saved is for ``Pace`` to say; how, for ``States``.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import google_crc32c
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor

from trichotomy.errors import CorruptStoreError

OPTIMIZER = "optimizer.safetensors"
ENTROPY = "entropy.txt"
CHECKSUM = "crc32c"
ABOUT = "trichotomy"
PACE_SECONDS = 10.0
"""Where not every epoch's weights are to stay, a state is saved at most so often."""


class Pace:
    """When the state of a network in training is saved.

    Saving the state of a tiny network costs a few hundredths of training its epoch, more than recording its decisions.
    So where the states of earlier epochs do not stay, one is saved every few seconds at most. A network that is killed
    repeats those seconds; what is repeated comes out the same and is recorded again.

    Parameters
    ----------
    keep
        ``all``: every epoch; ``last``: also the last one, whose weights stay; ``none``: not that one, since nothing
        can come after it.
    last
        The last epoch.
    """

    def __init__(self, keep: str, last: int) -> None:
        self._keep, self._last = keep, last
        self._saved = time.monotonic()

    def due(self, epoch: int) -> bool:
        """Whether the state after this epoch is to be saved; asked once per epoch, in their order."""
        now = time.monotonic()
        if self._keep == "all":
            return True
        if epoch == self._last:
            return self._keep == "last"
        if now - self._saved < PACE_SECONDS:
            return False
        self._saved = now
        return True


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

    def save_weights(self, epoch: int, weights: Mapping[str, Tensor]) -> None:
        """Save the weights after an epoch: the first half of its state."""
        self._folder.mkdir(parents=True, exist_ok=True)
        _write(self.weights(epoch), weights, {})

    def save_optimizer(self, epoch: int, momentum: Mapping[str, Tensor]) -> None:
        """Complete the state after an epoch; earlier weights go where only the last are kept."""
        _write(self._folder / OPTIMIZER, momentum, {"epoch": str(epoch)})
        self._drop_earlier(epoch)

    def latest(self) -> tuple[int, dict[str, Tensor], dict[str, Tensor]] | None:
        """Epoch, weights and momentum of the latest complete state, None where there is none."""
        try:
            momentum, about = _read(self._folder / OPTIMIZER)
            epoch = int(about["epoch"])
            weights, _ = _read(self.weights(epoch))
        except (OSError, SafetensorError, KeyError, ValueError):
            return None
        return epoch, weights, momentum

    def finish(self, epoch: int) -> None:
        """Remove what served to resume, and what jobs that died left behind, once the last epoch is recorded."""
        for path in self._folder.glob(".*.partial"):
            path.unlink(missing_ok=True)
        self._drop_earlier(epoch)
        if self._keep == "none":
            shutil.rmtree(self._folder, ignore_errors=True)

    def _drop_earlier(self, epoch: int) -> None:
        if self._keep != "all":
            for path in self._folder.glob("epoch-*.safetensors"):
                if path != self.weights(epoch):
                    path.unlink(missing_ok=True)

    def epochs(self) -> list[int]:
        """Epochs whose weights are there."""
        return sorted(int(p.stem.partition("-")[2]) for p in self._folder.glob("epoch-*.safetensors"))

    def load(self, epoch: int) -> dict[str, Tensor]:
        """Weights after an epoch.

        Raises
        ------
        CorruptStoreError
            The file cannot be read or does not match its checksum.
        """
        path = self.weights(epoch)
        try:
            return _read(path)[0]
        except (OSError, SafetensorError, KeyError, ValueError) as error:
            msg = f"the weights {path} cannot be used ({error}); restore the file from a copy, or train again"
            raise CorruptStoreError(msg) from error

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
    plain = {name: t.detach().contiguous() for name, t in tensors.items()}
    note = json.dumps({**about, CHECKSUM: _checksum(plain)})  # in one: several keys would be in any order
    save_file(plain, aside, metadata={ABOUT: note})
    aside.replace(path)


def _read(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    with safe_open(path, framework="pt") as file:
        about = json.loads((file.metadata() or {})[ABOUT])
    tensors = load_file(path)
    if about[CHECKSUM] != _checksum(tensors):
        msg = f"{path} does not match its checksum"
        raise ValueError(msg)
    return tensors, about


def _checksum(tensors: Mapping[str, Tensor]) -> str:
    """CRC-32C of names and contents; safetensors have none of their own."""
    check = 0
    for name in sorted(tensors):
        content = tensors[name].cpu().reshape(-1).view(torch.uint8).numpy()
        check = google_crc32c.extend(google_crc32c.extend(check, name.encode()), content)
    return f"{check:08x}"
