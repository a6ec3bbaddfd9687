"""The way in: data sets by name."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

from trichotomy.datasets.cached import cached
from trichotomy.datasets.dataset import Dataset, Loading, Progress
from trichotomy.datasets.users import from_attribute
from trichotomy.errors import InputError, UnknownNameError
from trichotomy.registry import Registry

Loader: TypeAlias = Callable[..., Dataset]
"""Called with a ``Loading`` and the data set's own options, which are its keyword-only parameters."""
DATASETS: Registry[Loader] = Registry(
    "data set",
    {
        "gaussian": "trichotomy.datasets.gaussian:gaussian",
        "digits": "trichotomy.datasets.digits:digits",
        "cifar10": "trichotomy.datasets.cifar:cifar10",
        "cifar100": "trichotomy.datasets.cifar:cifar100",
        "imagenet": "trichotomy.datasets.folders:imagenet",
        "imagefolder": "trichotomy.datasets.folders:imagefolder",
        "shards": "trichotomy.datasets.shards:shards",
    },
)
WITHOUT_FOLDER = ("gaussian", "digits")
FOLDER_PREFIX = "imagefolder:"
COMMON = ("data", "train_items", "test_items", "seed")


def load(
    name: str,
    *,
    data: str | os.PathLike[str] | None = None,
    train_items: int | None = None,
    test_items: int | None = None,
    seed: int = 0,
    cache: str | os.PathLike[str] | None = None,
    fill: bool = True,
    progress: Progress | None = None,
    **options: Any,
) -> Dataset:
    """Load a data set.

    Parameters
    ----------
    name
        One of ``names()``: ``gaussian`` (size, channels, classes, train_per_class, test_per_class, normalise),
        ``digits`` (test_share), ``cifar10`` and ``cifar100`` (download), ``imagenet``, ``imagefolder:PATH`` and
        ``shards`` (shorter), or ``module:attribute``, one's own ``Dataset`` or a callable that makes it.
    data
        The folder (CIFAR: or archive) that holds the images, for those that are read from one.
    train_items, test_items
        Size of a subset of either split, as many of each class as can be; None: all.
    seed
        What subsets are drawn from, gaussian's images and digits' split: 0 to 2**64 - 1.
    cache
        Folder in which the decoded images of data sets that are read from files are kept, for this and other
        processes, see ``cached``. It changes how fast images are read and nothing else.
    fill
        False: only lists of shards are kept there, and ``cached`` is for later.
    progress
        Called as ``progress(name, done, total)`` while images are read.
    **options
        The data set's own, as in brackets above.

    Returns
    -------
    Dataset
        Items sorted by id. ``load(name, data=data, **dataset.options)`` loads the same again.

    Raises
    ------
    UnknownNameError
        A data set or an option that does not exist.
    InputError
        Data that are missing, damaged or not what the name promises; a subset larger than the split.
    MissingExtraError
        ``digits`` without scikit-learn, a download without torchvision.
    """
    folder = None if data is None else Path(data)
    if folder is not None and not folder.exists() and not options.get("download"):
        msg = f"there is no folder {folder} for the data set {name}; check the path"
        raise InputError(msg)
    loading = Loading(
        name, folder, train_items, test_items, seed, progress, None if cache is None else Path(cache)
    )
    if name.startswith(FOLDER_PREFIX):
        dataset = _folder(loading, options)
    elif name in DATASETS:
        dataset = _known(name, loading, options)
    elif ":" in name:
        dataset = from_attribute(loading, options, names())
    else:
        raise UnknownNameError("data set", name, names())
    subset = {"train_items": train_items, "test_items": test_items}
    asked = {what: int(count) for what, count in subset.items() if count is not None}
    drawn = {"seed": int(seed)} if asked else {}
    dataset = replace(dataset, options={**dataset.options, **asked, **drawn})
    return dataset if cache is None or not fill else cached(dataset, cache, progress=progress)


def names() -> list[str]:
    """What ``load`` knows, for messages and help: names, and the forms ``imagefolder:PATH``, ``module:attribute``."""
    plain = [name for name in DATASETS.names() if f"{name}:" != FOLDER_PREFIX]
    return [*plain, f"{FOLDER_PREFIX}PATH", "module:attribute"]


def _folder(loading: Loading, options: dict[str, Any]) -> Dataset:
    path = loading.name.removeprefix(FOLDER_PREFIX)
    if loading.folder is not None or not path:
        msg = f"'{loading.name}' is to name one folder, as in {FOLDER_PREFIX}PATH; name it once"
        raise InputError(msg)
    return _known("imagefolder", replace(loading, folder=Path(path).expanduser()), options)


def _known(name: str, loading: Loading, options: dict[str, Any]) -> Dataset:
    if name in WITHOUT_FOLDER and loading.folder is not None:
        msg = f"the data set {name} is read from no folder; leave the data folder out"
        raise InputError(msg)
    loader = DATASETS.get(name)
    own = [p.name for p in inspect.signature(loader).parameters.values() if p.kind is p.KEYWORD_ONLY]
    for option in options:
        if option not in own:
            raise UnknownNameError(f"option of the data set {name}", option, [*own, *COMMON])
    return loader(loading, **options)
