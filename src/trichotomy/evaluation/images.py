"""The images that models are asked about: a data set's split or any folder, with ids, targets and classes."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from trichotomy import datasets
from trichotomy.datasets import Dataset, Progress, Selection, Split
from trichotomy.datasets.crops import pictured
from trichotomy.datasets.dataset import IMAGENET_MEAN, IMAGENET_STD, SPLITS
from trichotomy.datasets.folders import FolderFiles
from trichotomy.datasets.listing import Listing
from trichotomy.datasets.pictures import is_image
from trichotomy.datasets.reading import FileSplit
from trichotomy.decisions import MISSING
from trichotomy.decisions.schema import few
from trichotomy.errors import InputError, UnknownNameError
from trichotomy.evaluation.classes import IMAGENET, is_wordnet_id
from trichotomy.evaluation.mapping import Coarse
from trichotomy.readers.itemtable import read_item_table

if TYPE_CHECKING:
    from PIL.Image import Image


@dataclass(frozen=True, slots=True, eq=False)
class Images:
    """Images, in the order of their ids.

    Attributes
    ----------
    source
        What they are, as plain JSON.
    split
        Gives their pixels.
    ids, targets
        object[N] of str, int64[N]; -1 where unknown.
    classes
        Names of what targets count; empty where they are unknown.
    dataset
        Whose split it is, None for a folder.
    mapping
        Of finer classes, which models know, to these.
    unmapped
        The data's own classes, in their order, where there is a mapping; empty where they are unknown.
    """

    source: Mapping[str, Any]
    split: Split
    ids: NDArray[np.object_]
    targets: NDArray[np.int64]
    classes: tuple[str, ...]
    dataset: Dataset | None = None
    mapping: Coarse | None = None
    unmapped: tuple[str, ...] = ()

    @property
    def own(self) -> tuple[str, ...]:
        """The data's own classes, in their order."""
        return self.classes if self.mapping is None else self.unmapped

    @property
    def fine(self) -> tuple[str, ...]:
        """The classes that models are to know."""
        return self.classes if self.mapping is None else self.mapping.fine

    @property
    def is_imagenet(self) -> bool:
        """Whether these are test images of ImageNet's 1000 classes, by WordNet id."""
        known = len(self.classes) == IMAGENET and all(map(is_wordnet_id, self.classes))
        return known and self.source.get("split") != "train"

    @property
    def picture(self) -> Callable[[int], Image]:
        """Decodes item i."""
        own: Callable[[int], Image] | None = getattr(self.split, "picture", None)
        return own or (lambda i: pictured(self.split.images(np.array([i]))[0])[0])

    def content_hash(self) -> str:
        """SHA-256 of ids, labels and images, as the data set has it."""
        return self.split.content_hash()


def load_images(
    dataset: str | Dataset | None,
    data: str | os.PathLike[str] | None,
    *,
    split: str = "test",
    targets: Path | None = None,
    mapping: Coarse | None = None,
    options: Mapping[str, Any] | None = None,
    cache: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
) -> Images:
    """Find the images of a data set by name, or those below a folder.

    Parameters
    ----------
    dataset, data, options
        As for ``datasets.load``. Without ``dataset``, ``data`` is any folder of images; where each lies in a folder of
        its class, its first part is the class.
    split
        ``test`` or ``train``, of a data set.
    targets
        File of the true classes, joined by id, or by the file's name where ids are paths; it goes before folders.
    mapping
        To coarser classes. The data's may be either; images of classes that it does not have are left out.
    cache
        Folder for decoded images.

    Raises
    ------
    InputError
        No images, targets that fit none of them, classes that the mapping does not have.
    """
    if split not in SPLITS:
        kind = "split"
        raise UnknownNameError(kind, split, list(SPLITS))
    if dataset is None:
        if options or split != SPLITS[1]:
            msg = "options and the training split are of a data set; name one, or leave them out"
            raise InputError(msg)
        found = _of_folder(data, progress)
    else:
        if isinstance(dataset, str):
            loaded = datasets.load(
                dataset, data=data, cache=cache, fill=False, progress=progress, **(options or {})
            )
        else:
            loaded = dataset
        chosen: Split = getattr(loaded, split)
        place = None if data is None else str(Path(data).resolve())
        source = {"name": loaded.name, "data": place, "options": dict(loaded.options), "split": split}
        found = Images(source, chosen, chosen.ids, chosen.labels, loaded.classes, loaded)
    if found.split.channels not in (1, 3):
        msg = f"the images have {found.split.channels} channels; models are given pictures of 1 or 3"
        raise InputError(msg)
    if cache is not None:
        found = replace(found, split=_cached(found, cache, progress))
    if targets is not None:
        found = _with_targets(found, targets)
    return found if mapping is None else _mapped(found, mapping)


