"""Pickles: arrays and plain values come through; nothing that could run does."""

from __future__ import annotations

import builtins
import collections
import datetime as dt
import os
import pickle
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trichotomy.datasets.pickled import unpickle
from trichotomy.errors import InputError

DATA = {
    "data": np.arange(12, dtype=np.uint8).reshape(3, 4),
    "labels": [0, 1, 2],
    "name": "a batch",
    "other": None,
}


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_plain_pickles_are_read(protocol: int):
    found = unpickle(pickle.dumps(DATA, protocol), "it")
    np.testing.assert_array_equal(found.pop("data"), DATA["data"])
    assert found == {"labels": [0, 1, 2], "name": "a batch", "other": None}


@pytest.mark.parametrize("dtype", ["u1", "<i8", ">i4", "<f4", ">f8", "i2"])
@pytest.mark.parametrize("protocol", [2, 4, 5])
@pytest.mark.parametrize("order", ["C", "F"])
def test_arrays_of_numbers_come_through(dtype: str, protocol: int, order: Any):
    array = np.asarray(np.arange(24).reshape(2, 3, 4), dtype, order=order)
    found = unpickle(pickle.dumps({"data": array, "empty": array[:0]}, protocol), "it")
    np.testing.assert_array_equal(found["data"], array)
    assert found["data"].dtype == array.dtype
    assert found["empty"].shape == (0, 3, 4)


def short(text: bytes) -> bytes:
    """A string as Python 2 wrote it."""
    return b"U" + bytes([len(text)]) + text


def test_a_pickle_of_python_2_is_read():
    """The opcodes of a CIFAR batch, byte by byte: protocol 2, byte strings, NumPy's module names of 2009."""
    array = (
        b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\nK\x00\x85"
        + short(b"b")
        + b"tR(K\x01K\x02K\x03\x86"
        b"cnumpy\ndtype\n("
        + short(b"u1")
        + b"K\x00K\x01tR(K\x03"
        + short(b"|")
        + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xff"
        b"K\x00tb\x89" + short(bytes([0, 1, 127, 128, 254, 255])) + b"tb"
    )
    batch = b"\x80\x02}(" + short(b"data") + array + short(b"labels") + b"](K\x06K\x09eu."
    found = unpickle(batch, "it")
    np.testing.assert_array_equal(found["data"], np.array([[0, 1, 127], [128, 254, 255]], np.uint8))
    assert found["labels"] == [6, 9]


