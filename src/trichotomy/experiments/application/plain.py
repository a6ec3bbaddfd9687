"""Pictures without what is written in them beside the picture: captions, names of files, places, programs, thumbnails.

Nothing is decoded: the parts of a file that a browser needs to show it are kept as they are, all others are left out.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterable, Iterator

Parts = Iterator[bytes]

PNG_COLOURS = (b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"cICP", b"mDCV", b"cLLI")
PNG_MOVING = (b"acTL", b"fcTL", b"fdAT")
PNG_KEPT = frozenset(
    (b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"bKGD", b"sBIT", b"pHYs", *PNG_COLOURS, *PNG_MOVING)
)
WEBP_KEPT = frozenset((b"VP8 ", b"VP8L", b"VP8X", b"ANIM", b"ANMF", b"ALPH", b"ICCP"))
WEBP_METADATA = 0x08 | 0x04
"""Flags of VP8X: there is EXIF, there is XMP."""
JPEG_END, JPEG_SCAN, JPEG_COMMENT = 0xD9, 0xDA, 0xFE
JPEG_ALONE = frozenset((0x01, *range(0xD0, 0xD9)))
"""Markers without a length: TEM, restarts, a second beginning."""
JPEG_APPLICATION = range(0xE0, 0xFE)
"""Of applications, and reserved ones."""
GIF_CONTROL, GIF_APPLICATION, GIF_IMAGE, GIF_EXTENSION, GIF_END = 0xF9, 0xFF, 0x2C, 0x21, 0x3B
GIF_REPEATS = (b"\x0bNETSCAPE2.0\x03\x01", b"\x0bANIMEXTS1.0\x03\x01")
"""Beginnings of the blocks that say how often an animation is repeated."""
ORIENTATION = 0x0112


def without_metadata(data: bytes) -> bytes:
    """Return a picture without its metadata, and without what follows its end.

    The pixels, their colours, the orientation they are shown in and animation are as before. BMP, which holds no texts,
    is returned as it is.

    Raises
    ------
    ValueError
        It is not PNG, JPEG, GIF, WebP or BMP, or is damaged.
    """
    for start, _, parts in CONTAINERS:
        if data.startswith(start):
            try:
                return b"".join(parts(data))
            except (IndexError, struct.error) as error:
                msg = "it ends before its time"
                raise ValueError(msg) from error
    msg = "it is not PNG, JPEG, GIF, WebP or BMP"
    raise ValueError(msg)


def media_type(data: bytes) -> str:
    """Return the media type of a picture."""
    return next((kind for start, kind, _ in CONTAINERS if data.startswith(start)), "application/octet-stream")


def _png(data: bytes) -> Parts:
    yield data[:8]
    at = 8
    while True:
        size, kind = struct.unpack_from(">I4s", data, at)
        whole = _cut(data, at, 12 + size)
        if kind in PNG_KEPT:
            yield whole
        elif kind == b"eXIf" and (exif := _oriented(whole[8:-4])):
            yield struct.pack(">I", len(exif)) + kind + exif + struct.pack(">I", zlib.crc32(kind + exif))
        if kind == b"IEND":
            return
        at += len(whole)


def _jpeg(data: bytes) -> Parts:
    yield data[:2]
    at = 2
    last = len(data) - 1
    while 0 <= (at := data.find(b"\xff", at)) < last:  # what stands between segments is passed over
        marker = data[at + 1]
        if marker == JPEG_END:
            break
        if marker in (0x00, 0xFF) or marker in JPEG_ALONE:
            at += 1 if marker == 0xFF else 2
            continue
        segment = _cut(data, at, 2 + struct.unpack_from(">H", data, at + 2)[0])
        at += len(segment)
        if marker == JPEG_SCAN:
            end = _scan_end(data, at)
            yield segment
            yield data[at:end]
            at = end
        elif marker in JPEG_APPLICATION:
            yield _application(marker, segment[4:])
        elif marker != JPEG_COMMENT:
            yield segment
    yield b"\xff\xd9"


def _scan_end(data: bytes, at: int) -> int:
    """Where the next marker after a scan stands that is no restart."""
    last = len(data) - 1
    while 0 <= (at := data.find(b"\xff", at)) < last:
        if data[at + 1] and not 0xD0 <= data[at + 1] <= 0xD7:
            return at
        at += 2
    return len(data)  # cut short: browsers show what is there


def _application(marker: int, content: bytes) -> bytes:
    """Return what pictures are shown by: JFIF without its thumbnail, the orientation, the colour profile, Adobe's."""
    if marker == 0xE0 and content.startswith(b"JFIF\0") and len(content) >= 14:
        kept = content[:12] + b"\0\0"
    elif marker == 0xE1 and content.startswith(b"Exif\0") and (exif := _oriented(content[6:])):
        kept = b"Exif\0\0" + exif
    elif marker == 0xE2 and content.startswith(b"ICC_PROFILE\0"):
        kept = content
    elif marker == 0xEE and content.startswith(b"Adobe") and len(content) >= 12:
        kept = content[:12]
    else:
        return b""
    return struct.pack(">BBH", 0xFF, marker, 2 + len(kept)) + kept