def _of_folder(data: str | os.PathLike[str] | None, progress: Progress | None) -> Images:
    root = None if data is None else Path(data)
    if root is None or not root.is_dir():
        what = "name a data set, or a folder of images with --data (data=...)"
        msg = (
            f"there are no images to evaluate: {what}"
            if root is None
            else f"there is no folder {root}; {what}"
        )
        raise InputError(msg)
    paths: list[str] = []
    for place, folders, files in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        inner = Path(place).relative_to(root)
        paths += [(inner / name).as_posix() for name in files if is_image(name)]
        if progress is not None:
            progress(f"listing {root}, {len(paths):,} images so far", 0, 0)
    if not paths:
        msg = f"{root} holds no image; name another folder"
        raise InputError(msg)
    ids = np.array(sorted(paths), object)
    tops = [path.partition("/")[0] if "/" in path else "" for path in ids]
    classes = tuple(sorted(set(tops)))
    if set(classes) <= {*SPLITS, "val"}:
        msg = (
            f"{root} holds {', '.join(f'{name}/' for name in classes)} of a data set; name that (trichotomy evaluate "
            f"imagefolder --data {root}), or {root / classes[-1]} as the folder"
        )
        raise InputError(msg)
    if "" in classes or len(classes) < 2:
        classes, labels = (), np.full(len(ids), MISSING, np.int64)
    else:
        index = {name: k for k, name in enumerate(classes)}
        labels = np.array([index[top] for top in tops], np.int64)
    split = FileSplit(FolderFiles(root.absolute(), ids), Listing(ids, labels, ids))
    return Images({"name": "folder", "data": str(root.resolve())}, split, ids, labels, classes)


def _with_targets(found: Images, path: Path) -> Images:
    """Targets from a file; numbers are class indices, texts are names."""
    table = read_item_table(path, mapping={}, with_target=True)
    assert table.target is not None
    rows = table.rows_of(found.ids.tolist())
    files = [Path(item).name for item in found.ids]
    if (rows < 0).all() and len(set(files)) == len(files):
        rows = table.rows_of(files)
    if (rows < 0).all():
        msg = (
            f"{path} has a target for none of the {len(found.ids)} images; its ids are like {few(table.ids, 2)}, "
            f"theirs like {few(found.ids.tolist(), 2)}"
        )
        raise InputError(msg)
    values = [None if v is None else str(v).strip() for v in table.target.values]
    given = [values[c] if c >= 0 else None for c in table.target.codes]
    names = [given[row] if row >= 0 else None for row in rows]
    known = {name for name in names if name is not None}
    numbered = all(name.isdecimal() for name in known)
    classes = found.classes if numbered else tuple(sorted(known))
    if not numbered and found.classes and known <= set(found.classes):
        classes = found.classes
    if numbered and classes and max(map(int, known)) >= len(classes):
        msg = f"{path} has the class {max(map(int, known))}, and the data have {len(classes)}; classes count from 0"
        raise InputError(msg)
    index = {name: int(name) for name in known} if numbered else {c: k for k, c in enumerate(classes)}
    targets = np.array([MISSING if name is None else index[name] for name in names], np.int64)
    return replace(found, targets=targets, classes=classes, source={**found.source, "targets": path.name})


def _mapped(found: Images, mapping: Coarse) -> Images:
    """The coarse classes in place of the data's."""
    coarse = {name: k for k, name in enumerate(mapping.classes)}
    table = coarse if found.classes and set(found.classes) <= set(coarse) else mapping.of()
    if found.classes and not set(found.classes) & set(table):
        msg = (
            f"the mapping has neither as fine nor as coarse classes those of the data, which are like "
            f"{few(list(found.classes))}"
        )
        raise InputError(msg)
    if not found.classes and (found.targets >= 0).any():
        table = {str(int(name)): k for name, k in mapping.of().items() if name.isdecimal()}
        names = [str(t) for t in range(int(found.targets.max()) + 1)]
    else:
        names = list(found.classes)
    of = np.array([*(table.get(name, MISSING) for name in names), MISSING])
    targets = of[found.targets]
    kept = np.flatnonzero((targets >= 0) | (found.targets < 0))
    if not len(kept):
        msg = "no image is of a class that the mapping has; check the names of its classes"
        raise InputError(msg)
    split = found.split if len(kept) == len(targets) else Part(found.split, kept)
    source = {**found.source, "left_out": len(targets) - len(kept)}
    return replace(
        found, split=split, ids=found.ids[kept], targets=targets[kept], classes=mapping.classes,
        mapping=mapping, unmapped=found.classes, source=source,
    )  # fmt: skip


class Part(Selection):
    """Some items of a split, whose pictures may have any size."""

    def __init__(self, split: Split, positions: NDArray[np.int64]) -> None:
        super().__init__(split, positions)
        own: Callable[[int], Image] | None = getattr(split, "picture", None)
        if own is not None:
            self.picture = lambda i: own(int(positions[i]))


def _cached(found: Images, cache: str | os.PathLike[str], progress: Progress | None) -> Split:
    """Keep the decoded images of these items; nothing of a data set's other split."""
    split = found.split
    if not isinstance(split, FileSplit):
        return split
    nothing = Selection(split, np.empty(0, np.int64))
    name = str(found.source["name"])
    alone = Dataset(name, found.classes or ("",), nothing, split, IMAGENET_MEAN, IMAGENET_STD, {})
    return datasets.cached(alone, cache, progress=progress).test
