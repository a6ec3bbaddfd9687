"""Following runs that others carry out."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_study import InProcess, only

from trichotomy.decisions import Store
from trichotomy.training import study
from trichotomy.training.execution.following import follow
from trichotomy.training.execution.notes import Note, notes_of, write_note

NOTE = Note(state="running", since=1.0, first=0, host="elsewhere", process=1, birth="1")


class Nobody(InProcess):
    def execute(self, _store, _groups):
        yield from ()


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Base and nesterov of three epochs, of which none has begun."""
    out = tmp_path / "s.zarr"
    study("gaussian", out, recipe=only("nesterov"), executor=Nobody())
    return out


def record(store: Path, observer: str, *epochs: int) -> None:
    s = Store(store)
    blank = [0] * s.read().sizes["item"]
    for epoch in epochs:
        s.record(
            observer, epoch, blank, p_target=blank, p_response=blank, measures={"test_accuracy": epoch / 4}
        )


def followed(store: Path, *steps, groups=(("base",), ("nesterov",)), earlier=None):
    """What is told while the steps are taken, one before each look, each with what has ended by then."""
    left = iter(steps)

    def ended():
        return next(left)() or {}

    return [
        (e.observer, e.kind, e.epoch or e.reason)
        for e in follow(store, groups, ended, earlier=earlier or {}, every=0.0)
    ]


def test_epochs_are_told_as_they_are_recorded_and_the_end_once_it_is_noted(store):
    def begins():
        write_note(store, "base", NOTE)
        record(store, "base", 0, 1)

    def goes_on():
        record(store, "base", 2, 3)

    def ends():
        write_note(store, "base", NOTE, state="done")

    def fails():
        write_note(store, "nesterov", NOTE, state="failed", reason="no memory")

    assert followed(store, begins, goes_on, ends, fails) == [
        ("base", "started", ""), ("base", "epoch", ""), ("base", "epoch", 1),
        ("base", "epoch", 2), ("base", "epoch", 3),
        ("base", "done", ""),
        ("nesterov", "started", ""), ("nesterov", "failed", "no memory"),
    ]  # fmt: skip


def test_measures_are_told_with_their_epoch(store):
    def ends():
        record(store, "base", 0, 1, 2, 3)
        return {0: "over"}

    events = list(follow(store, [["base"]], ends, earlier={}, every=0.0))
    assert [e.measures.get("test_accuracy") for e in events] == [0.0, 0.25, 0.5, 0.75, None]
    assert events[-1].kind == "done"


def test_a_group_that_ends_before_its_networks_are_done_has_failed(store):
    def over():
        record(store, "base", 0, 1, 2, 3)
        return {0: "job 7 ended without finishing"}

    assert followed(store, over, groups=[("base", "nesterov")])[-2:] == [
        ("base", "done", ""), ("nesterov", "failed", "job 7 ended without finishing")
    ]  # fmt: skip


def test_notes_of_earlier_attempts_say_nothing(store):
    write_note(store, "base", NOTE, state="failed", reason="long ago")

    def quiet():
        return None

    def over():
        record(store, "base", 0, 1, 2, 3)
        return {0: "over", 1: "over"}

    told = followed(store, quiet, over, earlier=notes_of(store))
    assert ("base", "failed", "long ago") not in told
    assert [t for t in told if t[1] != "epoch"] == [("base", "done", ""), ("nesterov", "failed", "over")]


def test_what_has_ended_may_come_late_over_a_network(store):
    looks = []

    def ended():
        looks.append(1)
        if len(looks) == 3:
            record(store, "base", 0, 1, 2, 3)
            write_note(store, "base", NOTE, state="done")
        return {0: "over"}

    events = list(follow(store, [["base"]], ended, earlier={}, every=0.0, patience=60.0))
    assert events[-1].kind == "done"


def test_a_run_that_begins_again_is_told_again(store):
    def begins():
        write_note(store, "base", NOTE)

    def again():
        write_note(store, "base", NOTE, since=2.0)

    def over():
        return {0: "over"}

    told = followed(store, begins, again, over, groups=[("base",)])
    assert [kind for _, kind, _ in told] == ["started", "started", "failed"]