def _gif(data: bytes) -> Parts:
    at = 13 + _table(data[10])
    yield _cut(data, 0, at)
    while at < len(data) and (kind := data[at]) != GIF_END:
        if kind == GIF_IMAGE:
            start, at = at, at + 11 + _table(data[at + 9])
        elif kind == GIF_EXTENSION:
            start, at = at, at + 2
        else:
            msg = "it holds an unknown block"
            raise ValueError(msg)
        blocks = at
        while data[at]:
            at += 1 + data[at]
        at += 1
        label = data[start + 1]
        if kind == GIF_IMAGE or label == GIF_CONTROL:
            yield data[start:at]
        elif label == GIF_APPLICATION and data[blocks : blocks + 14] in GIF_REPEATS:
            yield data[start : blocks + 16] + b"\0"
    yield b"\x3b"


def _table(flags: int) -> int:
    """Bytes of a GIF's table of colours."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _webp(data: bytes) -> Parts:
    if data[8:12] != b"WEBP":
        msg = "it is no WebP"
        raise ValueError(msg)
    size = struct.unpack_from("<I", data, 4)[0]
    chunks = list(_chunks(_cut(data, 12, size - 4)))
    exif = next((_oriented(c) for kind, c in chunks if kind == b"EXIF"), b"")
    parts = []
    for kind, content in chunks:
        if kind == b"VP8X":
            flags = content[0] & ~WEBP_METADATA | (0x08 if exif else 0)
            parts.append((kind, bytes((flags,)) + content[1:]))
        elif kind == b"ANMF":  # a frame holds chunks of its own
            frame = _riff((k, c) for k, c in _chunks(content[16:]) if k in WEBP_KEPT)
            parts.append((kind, content[:16] + frame))
        elif kind in WEBP_KEPT:
            parts.append((kind, content))
    body = _riff([*parts, *([(b"EXIF", exif)] if exif else [])])
    yield struct.pack("<4sI4s", b"RIFF", 4 + len(body), b"WEBP")
    yield body


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at + 8 <= len(data):
        kind, size = struct.unpack_from("<4sI", data, at)
        yield kind, _cut(data, at + 8, size)
        at += 8 + size + size % 2


def _riff(chunks: Iterable[tuple[bytes, bytes]]) -> bytes:
    return b"".join(struct.pack("<4sI", k, len(c)) + c + b"\0" * (len(c) % 2) for k, c in chunks)


def _bmp(data: bytes) -> Parts:
    yield data


def _oriented(exif: bytes) -> bytes:
    """Return EXIF that says in which orientation a picture is shown and nothing else; empty where that is upright."""
    order = {b"II": "<", b"MM": ">"}.get(exif[:2])
    if order is None:
        return b""
    try:
        first = struct.unpack_from(f"{order}I", exif, 4)[0]
        for k in range(struct.unpack_from(f"{order}H", exif, first)[0]):
            tag, kind, count, value = struct.unpack_from(f"{order}HHIH", exif, first + 2 + 12 * k)
            if (tag, kind, count) == (ORIENTATION, 3, 1) and 2 <= value <= 8:
                return struct.pack(">2sHIHHHIHHI", b"MM", 42, 8, 1, ORIENTATION, 3, 1, value, 0, 0)
    except struct.error:  # damaged, so that nobody reads more of it
        pass
    return b""


def _cut(data: bytes, at: int, size: int) -> bytes:
    """Return that many bytes.

    Raises
    ------
    IndexError
        There are fewer.
    """
    if size < 0 or at + size > len(data):
        raise IndexError
    return data[at : at + size]


CONTAINERS: tuple[tuple[bytes, str, Callable[[bytes], Parts]], ...] = (
    (b"\x89PNG\r\n\x1a\n", "image/png", _png),
    (b"\xff\xd8\xff", "image/jpeg", _jpeg),
    (b"GIF8", "image/gif", _gif),
    (b"RIFF", "image/webp", _webp),
    (b"BM", "image/bmp", _bmp),
)
"""How a file begins, its media type, what of it is kept."""
