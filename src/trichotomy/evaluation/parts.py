"""Decisions on a stretch of items, kept until a model has them all: what a killed run goes on from.

A part is written to one side and renamed, and carries checksums; one that is damaged is made again.
"""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Sequence
from pathlib import Path
from uuid import uuid4

import numpy as np
import zarr
from numpy.typing import NDArray

NAMES = ("response", "p_target", "p_response")
FOLDER = Path("evaluation") / "parts"


def begun(store: Path, model: int) -> bool:
    """Whether a model has parts beside a store."""
    return any((store / FOLDER).glob(f"{model:04d}-*.npz"))


class Parts:
    """The parts of an evaluation.

    Parameters
    ----------
    store
        The store's folder.
    count
        Items in all.
    span
        Items of a part; of the last one, the rest.
    """

    def __init__(self, store: Path, count: int, span: int) -> None:
        self._folder = store / FOLDER
        self.span = span
        self.spans: list[tuple[int, int]] = [
            (start, min(start + span, count)) for start in range(0, count, span)
        ]

    def missing(self, model: int) -> list[int]:
        """Where the spans begin that a model's decisions are lacking for; damaged parts are removed."""
        return [start for start, _ in self.spans if self._read(model, start) is None]

    def write(self, model: int, start: int, arrays: Sequence[NDArray[np.generic]]) -> None:
        """Keep a model's response, p_target and p_response of the span that begins at ``start``."""
        if not self._folder.is_dir():
            zarr.open_group(
                self._folder.parent, mode="a", zarr_format=3
            )  # or zarr wonders what lies in the store
            self._folder.mkdir(exist_ok=True)
        aside = self._folder / f".{uuid4().hex}.partial"
        with aside.open("wb") as file:
            np.savez(file, **dict(zip(NAMES, arrays, strict=True)))  # type: ignore[arg-type]
        aside.replace(self._path(model, start))

    def gather(self, model: int) -> dict[str, NDArray[np.generic]]:
        """All of a model's decisions, once none is missing."""
        read = [self._read(model, start) for start, _ in self.spans]
        return {name: np.concatenate([part[name] for part in read if part is not None]) for name in NAMES}

    def remove(self, model: int) -> None:
        """Remove a model's parts; with the last of them, their folder."""
        for path in self._folder.glob(f"{model:04d}-*.npz"):
            path.unlink(missing_ok=True)
        if self._folder.is_dir() and not any(self._folder.glob("*.npz")):
            shutil.rmtree(self._folder.parent, ignore_errors=True)

    def _path(self, model: int, start: int) -> Path:
        return self._folder / f"{model:04d}-{start:09d}.npz"

    def _read(self, model: int, start: int) -> dict[str, NDArray[np.generic]] | None:
        path = self._path(model, start)
        stop = dict(self.spans)[start]
        try:
            with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
                found = {name: file[name] for name in NAMES}
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            found = {}
        if any(len(values) != stop - start for values in found.values()) or not found:
            path.unlink(missing_ok=True)
            return None
        return found
