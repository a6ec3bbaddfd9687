"""WebDataset's shards: tar files of samples, read by position like any other files.

A sample is the files of one shard that share a key, their name up to its first dot: an image, and its class as text
(``.cls``) or as ``label`` in a ``.json``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from trichotomy.datasets.dataset import SPLITS, Dataset, Loading
from trichotomy.datasets.folders import data_folder, from_files
from trichotomy.datasets.listing import Listing
from trichotomy.datasets.samples import Samples, listed
from trichotomy.datasets.threads import spread, workers
from trichotomy.errors import InputError

SUFFIX = ".tar"
COMPRESSED = (".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".tar.zst")
FOLDERS = {"train": ("train",), "test": ("test", "val")}
"""Words in the names of shards, or folders with shards in them; of several the first that there is."""
CLASSES = "classes.txt"


def shards(loading: Loading, *, shorter: int | None = None) -> Dataset:
    """Load tar shards: ``*train*.tar`` and ``*test*.tar`` or else ``*val*.tar``, or any in folders of these names.

    Class names are the lines of ``classes.txt`` beside the shards, or each sample's ``label_name`` in its ``.json``,
    or the numbers.

    Parameters
    ----------
    loading
        What was asked of ``load``; what the shards hold is kept in its folder of caches.
    shorter
        Pixels of the shorter side of images that have more, which are made smaller as soon as they are decoded; None:
        all as they are.

    Raises
    ------
    InputError
        No shards, a shard that is compressed or damaged, a sample without an image or a class, a class that is out of
        range, or the same key twice.
    """
    root = data_folder(loading)
    paths = {split: _shards_of(root, split) for split in SPLITS}
    both = sorted({*paths["train"]} & {*paths["test"]})
    if both:
        msg = f"{both[0]} is named like a shard of both splits; name it after one of them"
        raise InputError(msg)
    samples = _listed([path for split in SPLITS for path in paths[split]], loading)
    count = len(paths["train"])
    inside = {"train": samples[:count], "test": samples[count:]}
    for split in SPLITS:
        if not any(each.keys for each in inside[split]):
            msg = f"the shards of the {split} split, {paths[split][0]} and others, hold no image; check them"
            raise InputError(msg)
    classes = _classes(root, inside)
    chosen, files = {}, {}
    for split in SPLITS:
        listing, members = _sorted(split, paths[split], inside[split])
        at = loading.chosen(split, listing.labels)
        chosen[split], files[split] = listing.at(at), members.at(at)
    return from_files(loading, classes, chosen, files, shorter=shorter, on_disk=False)


@dataclass(frozen=True, slots=True)
class ShardFiles:
    """Files within shards: int64[N] numbers of their shards, and where in these they begin and how long they are."""

    shards: tuple[Path, ...]
    names: NDArray[np.object_]
    shard: NDArray[np.int64]
    offsets: NDArray[np.int64]
    lengths: NDArray[np.int64]

    def at(self, positions: NDArray[np.int64]) -> ShardFiles:
        """Return some of the files."""
        shard, offsets, lengths = (each[positions] for each in (self.shard, self.offsets, self.lengths))
        return ShardFiles(self.shards, self.names[positions], shard, offsets, lengths)

    def name(self, i: int) -> str:
        """Shard and key."""
        return f"{self.names[i]} of {self.shards[self.shard[i]].name}"

    def source(self, i: int) -> bytes:
        """Read it.

        Raises
        ------
        InputError
            The shard is gone or has become shorter.
        """
        path, length = self.shards[self.shard[i]], int(self.lengths[i])
        try:
            with path.open("rb") as file:
                file.seek(int(self.offsets[i]))
                content: bytes = file.read(length)
        except OSError as error:
            msg = f"the shard {path} cannot be read any more ({error.strerror}); put it back"
            raise InputError(msg) from error
        if len(content) < length:
            msg = f"the shard {path} has become shorter than it was; copy it again"
            raise InputError(msg)
        return content

    def place(self) -> str:
        """The shards' paths."""
        return "\n".join(str(path.resolve()) for path in self.shards)

    def states(self) -> NDArray[np.int64]:
        """int64[N, 2]: bytes of each, and when its shard was changed.

        Raises
        ------
        InputError
            A shard that is gone.
        """
        try:
            changed = np.array([path.stat().st_mtime_ns for path in self.shards], np.int64)
        except OSError as error:
            msg = f"the shard {error.filename} cannot be found any more ({error.strerror}); put it back"
            raise InputError(msg) from error
        return np.stack([self.lengths, changed[self.shard]], axis=1)


