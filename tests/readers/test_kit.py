"""The three readers pass the kit that third parties' readers must pass, and the kit can fail."""

from __future__ import annotations

import gzip
import re
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from trichotomy.decisions import from_arrays
from trichotomy.errors import InputError
from trichotomy.readers import READERS, ReadOptions, detect, formats, read
from trichotomy.readers.arrays import ArraysReader
from trichotomy.readers.modelvshuman import ModelVsHumanReader
from trichotomy.readers.table import TableReader
from trichotomy.readers.testing import ReaderTests

LONG = "model,image,prediction,label\nA,x,cat,cat\nA,y,dog,cat\nA,z,dog,dog\nB,x,cat,cat\nB,z,cat,dog\n"


def wanted_long():
    return from_arrays(
        [[0, 1, 1], [0, -1, 0]],
        target=[0, 0, 1],
        observers=["A", "B"],
        items=["x", "y", "z"],
        classes=["cat", "dog"],
    )


class TestTableCsv(ReaderTests):
    reader = TableReader

    def example(self, folder: Path):
        path = folder / "long.csv"
        path.write_text(LONG)
        return [path], wanted_long()

    def truncate(self, path: Path):
        path.write_text(
            path.read_text()[:-9]
        )  # within the last line: a CSV cut between lines is a shorter CSV


class TestTableGzip(ReaderTests):
    reader = TableReader

    def example(self, folder: Path):
        path = folder / "long.csv.gz"
        path.write_bytes(gzip.compress(LONG.encode()))
        return [path], wanted_long()


class TestTableParquet(ReaderTests):
    reader = TableReader

    def example(self, folder: Path):
        pa = pytest.importorskip("pyarrow")
        from pyarrow import parquet

        rows = [line.split(",") for line in LONG.split()]
        columns = dict(zip(rows[0], map(list, zip(*rows[1:], strict=True)), strict=True))
        parquet.write_table(pa.table(columns), folder / "long.parquet")
        return [folder / "long.parquet"], wanted_long()


class TestTableJsonLines(ReaderTests):
    reader = TableReader

    def example(self, folder: Path):
        path = folder / "long.jsonl"
        rows = [line.split(",") for line in LONG.split()]
        path.write_text(
            "".join(
                "{" + ", ".join(f'"{k}": "{v}"' for k, v in zip(rows[0], row, strict=True)) + "}\n"
                for row in rows[1:]
            )
        )
        return [path], wanted_long()


class TestArrays(ReaderTests):
    reader = ArraysReader
    options = {"mapping": {"responses": "guesses"}}  # noqa: RUF012

    def example(self, folder: Path):
        response = np.array([[3, 1, 0], [2, np.nan, 0]])
        np.savez(folder / "two.npz", guesses=response, y=np.array([3, 1, 1]), names=np.array(["A", "B"]))
        wanted = from_arrays(
            [[3, 1, 0], [2, -1, 0]], target=[3, 1, 1], observers=["A", "B"], items=["0", "1", "2"]
        )
        return [folder / "two.npz"], wanted


class TestModelVsHuman(ReaderTests):
    reader = ModelVsHumanReader

    def example(self, folder: Path):
        header = "subj,{},trial,rt,object_response,category,condition,imagename\n"
        first, second = folder / "edge_subject-01_session_1.csv", folder / "edge_subject-02_session_1.csv"
        first.write_text(
            header.format("Session") + "subject-01,1,1,0.5,oven,oven,0,0001_edg_s01_0_oven_00_oven10.png\n"
            "subject-01,1,2,NaN,na,cat,30,0002_edg_s01_30_cat_00_n01234567_45.png\n"
        )
        second.write_text(
            header.format("session") + "subject-02,1,1,0.5,cat,oven,0,0001_edg_s02_0_oven_00_oven10.png\n"
        )
        wanted = from_arrays(
            [[1, -2], [0, -1]],
            target=[1, 0],
            observers=["subject-01", "subject-02"],
            items=["0/oven10.png", "30/n01234567_45.png"],
            classes=["cat", "oven"],
        )
        return [first, second], wanted

    def truncate(self, path: Path):
        path.write_text(path.read_text()[:-40])


class Forgetful(TableReader):
    """A reader with a fault: it calls missing decisions wrong."""

    def read(self, paths: Any, options: ReadOptions):
        d = super().read(paths, options)
        return d.assign(response=d["response"].where(d["response"] != -1, 0).astype(np.int16))


class TestTheKitCanFail:
    def test_missing_called_wrong_is_found(self, tmp_path: Path):
        class Kit(TestTableCsv):
            reader = Forgetful
            __test__ = False

        with pytest.raises(AssertionError):
            Kit().test_missing_is_not_wrong(tmp_path)
        with pytest.raises(AssertionError, match="response"):
            Kit().test_round_trip(tmp_path)

    def test_a_reader_that_refuses_nothing_is_found(self, tmp_path: Path):
        class Kit(TestTableCsv):
            __test__ = False

            def truncate(self, path: Path):
                del path

        with pytest.raises(AssertionError, match="not refused"):
            Kit().test_truncated_file_is_refused(tmp_path)


