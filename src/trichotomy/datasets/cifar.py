"""CIFAR-10 and CIFAR-100: the original python archives, or their images in folders or in a tar archive."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trichotomy.datasets.archives import LARGEST_MEMBER, contents, is_archive, list_images, members
from trichotomy.datasets.arrays import ArraySplit
from trichotomy.datasets.checks import check_flag
from trichotomy.datasets.dataset import IMAGENET_MEAN, IMAGENET_STD, SPLITS, Dataset, Loading
from trichotomy.datasets.folders import from_folder, in_memory
from trichotomy.datasets.pickled import unpickle
from trichotomy.datasets.pictures import decode_all
from trichotomy.errors import InputError, MissingExtraError

SHAPE = (3, 32, 32)


@dataclass(frozen=True, slots=True)
class Edition:
    """One of the two: what its files are called, and what stands in them.

    ``batches`` are the files of each split, ``meta`` the one with the classes' names under ``names``.
    """

    title: str
    classes: int
    folder: str
    archive: str
    batches: Mapping[str, tuple[str, ...]]
    meta: str
    labels: str
    names: str

    @property
    def files(self) -> tuple[str, ...]:
        """All files that are read."""
        return (*self.batches["train"], *self.batches["test"], self.meta)


CIFAR10 = Edition(
    title="CIFAR10",
    classes=10,
    folder="cifar-10-batches-py",
    archive="cifar-10-python.tar.gz",
    batches={"train": tuple(f"data_batch_{i}" for i in range(1, 6)), "test": ("test_batch",)},
    meta="batches.meta",
    labels="labels",
    names="label_names",
)
CIFAR100 = Edition(
    title="CIFAR100",
    classes=100,
    folder="cifar-100-python",
    archive="cifar-100-python.tar.gz",
    batches={"train": ("train",), "test": ("test",)},
    meta="meta",
    labels="fine_labels",
    names="fine_label_names",
)


def cifar10(loading: Loading, *, download: bool = False) -> Dataset:
    """Load CIFAR-10 (Krizhevsky 2009): 50,000 and 10,000 images of 32x32 pixels, 10 classes.

    Parameters
    ----------
    loading
        What was asked of ``load``. In its folder lie ``cifar-10-batches-py/`` or ``cifar-10-python.tar.gz``, or
        ``train/<class>/<image>`` and ``test/`` the same, or one tar archive of these; the first of them that is there
        is read. The folder may also be ``cifar-10-batches-py/`` itself, or the archive.
    download
        Fetch the original archive into the folder first, by torchvision, unless it is there.

    Raises
    ------
    InputError
        None of these is there, or what is there is damaged, has other classes or is more than images.
    MissingExtraError
        A download without torchvision.
    """
    return _cifar(loading, CIFAR10, download=download)


def cifar100(loading: Loading, *, download: bool = False) -> Dataset:
    """Load CIFAR-100 (Krizhevsky 2009) with its 100 fine classes, from the same forms as ``cifar10``.

    The names begin with ``cifar-100-python``.
    """
    return _cifar(loading, CIFAR100, download=download)


def _cifar(loading: Loading, edition: Edition, *, download: bool) -> Dataset:
    check_flag(f"download of the data set {loading.name}", download)
    place = loading.folder
    if place is None:
        msg = f"the data set {loading.name} is read from a folder; name it with --data (data=...)"
        raise InputError(msg)
    if download and not (place / edition.folder).is_dir():
        _download(place, edition)
    original = _original(place, edition)
    if original is not None:
        return _from_batches(loading, edition, original)
    if (place / "train").is_dir():
        dataset = from_folder(loading, place, tests=("test", "val"))
    else:
        dataset = _from_archive(loading, _packed(place, edition))
    if len(dataset.classes) != edition.classes:
        msg = (
            f"{place} holds images of {len(dataset.classes)} classes, and {loading.name} has {edition.classes}; "
            "load another set of images as imagefolder:PATH"
        )
        raise InputError(msg)
    return dataset


def _original(place: Path, edition: Edition) -> Path | None:
    """Return the folder of batches or the python archive, if either is there."""
    if place.is_file():
        return place if place.name == edition.archive else None
    for folder in (place, place / edition.folder):
        if (folder / edition.meta).is_file() and (folder / edition.batches["test"][0]).is_file():
            return folder
    return place / edition.archive if (place / edition.archive).is_file() else None


def _packed(place: Path, edition: Edition) -> Path:
    if place.is_file() and is_archive(place.name):
        return place
    found = sorted(path for path in place.iterdir() if is_archive(path.name)) if place.is_dir() else []
    if len(found) == 1:
        return found[0]
    if found:
        msg = f"{place} holds several archives ({found[0].name}, {found[1].name}); name the one to read as the data"
        raise InputError(msg)
    msg = (
        f"{place} holds neither {edition.archive}, nor {edition.folder}/, nor folders train/ and test/ of images, "
        "nor a tar archive of these; check the path, or ask for download=True"
    )
    raise InputError(msg)


def _from_archive(loading: Loading, path: Path) -> Dataset:
    found = members(path)
    classes, listings = list_images(found, path.name)
    chosen = {split: every.at(loading.chosen(split, every.labels)) for split, every in listings.items()}
    wanted = [found[name] for split in SPLITS for name in chosen[split].paths]
    # An archive is read from its beginning to its end; what comes out is put into the order of ids afterwards.
    order = np.argsort([member.offset for member in wanted])
    in_order = [wanted[i] for i in order]
    names = (f"{member.name} in {path.name}" for member in in_order)
    files = zip(names, contents(path, in_order), strict=True)
    images = decode_all(files, len(wanted), name=loading.name, progress=loading.progress)
    if images is None:
        msg = f"the images in {path} differ in size or take too much memory; unpack them and name the folder"
        raise InputError(msg)
    sorted_images = np.empty_like(images)
    sorted_images[order] = images
    return in_memory(loading, classes, chosen, sorted_images, on_disk=False)


def _from_batches(loading: Loading, edition: Edition, path: Path) -> Dataset:
    read = dict(_batches(edition, path, loading))
    names = _names(read[edition.meta].get(edition.names))
    if len(names) != edition.classes:
        msg = f"{edition.meta} in {path} does not name the {edition.classes} classes; download the data again"
        raise InputError(msg)
    splits = []
    for split in SPLITS:
        parts = [_batch(read[file], edition, f"{file} in {path}") for file in edition.batches[split]]
        labels = np.concatenate([labels for _, labels in parts])
        chosen = loading.chosen(split, labels)
        images = np.concatenate([images for images, _ in parts])[chosen]
        splits.append(ArraySplit(images, labels[chosen], [f"{split}/{i:05d}" for i in chosen]))
    train, test = splits
    return Dataset(loading.name, names, train, test, IMAGENET_MEAN, IMAGENET_STD, {})


def _batches(edition: Edition, path: Path, loading: Loading) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield name and content of every file of the edition."""
    done = 0
    for name, data in _raw(edition, path):
        yield name, unpickle(data, f"{name} in {path}")
        done += 1
        if loading.progress is not None:
            loading.progress(loading.name, done, len(edition.files))
    if done < len(edition.files):
        msg = f"{path} lacks some of the files {', '.join(edition.files)}; download it again"
        raise InputError(msg)


