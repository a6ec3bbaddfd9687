"""Files: which ones a source means, what they are called, and their bytes or text, unpacked.

Whatever the operating system, the packing or the encoding objects to becomes one sentence that names the file.
"""

from __future__ import annotations

import gzip
import io
import mmap
import os
import re
import zlib
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from glob import glob, has_magic
from pathlib import Path
from typing import BinaryIO, TypeAlias, cast

from trichotomy.decisions import is_store
from trichotomy.decisions.schema import few
from trichotomy.errors import InputError

Source: TypeAlias = str | os.PathLike[str] | Sequence[str | os.PathLike[str]]
Content: TypeAlias = "bytes | mmap.mmap"
LARGEST_UNPACKED = 2**32
"""Bytes that a gzipped file may have, which is unpacked in memory."""
TEXT_MARKS = (b"\xff\xfe", b"\xfe\xff")
"""Byte-order marks of UTF-16, which is not read."""
URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):/+(.*)", re.DOTALL)
"""A scheme has two letters at least (``C:/`` is a drive); ``Path`` leaves one of its two strokes."""


def expand(source: Source, *, leave_out: Collection[Path] = ()) -> list[Path]:
    """Return the files that ``source`` means, each once.

    A folder means the files in it (not in its subfolders, nor hidden ones); a pattern or a folder leaves out
    the files of ``leave_out``, such as the file of targets that lies among the predictions.

    Raises
    ------
    InputError
        A path that does not exist, a URL, a store, a pattern that matches nothing, a folder without files or
        one that may not be listed.
    """
    given = [source] if isinstance(source, str | os.PathLike) else list(source)
    apart = {path.resolve() for path in leave_out}
    files: dict[Path, Path] = {}
    for one in given:
        with faults(Path(one)):
            for path in _files_of(Path(one), str(one), apart):
                files.setdefault(path.resolve(), path)
    if not files:
        msg = "there is nothing to read; name at least one file, folder or pattern"
        raise InputError(msg)
    return list(files.values())


def refuse_absent(path: Path) -> None:
    """Refuse a path at which there is nothing, or a URL."""
    with faults(path):
        if path.exists():
            return
    url = URL.fullmatch(str(path))
    if url:
        msg = (
            f"{url[1]}://{url[2]} is a URL, and predictions are read from disk; download it and give the file (a store "
            "of decisions is opened with trichotomy.open)"
        )
        raise InputError(msg)
    msg = f"there is no file {path}; check the path"
    raise InputError(msg)


def _files_of(path: Path, text: str, apart: Collection[Path]) -> list[Path]:
    if path.is_file():
        return [_no_store(path)]
    if path.is_dir():
        inside = sorted(p for p in _no_store(path).iterdir() if p.is_file() and not p.name.startswith("."))
        found = [p for p in inside if p.resolve() not in apart]
        if not found:
            msg = f"the folder {path} holds no file to read; name the files themselves"
            raise InputError(msg)
        return found
    if has_magic(text) and not URL.fullmatch(text):
        matches = sorted(Path(match) for match in glob(text, recursive=True))  # noqa: PTH207 (absolute patterns)
        found = [_no_store(p) for p in matches if p.is_file() and p.resolve() not in apart]
        if found:
            return found
        for match in matches:
            _no_store(match)
        msg = f"no file matches {text}; check the pattern"
        raise InputError(msg)
    refuse_absent(path)
    return []


def _no_store(path: Path) -> Path:
    """Return the path unless it is a store of decisions, or the file that makes a folder one."""
    folder = path.parent if path.name == "zarr.json" else path
    if is_store(folder):
        msg = f"{folder} is a store, not a file of predictions; open it with trichotomy.open, or give it to analyze"
        raise InputError(msg)
    return path


def stem(path: Path) -> str:
    """File name without its suffix (two, where the last is ``.gz``)."""
    name = path.name
    if name.lower().endswith(".gz"):
        name = name[:-3]
    return name.rpartition(".")[0] or name


def stems(paths: Sequence[Path]) -> list[str]:
    """Names for files, unique: the stem, preceded by the parent folder where stems repeat.

    Raises
    ------
    InputError
        Two files that have the same folder name and stem.
    """
    names = [stem(path) for path in paths]
    count = Counter(names)
    names = [
        f"{path.resolve().parent.name}/{name}" if count[name] > 1 else name
        for path, name in zip(paths, names, strict=True)
    ]
    twice = [name for name, n in Counter(names).items() if n > 1]
    if twice:
        msg = f"several files would be called {few(twice)}; rename them, or add a column that names the observer"
        raise InputError(msg)
    return names


def suffix(path: Path) -> str:
    """Lower-case suffix, without a final ``.gz``: ``.csv`` for ``a.csv.gz``."""
    name = path.name.lower().removesuffix(".gz")
    return Path(name).suffix


def is_gzipped(path: Path) -> bool:
    """Whether the file's name says that it is gzipped."""
    return path.name.lower().endswith(".gz")


def content(path: Path) -> Content:
    """Return the bytes of a file, unpacked; a plain file is mapped, not copied.

    Raises
    ------
    InputError
        The file cannot be opened or is empty, or its compressed data are damaged.
    """
    refuse_unreadable(path)
    with faults(path), opened(path) as file:
        if is_gzipped(path):
            data: Content = file.read(LARGEST_UNPACKED + 1)
        else:
            data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    if is_gzipped(path) and len(data) > LARGEST_UNPACKED:
        msg = f"{path.name} unpacks to more than {LARGEST_UNPACKED:,} bytes; unpack it yourself if it should"
        raise InputError(msg)
    if not len(data):
        msg = f"{path.name} is empty; check that it was written to the end"
        raise InputError(msg)
    return data


def refuse_unreadable(path: Path) -> None:
    """Refuse a file that cannot be opened, or has no bytes."""
    with faults(path), path.open("rb") as file:
        if not file.read(1):
            msg = f"{path.name} is empty; check that it was written to the end"
            raise InputError(msg)


@contextmanager
def text(path: Path) -> Iterator[io.TextIOWrapper]:
    """Open as UTF-8 text (a byte-order mark is skipped), line ends kept as they are.

    Raises
    ------
    InputError
        A file that cannot be opened, bytes that are not UTF-8 (the line is named), or damaged compressed data.
    """
    refuse_unreadable(path)
    try:
        with faults(path), opened(path) as file:
            yield io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    except UnicodeDecodeError as error:
        raise InputError(_not_utf8(path)) from error


@contextmanager
def faults(path: Path) -> Iterator[None]:
    """Turn what the operating system, or ``gzip`` on damaged data, raises into one sentence."""
    try:
        yield
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        msg = f"{path.name} is truncated or no gzip file ({error}); copy or write it again"
        raise InputError(msg) from error
    except OSError as error:
        reason = error.strerror or str(error)
        msg = f"{path} cannot be read ({reason}); check that it is a file (or a folder of them) that you may open"
        raise InputError(msg) from error


def opened(path: Path) -> BinaryIO:
    """Open the bytes of a file, unpacked; what goes wrong is for ``faults``."""
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
