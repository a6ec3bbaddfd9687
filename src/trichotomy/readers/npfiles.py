"""``.npy`` and ``.npz`` files to named arrays, never through pickle."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trichotomy.errors import InputError
from trichotomy.readers.compressed import refuse_empty
from trichotomy.readers.rawtable import Coded, compact

SUFFIXES = (".npy", ".npz")
SMALL_RANGE = 1000
"""Class indices lie densely from 0; a range not much longer than the array is coded without sorting."""


def load_arrays(path: Path) -> dict[str, NDArray[Any]]:
    """Return the arrays of a file by name; the one of a ``.npy`` file is called ``""``.

    The fields of a structured array are arrays of their own.

    Raises
    ------
    InputError
        A file that is empty, truncated, no NumPy file, or can only be read with pickle.
    """
    refuse_empty(path)
    try:
        with path.open("rb") as file:
            loaded = np.load(file, allow_pickle=False)
            if isinstance(loaded, np.ndarray):
                arrays = {"": loaded}
            else:
                arrays = {name: np.asarray(loaded[name]) for name in loaded.files}
    except Exception as error:
        raise InputError(_fault(path, error)) from error
    if not arrays:
        msg = f"{path.name} holds no array; save it again with numpy.savez"
        raise InputError(msg)
    if list(arrays) == [""] and arrays[""].dtype.names:
        structured = arrays[""]
        arrays = {str(name): structured[name] for name in structured.dtype.names or ()}
    return arrays


def _fault(path: Path, error: Exception) -> str:
    if isinstance(error, ValueError) and "allow_pickle" in str(error):
        with path.open("rb") as file:
            known = file.read(6) in (b"\x93NUMPY", b"PK\x03\x04\x14\x00", b"PK\x03\x04\x2d\x00")
        if known or "Object arrays" in str(error):
            return (
                f"{path.name} holds Python objects, which need pickle and are not read (pickle can run any code); "
                "save names as text, numpy.asarray(names, dtype='U'), and numbers as numbers"
            )
        return f"{path.name} is no NumPy file; save it with numpy.save or numpy.savez"
    first = str(error).strip().splitlines()[0].rstrip(".") if str(error).strip() else type(error).__name__
    return f"{path.name} is truncated or no NumPy file ({first[:120]}); copy or write it again"


def coded_array(array: NDArray[Any]) -> Coded:
    """Code the cells of an array, flattened; NaN is null, and a range of whole numbers needs no sorting."""
    flat = array.ravel()
    if flat.dtype.kind == "b":
        return compact(flat.astype(np.int32), [False, True])
    if flat.dtype.kind in "iu" and flat.size:
        lowest, highest = int(flat.min()), int(flat.max())
        if highest - lowest < flat.size + SMALL_RANGE:
            codes = (flat.astype(np.int64) - lowest).astype(np.int32)
            return compact(codes, range(lowest, highest + 1))
    values, inverse = np.unique(flat, return_inverse=True)
    codes = inverse.ravel().astype(np.int32)
    plain = [v.decode("utf-8", "replace") if isinstance(v, bytes) else v for v in values.tolist()]
    gaps = [k for k, v in enumerate(plain) if v != v]
    return (
        compact(np.where(np.isin(codes, gaps), -1, codes).astype(np.int32), plain)
        if gaps
        else Coded(codes, plain)
    )
