"""Which images a folder or an archive holds: one folder per split, in it one per class."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from trichotomy.datasets.dataset import SPLITS, Progress
from trichotomy.datasets.pictures import is_image
from trichotomy.errors import InputError


class Found(NamedTuple):
    """An image: its class's name, its file within the class's folder, its path."""

    name: str
    file: str
    path: str


@dataclass(frozen=True, slots=True)
class Listing:
    """The images of one split, sorted by id.

    ``ids`` and ``paths`` are object[N] of str (id: split, class, file name; path: relative to the folder or within
    the archive), ``labels`` int64[N].
    """

    ids: NDArray[np.object_]
    labels: NDArray[np.int64]
    paths: NDArray[np.object_]

    def at(self, positions: NDArray[np.int64]) -> Listing:
        """Return some of the images."""
        return Listing(self.ids[positions], self.labels[positions], self.paths[positions])


def list_folder(
    root: Path, folders: Mapping[str, str], *, progress: Progress | None = None
) -> tuple[tuple[str, ...], dict[str, Listing]]:
    """List the images of each split.

    Parameters
    ----------
    root
        The data folder.
    folders
        Split to the folder in ``root`` that holds it, such as ``{"train": "train", "test": "val"}``.
    progress
        Called as ``progress(name, 0, 0)`` once per folder of a class; the name says how many images there are so far.

    Returns
    -------
    classes, listings
        Names of the classes, sorted (those of the training split), and the images of each split. Subfolders of a class
        count as its own; hidden files and those that are no images by their names are passed over.

    Raises
    ------
    InputError
        No folder of a class, one without images, a class that only the test split has, or a folder that may not be
        listed.
    """
    found: dict[str, list[Found]] = {}
    for split, folder in folders.items():
        found[split] = []
        for name in _class_folders(root / folder):
            inside = list(_images_below(root / folder / name))
            if not inside:
                msg = f"the class folder {root / folder / name} holds no image; add some, or remove it"
                raise InputError(msg)
            found[split] += [Found(name, file, f"{folder}/{name}/{file}") for file in inside]
            if progress is not None:
                progress(f"listing {folder}/, {len(found[split]):,} images so far", 0, 0)
    return tabulate(found, str(root))


def tabulate(found: Mapping[str, Sequence[Found]], where: str) -> tuple[tuple[str, ...], dict[str, Listing]]:
    """Return the classes, and each split's images sorted by id.

    Raises
    ------
    InputError
        A split without images, a class that only the test split has, a name that is no text, or the same image twice.
    """
    names = {split: {image.name for image in found[split]} for split in SPLITS}
    for split in SPLITS:
        if not found[split]:
            msg = f"{where} holds no images for the {split} split; lay them out as {split}/<class>/<image>"
            raise InputError(msg)
    extra = sorted(names["test"] - names["train"])
    if extra:
        msg = f"{where}: the class '{extra[0]}' has test images and no training images; give it some"
        raise InputError(msg)
    classes = tuple(sorted(names["train"]))
    label = {name: k for k, name in enumerate(classes)}
    return classes, {split: _listing(split, images, label, where) for split, images in found.items()}


def _listing(split: str, images: Sequence[Found], label: Mapping[str, int], where: str) -> Listing:
    named = [f"{split}/{each.name}/{each.file}" for each in images]
    order = sorted(range(len(named)), key=named.__getitem__)
    ids = np.array([named[k] for k in order], object)
    twice = ids[1:][ids[1:] == ids[:-1]]
    if len(twice):
        msg = f"{where} holds the image {twice[0]} more than once; keep one of them"
        raise InputError(msg)
    for one in ids:
        if not one.isascii() and one.encode(errors="ignore").decode() != one:
            msg = f"{where} holds an image whose name is no text, {one!a}; rename it"
            raise InputError(msg)
    labels = np.array([label[images[k].name] for k in order], np.int64)
    paths = [one if images[k].path == one else images[k].path for k, one in zip(order, ids, strict=True)]
    return Listing(ids, labels, np.array(paths, object))  # one text for both, where they agree


def _class_folders(folder: Path) -> list[str]:
    try:
        names = sorted(entry.name for entry in os.scandir(folder) if entry.is_dir() and entry.name[0] != ".")
    except OSError as error:
        msg = f"{folder} cannot be listed ({error.strerror or error}); it is to hold one folder per class"
        raise InputError(msg) from error
    if not names:
        msg = f"{folder} holds no folder; it is to hold one per class, with the images of the class in it"
        raise InputError(msg)
    return names


def _images_below(folder: Path) -> Iterable[str]:
    """Names relative to ``folder``, with forward strokes; linked folders are not entered, as they may be circles."""

    def refuse(error: OSError) -> None:
        msg = f"{error.filename} cannot be listed ({error.strerror or error}); check that you may read it"
        raise InputError(msg) from error

    for path, folders, files in os.walk(folder, onerror=refuse):
        folders[:] = [name for name in folders if not name.startswith(".")]
        inner = Path(path).relative_to(folder).as_posix()
        yield from (name if inner == "." else f"{inner}/{name}" for name in files if is_image(name))
