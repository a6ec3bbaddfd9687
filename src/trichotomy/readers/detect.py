"""Which reader a file needs: the registry of readers, and the most confident of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from trichotomy.errors import InputError
from trichotomy.readers.options import Reader
from trichotomy.registry import Registry

READERS: Registry[type[Reader]] = Registry(
    "reader",
    {
        "table": "trichotomy.readers.table:TableReader",
        "arrays": "trichotomy.readers.arrays:ArraysReader",
        "modelvshuman": "trichotomy.readers.modelvshuman:ModelVsHumanReader",
    },
    group="trichotomy.readers",
)
"""Readers by name; other distributions add theirs through the entry-point group ``trichotomy.readers``."""


def formats() -> dict[str, str]:
    """Names of the formats that can be read, each with one sentence about it."""
    return {name: reader.description for name, reader in READERS}


def detect(paths: Sequence[Path]) -> Reader:
    """Return the reader that is most confident about every file.

    Raises
    ------
    InputError
        No reader, or two equally, know a file, or the files need different readers.
    """
    readers = [reader() for _, reader in READERS]
    chosen: Reader | None = None
    for path in paths:
        best = _best(path, readers)
        if chosen is not None and best.name != chosen.name:
            msg = (
                f"{paths[0].name} looks like the format {chosen.name} and {path.name} like {best.name}; "
                "read them apart, or name one format with --format"
            )
            raise InputError(msg)
        chosen = best
    if chosen is None:
        msg = "there is nothing to read; name at least one file"
        raise InputError(msg)
    return chosen


def _best(path: Path, readers: Sequence[Reader]) -> Reader:
    confidence = [reader.sniff(path) for reader in readers]
    highest = max(confidence)
    first = [reader for reader, c in zip(readers, confidence, strict=True) if c == highest]
    known = ", ".join(reader.name for reader in readers)
    if highest <= 0:
        msg = f"the format of {path.name} is not recognised; name it with --format (known: {known})"
        raise InputError(msg)
    if len(first) > 1:
        both = " and ".join(reader.name for reader in first)
        msg = f"{path.name} could be {both}; name the format with --format (known: {known})"
        raise InputError(msg)
    return first[0]
