"""Tar archives that nobody vouches for: read in place, within bounds, and nothing but plain files."""

from __future__ import annotations

import bz2
import gzip
import lzma
import tarfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple, cast

from trichotomy.datasets.dataset import SPLITS
from trichotomy.datasets.listing import Found, Listing, tabulate
from trichotomy.datasets.pictures import is_image
from trichotomy.errors import InputError

OPENERS: dict[str, Callable[[Path, str], Any]] = {
    ".tar": open, ".gz": gzip.open, ".tgz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open
}  # fmt: skip
SUFFIXES = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")
LARGEST_MEMBER = 2**28
LARGEST_TOTAL = 2**34
"""Bytes, unpacked: far above CIFAR's batches of 31 MB and its 180 MB of images."""


class Member(NamedTuple):
    """A file in an archive: its name, and the bytes it takes of the unpacked archive."""

    name: str
    offset: int
    size: int


def is_archive(name: str) -> bool:
    """Whether a file's name says that it is a tar archive that can be read."""
    return name.lower().endswith(SUFFIXES) and not name.startswith(".")


def members(path: Path, *, largest: int | None = None) -> dict[str, Member]:
    """List the plain files of an archive by name, in its order.

    Parameters
    ----------
    path
        Its file.
    largest
        Bytes that all files may take together, unpacked; None: ``LARGEST_TOTAL``.

    Raises
    ------
    InputError
        A damaged archive; a link, a device, a path that leads out of the archive, the same name twice, or more
        bytes than ``largest`` or than any file of a data set has.
    """
    found: dict[str, Member] = {}
    total = 0
    with _unpacked(path) as file, tarfile.TarFile(fileobj=cast("IO[bytes]", _Bounded(file))) as archive:
        for member in archive:
            name = member.name
            plain = (member.isdir() or member.isreg()) and not member.issparse()
            if not plain or name.startswith("/") or ".." in name.split("/"):
                msg = f"{path.name} holds {name!r}, which is no plain file within it; pack it again without that"
                raise InputError(msg)
            total += member.size
            if member.size > LARGEST_MEMBER or total > (LARGEST_TOTAL if largest is None else largest):
                msg = (
                    f"{path.name} is larger, unpacked, than is read from an archive (at {name!r}); unpack it"
                )
                raise InputError(msg)
            if member.isdir():
                continue
            if name in found:
                msg = f"{path.name} holds {name!r} twice; pack it again"
                raise InputError(msg)
            found[name] = Member(name, member.offset_data, member.size)
    return found


def contents(path: Path, wanted: Iterable[Member]) -> Iterator[bytes]:
    """Yield the bytes of some members, which are given in the archive's order; reading ends after the last.

    Raises
    ------
    InputError
        A damaged archive.
    """
    with _unpacked(path) as file:
        for member in wanted:
            file.seek(member.offset)
            data = file.read(member.size)
            if len(data) < member.size:
                msg = f"{member.name!r} is cut off"
                raise EOFError(msg)
            yield data


def list_images(found: Mapping[str, Member], where: str) -> tuple[tuple[str, ...], dict[str, Listing]]:
    """List the images of an archive that holds ``train/<class>/<image>`` and ``test/`` (or ``val/``) the same.

    They may all lie within further folders. Other files are passed over.

    Raises
    ------
    InputError
        As ``tabulate``; images of more than one data set.
    """
    images: dict[str, list[Found]] = {"train": [], "test": [], "val": []}
    above = set()
    for name in found:
        parts = [part for part in name.split("/") if part not in {"", "."}]
        k = next((k for k, part in enumerate(parts[:-2]) if part in images), None)
        if k is not None and is_image(parts[-1]):
            above.add("/".join(parts[:k]))
            images[parts[k]].append(Found(parts[k + 1], "/".join(parts[k + 2 :]), name))
    if len(above) > 1:
        first, second = sorted(above)[:2]
        msg = f"{where} holds images in '{first or '.'}' and in '{second}'; pack one data set per archive"
        raise InputError(msg)
    images["test"] = images["test"] or images["val"]
    return tabulate({split: images[split] for split in SPLITS}, where)


@contextmanager
def _unpacked(path: Path) -> Iterator[Any]:
    """Open the archive's bytes; whatever is wrong with them, while they are read, becomes one sentence."""
    try:
        with OPENERS[path.suffix.lower()](path, "rb") as file:
            yield file
    except (tarfile.TarError, lzma.LZMAError, zlib.error, EOFError, OSError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        msg = f"{path} is damaged or no tar archive ({reason}); copy or download it again"
        raise InputError(msg) from error


class _Bounded:
    """A file of which no more is read at once than the largest member: headers of an archive may claim anything."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self.seek = file.seek
        self.tell = file.tell

    def read(self, size: int) -> bytes:
        if size > LARGEST_MEMBER:
            msg = f"a header claims {size} bytes"
            raise tarfile.ReadError(msg)
        return bytes(self._file.read(size))
