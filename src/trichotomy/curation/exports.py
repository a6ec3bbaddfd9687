"""A subset in the forms that other tools take, with its data card beside it."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any
from uuid import uuid4

import numpy as np

from trichotomy import estimators
from trichotomy.curation.card import data_card
from trichotomy.curation.subset import Subset
from trichotomy.errors import InputError, UnknownNameError

CARD = ".card.md"


def write_subset(
    subset: Subset, path: str | os.PathLike[str], *, to: str | None = None, tag: str | None = None, force: bool = False
) -> Path:  # fmt: skip
    """Write the items of a subset, and its data card beside them (``F.card.md``).

    Parameters
    ----------
    path
        File to write.
    to
        One of ``FORMATS``; by default what the suffix says (``.csv``, ``.json``, ``.txt``, ``.npy``).
    tag
        Name under which FiftyOne files list the items; default ``subset``, or the classes kept.
    force
        Replace what is there.

    Returns
    -------
    The path of the card.

    Raises
    ------
    InputError, UnknownNameError
        An unknown format or suffix, a file that is there already, a folder that is not.
    """
    final = Path(path)
    kind = format_of(final, to)
    card = card_of(final)
    check_files(final, card, force=force)
    content = _WRITERS[kind](subset, tag or "-or-".join(subset.items.attrs["keep"]) or "subset")
    text = data_card(subset, name=final.name, format=kind)
    _replace(card, text.encode())
    _replace(final, content)
    return card


def format_of(path: Path, to: str | None = None) -> str:
    """Return the format asked for, or the one that the suffix stands for."""
    if to is not None:
        if to not in FORMATS:
            raise UnknownNameError("format of subsets", to, list(FORMATS))
        return to
    kind = _SUFFIXES.get(path.suffix.lower())
    if kind is None:
        msg = (
            f"the suffix of {path.name} names no format of subsets; use {', '.join(_SUFFIXES)}, or choose one of "
            f"{', '.join(FORMATS)} with --to (to=)"
        )
        raise InputError(msg)
    return kind


def card_of(path: Path) -> Path:
    """Where the data card of a subset stands."""
    return path.with_name(path.name + CARD)


def check_files(*paths: Path, force: bool) -> None:
    """Refuse files that are there already, and folders that are not.

    Raises
    ------
    InputError
        Names the first one.
    """
    for path in paths:
        if path.is_dir() or (path.exists() and not force):
            remedy = (
                "name a file"
                if path.is_dir()
                else "choose another name, or replace it with --force (force=True)"
            )
            msg = f"{path} {'is a folder' if path.is_dir() else 'exists already'}; {remedy}"
            raise InputError(msg)
        if not path.parent.is_dir():
            msg = f"cannot write {path}: there is no folder {path.parent}; make it first"
            raise InputError(msg)


def _rows(subset: Subset) -> tuple[list[str], list[list[Any]]]:
    table = subset.items
    names = ["item", "index", *(n for n in ("weight", "target", "category", "right") if n in table)]
    columns = [
        [estimators.CATEGORIES[k] for k in table[n].values] if n == "category" else table[n].values.tolist()
        for n in names
    ]
    return names, [list(row) for row in zip(*columns, strict=True)]


def _csv(subset: Subset, _: str) -> bytes:
    names, rows = _rows(subset)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    writer.writerows(rows)
    return text.getvalue().encode()


def _json(subset: Subset, _: str) -> bytes:
    names, rows = _rows(subset)
    record = {"made": subset.items.attrs, **{n: [row[k] for row in rows] for k, n in enumerate(names)}}
    return json.dumps(record, indent=1, allow_nan=False).encode()


def _ids(subset: Subset, _: str) -> bytes:
    broken = [i for i in subset.ids if "\n" in i or "\r" in i]
    if broken:
        msg = f"the id {broken[0]!r} holds a line break and cannot stand on a line; write JSON or CSV"
        raise InputError(msg)
    return "".join(f"{i}\n" for i in subset.ids).encode()


def _npy(subset: Subset, _: str) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, subset.items["index"].values.astype(np.int64))
    return buffer.getvalue()


def _indices(subset: Subset, _: str) -> bytes:
    return json.dumps(subset.items["index"].values.tolist()).encode()


def _fiftyone(subset: Subset, tag: str) -> bytes:
    return json.dumps({tag: subset.ids}, indent=1).encode()


_WRITERS: Mapping[str, Callable[[Subset, str], bytes]] = MappingProxyType({
    "csv": _csv, "json": _json, "ids": _ids, "torch": _npy, "huggingface": _indices, "fiftyone": _fiftyone,
})  # fmt: skip
_SUFFIXES = {".csv": "csv", ".json": "json", ".txt": "ids", ".npy": "torch"}
FORMATS: Mapping[str, str] = MappingProxyType({
    "csv": "a row per item: id, index, weight, target, class of difficulty, observers right",
    "json": "the same as one object, with how the subset was made",
    "ids": "one id per line",
    "torch": "indices as a NumPy array, for torch.utils.data.Subset",
    "huggingface": "indices as a JSON list, for datasets.Dataset.select",
    "fiftyone": "a JSON object of a tag and the ids it is for",
})  # fmt: skip
"""Formats of a subset, by name."""


def _replace(path: Path, content: bytes) -> None:
    work = path.with_name(f".{path.name}.{uuid4().hex[:8]}.partial")
    try:
        work.write_bytes(content)
        work.replace(path)
    finally:
        work.unlink(missing_ok=True)
