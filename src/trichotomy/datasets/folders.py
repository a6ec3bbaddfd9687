"""Folders of images: ImageNet's layout, read into memory where that is small and from the files where it is not."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trichotomy.datasets.arrays import ArraySplit
from trichotomy.datasets.augment import UNCHANGED, Augmentation, augment_picture
from trichotomy.datasets.dataset import IMAGENET_MEAN, IMAGENET_STD, SPLITS, Dataset, Loading
from trichotomy.datasets.hashing import digest
from trichotomy.datasets.listing import Listing, list_folder
from trichotomy.datasets.pictures import CHANNELS, decode, decode_all
from trichotomy.datasets.threads import spread
from trichotomy.errors import InputError


def imagenet(loading: Loading) -> Dataset:
    """Load ImageNet: ``train/`` and ``val/``, each with a folder per class, named by its WordNet id."""
    return from_folder(loading, data_folder(loading), tests=("val",))


def imagefolder(loading: Loading) -> Dataset:
    """Load any folder of images: ``train/``, and ``test/`` or else ``val/``, each with a folder per class."""
    return from_folder(loading, data_folder(loading), tests=("test", "val"))


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


def from_folder(loading: Loading, root: Path, *, tests: Sequence[str]) -> Dataset:
    """Make a data set of the images in ``root/train`` and the first of the folders ``tests`` that exists.

    Images of one size that take up to 1 GiB together are decoded into memory; others are read when asked for.

    Raises
    ------
    InputError
        A folder that is missing or has no images, or (where they are decoded) a damaged image.
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
    paths = [path for split in SPLITS for path in chosen[split].paths]
    files = ((path, root / path) for path in paths)
    images = decode_all(files, len(paths), name=loading.name, progress=loading.progress)
    if images is None:
        train, test_split = (FolderSplit(root, chosen[split]) for split in SPLITS)
        return Dataset(loading.name, classes, train, test_split, IMAGENET_MEAN, IMAGENET_STD, {})
    return in_memory(loading, classes, chosen, images, on_disk=True)


def in_memory(
    loading: Loading,
    classes: tuple[str, ...],
    chosen: dict[str, Listing],
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


class FolderSplit:
    """Images that are read from their files when asked for, several at a time.

    Its content hash is of ids, labels and the files' sizes: reading every file would take hours where it matters.

    Parameters
    ----------
    root
        The data folder.
    listing
        The images, sorted by id.
    """

    def __init__(self, root: Path, listing: Listing) -> None:
        self._root = root.absolute()
        self.ids: NDArray[np.object_] = listing.ids
        self.labels: NDArray[np.int64] = listing.labels
        self.paths: NDArray[np.object_] | None = listing.paths
        self.channels: int = CHANNELS
        self.size: tuple[int, int] | None = None
        self._files = listing.paths
        self._hash: str | None = None

    def images(
        self,
        positions: ArrayLike,
        augmentation: Augmentation = UNCHANGED,
        draws: NDArray[np.float64] | None = None,
    ) -> NDArray[np.uint8]:
        """uint8[n, 3, H, W] of the items at ``positions``; ``draws`` are the rows of these: float64[n, 5].

        Raises
        ------
        InputError
            A damaged image, or images that still differ in size once augmented; files are named.
        """
        files = self._files[np.asarray(positions)]

        def one(i: int) -> NDArray[np.uint8]:
            picture = decode(self._root / files[i], files[i])
            return augment_picture(picture, augmentation, None if draws is None else draws[i : i + 1])

        images = spread(one, len(files))
        for path, image in zip(files, images, strict=True):
            if image.shape != images[0].shape:
                first, other = ("x".join(map(str, each.shape[1:])) for each in (images[0], image))
                msg = f"{files[0]} is {first} and {path} is {other}; ask for a crop with a size ('resized' or 'centre')"
                raise InputError(msg)
        return np.stack(images) if images else np.empty((0, CHANNELS, 0, 0), np.uint8)

    def content_hash(self) -> str:
        """SHA-256 of ids, labels and the sizes of the files in bytes.

        Raises
        ------
        InputError
            A file that is gone.
        """
        if self._hash is None:
            try:
                sizes = file_sizes(str(self._root), self._files)
            except OSError as error:
                msg = f"{error.filename} cannot be found any more ({error.strerror}); put it back"
                raise InputError(msg) from error
            self._hash = digest("file sizes", self.ids, self.labels, sizes.tobytes())
        return self._hash


STATS_AT_ONCE = 4096


def file_sizes(root: str, paths: NDArray[np.object_]) -> NDArray[np.int64]:
    """int64[N]: the files' sizes in bytes; asked for side by side, since a file system on a network answers late."""

    def some(k: int) -> NDArray[np.int64]:
        part = paths[k * STATS_AT_ONCE : (k + 1) * STATS_AT_ONCE]
        return np.array([os.stat(f"{root}/{path}").st_size for path in part], "<i8")  # noqa: PTH116 - a Path costs more

    parts = spread(some, -(-len(paths) // STATS_AT_ONCE))
    return np.concatenate([np.empty(0, "<i8"), *parts])