class Runs:
    """What a malicious file holds: a call that is made while it is read."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.call = (function, arguments)

    def __reduce__(self) -> Any:
        return self.call


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_malicious_pickle_runs_nothing(tmp_path: Path, protocol: int):
    target = tmp_path / "owned"
    for function in (os.mkdir, builtins.eval, os.system):
        argument = str(target) if function is os.mkdir else f"__import__('os').mkdir({str(target)!r})"
        data = pickle.dumps(DATA | {"labels": Runs(function, argument)}, protocol)
        with pytest.raises(
            InputError, match=r"data_batch_1 is a pickle that asks for \S+\.(mkdir|eval|system); only"
        ):
            unpickle(data, "data_batch_1")
    assert not target.exists()


@pytest.mark.parametrize(
    "value",
    [
        dt.date(2020, 1, 1),
        collections.OrderedDict(a=1),
        {1, 2},
        1j,
        np.float64(1.0),
        Runs(np.load, "x"),
        Runs(getattr, [], "append"),
        Runs(pickle.loads, b"."),
        np.dtype("u1"),
        np.ndarray,
    ],
)
@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_anything_else_is_refused(value: object, protocol: int):
    with pytest.raises(InputError, match=r"it is a pickle that asks for .+; only arrays, text"):
        unpickle(pickle.dumps({"data": value}, protocol), "it")


@pytest.mark.parametrize(
    "array", [np.array(["a", None], object), *(np.zeros(2, kind) for kind in ("U3", "f4,i4", "M8[s]", "c16"))]
)  # fmt: skip
def test_arrays_of_anything_but_numbers_are_refused(array: np.ndarray):
    with pytest.raises(InputError, match="it is a pickle that asks for an array of"):
        unpickle(pickle.dumps({"data": array}, 2), "it")


def test_persistent_objects_are_refused():
    with pytest.raises(InputError, match="asks for an object from outside"):
        unpickle(b"\x80\x02}X\x01\x00\x00\x00aK\x01Qs.", "it")


def array_of_six_bytes(shape: bytes) -> bytes:
    return (
        b"\x80\x02}" + short(b"data") + b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\nK\x00\x85"
        + short(b"b") + b"tR(K\x01" + shape + b"cnumpy\ndtype\n(" + short(b"u1") + b"K\x00K\x01tR\x89"
        + short(b"abcdef") + b"tbs."
    )  # fmt: skip


def test_the_number_of_bytes_is_compared_with_the_shape():
    assert unpickle(array_of_six_bytes(b"K\x06\x85"), "it")["data"].shape == (6,)
    for shape in (b"K\x07\x85", b"K\x02K\x02\x86", b"J\xff\xff\xff\xffJ\xfa\xff\xff\xff\x86"):
        with pytest.raises(InputError, match=r"it is damaged or no pickle of images \(an array of shape"):
            unpickle(array_of_six_bytes(shape), "it")


def test_what_a_name_stands_for_cannot_be_changed():
    for name in (b"cnumpy\ndtype\n", b"cnumpy.core.multiarray\n_reconstruct\n"):
        with pytest.raises(InputError, match="asks for a change of what it names"):
            unpickle(b"\x80\x02" + name + b"}" + short(b"x") + b"K\x01sb.", "it")
        with pytest.raises(InputError, match="asks for a change of what it names"):
            unpickle(b"\x80\x02" + name + b"N}" + short(b"x") + b"K\x01s\x86b.", "it")


def test_an_array_is_made_by_its_description_only():
    with pytest.raises(InputError, match=r"asks for numpy\.ndarray made by hand"):
        unpickle(b"\x80\x02cnumpy\nndarray\n(K\x09\x85tR.", "it")
    made = (
        b"\x80\x02}"
        + short(b"data")
        + b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\nK\x00\x85tRs."
    )
    with pytest.raises(InputError, match="asks for an object of the type Array"):
        unpickle(made, "it")


def test_text_is_encoded_in_nothing_but_latin_1():
    with pytest.raises(InputError, match="asks for the encoding 'zlib'"):
        unpickle(b"\x80\x02c_codecs\nencode\n(" + short(b"x") + short(b"zlib") + b"tR.", "it")


def test_a_few_bytes_cannot_ask_for_much_memory():
    """A memo index of 2**31 makes the unpickler in C set aside 32 GiB; a length of 2**60 is checked when it is read."""
    big_index = b"\x80\x02}" + b"r" + struct.pack("<I", 2**31) + b"."
    assert unpickle(big_index, "it") == {}
    with pytest.raises(InputError, match="it is damaged or no pickle of images"):
        unpickle(b"\x80\x04\x8e" + struct.pack("<Q", 2**60) + b"abc.", "it")


@pytest.mark.parametrize(
    "data", [b"", b"no pickle", pickle.dumps(DATA)[:-20], pickle.dumps([1, 2]), b"\x80\x09."]
)
def test_damaged_pickles_are_named(data: bytes):
    with pytest.raises(InputError, match=r"it is damaged or no pickle of images \(.+\); download it again"):
        unpickle(data, "it")


def outcome(data: bytes) -> dict[str, Any] | str:
    try:
        return unpickle(data, "it")
    except InputError as error:
        return str(error)


@given(data=st.binary(max_size=200))
@settings(deadline=None)
def test_no_bytes_do_anything_else_than_being_refused(data: bytes):
    found = outcome(data)
    assert isinstance(found, dict) or found.isprintable()


@given(place=st.integers(0, 10_000), value=st.integers(0, 255), protocol=st.sampled_from([0, 2, 4, 5]))
@settings(deadline=None)
def test_one_changed_byte_does_nothing_else_either(place: int, value: int, protocol: int):
    data = bytearray(pickle.dumps(DATA, protocol))
    data[place % len(data)] = value
    found = outcome(bytes(data))
    assert isinstance(found, dict) or found.isprintable()
