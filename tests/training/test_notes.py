"""What runs note about themselves, and who reads it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import replace

import pytest
from small_study import InProcess, carried_out, only

import trichotomy as tri
from trichotomy.decisions import Store
from trichotomy.training import Event, study
from trichotomy.training.execution.notes import NOTES, Noted, birth_of, give_up, notes_of, write_note


class Scripted:
    """Tells what it was given, whatever the runs."""

    def __init__(self, *events: Event) -> None:
        self.events, self.closed = events, False

    def execute(self, _store, _groups):
        try:
            yield from self.events
        finally:
            self.closed = True


@pytest.fixture
def store(tmp_path):
    return carried_out(tmp_path / "s.zarr", only("nesterov"))


def told(store, executor, count):
    with closing(Noted(executor, job="7_1").execute(store, [("base",), ("nesterov",)])) as events:
        return [next(events) for _ in range(count)]


def failures(store):
    d = tri.open(store)
    return dict(zip(map(str, d["observer"].values), map(str, d["failure"].values), strict=True))


def test_a_run_is_noted_from_its_start_to_its_end(store):
    events = (
        Event(observer="base", kind="started"),
        Event(observer="base", kind="epoch", epoch=1, measures={"test_accuracy": 0.5}),
        Event(observer="base", kind="done"),
    )
    seen = []
    for event in Noted(Scripted(*events), job="7_1").execute(store, [("base",)]):
        seen.append(event)
        note = notes_of(store)["base"]
        assert (note.state, note.job, note.process) == (
            "done" if event.kind == "done" else "running", "7_1", os.getpid()
        )  # fmt: skip
        assert note.first == 4  # all epochs were there already
        assert abs(note.since - time.time()) < 60
    assert tuple(seen) == events


def test_a_failure_is_noted_and_stands_in_the_store_until_the_run_begins_again(store):
    failed = Scripted(
        Event(observer="base", kind="started"), Event(observer="base", kind="failed", reason="no memory")
    )
    told(store, failed, 2)
    assert (notes_of(store)["base"].state, notes_of(store)["base"].reason) == ("failed", "no memory")
    assert failures(store) == {"base": "no memory", "nesterov": ""}
    told(store, Scripted(Event(observer="base", kind="started")), 1)
    assert failures(store)["base"] == ""


def test_runs_that_had_begun_are_stopped_where_the_study_ends_early(store):
    script = Scripted(
        Event(observer="base", kind="started"),
        Event(observer="nesterov", kind="started"),
        Event(observer="nesterov", kind="done"),
        Event(observer="base", kind="done"),
    )
    told(store, script, 3)
    assert {o: n.state for o, n in notes_of(store).items()} == {"base": "stopped", "nesterov": "done"}
    assert script.closed
    assert sorted(p.name for p in (store / NOTES).iterdir()) == ["base.json", "nesterov.json"]


def test_giving_up_fails_only_what_had_begun_and_is_not_done(tmp_path):
    class OnlyBase(InProcess):
        def execute(self, store, _groups):
            yield Event(observer="nesterov", kind="started")
            yield from super().execute(store, [["base"]])

    out = tmp_path / "s.zarr"
    study("gaussian", out, recipe=only("nesterov", "half-batch"), executor=Noted(OnlyBase()))
    give_up(out, ["base", "nesterov", "half-batch"], "no time")
    assert failures(out) == {"base": "", "nesterov": "no time", "half-batch": ""}
    assert {o: n.state for o, n in notes_of(out).items()} == {"base": "done", "nesterov": "failed"}


def test_a_note_knows_whether_its_process_lives(store):
    told(store, Scripted(Event(observer="base", kind="started")), 1)
    note = notes_of(store)["base"]
    assert note.running_here() is True
    assert replace(note, birth="1").running_here() is False  # another process has got the number
    assert replace(note, host="elsewhere").running_here() is None
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert replace(note, process=process.pid).running_here() is False


def test_what_is_no_note_is_passed_over(store):
    (store / NOTES).mkdir(exist_ok=True)
    (store / NOTES / "base.json").write_text("{")
    (store / NOTES / "nesterov.json").write_text('{"state": "running"}')
    assert notes_of(store) == {}
    assert Store(store).observers == ["base", "nesterov"]


def test_a_study_that_another_process_is_at_work_on_is_not_resumed(tmp_path):
    out = tmp_path / "s.zarr"

    class Begins(InProcess):
        def execute(self, _store, _groups):
            yield Event(observer="base", kind="started")

    study("gaussian", out, recipe=only(), executor=Noted(Begins()))
    note = notes_of(out)["base"]
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        other = replace(note, process=process.pid, birth=birth_of(process.pid))
        write_note(out, "base", other, state="running")
        with pytest.raises(tri.errors.InputError, match=f"process {process.pid} of this machine"):
            study("gaussian", out, recipe=only(), resume=True, executor=InProcess())
        process.kill()
    assert not study("gaussian", out, recipe=only(), resume=True, executor=InProcess()).failed


def test_one_that_fails_before_it_has_begun_is_noted(store):
    told(store, Scripted(Event(observer="base", kind="failed", reason="no worker")), 1)
    assert (notes_of(store)["base"].state, failures(store)["base"]) == ("failed", "no worker")
