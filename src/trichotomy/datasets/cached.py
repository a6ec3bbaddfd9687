"""Splits whose decoded images are kept in a cache, which changes how fast they are read and nothing else."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trichotomy.datasets.augment import UNCHANGED, Augmentation
from trichotomy.datasets.cache import Cache, bytes_of, lay_out
from trichotomy.datasets.dataset import SPLITS, Dataset, Progress, Split
from trichotomy.datasets.pictures import decoder
from trichotomy.datasets.reading import FileSplit, batch
from trichotomy.datasets.threads import spread
from trichotomy.errors import InputError

if TYPE_CHECKING:
    from PIL.Image import Image

AT_ONCE = 256
"""Images between two looks at which ones others have made in the meantime."""


def cached(dataset: Dataset, folder: str | os.PathLike[str], *, progress: Progress | None = None) -> Dataset:
    """Keep the decoded images of a data set, where they are read from files, in a cache that is filled now.

    What is in the cache already is taken from there; several processes share the work. Splits that are held in memory
    stay as they are.

    Parameters
    ----------
    folder
        Where caches are; each split has a folder of its own in it, named by what its pixels depend on.
    progress
        Called as ``progress(what, done, total)``.

    Returns
    -------
    Dataset
        Items, pixels, hashes and options are those of ``dataset``.

    Raises
    ------
    InputError
        A damaged image, a folder that cannot be written to, or a disk that is too small, which is found out before
        anything is written.
    """
    splits: dict[str, Split] = {split: getattr(dataset, split) for split in SPLITS}
    files = {split: each for split, each in splits.items() if isinstance(each, FileSplit)}
    if not files:
        return dataset
    above = Path(folder).absolute()
    name = re.sub(r"\W", "-", dataset.name.partition(":")[0])
    places = {split: above / f"{name}-{split}-{_key(each)}" for split, each in files.items()}
    try:
        caches = _laid_out(above, places, files, _telling(progress, f"{dataset.name} (sizes of images)"))
        for split, cache in caches.items():
            _fill(files[split], cache, _telling(progress, f"{dataset.name} ({split}) into the cache"))
    except OSError as error:
        msg = (
            f"the cache in {above} cannot be written ({error.strerror or error}); choose another folder with --cache "
            "(cache=...), or leave it out"
        )
        raise InputError(msg) from error
    train, test = (
        CachedSplit(files[split], caches[split]) if split in files else splits[split] for split in SPLITS
    )
    return replace(dataset, train=train, test=test)


class CachedSplit:
    """A split of which images are taken from a cache, and from their files where that lacks them or is damaged."""

    def __init__(self, split: FileSplit, cache: Cache) -> None:
        self._split, self._cache = split, cache
        self.ids: NDArray[np.object_] = split.ids
        self.labels: NDArray[np.int64] = split.labels
        self.paths: NDArray[np.object_] | None = split.paths
        self.channels: int = split.channels
        self.size: tuple[int, int] | None = split.size

    def picture(self, i: int) -> Image:
        """Return the decoded image of item i; one that has to be decoded is put in the cache."""
        picture = self._cache.get(i)
        if picture is None:
            picture = self._split.picture(i)
            with suppress(OSError):  # a cache that cannot be written to is of less use, but no harm
                self._cache.put(i, picture)
        return picture

    def images(
        self,
        positions: ArrayLike,
        augmentation: Augmentation = UNCHANGED,
        draws: NDArray[np.float64] | None = None,
    ) -> NDArray[np.uint8]:
        """As ``FileSplit.images``, to the byte."""
        return batch(self.picture, self._split.files.name, positions, augmentation, draws)

    def content_hash(self) -> str:
        """As without a cache."""
        return self._split.content_hash()


def _key(split: FileSplit) -> str:
    """Name, in 16 digits, all that the pixels depend on.

    The content hash knows sizes of files only, so the folder and the times at which files were changed count, too.
    """
    found = hashlib.sha256()
    shorter, states = f"shorter {split.shorter}", split.states().astype("<i8").tobytes()
    for part in (split.content_hash(), shorter, decoder(), split.files.place()):
        found.update(part.encode() + b"\0")
    found.update(states)
    return found.hexdigest()[:16]


def _telling(progress: Progress | None, what: str) -> Callable[[int, int], None]:
    def tell(done: int, total: int) -> None:
        if progress is not None:
            progress(what, done, total)

    return tell


def _laid_out(
    above: Path,
    places: Mapping[str, Path],
    files: Mapping[str, FileSplit],
    tell: Callable[[int, int], None],
) -> dict[str, Cache]:
    """Attach to the caches that are there and lay out the others, if the disk has room for all."""
    caches: dict[str, Cache] = {}
    for split, place in places.items():
        with suppress(OSError, ValueError):  # none, or the remains of one
            caches[split] = Cache(place)
    there = next(folder for folder in (above, *above.parents) if folder.exists())
    if not there.is_dir() or (len(caches) < len(places) and not os.access(there, os.W_OK)):
        msg = f"the cache in {above} cannot be made: {there} is no folder that may be written to; choose another one"
        raise InputError(msg)
    new = {split: _measured(files[split], tell) for split in places if split not in caches}
    wanted = sum(map(bytes_of, new.values())) + sum(cache.bytes_left() for cache in caches.values())
    free = shutil.disk_usage(there).free
    if wanted > free:
        msg = (
            f"the cache in {above} takes {_size(wanted)} more, and {_size(free)} are free there; choose another folder "
            "with --cache (cache=...), have smaller images with --option shorter=256, or leave the cache out"
        )
        raise InputError(msg)
    for split, shapes in new.items():
        lay_out(places[split], shapes)
        caches[split] = Cache(places[split])
    return {split: caches[split] for split in places}


def _measured(split: FileSplit, tell: Callable[[int, int], None]) -> NDArray[np.int32]:
    """int32[N, 2]: the sizes that images will have, by the headers of their files."""
    count = len(split.ids)
    sizes: list[tuple[int, int]] = []
    for start in range(0, count, AT_ONCE):
        tell(start, count)
        stop = min(start + AT_ONCE, count)
        sizes += spread(lambda i, start=start: split.measured(start + i), stop - start)  # type: ignore[misc]
    return np.array(sizes, np.int32)


def _fill(split: FileSplit, cache: Cache, tell: Callable[[int, int], None]) -> None:
    """Decode what is missing; in an order of one's own, so that processes that begin together don't do the same."""
    count = len(split.ids)
    starts = np.arange(0, count, AT_ONCE)
    done = 0
    for start in np.random.default_rng().permutation(starts).tolist():  # no result depends on this order
        stop = min(start + AT_ONCE, count)
        missing = start + np.flatnonzero(cache.missing(slice(start, stop)))

        def one(k: int, missing: NDArray[np.int64] = missing) -> None:
            i = int(missing[k])
            cache.put(i, split.picture(i))

        spread(one, len(missing))
        done += stop - start
        tell(done, count)


def _size(count: int) -> str:
    return f"{count / 1e9:.3g} GB" if count >= 1e9 else f"{count / 1e6:.3g} MB"
