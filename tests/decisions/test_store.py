"""The store: declared, recorded, resumed, guarded."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import time
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
import zarr

import trichotomy as tri
import trichotomy.decisions.store as store_module
from trichotomy.errors import CorruptStoreError, InputError, MissingExtraError, StoreError, UnknownNameError

ITEMS = [f"i{k}" for k in range(7)]


@pytest.fixture
def store(tmp_path):
    return tri.create(
        tmp_path / "s.zarr", observers=["a", "b"], items=ITEMS, target=range(7), epochs=range(3),
        planned_epochs=[3, 2], arrays=["response", "p_target"], classes=[f"c{k}" for k in range(7)],
        observer_coords={"condition": ["base", "order"]}, provenance={"seed": 1},
    )  # fmt: skip


def record(store, observer, epoch):
    store.record(observer, epoch, np.arange(7), p_target=np.linspace(0, 1, 7))


def test_everything_planned_is_pending_at_first(store):
    assert store.pending() == [("a", 0), ("a", 1), ("a", 2), ("b", 0), ("b", 1)]


def test_notes_join_the_provenance(store):
    store.note(warnings=["w"], models={"a": 1})
    store.note(models={"b": 2})
    assert store.provenance == {"seed": 1, "warnings": ["w"], "models": {"b": 2}}
    assert tri.open(store.path).attrs["provenance"] == store.provenance
    assert tri.open(store.path).attrs["classes"][0] == "c0"


def test_recording_settles_one_epoch_of_one_observer(store):
    record(store, "b", 1)
    assert store.pending() == [("a", 0), ("a", 1), ("a", 2), ("b", 0)]
    d = store.read()
    assert d["response"].sel(observer="b", epoch=1).values.tolist() == list(range(7))
    assert (d["response"].sel(observer="a").values == -1).all()
    assert np.isnan(d["p_target"].sel(observer="a").values).all()
    assert d["condition"].values.tolist() == ["base", "order"]
    assert d.attrs["provenance"] == {"seed": 1}


def test_an_epoch_without_any_answer_counts_as_run(store):
    store.record("a", 0, np.full(7, -1), p_target=np.full(7, np.nan))
    assert ("a", 0) not in store.pending()


def test_recording_by_id(store):
    store.record("a", 0, [6, -2], items=["i6", "i0"], p_target=[0.5, 0.25])
    assert store.read()["response"].values[0, 0].tolist() == [-2, -1, -1, -1, -1, -1, 6]


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (("c", 0, np.arange(7)), UnknownNameError, "no observer in this store called 'c'"),
        (("b", 2, np.arange(7)), InputError, "epoch 2 of observer 'b' is not planned: 0, 1 are"),
        (("a", 9, np.arange(7)), InputError, "not planned"),
        (("a", 0, np.arange(6)), InputError, r"observer 'a', epoch 0: response has shape \(6,\) for 7 items"),
        (("a", 0, np.full(7, 7)), InputError, "holds 7, 7, 7 and 4 more, outside -2..6"),
        (("a", 0, np.full(7, 0.5)), InputError, "outside"),
    ],
)
def test_what_cannot_be_recorded_is_named(store, arguments, error, message):
    with pytest.raises(error, match=message):
        store.record(*arguments, p_target=np.zeros(7))
    assert len(store.pending()) == 5


def test_the_arrays_declared_must_all_be_given(store):
    with pytest.raises(InputError, match="the store holds p_target, response; response was given"):
        store.record("a", 0, np.arange(7))


@pytest.mark.parametrize(
    ("items", "message"), [(["i0", "i0"], "more than once"), (["i0", "w"], "no items 'w'")]
)
def test_recording_by_id_refuses(store, items, message):
    with pytest.raises(InputError, match=message):
        store.record("a", 0, [0, 0], items=items, p_target=[0, 0])


@pytest.mark.parametrize("where", ["{tmp}/round.zarr", "memory://trichotomy-tests/round.zarr"])
def test_written_decisions_come_back_identical(tmp_path, where):
    if "://" in where:
        pytest.importorskip("fsspec")
    path = where.format(tmp=tmp_path)
    d = tri.simulate(3, 40).assign(
        p_target=(("observer", "epoch", "item"), np.full((3, 1, 40), 0.5, np.float16))
    )
    store = tri.write(d, path, force=True)
    assert store.pending() == []
    assert tri.open(path).load().identical(d)
    with pytest.raises(StoreError, match="exists already"):
        tri.write(d, path)


def test_correctness_alone_can_be_stored(tmp_path):
    d = tri.from_arrays(correct=[[1, 0, -1]])
    tri.write(d, tmp_path / "c.zarr")
    assert tri.open(tmp_path / "c.zarr")["correct"].values.tolist() == [[[1, 0, -1]]]


def test_plain_xarray_can_open_it(store):
    record(store, "a", 0)
    d = xr.open_zarr(store.path, consolidated=False)
    assert set(d.coords) >= {"observer", "epoch", "item", "condition"}
    assert d["response"].values[0, 0].tolist() == list(range(7))


def test_force_replaces_a_store_but_nothing_else(tmp_path):
    d = tri.simulate(2, 10)
    tri.write(d, tmp_path / "s.zarr")
    tri.write(tri.simulate(3, 10), tmp_path / "s.zarr", force=True)
    assert tri.open(tmp_path / "s.zarr").sizes["observer"] == 3
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "mine.txt").write_text("keep")
    with pytest.raises(StoreError, match="is not a store; it is not replaced"):
        tri.write(d, tmp_path / "notes", force=True)
    assert (tmp_path / "notes" / "mine.txt").read_text() == "keep"


def test_force_does_not_replace_another_programs_zarr_group(tmp_path):
    zarr.create_group(str(tmp_path / "other"), attributes={"theirs": 1})
    with pytest.raises(StoreError, match="is not a store; it is not replaced"):
        tri.write(tri.simulate(2, 10), tmp_path / "other", force=True)
    assert zarr.open_group(str(tmp_path / "other")).attrs["theirs"] == 1


def test_a_remote_store_is_replaced_only_by_force_and_only_if_it_is_one():
    fsspec = pytest.importorskip("fsspec")
    path = "memory://trichotomy-tests/replace.zarr"
    tri.write(tri.simulate(2, 10), path, force=True)
    with pytest.raises(StoreError, match="exists already"):
        tri.create(path, observers=["a"], items=["x"])
    tri.write(tri.simulate(3, 10), path, force=True)
    assert tri.open(path).sizes["observer"] == 3
    files = fsspec.filesystem("memory")
    files.pipe("/trichotomy-tests/theirs/data.bin", b"keep")
    for force in (False, True):
        with pytest.raises(StoreError):
            tri.write(tri.simulate(2, 10), "memory://trichotomy-tests/theirs", force=force)
    assert files.cat("/trichotomy-tests/theirs/data.bin") == b"keep"


def test_opening_nothing_creates_nothing(tmp_path):
    with pytest.raises(StoreError, match="no store at"):
        tri.open(tmp_path / "nowhere" / "x.zarr")
    assert list(tmp_path.iterdir()) == []


def test_a_failed_exchange_puts_the_old_store_back(tmp_path, monkeypatch):
    tri.write(tri.simulate(2, 10), tmp_path / "s.zarr")
    rename = Path.rename

    def fail_for_the_new(self, target):
        if self.name.endswith(".partial"):
            raise OSError("no")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fail_for_the_new)
    with pytest.raises(StoreError, match="no"):
        tri.write(tri.simulate(3, 10), tmp_path / "s.zarr", force=True)
    monkeypatch.undo()
    assert tri.open(tmp_path / "s.zarr").sizes["observer"] == 2
    assert [p.name for p in tmp_path.iterdir()] == ["s.zarr"]


def test_a_kill_between_the_arrays_leaves_the_epoch_pending(store, monkeypatch):
    write = store_module.write_row

    def die_at_the_response(folder, *arguments, **options):
        if folder.name == "response":
            raise KeyboardInterrupt
        write(folder, *arguments, **options)

    monkeypatch.setattr(store_module, "write_row", die_at_the_response)
    with pytest.raises(KeyboardInterrupt):
        record(store, "a", 0)
    monkeypatch.undo()
    assert ("a", 0) in store.pending()
    record(store, "a", 0)
    assert ("a", 0) not in store.pending()


def test_probabilities_are_checked(store):
    with pytest.raises(InputError, match=r"p_target holds 1.5; probabilities lie in 0..1"):
        store.record("a", 0, np.arange(7), p_target=[1.5, 0, 0, 0, 0, 0, 0])


def test_a_failed_write_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(tri.Store, "record", lambda *_, **__: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(StoreError, match="disk full"):
        tri.write(tri.simulate(2, 10), tmp_path / "s.zarr")
    assert list(tmp_path.iterdir()) == []


def test_a_failed_replacement_keeps_the_old_store(tmp_path, monkeypatch):
    tri.write(tri.simulate(2, 10), tmp_path / "s.zarr")
    monkeypatch.setattr(tri.Store, "record", lambda *_, **__: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(StoreError, match="disk full"):
        tri.write(tri.simulate(3, 10), tmp_path / "s.zarr", force=True)
    monkeypatch.undo()
    assert tri.open(tmp_path / "s.zarr").sizes["observer"] == 2
    assert [p.name for p in tmp_path.iterdir()] == ["s.zarr"]


@pytest.mark.parametrize(
    ("damage", "error", "message"),
    [
        (lambda p: p.joinpath("zarr.json").unlink(), StoreError, "no store at"),
        (lambda p: p.joinpath("zarr.json").write_text("{"), CorruptStoreError, "zarr.json cannot be read"),
        (lambda p: p.joinpath("zarr.json").write_text('{"zarr_format": 3, "node_type": "group"}'), StoreError,
         "not a store of decisions"),
    ],
)  # fmt: skip
def test_a_damaged_head_is_named(store, damage, error, message):
    damage(Path(store.path))
    with pytest.raises(error, match=message):
        tri.open(store.path)


def test_a_flipped_byte_names_observer_and_epoch(store):
    for epoch in (0, 1):
        record(store, "a", epoch)
        record(store, "b", epoch)
    chunk = Path(store.path) / "response" / "c.1.1.0"
    data = bytearray(chunk.read_bytes())
    data[len(data) // 2] ^= 1
    chunk.write_bytes(data)
    d = tri.open(store.path)
    assert d["response"].sel(observer="a", epoch=1).values.tolist() == list(range(7))
    with pytest.raises(CorruptStoreError, match="'response' of observer 'b', epoch 1 cannot be read"):
        d.load()


def test_a_flipped_byte_in_a_coordinate_is_an_error(store):
    (chunk,) = [p for p in (Path(store.path) / "target").glob("c.*") if p.is_file()]
    data = bytearray(chunk.read_bytes())
    data[0] ^= 255
    chunk.write_bytes(data)
    with pytest.raises(CorruptStoreError, match="'target' cannot be read"):
        tri.open(store.path)


def test_a_truncated_chunk_is_an_error(store):
    record(store, "a", 0)
    chunk = Path(store.path) / "response" / "c.0.0.0"
    chunk.write_bytes(b"")
    with pytest.raises(CorruptStoreError, match="observer 'a', epoch 0"):
        tri.open(store.path).load()


def _record_all(path: str, observer: str) -> None:
    store = tri.Store(path)
    for epoch in range(5):
        store.record(observer, epoch, np.full(50, epoch))


def test_two_processes_write_different_observers_at_once(tmp_path):
    path = str(tmp_path / "both.zarr")
    tri.create(path, observers=["a", "b"], items=[str(k) for k in range(50)], epochs=range(5))
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_record_all, args=(path, name)) for name in ("a", "b")]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
        assert worker.exitcode == 0
    assert tri.Store(path).pending() == []
    values = tri.open(path)["response"].values
    assert (values == np.arange(5)[None, :, None]).all()


RECORDER = """
import sys, numpy as np, trichotomy as tri
store = tri.Store(sys.argv[1])
for epoch in range(100000):
    store.record("a", epoch % 1000, np.full(200_000, epoch % 1000), p_target=np.full(200_000, 0.5))
    print(epoch, flush=True)
