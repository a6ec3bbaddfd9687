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
import zarr
from numcodecs.zstd import compress
from numpy.typing import NDArray
from zarr.codecs import Crc32cCodec, ZstdCodec

ZSTD_LEVEL = 3
COMPRESSORS = (ZstdCodec(level=ZSTD_LEVEL), Crc32cCodec())
"""The codecs of every array of a store, which ``write_row`` applies by hand."""


KEYS: dict[str, Any] = {"name": "default", "separator": "."}
"""Chunks lie side by side in their array's folder: a folder for each epoch would cost as much as its file."""


def write_row(folder: Path, array: zarr.Array[Any], row: NDArray[Any], place: tuple[int, int]) -> None:
    """Write the chunks of one observer and epoch.

    Parameters
    ----------
    folder
        Of the array; it exists.
    row
        [N] values; ``place`` has the indices of observer and epoch. The last chunk is filled up with the fill value.
    """
    chunk, little = array.chunks[2], array.dtype.newbyteorder("<")
    for k, start in enumerate(range(0, len(row), chunk)):
        part = np.asarray(row[start : start + chunk], dtype=little)
        if len(part) < chunk:
            part = np.concatenate([part, np.full(chunk - len(part), array.fill_value, dtype=little)])
        packed = compress(part.tobytes(), ZSTD_LEVEL)
        check = google_crc32c.value(packed).to_bytes(4, "little")
        target = folder / array.metadata.encode_chunk_key((*place, k))
        aside = folder / f".{uuid4().hex}.partial"
        with aside.open("wb") as file:
            file.write(packed + check)
        aside.replace(target)
