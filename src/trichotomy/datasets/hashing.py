"""What a split holds, as one number."""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray


def digest(kind: str, ids: NDArray[np.object_], labels: NDArray[np.int64], *parts: bytes | memoryview) -> str:
    """SHA-256, as hexadecimal digits, of ids, labels and what else is given, each with its length.

    ``kind`` says what stands for the images, so that hashes of different kinds never agree by accident.
    """
    found = hashlib.sha256(f"trichotomy {kind} 1\n".encode())
    texts = "\0".join(ids).encode()
    for part in (texts, np.ascontiguousarray(labels, "<i8").tobytes(), *parts):
        found.update(f"{len(part)}\n".encode())
        found.update(part)
    return found.hexdigest()