"""


@pytest.mark.parametrize("delay", [0.0, 0.004, 0.011, 0.023])
def test_a_killed_recorder_leaves_exactly_the_finished_epochs(tmp_path, delay):
    path = tmp_path / "killed.zarr"
    tri.create(
        path, observers=["a"], items=[str(k) for k in range(200_000)], epochs=range(1000),
        arrays=["response", "p_target"],
    )  # fmt: skip
    worker = subprocess.Popen([sys.executable, "-c", RECORDER, str(path)], stdout=subprocess.PIPE, text=True)
    assert worker.stdout is not None
    reported = [int(worker.stdout.readline()) for _ in range(3)]
    time.sleep(delay)
    os.kill(worker.pid, signal.SIGKILL)
    reported += [int(line) for line in worker.stdout if line.endswith("\n")]
    worker.wait()
    worker.stdout.close()
    store = tri.Store(path)
    done = np.flatnonzero(store.done()[0])
    assert done.tolist() in (
        reported,
        [*reported, reported[-1] + 1],
    )  # the last may have ended before it was told
    d = store.read()
    for epoch in done:
        assert (d["response"].sel(epoch=epoch).values == epoch).all()
        assert (d["p_target"].sel(epoch=epoch).values == 0.5).all()
    store.record("a", int(done[-1]) + 1, np.zeros(200_000), p_target=np.zeros(200_000))
    assert len(store.pending()) == 1000 - len(done) - 1


def test_metadata_is_json_that_names_schema_and_classes(store):
    attributes = json.loads((Path(store.path) / "zarr.json").read_text())["attributes"]
    assert attributes["schema_version"] == 1
    assert attributes["classes"][0] == "c0"


def test_a_url_without_fsspec_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "fsspec", None)
    with pytest.raises(MissingExtraError, match=r'pip install "trichotomy\[remote\]"'):
        tri.open("s3://bucket/store.zarr")


def test_declaring_a_large_study_takes_little_memory(tmp_path):
    """300 networks, 100 epochs, 50,000 items: a table of the decisions to come would be 1.5e9 numbers."""
    tracemalloc.start()
    declared = tri.create(
        tmp_path / "s.zarr", observers=[f"o{k}" for k in range(300)], items=[f"i{k}" for k in range(50_000)],
        target=np.full(50_000, 40_000), epochs=range(100), classes=[f"c{k}" for k in range(40_001)],
    )  # fmt: skip
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 200e6
    assert len(declared.pending()) == 30_000
    assert declared.read()["response"].dtype == np.int32


def test_what_is_broadcast_is_checked_too():
    row = np.broadcast_to(np.array([0, 5]), (2, 3, 2))
    with pytest.raises(InputError, match="6 values of 'response' lie outside -2"):
        tri.from_arrays(row, classes=["a", "b", "c"], epochs=range(3))
    assert tri.from_arrays(row, epochs=range(3))["response"].values.tolist() == row.tolist()


@pytest.mark.parametrize("where", ["response/s.zarr", "memory://response/s.zarr", "correct/c/s.zarr"])
def test_what_is_done_does_not_hang_on_the_names_of_folders(tmp_path, where):
    path = where if "://" in where else tmp_path / where
    if "://" in where:
        pytest.importorskip("fsspec")
    else:
        path.parent.mkdir(parents=True)
    store = tri.create(
        path, observers=["a", "b"], items=ITEMS, epochs=range(3), planned_epochs=[3, 2], force=True
    )
    store.record("a", 1, range(7))
    store.record("b", 0, range(7))
    assert store.done().tolist() == [[False, True, False], [True, False, False]]
    assert [store.done_by(o).tolist() for o in store.observers] == store.done().tolist()


def test_an_epoch_of_several_chunks_is_done_with_the_last(tmp_path, monkeypatch):
    monkeypatch.setattr("trichotomy.decisions.creation.CHUNK_ITEMS", 3)
    store = tri.create(tmp_path / "s.zarr", observers=["a"], items=ITEMS, epochs=range(2))
    store.record("a", 1, range(7))
    assert store.done_by("a").tolist() == [False, True]
    (tmp_path / "s.zarr" / "response" / "c.0.1.2").unlink()
    assert store.done_by("a").tolist() == store.done()[0].tolist() == [False, False]


def test_notes_of_failure_are_taken_back_where_there_are_any(tmp_path):
    store = tri.create(
        tmp_path / "s.zarr", observers=["a", "b", "c"], items=ITEMS,
        observer_coords={"failure": np.array(["", "", ""], object)},
    )  # fmt: skip
    store.fail("a", "one reason")
    store.fail("b", "another")
    store.forgive(["a", "c"])
    assert store.read()["failure"].values.tolist() == ["", "another", ""]
    assert not (
        tmp_path / "s.zarr" / "failure" / "c.2"
    ).exists()  # nothing was written where nothing was noted
