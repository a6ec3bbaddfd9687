"""Zip archives from anyone: looked into, never unpacked to disk, bounded in number, size and names.

An archive states how large its members are; that is checked before anything is read, and again while reading, since
the statement may be false.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from trichotomy.errors import InputError
from trichotomy.readers.files import faults, refuse_unreadable
from trichotomy.readers.jsonfiles import parse_json

ZSTANDARD = 93
"""Method of packing of recent logs, which Python's own ``zipfile`` reads from 3.14 on."""
MOST_MEMBERS = 1_000_000
LARGEST_MEMBER = 2**30
"""Bytes of one member, unpacked."""
LARGEST_ARCHIVE = 2**34
"""Bytes of all members together, unpacked, as the archive states them."""


@dataclass(frozen=True, slots=True)
class Zip:
    """An open archive that has passed the checks, and the names of its members."""

    path: Path
    file: zipfile.ZipFile
    names: tuple[str, ...]

    def json(self, name: str) -> Any:
        """Return what a JSON member says; refused where it is larger than it may be, or damaged."""
        place = f"{name} in {self.path.name}"
        info = self.file.getinfo(name)
        try:
            if info.compress_type == ZSTANDARD:
                data = _zstandard(self.path, info)
            else:
                with self.file.open(name) as member:
                    data = member.read(LARGEST_MEMBER + 1)
        except NotImplementedError as error:
            msg = f"{place} is packed in a way that is not read here ({error}); write the archive again with deflate"
            raise InputError(msg) from error
        except (
            zipfile.BadZipFile,
            zlib.error,
            struct.error,
            EOFError,
            ValueError,
            RuntimeError,
            OSError,
        ) as error:
            raise InputError(_damaged(place, error)) from error
        if len(data) > LARGEST_MEMBER:
            msg = f"{place} holds more than {LARGEST_MEMBER:,} bytes; it is hardly data"
            raise InputError(msg)
        return parse_json(data, place)


@contextmanager
def opened_zip(path: Path) -> Iterator[Zip]:
    """Open an archive.

    Raises
    ------
    InputError
        No zip file, a damaged one, one with too many or too large members, or with a member whose name leads out
        of the archive.
    """
    refuse_unreadable(path)
    try:
        with faults(path):
            file = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise InputError(_damaged(path.name, error)) from error
    with file:
        yield Zip(path, file, _names(path, file.infolist()))


def _names(path: Path, members: list[zipfile.ZipInfo]) -> tuple[str, ...]:
    if len(members) > MOST_MEMBERS:
        msg = f"{path.name} has {len(members):,} members where at most {MOST_MEMBERS:,} are read; it is hardly data"
        raise InputError(msg)
    total = 0
    for member in members:
        name = PurePosixPath(member.filename.replace("\\", "/"))
        if name.is_absolute() or ".." in name.parts:
            msg = f"{path.name} has a member called '{member.filename[:80]}', which leads out of the archive; not read"
            raise InputError(msg)
        total += member.file_size
        if member.file_size > LARGEST_MEMBER or total > LARGEST_ARCHIVE:
            msg = (
                f"{path.name} would unpack to more than {LARGEST_ARCHIVE:,} bytes, or {member.filename[:80]} to more "
                f"than {LARGEST_MEMBER:,}; it is hardly data"
            )
            raise InputError(msg)
    return tuple(member.filename for member in members)


def _zstandard(path: Path, info: zipfile.ZipInfo) -> bytes:
    """Unpack a member by numcodecs, into as many bytes as the archive states and no more."""
    from numcodecs.zstd import decompress

    with path.open("rb") as file:
        file.seek(info.header_offset)
        name, extra = struct.unpack("<26x2H", file.read(30))
        file.seek(name + extra, 1)
        packed = file.read(info.compress_size)
    data = bytearray(info.file_size)
    if info.file_size:
        decompress(packed, data)
    if zlib.crc32(data) != info.CRC:
        msg = f"bad CRC-32 of {info.filename}"
        raise zipfile.BadZipFile(msg)
    return bytes(data)


def _damaged(place: str, error: Exception) -> str:
    return f"{place} is truncated or no zip file ({str(error)[:120].rstrip('.')}); copy or write it again"
