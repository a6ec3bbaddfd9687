"""The data set that a study was trained and tested on, as its record describes it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from trichotomy.datasets.dataset import Dataset
from trichotomy.errors import InputError, TrichotomyError


def load_recorded(description: Mapping[str, Any]) -> Dataset:
    """Load the data set of a study's record.

    Of the training images, which nobody looks at, as few as the data set lets one ask for.

    Raises
    ------
    InputError
        It cannot be loaded, or the record does not say what it is.
    """
    from trichotomy import datasets

    name, data, options = (description.get(key) for key in ("name", "data", "options"))
    if not isinstance(name, str) or not isinstance(options or {}, Mapping):
        msg = f"the record of the study does not say which data set it used: {dict(description)!r}"
        raise InputError(msg)
    if ":" in name and not name.startswith("imagefolder:"):
        # a store may come from anybody: what it says must neither run code nor fetch anything
        msg = f"the images of the data set '{name}' come from Python code, which a report does not run"
        raise InputError(msg)
    chosen = {key: value for key, value in dict(options or {}).items() if key != "download"} | {
        "train_items": 1
    }
    try:
        return datasets.load(name, data=None if data is None else Path(data), **chosen)
    except (TrichotomyError, OSError, TypeError, MemoryError) as error:
        msg = f"the images of the data set '{name}' cannot be loaded: {error}"
        raise InputError(msg) from error