def test_formats_are_named_and_described():
    assert list(formats())[:3] == ["table", "arrays", "modelvshuman"]
    assert all(formats().values())


def test_detection_prefers_the_special_format(tmp_path: Path):
    files, _ = TestModelVsHuman().example(tmp_path)
    assert detect(files).name == "modelvshuman"
    csv, _ = TestTableCsv().example(tmp_path)
    assert detect(csv).name == "table"
    npz, _ = TestArrays().example(tmp_path)
    assert detect(npz).name == "arrays"


def test_unknown_format_says_how_to_name_one(tmp_path: Path):
    path = tmp_path / "predictions.xyz"
    path.write_text("?")
    with pytest.raises(
        InputError, match=r"predictions\.xyz is not recognised.*--format.*table, arrays, modelvshuman"
    ):
        read(path)


def test_two_formats_at_once_are_refused(tmp_path: Path):
    csv, _ = TestTableCsv().example(tmp_path)
    npz, _ = TestArrays().example(tmp_path)
    with pytest.raises(InputError, match=r"looks like the format table and two\.npz like arrays"):
        read([*csv, *npz])


def test_ambiguous_detection_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    class Rival(TableReader):
        name = "rival"

    monkeypatch.setitem(READERS._targets, "rival", Rival)
    csv, _ = TestTableCsv().example(tmp_path)
    with pytest.raises(
        InputError, match=r"long\.csv could be table and rival; name the format with --format"
    ):
        read(csv)
    assert read(csv, format="rival").sizes["observer"] == 2


@pytest.mark.parametrize("fault", ["absent", "raising", "attribute", "unmade"])
def test_a_plug_in_that_cannot_be_loaded_breaks_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str
):
    (tmp_path / "raising_plug_in.py").write_text("raise RuntimeError('half\\ninstalled')")
    (tmp_path / "unmade_plug_in.py").write_text(
        "class Mine:\n    name = 'mine'\n    description = 'mine'\n"
        "    def __init__(self):\n        raise OSError('no driver')\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    target, why = {
        "absent": ("absent_plug_in:Mine", "No module named 'absent_plug_in'"),
        "raising": ("raising_plug_in:Mine", "RuntimeError: half"),
        "attribute": ("math:Mine", "AttributeError: .*Mine"),
        "unmade": ("unmade_plug_in:Mine", "OSError: no driver"),
    }[fault]
    monkeypatch.setitem(READERS._targets, "mine", target)
    csv, _ = TestTableCsv().example(tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert detect(csv).name == "table"
        assert read(csv).sizes["observer"] == 2
        found = formats()
    assert re.search(rf"cannot be loaded \(.*{why}", found["mine"])
    assert "\n" not in found["mine"]
    assert all("cannot be loaded" not in found[name] for name in ("table", "arrays", "modelvshuman"))
    with pytest.raises(InputError, match=rf"reader 'mine' cannot be loaded \(.*{why}.*; ") as refused:
        read(csv, format="mine")
    assert "\n" not in str(refused.value)


def test_a_reader_that_fails_to_look_at_a_file_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    class Clumsy(TableReader):
        name = "clumsy"

        def sniff(self, path: Path) -> float:
            raise UnicodeDecodeError("utf-8", path.read_bytes(), 0, 1, "bad")

    monkeypatch.setitem(READERS._targets, "clumsy", Clumsy)
    csv, _ = TestTableCsv().example(tmp_path)
    assert detect(csv).name == "table"


NAMES = (
    "x.npy", "x.npz", "x.json", "x.jsonl", "x.jsonlines", "x.eval", "x.csv", "x.csv.gz", "x.parquet", "samples.json",
    "labels.json", "x.table.json", "RESULTS_EP1.txt", "VAL_ACC.txt", "details_t_2025-01-01T00-00-00.parquet",
    "samples_t_2025-01-01T00-00-00.jsonl", "results_2025-01-01T00-00-00.json", "per_instance_stats.json",
    "run_spec.json",
)  # fmt: skip
CONTENTS = (
    b"", b"\x00\xff\xfe", b"PK\x03\x04", b"\x80\x02", b"{", b"[" * 100_000, b'{"labels": [',
    b"\x93NUMPY\x01\x00\x10\x00{'descr':",
    b'{"a": ' + b"9" * 10_000 + b"}", "a,b\n1,2\n".encode("utf-16"), b"filename,index\n",
)  # fmt: skip


@pytest.mark.parametrize("name", READERS.names())
def test_a_look_never_raises(tmp_path: Path, name: str):
    reader = READERS.get(name)()
    for file in NAMES:
        assert 0 <= reader.sniff(tmp_path / file) <= 1, file
        for content in CONTENTS:
            (tmp_path / file).write_bytes(content)
            assert 0 <= reader.sniff(tmp_path / file) <= 1, (file, content[:20])
        (tmp_path / file).unlink()
        (tmp_path / file).mkdir()
        assert 0 <= reader.sniff(tmp_path / file) <= 1, file
        (tmp_path / file).rmdir()
