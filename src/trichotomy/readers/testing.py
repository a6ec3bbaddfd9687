"""The tests that every reader must pass, to be inherited by those of a third party's reader.

    from trichotomy.readers.testing import ReaderTests

    class TestMyReader(ReaderTests):
        reader = MyReader

        def example(self, folder):
            path = folder / "example.mine"
            path.write_text(...)
            return [path], from_arrays([[0, 1, -1]], target=[0, 0, 1], observers=["a"], items=["x", "y", "z"])

Nothing here imports pytest; ``tmp_path`` is its fixture of that name.
"""

from __future__ import annotations

import copy
import hashlib
import json
import random
import unittest
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from trichotomy.decisions import MISSING, Decisions, correctness, validate
from trichotomy.errors import InputError, TrichotomyError, UnknownNameError
from trichotomy.readers.options import Reader
from trichotomy.readers.reading import read

LONGEST_MESSAGE = 600
"""An error is one sentence; so much text is more than one."""


MANGLED = 60
ODD: tuple[Any, ...] = (
    None, True, -1, 10**30, 10**400, 0.5, float("nan"), float("inf"), "", "x", [], ["x"], {}, {"x": 1}, [[1]], "9" * 50,
)  # fmt: skip
"""What is put in the place of values."""


class ReaderTests:
    """Inherit, set ``reader`` and write ``example``.

    Override ``truncate`` where half a file may be a whole one, and ``mangle`` where JSON is inside another file.

    Attributes
    ----------
    reader
        The reader's class.
    options
        Keyword arguments of ``trichotomy.readers.read`` that the example needs, such as ``mapping``.
    """

    reader: ClassVar[type[Any]]
    options: ClassVar[dict[str, Any]] = {}

    def example(self, folder: Path) -> tuple[Sequence[Path], Decisions]:
        """Write files to ``folder`` and return them with the decisions they hold, one at least missing."""
        msg = "write example(): it returns the files and the decisions that they hold"
        raise NotImplementedError(msg)

    def truncate(self, path: Path) -> None:
        """Damage a file as an interrupted copy would: by default its second half is gone."""
        data = path.read_bytes()
        path.write_bytes(data[: len(data) // 2])

    def mangle(self, path: Path, rng: random.Random) -> None:
        """Replace or drop one value of a JSON file; override for JSON inside other files."""
        if not path.name.endswith((".json", ".jsonl", ".ndjson", ".jsonlines")):
            reason = "the example holds no JSON file"
            raise unittest.SkipTest(reason)
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".json" and text.count("\n{") == 0:
            path.write_text(json.dumps(mangled(json.loads(text), rng)), encoding="utf-8")
            return
        records = mangled([json.loads(line) for line in text.splitlines()], rng)
        path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")

    def test_reader_says_what_it_is(self) -> None:
        """A name without blanks, a description of one line."""
        assert self.reader.name
        assert " " not in self.reader.name
        assert self.reader.description
        assert "\n" not in self.reader.description

    def test_example_is_recognised(self, tmp_path: Path) -> None:
        """The reader claims its own files, and no file that is not there or is something else."""
        reader: Reader = self.reader()
        for path in self.example(tmp_path)[0]:
            assert 0 < reader.sniff(path) <= 1, f"{reader.name} does not recognise {path.name}"
        assert reader.sniff(tmp_path / "absent.xyz") == 0
        (tmp_path / "other.xyz").write_bytes(b"\x00\x01 something else")
        assert reader.sniff(tmp_path / "other.xyz") == 0

    def test_round_trip(self, tmp_path: Path) -> None:
        """The decisions read are those expected, whatever the order of observers and items."""
        paths, wanted = self.example(tmp_path)
        found = validate(self._read(paths))
        for dim in ("observer", "item", "epoch"):
            assert sorted(found[dim].values.tolist()) == sorted(wanted[dim].values.tolist()), f"{dim}s differ"
        found = found.sel({dim: wanted[dim].values for dim in ("observer", "item", "epoch")})
        assert list(found.attrs["classes"]) == list(wanted.attrs["classes"]), "classes differ"
        for name in [str(n) for n in wanted.data_vars]:
            assert name in found, f"'{name}' is lacking"
            np.testing.assert_array_equal(found[name].values, wanted[name].values, err_msg=name)

    def test_missing_is_not_wrong(self, tmp_path: Path) -> None:
        """A decision that the files do not hold is missing."""
        paths, wanted = self.example(tmp_path)
        expected = (correctness(wanted).values == MISSING).sum()
        assert expected, "the example must leave at least one decision out"
        assert (correctness(self._read(paths)).values == MISSING).sum() == expected

    def test_unknown_field_is_refused(self, tmp_path: Path) -> None:
        """A mapping of a field that does not exist names it."""
        paths, _ = self.example(tmp_path)
        error = _refused(lambda: self._read(paths, mapping={"respones": "x"}), UnknownNameError)
        assert "respones" in str(error)

    def test_unknown_column_is_refused(self, tmp_path: Path) -> None:
        """A mapping to a column or array that is not there names it."""
        paths, _ = self.example(tmp_path)
        error = _refused(lambda: self._read(paths, mapping={"responses": "no such column"}), TrichotomyError)
        assert "no such column" in str(error)

    def test_provenance_holds_hashes(self, tmp_path: Path) -> None:
        """Every file is recorded with its SHA-256, and what the columns were taken for."""
        paths, _ = self.example(tmp_path)
        provenance = self._read(paths).attrs["provenance"]
        recorded = {entry["name"]: entry["sha256"] for entry in provenance["sources"]}
        for path in paths:
            assert recorded[path.name] == hashlib.sha256(path.read_bytes()).hexdigest()
        assert provenance["configuration"]["reader"] == self.reader.name
        assert provenance["configuration"]["columns"]
        assert isinstance(provenance["warnings"], list)

    def test_empty_file_is_refused(self, tmp_path: Path) -> None:
        """A file of no bytes is refused by name."""
        paths, _ = self.example(tmp_path)
        paths[-1].write_bytes(b"")
        assert paths[-1].name in str(_refused(lambda: self._read(paths), InputError))

    def test_truncated_file_is_refused(self, tmp_path: Path) -> None:
        """A damaged file is refused by name, never read in part."""
        paths, _ = self.example(tmp_path)
        self.truncate(paths[-1])
        assert paths[-1].name in str(_refused(lambda: self._read(paths), InputError))

    def test_mangled_json_is_refused_or_read(self, tmp_path: Path) -> None:
        """Whatever stands where something else should, the answer is decisions or one sentence."""
        paths, _ = self.example(tmp_path)
        whole = [path.read_bytes() for path in paths]
        rng = random.Random(1)  # noqa: S311
        for _ in range(MANGLED):
            self.mangle(rng.choice(list(paths)), rng)
            try:
                validate(self._read(paths))
            except TrichotomyError as error:
                _one_sentence(str(error))
            for path, data in zip(paths, whole, strict=True):
                path.write_bytes(data)

    def test_nothing_is_left_behind(self, tmp_path: Path) -> None:
        """Neither a read nor a refused read writes or changes a file."""
        paths, _ = self.example(tmp_path)
        before = _contents(tmp_path)
        self._read(paths)
        _refused(lambda: self._read(paths, mapping={"responses": "no such column"}), TrichotomyError)
        assert _contents(tmp_path) == before

    def _read(self, paths: Sequence[Path], **more: Any) -> Decisions:
        mapping = {**self.options.get("mapping", {}), **more.pop("mapping", {})}
        return read(paths, format=self.reader(), **{**self.options, **more, "mapping": mapping})


def mangled(document: Any, rng: random.Random) -> Any:
    """Return a copy of plain JSON in which one value is gone or another."""
    document = copy.deepcopy(document)
    container, key = rng.choice(list(_nodes(document)))
    if isinstance(container, dict) and rng.random() < 0.2:
        del container[key]
    else:
        container[key] = copy.deepcopy(rng.choice(ODD))
    return document


def _nodes(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every container and key in plain JSON."""
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield value, key
        yield from _nodes(value[key])


def _refused(call: Callable[[], Any], kind: type[Exception]) -> Exception:
    """Return the error of a call that must be refused, in one sentence."""
    try:
        call()
    except kind as error:
        _one_sentence(str(error))
        return error
    msg = f"what cannot be read was not refused with {kind.__name__}"
    raise AssertionError(msg)


def _one_sentence(message: str) -> None:
    assert message
    assert "\n" not in message, f"more than one line: {message!r}"
    assert len(message) <= LONGEST_MESSAGE, f"longer than one sentence: {message!r}"


def _contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}