def _raw(edition: Edition, path: Path) -> Iterator[tuple[str, bytes]]:
    if path.is_file():
        found = members(path)
        wanted = [
            found[f"{edition.folder}/{file}"] for file in edition.files if f"{edition.folder}/{file}" in found
        ]
        wanted.sort(key=lambda member: member.offset)
        names = (member.name.rpartition("/")[2] for member in wanted)
        yield from zip(names, contents(path, wanted), strict=True)
        return
    for file in edition.files:
        try:
            if (path / file).stat().st_size > LARGEST_MEMBER:
                msg = f"{path / file} is larger than a batch of images; download it again"
                raise InputError(msg)
            yield file, (path / file).read_bytes()
        except OSError as error:
            msg = f"{path / file} cannot be read ({error.strerror or error}); download the data again"
            raise InputError(msg) from error


def _batch(
    read: Mapping[str, Any], edition: Edition, name: str
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """uint8[n, 3, 32, 32] and int64[n] of one file, checked."""
    images = np.asarray(read.get("data"))
    if images.dtype != np.uint8 or images.ndim != 2 or images.shape[1] != prod(SHAPE):
        msg = f"{name} holds no images of 32x32 pixels under 'data'; download the data again"
        raise InputError(msg)
    labels = _labels(read.get(edition.labels))
    if labels is None or len(labels) != len(images) or not ((labels >= 0) & (labels < edition.classes)).all():
        msg = f"{name} does not hold one label from 0 to {edition.classes - 1} per image; download the data again"
        raise InputError(msg)
    return images.reshape(-1, *SHAPE), labels


def _names(given: object) -> tuple[str, ...]:
    """Class names; none where they are no texts."""
    texts = [name.decode("latin1") if isinstance(name, bytes) else name for name in _listed(given)]
    return tuple(name for name in texts if isinstance(name, str))


def _listed(given: object) -> list[object]:
    return given if isinstance(given, list) else []


def _labels(given: object) -> NDArray[np.int64] | None:
    if isinstance(given, np.ndarray) and given.ndim == 1 and given.dtype.kind in "iu":
        return given.astype(np.int64)
    if isinstance(given, list) and all(type(label) is int and abs(label) < 2**31 for label in given):
        return np.array(given, np.int64)
    return None


def _download(folder: Path, edition: Edition) -> None:
    """Let torchvision fetch and unpack the archive; it compares the archive's checksum."""
    feature = f"downloading {edition.title}"
    try:
        datasets = import_module("torchvision.datasets")
    except ImportError as error:
        raise MissingExtraError(feature, "vision") from error
    except RuntimeError as error:
        msg = f"torchvision cannot be loaded ({error}); install the build for your torch, or download by hand"
        raise InputError(msg) from error
    try:
        getattr(datasets, edition.title)(root=str(folder), download=True)
    except (OSError, RuntimeError) as error:
        msg = f"{feature} failed ({error}); try again, or put {edition.archive} into {folder} by hand"
        raise InputError(msg) from error
