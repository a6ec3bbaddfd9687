"""One chunk of a local store, written straight to its file.

Through zarr's event loop and threads a chunk of a thousand decisions costs over a millisecond of processor time, of
which a tenth is the work; a training that records every epoch feels that. What is written is what zarr would write,
byte for byte, and as zarr does it, to one side and then renamed.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import uuid4

import google_crc32c
import numpy as np
from numcodecs.zstd import compress
from numpy.typing import NDArray
from zarr.codecs import Crc32cCodec, ZstdCodec

ZSTD_LEVEL = 3
COMPRESSORS = (ZstdCodec(level=ZSTD_LEVEL), Crc32cCodec())
"""The codecs of every array of a store, which ``write_row`` applies by hand."""


def write_row(
    folder: Path, row: NDArray[Any], place: tuple[int, int], *, chunk: int, dtype: np.dtype[Any], fill: Any
) -> None:
    """Write ``row`` as the chunks ``c/o/e/0``, ``c/o/e/1``, ... of the array in ``folder``.

    Parameters
    ----------
    row
        [N] values of one observer and epoch, ``place`` their two indices.
    chunk
        Length of a chunk along the last dimension; the last chunk is filled up with ``fill``.
    dtype
        The array's type; stored little-endian.
    """
    target = folder / "c" / str(place[0]) / str(place[1])
    target.mkdir(parents=True, exist_ok=True)
    little = dtype.newbyteorder("<")
    for k, start in enumerate(range(0, len(row), chunk)):
        part = np.asarray(row[start : start + chunk], dtype=little)
        if len(part) < chunk:
            part = np.concatenate([part, np.full(chunk - len(part), fill, dtype=little)])
        packed = compress(part.tobytes(), ZSTD_LEVEL)
        check = google_crc32c.value(packed).to_bytes(4, "little")
        aside = target / f".{k}.{uuid4().hex}.partial"
        with aside.open("wb") as file:
            file.write(packed + check)
        aside.replace(target / str(k))
