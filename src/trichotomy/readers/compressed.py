"""Files as bytes or text, unpacked where they are gzipped; faults of packing and encoding are named."""

from __future__ import annotations

import gzip
import io
import mmap
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, TypeAlias, cast

from trichotomy.errors import InputError

Content: TypeAlias = "bytes | mmap.mmap"
TEXT_MARKS = (b"\xff\xfe", b"\xfe\xff")
"""Byte-order marks of UTF-16, which is not read."""


def is_gzipped(path: Path) -> bool:
    """Whether the file's name says that it is gzipped."""
    return path.name.lower().endswith(".gz")


def content(path: Path) -> Content:
    """Return the bytes of a file, unpacked; a plain file is mapped, not copied.

    Raises
    ------
    InputError
        The file is empty, or its compressed data are damaged.
    """
    with packing_faults(path), _opened(path) as file:
        if is_gzipped(path):
            data: Content = file.read()
        else:
            refuse_empty(path)
            data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    if not len(data):
        msg = f"{path.name} is empty; check that it was written to the end"
        raise InputError(msg)
    return data


def refuse_empty(path: Path) -> None:
    """Refuse a file of no bytes."""
    if path.stat().st_size == 0:
        msg = f"{path.name} is empty; check that it was written to the end"
        raise InputError(msg)


@contextmanager
def text(path: Path) -> Iterator[io.TextIOWrapper]:
    """Open as UTF-8 text (a byte-order mark is skipped), line ends kept as they are.

    Raises
    ------
    InputError
        Bytes that are not UTF-8 (the line is named), or compressed data that are damaged.
    """
    refuse_empty(path)
    try:
        with packing_faults(path), _opened(path) as file:
            yield io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    except UnicodeDecodeError as error:
        raise InputError(_not_utf8(path)) from error


@contextmanager
def packing_faults(path: Path) -> Iterator[None]:
    """Turn what ``gzip`` raises on damaged data into one sentence."""
    try:
        yield
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        msg = f"{path.name} is truncated or no gzip file ({error}); copy or write it again"
        raise InputError(msg) from error


def _opened(path: Path) -> BinaryIO:
    return cast("BinaryIO", gzip.open(path, "rb")) if is_gzipped(path) else path.open("rb")


def _not_utf8(path: Path) -> str:
    data = content(path)[:]
    if data.startswith(TEXT_MARKS):
        return f"{path.name} is UTF-16; save it as UTF-8"
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return f"{path.name}, line {line} holds bytes that are not UTF-8; save the file as UTF-8"
    return f"{path.name} is not UTF-8; save it as UTF-8"
