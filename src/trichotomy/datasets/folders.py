"""Folders of images: ImageNet's layout, read into memory where that is small and from the files where it is not."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from trichotomy.datasets.arrays import ArraySplit
from trichotomy.datasets.checks import check_count
from trichotomy.datasets.dataset import IMAGENET_MEAN, IMAGENET_STD, SPLITS, Dataset, Loading
from trichotomy.datasets.listing import Listing, list_folder
from trichotomy.datasets.pictures import decode_all
from trichotomy.datasets.reading import Files, FileSplit
from trichotomy.datasets.threads import spread
from trichotomy.errors import InputError

MANY = 1024
"""Files that one thread asks the file system about at a stretch."""


def imagenet(loading: Loading, *, shorter: int | None = None) -> Dataset:
    """Load ImageNet: ``train/`` and ``val/``, each with a folder per class, named by its WordNet id.

    Parameters
    ----------
    shorter
        Pixels of the shorter side of images that have more, which are made smaller as soon as they are decoded; None:
        all as they are.
    """
    return from_folder(loading, data_folder(loading), tests=("val",), shorter=shorter)


def imagefolder(loading: Loading, *, shorter: int | None = None) -> Dataset:
    """Load any folder of images: ``train/``, and ``test/`` or else ``val/``, each with a folder per class.

    ``shorter`` is as ``imagenet`` has it.
    """
    return from_folder(loading, data_folder(loading), tests=("test", "val"), shorter=shorter)


def data_folder(loading: Loading) -> Path:
    """Return the folder that was named.

    Raises
    ------
    InputError
        None was named, or there is none.
    """
    if loading.folder is None:
        msg = f"the data set {loading.name} is read from a folder; name it with --data (data=...)"
        raise InputError(msg)
    if not loading.folder.is_dir():
        msg = (
            f"the data set {loading.name} is read from a folder, and {loading.folder} is none; check the path"
        )
        raise InputError(msg)
    return loading.folder


def from_folder(loading: Loading, root: Path, *, tests: Sequence[str], shorter: int | None = None) -> Dataset:
    """Make a data set of the images in ``root/train`` and the first of the folders ``tests`` that exists.

    Raises
    ------
    InputError
        A folder that is missing or has no images; otherwise as ``from_files``.
    """
    test = next((name for name in tests if (root / name).is_dir()), None)
    if test is None or not (root / "train").is_dir():
        wanted = " or ".join(f"{name}/" for name in tests)
        msg = (
            f"{root} lacks a folder train/ or {wanted}; lay out train/<class>/<image>, and {wanted} the same"
        )
        raise InputError(msg)
    classes, listings = list_folder(root, {"train": "train", "test": test}, progress=loading.progress)
    chosen = {split: every.at(loading.chosen(split, every.labels)) for split, every in listings.items()}
    files = {split: FolderFiles(root.absolute(), each.paths) for split, each in chosen.items()}
    return from_files(loading, classes, chosen, files, shorter=shorter)


def from_files(
    loading: Loading,
    classes: tuple[str, ...],
    chosen: Mapping[str, Listing],
    files: Mapping[str, Files],
    *,
    shorter: int | None,
    on_disk: bool = True,
) -> Dataset:
    """Make a data set of images in files.

    Images of one size that take up to 1 GiB together are decoded into memory; others are read when asked for.

    Parameters
    ----------
    chosen, files
        The items wanted of each split and their files, in the same order.
    shorter, on_disk
        As for ``FileSplit``.

    Raises
    ------
    InputError
        A ``shorter`` that is no whole number above 0, or (where they are decoded) a damaged image.
    """
    if shorter is not None:
        check_count(f"shorter of the data set {loading.name}", shorter)
    counts = {split: len(chosen[split].ids) for split in SPLITS}
    sources = (
        (each.name(i), each.source(i))
        for split, each in ((split, files[split]) for split in SPLITS)
        for i in range(counts[split])
    )
    images = decode_all(
        sources, sum(counts.values()), name=loading.name, shorter=shorter, progress=loading.progress
    )
    if images is None:
        train, test = (
            FileSplit(files[split], chosen[split], shorter=shorter, on_disk=on_disk) for split in SPLITS
        )
        dataset = Dataset(loading.name, classes, train, test, IMAGENET_MEAN, IMAGENET_STD, {})
    else:
        dataset = in_memory(loading, classes, chosen, images, on_disk=on_disk)
    return dataset if shorter is None else replace(dataset, options={"shorter": int(shorter)})


def in_memory(
    loading: Loading,
    classes: tuple[str, ...],
    chosen: Mapping[str, Listing],
    images: NDArray[np.uint8],
    *,
    on_disk: bool,
) -> Dataset:
    """Make a data set of decoded images: those of the training split, then those of the test split."""
    count = len(chosen["train"].ids)
    train, test = (
        ArraySplit(pixels, chosen[split].labels, chosen[split].ids, paths=chosen[split].paths if on_disk else None)
        for split, pixels in (("train", images[:count]), ("test", images[count:]))
    )  # fmt: skip
    return Dataset(loading.name, classes, train, test, IMAGENET_MEAN, IMAGENET_STD, {})


@dataclass(frozen=True, slots=True)
class FolderFiles:
    """Files below a folder, ``paths`` relative to it."""

    root: Path
    paths: NDArray[np.object_]

    def name(self, i: int) -> str:
        """Its path."""
        return str(self.paths[i])

    def source(self, i: int) -> Path:
        """Where it is."""
        return Path(self.root, self.paths[i])

    def place(self) -> str:
        """The folder."""
        return str(self.root.resolve())

    def states(self) -> NDArray[np.int64]:
        """int64[N, 2]: bytes of each file, and when it was changed.

        Raises
        ------
        InputError
            A file that is gone.
        """
        try:
            return file_states(str(self.root), self.paths)
        except OSError as error:
            msg = f"{error.filename} cannot be found any more ({error.strerror}); put it back"
            raise InputError(msg) from error


def file_states(root: str, paths: NDArray[np.object_]) -> NDArray[np.int64]:
    """int64[N, 2]: bytes of each file, and when it was changed.

    They are asked for side by side, since a file system on a network answers late.
    """

    def some(chunk: int) -> list[tuple[int, int]]:
        found = [os.stat(f"{root}/{path}") for path in paths[chunk * MANY : (chunk + 1) * MANY]]  # noqa: PTH116 - a Path costs more
        return [(one.st_size, one.st_mtime_ns) for one in found]

    chunks = spread(some, -(-len(paths) // MANY))
    return np.array([one for chunk in chunks for one in chunk], np.int64).reshape(-1, 2)
