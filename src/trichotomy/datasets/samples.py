"""What one shard holds: samples of WebDataset's convention, listed once and kept where there is a cache."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from trichotomy.datasets.archives import Member, contents, members
from trichotomy.errors import InputError

IMAGES = ("jpg", "jpeg", "png", "webp")
CLASS, RECORD = "cls", "json"
NAMES = ("label_name", "class_name")
LARGEST_TEXT = 2**20
"""Bytes of a class or a record."""
MOST_CLASSES = 2**20
FORMAT = "trichotomy samples 1"


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """The samples of a shard, in its order.

    Attributes
    ----------
    keys
        N texts.
    labels, offsets, lengths
        int64[N]: class index; where the image's bytes begin in the shard, and how many there are.
    names
        Names of classes, as far as records give them.
    """

    path: Path
    keys: tuple[str, ...]
    labels: NDArray[np.int64]
    offsets: NDArray[np.int64]
    lengths: NDArray[np.int64]
    names: Mapping[int, str]


def listed(path: Path, kept: Path | None) -> Samples:
    """List a shard, or take the list that is kept in a folder if the shard is as it was.

    Raises
    ------
    InputError
        A damaged or compressed shard, a sample that lacks its image or its class or has two images.
    """
    if kept is None:
        return _list(path)
    state = path.stat()
    what = f"{FORMAT}\n{path.resolve()}\n{state.st_size}\n{state.st_mtime_ns}"
    file = kept / f"{hashlib.sha256(what.encode(errors='surrogateescape')).hexdigest()[:32]}.npz"
    with suppress(OSError, ValueError, KeyError, zipfile.BadZipFile):
        return _load(file, path)
    found = _list(path)
    with suppress(OSError):  # the cache says so itself where it cannot be written
        _save(file, found)
    return found


def _list(path: Path) -> Samples:
    _check_start(path)
    groups: dict[str, dict[str, Member]] = {}
    found = members(path, largest=path.stat().st_size)
    _check_end(path, found)
    for name, member in found.items():
        folder, _, base = name.rpartition("/")
        stem, _, field = base.partition(".")
        if stem and not stem.startswith("__"):  # hidden files, and WebDataset's own records
            key = f"{folder}/{stem}" if folder else stem
            _add(path, groups.setdefault(key.removeprefix("./"), {}), field.lower(), member)
    samples: list[tuple[str, Member]] = []
    for key, fields in groups.items():
        images = [fields[kind] for kind in IMAGES if kind in fields]
        if len(images) > 1:
            msg = f"{path} holds {len(images)} images for '{key}'; a sample has one"
            raise InputError(msg)
        if images and not {CLASS, RECORD} & fields.keys():
            msg = f"{path} holds an image and no class for '{key}'; add {key}.{CLASS}, or {key}.{RECORD} with a label"
            raise InputError(msg)
        if not images and CLASS in fields:
            msg = f"{path} holds a class and no image for '{key}'; add {' or '.join(f'.{k}' for k in IMAGES)}"
            raise InputError(msg)
        if images:
            samples.append((key, images[0]))
    labels, names = _labels(path, {key: groups[key] for key, _ in samples})
    offsets, lengths = (
        np.array([getattr(image, what) for _, image in samples], np.int64) for what in ("offset", "size")
    )
    return Samples(path, tuple(key for key, _ in samples), labels, offsets, lengths, names)


def _add(path: Path, fields: dict[str, Member], field: str, member: Member) -> None:
    if member.name.encode(errors="ignore").decode() != member.name:
        msg = f"{path} holds a file whose name is no text, {member.name!a}; pack it again under another"
        raise InputError(msg)
    if field in fields:
        msg = f"{path} holds '{fields[field].name}' and '{member.name}', which are one file of a sample; remove one"
        raise InputError(msg)
    fields[field] = member


def _check_start(path: Path) -> None:
    with path.open("rb") as file:
        if file.read(2) == b"\x1f\x8b":
            msg = f"the shard {path} is compressed, and items are read by their place; unpack it to .tar"
            raise InputError(msg)


def _check_end(path: Path, found: Mapping[str, Member]) -> None:
    """A tar file ends with empty blocks; one that was cut off right after a file looks whole otherwise."""
    last = max((m.offset + m.size for m in found.values()), default=0)
    with path.open("rb") as file:
        file.seek(-(-last // 512) * 512)
        if len(file.read(512)) < 512:
            msg = f"the shard {path} ends without a tar file's end; it was cut off, copy it again"
            raise InputError(msg)


def _labels(
    path: Path, groups: Mapping[str, Mapping[str, Member]]
) -> tuple[NDArray[np.int64], dict[int, str]]:
    """int64[N] class indices, and the names of classes that records give."""
    texts = [
        (key, kind, fields[kind]) for key, fields in groups.items() for kind in (CLASS, RECORD) if kind in fields
    ]  # fmt: skip
    texts.sort(key=lambda text: text[2].offset)
    for key, kind, member in texts:
        if member.size > LARGEST_TEXT:
            msg = (
                f"{path}: the {kind} of '{key}' takes {member.size} bytes, which is no class; check the file"
            )
            raise InputError(msg)
    given: dict[str, dict[str, object]] = {key: {} for key in groups}
    for (key, kind, _), content in zip(texts, contents(path, (m for _, _, m in texts)), strict=True):
        given[key] |= _class(content) if kind == CLASS else _record(content, already=given[key])
    labels: list[int] = []
    names: dict[int, str] = {}
    for key, values in given.items():
        label = values.get("label")
        if isinstance(label, bool) or not isinstance(label, int) or abs(label) >= MOST_CLASSES:
            msg = f"{path}: the class of '{key}' is {str(label)[:40]!r}; give a whole number, counted from 0"
            raise InputError(msg)
        labels.append(label)
        if isinstance(values.get("name"), str):
            names.setdefault(label, str(values["name"]))
    return np.array(labels, np.int64), names


def _class(content: bytes) -> dict[str, object]:
    text = content.decode("utf-8", "replace").strip()
    return {
        "label": int(text)
        if text.removeprefix("-").isdecimal() and text.isascii() and len(text) < 12
        else text
    }


def _record(content: bytes, *, already: Mapping[str, object]) -> dict[str, object]:
    """Label and name of a record; the label of a ``.cls`` goes before its own."""
    try:
        record = json.loads(content)
    except (ValueError, RecursionError):
        record = None
    if not isinstance(record, dict):
        return {} if "label" in already else {"label": "no JSON object"}
    name = next((record[key] for key in NAMES if key in record), None)
    return {"label": already.get("label", record.get("label")), "name": name}


def _save(file: Path, samples: Samples) -> None:
    """Write it under another name and rename it: it is there as a whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    texts = json.dumps({"keys": samples.keys, "names": {str(k): v for k, v in samples.names.items()}})
    handle, partial = tempfile.mkstemp(dir=file.parent, prefix=".list-")
    try:
        with os.fdopen(handle, "wb") as opened:
            np.savez(
                opened, labels=samples.labels, offsets=samples.offsets, lengths=samples.lengths,
                texts=np.frombuffer(texts.encode(), np.uint8),
            )  # fmt: skip
        os.chmod(partial, 0o644)  # noqa: PTH101 - others may use the cache
        os.replace(partial, file)  # noqa: PTH105
    except BaseException:
        with suppress(OSError):
            os.unlink(partial)  # noqa: PTH108
        raise


def _load(file: Path, path: Path) -> Samples:
    with file.open("rb") as opened, np.load(opened, allow_pickle=False) as found:
        texts = json.loads(found["texts"].tobytes())
        labels, offsets, lengths = (found[name].astype(np.int64) for name in ("labels", "offsets", "lengths"))
    names = {int(label): str(name) for label, name in texts["names"].items()}
    return Samples(path, tuple(texts["keys"]), labels, offsets, lengths, names)
