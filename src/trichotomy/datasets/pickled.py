"""Pickles that nobody vouches for: dicts of arrays, bytes, text, numbers and lists, and nothing that could run.

A pickle is a program that calls what it names. Here every name it may use stands for a function of this module that
takes down the description of an array; NumPy itself sees the bytes alone, once their number has been checked.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable
from io import BytesIO
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trichotomy.errors import InputError

NUMBERS = "iuf"
"""Arrays of integers and floating-point numbers, by NumPy's letters."""
PLAIN = (str, bytes, bytearray, int, float, list, tuple, dict, type(None))


def unpickle(data: bytes, name: str) -> dict[str, Any]:
    """Read a pickled dict whose values are arrays, bytes, text, numbers, lists or dicts.

    Text that Python 2 wrote is read as Latin-1, in which the bytes of its arrays survive. What lies within a list
    is for the reader to check.

    Parameters
    ----------
    data
        The pickle.
    name
        Of the file, for messages.

    Raises
    ------
    InputError
        Anything else in it, which is named, or damaged data.
    """
    try:
        loaded = _Unpickler(BytesIO(data), encoding="latin1").load()
        if not isinstance(loaded, dict):
            msg = f"it holds a {type(loaded).__name__}, not a dict"
            raise TypeError(msg)
        return {_text(key): _value(value) for key, value in loaded.items()}
    except _RefusedError as error:
        msg = (
            f"{name} is a pickle that asks for {_printable(error)}; only arrays, text, numbers, lists and dicts are "
            "read from one, as anything else could run any code; download the file again from where it was published"
        )
        raise InputError(msg) from error
    except Exception as error:  # a damaged pickle raises nearly anything
        msg = f"{name} is damaged or no pickle of images ({_printable(error)}); download it again"
        raise InputError(msg) from error


class _RefusedError(Exception):
    pass


class _Unpickler(pickle._Unpickler):
    """The unpickler in Python: the one in C sets aside as much memory as a pickle of a few bytes asks for."""

    def find_class(self, module: str, name: str, /) -> Any:
        stand_in = _STAND_INS.get((module.replace("numpy._core", "numpy.core"), name))
        if stand_in is None:
            what = f"{module}.{name}"
            raise _RefusedError(what)
        return _Name(stand_in)

    def persistent_load(self, pid: Any, /) -> Any:  # noqa: ARG002
        what = "an object from outside"
        raise _RefusedError(what)


class _Name:
    """What a name in a pickle stands for: it can be called, and nothing about it can be changed."""

    __slots__ = ("_function",)

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function

    def __call__(self, *arguments: Any) -> Any:
        return self._function(*arguments)

    def __setstate__(self, state: object) -> None:
        what = "a change of what it names"
        raise _RefusedError(what)


class _Kind:
    """The description of a type: what NumPy's ``dtype`` would be."""

    __slots__ = ("_code", "_order")

    def __init__(self, code: str, *_: object) -> None:
        self._code = str(code)
        self._order = "="

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        _, order, subarray, names, fields, *_rest = state
        if order not in {"<", ">", "=", "|"} or subarray or names or fields:
            what = "an array of records"
            raise _RefusedError(what)
        self._order = "=" if order == "|" else order

    def resolved(self) -> np.dtype[Any]:
        """Return NumPy's type of numbers."""
        if len(self._code) != 2 or self._code[0] not in NUMBERS or self._code[1] not in "1248":
            what = f"an array of the type '{self._code}'"
            raise _RefusedError(what)
        return np.dtype(f"{self._order}{self._code}")


class _Array:
    """The description of an array, and in the end the array."""

    __slots__ = ("values",)

    def __init__(self, *_: object) -> None:
        self.values: NDArray[Any] | None = None

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        _, shape, kind, fortran, raw = state
        self.values = _array(raw, kind, shape, "F" if fortran else "C")


def _array(raw: Any, kind: Any, shape: Any, order: Any) -> NDArray[Any]:
    if isinstance(raw, str):
        raw = raw.encode("latin1")
    if not isinstance(kind, _Kind) or not isinstance(raw, bytes | bytearray):
        what = "an array of objects"
        raise _RefusedError(what)
    dtype = kind.resolved()
    lengths = tuple(int(length) for length in shape)
    if min(lengths, default=0) < 0 or prod(lengths) * dtype.itemsize != len(raw):
        msg = f"an array of shape {lengths} with {len(raw)} bytes"
        raise ValueError(msg)
    return np.frombuffer(raw, dtype).reshape(lengths, order="F" if order == "F" else "C")


def _from_buffer(raw: Any, kind: Any, shape: Any, order: Any) -> _Array:
    made = _Array()
    made.values = _array(raw, kind, shape, order)
    return made


def _encode(text: str, encoding: str) -> bytes:
    """Bytes as Python 3 writes them in a protocol that Python 2 reads."""
    if encoding not in {"latin1", "latin-1", "ascii"}:
        what = f"the encoding '{encoding}'"
        raise _RefusedError(what)
    return text.encode(encoding)


def _no_bytes() -> bytes:
    """As ``_encode``, for none."""
    return b""


def _array_class(*_: object) -> None:
    """``ndarray`` is handed to ``_reconstruct``, never called."""
    what = "numpy.ndarray made by hand"
    raise _RefusedError(what)


_STAND_INS: dict[tuple[str, str], Callable[..., Any]] = {
    ("numpy.core.multiarray", "_reconstruct"): _Array,
    ("numpy.core.numeric", "_frombuffer"): _from_buffer,
    ("numpy", "ndarray"): _array_class,
    ("numpy", "dtype"): _Kind,
    ("_codecs", "encode"): _encode,
    ("__builtin__", "bytes"): _no_bytes,
}
"""The names that a pickle may use, and what stands for them."""


def _printable(error: Exception) -> str:
    """What is wrong, in one line: the text may be the file's own."""
    text = str(error)[:120] or type(error).__name__
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def _text(key: object) -> str:
    return key.decode("latin1") if isinstance(key, bytes) else str(key)


def _value(value: Any) -> Any:
    if isinstance(value, _Array) and value.values is not None:
        return value.values
    if not isinstance(value, PLAIN):
        what = f"an object of the type {type(value).__name__.lstrip('_')}"
        raise _RefusedError(what)
    return value
