"""Anyone's own data set, named as ``module:attribute`` and checked before it is used."""

from __future__ import annotations

import inspect
import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trichotomy.datasets.dataset import SPLITS, Dataset, Loading, Split
from trichotomy.datasets.selection import Selection
from trichotomy.errors import InputError, TrichotomyError, UnknownNameError


def from_attribute(loading: Loading, options: Mapping[str, Any], known: list[str]) -> Dataset:
    """Return the ``Dataset`` that ``module:attribute`` is, or that it makes when it is called.

    A callable gets the options, and ``data``, ``seed`` and ``progress`` where it has parameters of these names. The
    module is also looked for in the current folder.

    Raises
    ------
    InputError
        There is no such module or attribute, its code fails, or what it gives is not a valid ``Dataset``.
    UnknownNameError
        An option that the callable has no parameter for.
    """
    found = _attribute(loading.name, known)
    recorded = dict(options)
    if callable(found) and not isinstance(found, Dataset):
        given = _arguments(found, loading, options)
        recorded |= {"seed": int(loading.seed)} if "seed" in given else {}
        with _failing(loading.name):
            found = found(**given)
    elif options or loading.folder is not None:
        what = next(iter(options), "data")
        msg = f"{loading.name} is a data set and no function, and takes no '{what}'; leave that out"
        raise InputError(msg)
    if not isinstance(found, Dataset):
        msg = f"{loading.name} gives a {type(found).__name__}; it must give a trichotomy.datasets.Dataset"
        raise InputError(msg)
    with _failing(loading.name):
        dataset = checked(found, loading.name, recorded)
        train, test = (_chosen(loading, split, getattr(dataset, split)) for split in SPLITS)
    return replace(dataset, train=train, test=test)


def _chosen(loading: Loading, name: str, split: Split) -> Split:
    chosen = loading.chosen(name, split.labels)
    return split if len(chosen) == len(split.ids) else Selection(split, chosen)


def _attribute(name: str, known: list[str]) -> Any:
    module, _, attribute = name.partition(":")
    if not all(part.isidentifier() for part in (*module.split("."), *attribute.split("."))):
        raise UnknownNameError("data set", name, known)
    here = str(Path.cwd())
    if here not in sys.path:
        # Last, so that it hides nothing; it stays, as worker processes import the module too.
        sys.path.append(here)
    try:
        found = import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module}.".startswith(f"{error.name}."):
            raise _broken(name, error) from error
        msg = (
            f"there is no module '{module}' (for the data set {name}), in the current folder or installed; "
            f"known data sets are {', '.join(known)}"
        )
        raise InputError(msg) from error
    except Exception as error:
        raise _broken(name, error) from error
    for part in attribute.split("."):
        if not hasattr(found, part):
            msg = f"the module '{module}' has no '{attribute}' (for the data set {name}); check the name"
            raise InputError(msg)
        found = getattr(found, part)
    return found


def _arguments(function: Any, loading: Loading, options: Mapping[str, Any]) -> dict[str, Any]:
    parameters = inspect.signature(function).parameters
    anything = any(p.kind is p.VAR_KEYWORD for p in parameters.values())
    for option in options:
        if not anything and option not in parameters:
            raise UnknownNameError(f"option of the data set {loading.name}", option, list(parameters))
    if loading.folder is not None and "data" not in parameters and not anything:
        msg = f"{loading.name} has no parameter 'data'; leave the data folder out, or give it one"
        raise InputError(msg)
    offered = {"data": loading.folder, "seed": loading.seed, "progress": loading.progress}
    return {name: value for name, value in offered.items() if name in parameters} | dict(options)


@contextmanager
def _failing(name: str) -> Iterator[None]:
    """Say in one sentence what another's code raises."""
    try:
        yield
    except TrichotomyError:
        raise
    except Exception as error:
        raise _broken(name, error) from error


def _broken(name: str, error: Exception) -> InputError:
    reason = " ".join(f"{type(error).__name__}: {error}".split())[:200]
    return InputError(f"the code of the data set {name} fails ({reason}); correct it")


def checked(dataset: Dataset, name: str, options: Mapping[str, Any]) -> Dataset:
    """Return a data set that came from elsewhere under a name of its own, each split sorted by id, or refuse it.

    Raises
    ------
    InputError
        Ids that repeat, labels without a class, images of another shape than promised, or options that are no
        plain JSON; the message names the first that is wrong.
    """
    _check_outside(dataset, name, options)
    for split in SPLITS:
        _check_split(f"the {split} split of {name}", getattr(dataset, split), dataset)
    both = set(dataset.train.ids) & set(dataset.test.ids)
    if both:
        msg = f"{name}: the id '{min(both)}' is in both splits; begin the ids with the split's name"
        raise InputError(msg)
    train, test = (
        split if _increasing(split.ids) else Selection(split, np.argsort(split.ids, kind="stable"))
        for split in (dataset.train, dataset.test)
    )
    mean, std = (tuple(float(value) for value in values) for values in (dataset.mean, dataset.std))
    return Dataset(name, tuple(dataset.classes), train, test, mean, std, options)


def _check_outside(dataset: Dataset, name: str, options: Mapping[str, Any]) -> None:
    if not dataset.classes or len(set(dataset.classes)) < len(dataset.classes):
        msg = f"{name} has no classes or two of the same name; name each class once"
        raise InputError(msg)
    if not len(dataset.mean) == len(dataset.std) == dataset.train.channels or not min(dataset.std) > 0:
        msg = (
            f"{name} has {dataset.train.channels} channels, mean {dataset.mean} and std {dataset.std}; "
            "give one number per channel, the std above 0"
        )
        raise InputError(msg)
    try:
        json.dumps(options)
    except (TypeError, ValueError) as error:
        msg = f"the options of {name} are no plain JSON ({error}); use text, numbers, lists and such"
        raise InputError(msg) from error


def _check_split(what: str, split: Split, dataset: Dataset) -> None:
    ids, labels = split.ids, np.asarray(split.labels)
    if len(ids) == 0 or labels.shape != (len(ids),):
        msg = f"{what} has {len(ids)} ids and labels of shape {labels.shape}; give one of each per item"
        raise InputError(msg)
    odd = next((one for one in ids if not isinstance(one, str)), None)
    if odd is not None:
        msg = f"{what} has the id {odd!r}; ids are text"
        raise InputError(msg)
    unique, counts = np.unique(np.asarray(ids, object), return_counts=True)
    if len(unique) < len(ids):
        msg = f"{what} has the id '{unique[counts > 1][0]}' more than once; ids are unique"
        raise InputError(msg)
    if labels.dtype.kind not in "iu" or labels.min() < 0 or labels.max() >= len(dataset.classes):
        msg = f"{what} has labels from {labels.min()} to {labels.max()}; they number the {len(dataset.classes)} classes"
        raise InputError(msg)
    first = split.images(np.zeros(1, np.int64))
    shape = (1, dataset.train.channels, *(split.size or first.shape[2:]))
    if first.dtype != np.uint8 or first.shape != shape:
        msg = f"{what} gives images of {first.dtype} and shape {first.shape}; give uint8 of shape {shape}"
        raise InputError(msg)


def _increasing(ids: NDArray[np.object_]) -> bool:
    return bool((ids[:-1] < ids[1:]).all())