def _shards_of(root: Path, split: str) -> list[Path]:
    compressed: list[Path] = []
    for word in FOLDERS[split]:
        inner = root / word
        entries = [path for path in root.iterdir() if word in re.split(r"[^a-z]+", path.name.lower())]
        entries += list(inner.iterdir()) if inner.is_dir() else []
        plain = [path for path in entries if path.is_file() and not path.name.startswith(".")]
        compressed += [path for path in plain if path.name.lower().endswith(COMPRESSED)]
        found = sorted(path for path in plain if path.name.lower().endswith(SUFFIX))
        if compressed:
            msg = f"the shard {min(compressed)} is compressed, and items are read by their place; unpack it to .tar"
            raise InputError(msg)
        if found:
            return found
    words = " or ".join(f"*{word}*.tar" for word in FOLDERS[split])
    folders = " or ".join(f"{word}/" for word in FOLDERS[split])
    msg = f"{root} holds no shards of the {split} split; name them {words}, or put them into {folders}"
    raise InputError(msg)


def _listed(paths: Sequence[Path], loading: Loading) -> list[Samples]:
    """Look into all shards, several at a time."""
    kept = None if loading.cache is None else loading.cache / "shards"
    found: list[Samples] = []
    while len(found) < len(paths):
        if loading.progress is not None:
            loading.progress(f"{loading.name} (lists of shards)", len(found), len(paths))
        some = paths[len(found) : len(found) + workers()]
        found += spread(lambda k, some=some: listed(some[k], kept), len(some))  # type: ignore[misc]
    return found


def _classes(root: Path, inside: Mapping[str, Sequence[Samples]]) -> tuple[str, ...]:
    """Names of the classes, once every label is one of them."""
    names: list[str] | None = None
    if (root / CLASSES).is_file():
        try:
            names = (root / CLASSES).read_text(encoding="utf-8").split("\n")
        except UnicodeDecodeError as error:
            msg = f"{root / CLASSES} is no text in UTF-8; save it as that"
            raise InputError(msg) from error
        names = [name.strip() for name in names]
        while names and not names[-1]:
            names.pop()
    train = [int(each.labels.max(initial=-1)) for each in inside["train"]]
    count = max(train) + 1 if names is None else len(names)
    for split in SPLITS:
        for each in inside[split]:
            odd = np.flatnonzero((each.labels < 0) | (each.labels >= count))
            if len(odd):
                among = "the training images" if names is None else CLASSES
                msg = (
                    f"{each.path} has the class {each.labels[odd[0]]} for '{each.keys[odd[0]]}', and there are "
                    f"{count} in {among}, numbered from 0; correct it"
                )
                raise InputError(msg)
    names = _named([one for split in SPLITS for one in inside[split]], count) if names is None else names
    if len(set(names)) < len(names):
        twice = next(name for k, name in enumerate(names) if name in names[:k])
        msg = f"{root}: two classes are called '{twice}'; name each once, one a line, in {CLASSES} beside the shards"
        raise InputError(msg)
    return tuple(names)


def _named(samples: Sequence[Samples], count: int) -> list[str]:
    """Class names as the samples give them; numbers, unless every class has one."""
    names: dict[int, str] = {}
    for each in samples:
        for label, name in each.names.items():
            if names.setdefault(label, name) != name:
                msg = (
                    f"{each.path} calls the class {label} '{name}', and another sample calls it '{names[label]}'; "
                    f"correct one, or name the classes in {CLASSES} beside the shards"
                )
                raise InputError(msg)
    numbers = range(count)
    return [names[k] for k in numbers] if len(names) == count else [str(k) for k in numbers]


def _sorted(split: str, paths: Sequence[Path], samples: Sequence[Samples]) -> tuple[Listing, ShardFiles]:
    """All samples of a split, by id."""
    keys = np.array([f"{split}/{key}" for each in samples for key in each.keys], object)
    shard = np.repeat(np.arange(len(samples)), [len(each.keys) for each in samples])
    labels, offsets, lengths = (
        np.concatenate([getattr(each, what) for each in samples]) for what in ("labels", "offsets", "lengths")
    )
    order = np.argsort(keys, kind="stable")
    ids = keys[order]
    twice = np.flatnonzero(ids[1:] == ids[:-1])
    if len(twice):
        first, second = (paths[shard[order[twice[0] + k]]] for k in (0, 1))
        msg = f"the key '{ids[twice[0]].partition('/')[2]}' is in {first} and in {second}; give every sample its own"
        raise InputError(msg)
    listing = Listing(ids, labels[order], ids)
    return listing, ShardFiles(tuple(paths), ids, shard[order], offsets[order], lengths[order])
