"""JSON from anyone, read as data: one document, or one object per line, bounded in size and depth.

What is too large, too deep, cut off or no JSON becomes one sentence that names the file and the line.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from trichotomy.errors import InputError, TrichotomyError
from trichotomy.readers.files import faults, opened, refuse_unreadable, suffix, text

LONGEST_LINE = 2**26
"""Characters of one line; prompts with pictures in them reach a few million."""
LARGEST_DOCUMENT = 2**30
"""Bytes of one document, unpacked, which is held in memory."""
LONGEST_PEEK = 2**22
"""Characters that are read to see what a file is."""
LINES = (".jsonl", ".ndjson", ".jsonlines", ".json")


def json_lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Give line number and object of every line that is not blank.

    Raises
    ------
    InputError
        A line that is no JSON object, too long or too deep; a file without any; see also ``files.text``.
    """
    found = False
    with text(path) as file:
        number = 0
        while line := file.readline(LONGEST_LINE + 1):
            number += 1
            if len(line) > LONGEST_LINE:
                msg = f"{path.name}, line {number} is longer than {LONGEST_LINE:,} characters; give one object per line"
                raise InputError(msg)
            if not line.strip():
                continue
            record = _parsed(line, f"{path.name}, line {number}", "give one complete object per line")
            if not isinstance(record, dict):
                msg = f"{path.name}, line {number} is not an object; give one {{...}} per line"
                raise InputError(msg)
            found = True
            yield number, record
    if not found:
        msg = f"{path.name} is empty; give at least one object"
        raise InputError(msg)


def json_document(path: Path) -> Any:
    """Return the one value that a file holds.

    Raises
    ------
    InputError
        A file that is no JSON, too large or too deep; see also ``files.text``.
    """
    refuse_unreadable(path)
    with faults(path), opened(path) as file:
        data = file.read(LARGEST_DOCUMENT + 1)
    if len(data) > LARGEST_DOCUMENT:
        msg = f"{path.name} holds more than {LARGEST_DOCUMENT:,} bytes of JSON; split it"
        raise InputError(msg)
    return parse_json(data, path.name)


def parse_json(data: bytes | str, place: str) -> Any:
    """Return what a whole document says; ``place`` is what messages call it."""
    return _parsed(data, place, "copy or write it again")


def first_object(path: Path) -> dict[str, Any]:
    """Return the first line's object, to see what a file is; empty where it is none. Never raises."""
    try:
        state = path.stat()
    except OSError:
        return {}
    return _first_object(path, state.st_size, state.st_mtime_ns) if suffix(path) in LINES else {}


def head(path: Path, size: int = 4096) -> bytes:
    """Return the first bytes of a file (unpacked), to see what it is; none where it cannot be read."""
    try:
        with faults(path), opened(path) as file:
            return file.read(size)
    except TrichotomyError:
        return b""


def scalar(value: Any) -> Any:
    """Return a cell of a table: the value itself, None for lists and objects."""
    return value if isinstance(value, str | int | float | bool) else None


@lru_cache(maxsize=16)
def _first_object(path: Path, size: int, changed: int) -> dict[str, Any]:
    """``size`` and ``changed`` tell versions of a file apart."""
    del size, changed
    try:
        with text(path) as file:
            line = file.readline(LONGEST_PEEK)
        record = json.loads(line)
    except (TrichotomyError, ValueError, RecursionError):
        return {}
    return record if isinstance(record, dict) else {}


def _parsed(data: bytes | str, place: str, remedy: str) -> Any:
    try:
        return json.loads(data)
    except RecursionError as error:
        msg = f"{place} is nested too deeply to be data; {remedy}"
        raise InputError(msg) from error
    except ValueError as error:  # not JSON, not UTF-8, or a number of thousands of digits
        reason = getattr(error, "msg", None) or str(error).split(";")[0]
        msg = f"{place} is not JSON ({str(reason)[:120]}); {remedy}"
        raise InputError(msg) from error
