"""What cannot be opened or is no file of predictions is refused in one sentence that names a remedy."""

from __future__ import annotations

import builtins
import gzip
import io
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import trichotomy as tri
from trichotomy.errors import InputError
from trichotomy.readers import files, read
from trichotomy.readers.arrays import ArraysReader
from trichotomy.readers.options import ReadOptions
from trichotomy.readers.table import TableReader

ROWS = "image,pred,label\nx,0,0\ny,1,0\n"


@pytest.fixture
def locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder whose files may not be opened, even by root, to whom permissions mean nothing."""
    folder = tmp_path / "locked"
    folder.mkdir()

    def refusing(file: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(file, str | os.PathLike) and Path(file).parent == folder:
            raise PermissionError(13, "Permission denied", str(file))
        return original(file, *args, **kwargs)

    original = io.open
    monkeypatch.setattr(builtins, "open", refusing)
    monkeypatch.setattr(io, "open", refusing)
    return folder


@pytest.mark.parametrize("name", ["d.csv", "d.csv.gz", "d.jsonl", "d.npz", "d.npy", "d.parquet", "d"])
@pytest.mark.parametrize("role", ["source", "targets"])
def test_a_file_that_may_not_be_opened(tmp_path: Path, locked: Path, name: str, role: str):
    if name == "d.parquet":
        pytest.importorskip("pyarrow")
    (locked / name).touch()
    os.truncate(locked / name, 100)
    (tmp_path / "good.csv").write_text(ROWS)
    with pytest.raises(InputError, match=rf"{name} cannot be read \(Permission denied\); check") as refused:
        read(*([locked / name] if role == "source" else [tmp_path / "good.csv"]), **(
            {"targets": locked / name} if role == "targets" else {}
        ))  # fmt: skip
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("reader", [TableReader(), ArraysReader()])
def test_a_folder_given_for_a_file(tmp_path: Path, reader: Any):
    folder = tmp_path / "inner.csv"
    folder.mkdir()
    with pytest.raises(InputError, match=r"inner\.csv cannot be read \(Is a directory\); check"):
        reader.read([folder], ReadOptions())
    (tmp_path / "good.csv").write_text(ROWS)
    with pytest.raises(InputError, match=r"inner\.csv cannot be read \(Is a directory\); check"):
        read(tmp_path / "good.csv", targets=folder)


def test_a_folder_that_may_not_be_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def refusing(self: Path) -> Any:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "iterdir", refusing)
    with pytest.raises(InputError, match=rf"{tmp_path.name} cannot be read \(Permission denied\); check"):
        read(tmp_path)


def test_a_name_that_is_too_long():
    with pytest.raises(InputError, match=r"a cannot be read \(File name too long\); check"):
        read("a" * 5000)


@pytest.mark.parametrize(
    "url", ["https://example.org/d.csv?x=1", "s3://bucket/runs/*.csv", "gs://bucket/d.zarr"]
)
def test_a_url_is_refused(tmp_path: Path, url: str):
    wanted = r"is a URL.*download it and give the file.*trichotomy\.open"
    with pytest.raises(InputError, match=wanted) as refused:
        read(url)
    assert url in str(refused.value)
    (tmp_path / "good.csv").write_text(ROWS)
    for given in ({"targets": url}, {"annotations": [url]}):
        with pytest.raises(InputError, match=wanted):
            read(tmp_path / "good.csv", **given)
    with pytest.raises(InputError, match=wanted):
        read([tmp_path / "good.csv", Path(url)])


def test_a_store_is_refused(tmp_path: Path):
    store = tmp_path / "d.zarr"
    tri.write(tri.from_arrays(np.array([[0, 1]]), target=[0, 0]), store)
    for source in (store, str(store), [store], store / "zarr.json", store / "zarr*", tmp_path / "*.zarr"):
        with pytest.raises(InputError, match=r"d\.zarr is a store.*trichotomy\.open.*analyze") as refused:
            read(source)
        assert "zarr.json is not recognised" not in str(refused.value)


def test_a_gzip_bomb_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(files, "LARGEST_UNPACKED", 1000)
    path = tmp_path / "d.csv.gz"
    path.write_bytes(gzip.compress(ROWS.encode() + b"\n" * 5000))
    with pytest.raises(InputError, match=r"d\.csv\.gz unpacks to more than 1,000 bytes"):
        read(path)
