"""Where a study stands, from notes, the store and the queue."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path

import pytest
from small_study import InProcess, only

import trichotomy as tri
from trichotomy.decisions import Store
from trichotomy.errors import InputError
from trichotomy.training import Event, Standing, stands, study
from trichotomy.training.execution.notes import Noted, notes_of, write_note
from trichotomy.training.execution.submissions import (
    Job,
    QueueError,
    active,
    cancelling,
    in_queue,
    remember,
    submitted,
)

SQUEUE = """#!/bin/sh
echo "$@" >> {folder}/asked
cat {folder}/answer
cat {folder}/complaint >&2
exit $(cat {folder}/status)
"""


class Until(InProcess):
    """Trains base, and half of the others' epochs; their notes say that they run."""

    def __init__(self, *running: str) -> None:
        self.running = running

    def execute(self, store, _groups):
        yield from super().execute(store, [["base"]])
        for observer in self.running:
            yield Event(observer=observer, kind="started")
            for _ in range(2):
                yield Event(observer=observer, kind="epoch")


@pytest.fixture
def begun(tmp_path: Path) -> Path:
    """Base is done; nesterov has begun and stopped; half-batch has not begun."""
    out = tmp_path / "s.zarr"
    study("gaussian", out, recipe=only("nesterov", "half-batch"), executor=Noted(Until("nesterov")))
    return out


def named(store: Path) -> dict[str, Standing]:
    return {s.observer: s for s in stands(store).standings}


def states(store: Path) -> dict[str, str]:
    return {observer: s.state for observer, s in named(store).items()}


@pytest.fixture
def squeue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A queue that answers what it is told to."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "squeue").write_text(SQUEUE.format(folder=folder))
    (folder / "squeue").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")

    def answer(text: str = "", complaint: str = "", status: int = 0) -> Path:
        for name, content in (("answer", text), ("complaint", complaint), ("status", str(status))):
            (folder / name).write_text(content)
        return folder / "asked"

    answer()
    return answer


def jobs_for(store: Path, *observers: str) -> None:
    jobs = [Job(id=f"7_{k}", cluster="slurm", observers=(o,), submitted=1e9) for k, o in enumerate(observers)]
    remember(store, jobs)


def test_a_network_that_is_done_says_how_well_it_does(begun):
    base = named(begun)["base"]
    measured = tri.open(begun)["measures"].sel(observer="base", epoch=3, measure="test_accuracy")
    assert (base.state, base.epoch, base.epochs, base.reason) == ("done", 3, 3, "")
    assert base.accuracy == pytest.approx(float(measured))
    assert base.last is not None
    assert abs(time.time() - base.last) < 60
    assert base.condition == "base"


def test_what_nobody_works_on_is_stopped(begun):
    assert states(begun) == {"base": "done", "nesterov": "stopped", "half-batch": "stopped"}
    assert named(begun)["half-batch"].epoch == -1


def test_what_a_living_process_works_on_runs_and_the_rest_waits_for_it(begun):
    note = notes_of(begun)["nesterov"]
    write_note(begun, "nesterov", note, state="running")
    assert states(begun) == {"base": "done", "nesterov": "running", "half-batch": "waiting"}
    write_note(begun, "nesterov", replace(note, birth="1"), state="running")
    assert states(begun)["nesterov"] == "stopped"
    assert "left" in named(begun)["nesterov"].reason
    write_note(begun, "nesterov", replace(note, birth="1", host="elsewhere"), state="running")
    assert states(begun)["nesterov"] == "running"  # nobody here can tell


def test_speed_and_time_left_count_from_where_the_run_began(begun):
    store = Store(begun)
    blank = [0] * store.read().sizes["item"]
    for epoch in range(3):
        store.record("nesterov", epoch, blank, p_target=blank, p_response=blank)
        os.utime(begun / "response" / f"c.1.{epoch}.0", (1000 + 50 * epoch, 1000 + 50 * epoch))
    write_note(begun, "nesterov", replace(notes_of(begun)["nesterov"], first=1), state="running")
    standing = named(begun)["nesterov"]
    assert (standing.epoch, standing.seconds_per_epoch, standing.seconds_left) == (2, 50.0, 50.0)
    assert (
        stands(begun).seconds_left == 200.0
    )  # one at a time: this one's last epoch, and three of the other's


def test_a_failure_is_told_with_its_reason(begun):
    Store(begun).fail("half-batch", "the loss is nan")
    write_note(begun, "nesterov", notes_of(begun)["nesterov"], state="failed", reason="no memory")
    assert (named(begun)["nesterov"].state, named(begun)["nesterov"].reason) == ("failed", "no memory")
    assert (named(begun)["half-batch"].state, named(begun)["half-batch"].reason) == (
        "failed", "the loss is nan"
    )  # fmt: skip


def test_jobs_in_the_queue_wait_run_or_have_ended(begun, squeue):
    jobs_for(begun, "nesterov", "half-batch")
    asked = squeue("7_0 RUNNING\n7_1 PENDING\n")
    write_note(
        begun, "nesterov", replace(notes_of(begun)["nesterov"], job="7_0", host="node3"), state="running"
    )
    look = named(begun)
    assert (look["nesterov"].state, look["nesterov"].job, look["nesterov"].host) == (
        "running", "7_0", "node3"
    )  # fmt: skip
    assert (look["half-batch"].state, look["half-batch"].job) == ("waiting", "7_1")
    assert asked.read_text().splitlines() == ["--noheader --array --format=%i %T --jobs=7"]  # once for all
    squeue("7_1 RUNNING\n")
    assert states(begun) == {"base": "done", "nesterov": "stopped", "half-batch": "running"}
    squeue(complaint="slurm_load_jobs error: Invalid job id specified", status=1)
    assert states(begun) == {"base": "done", "nesterov": "stopped", "half-batch": "stopped"}
    assert "ended before it began" in named(begun)["half-batch"].reason


def test_a_run_that_was_requeued_waits_again(begun, squeue):
    jobs_for(begun, "nesterov")
    squeue("7_0 PENDING\n")
    assert states(begun)["nesterov"] == "waiting"  # its note says stopped


def test_a_queue_that_does_not_answer_is_no_reason_not_to_look(begun, squeue):
    jobs_for(begun, "nesterov")
    squeue(complaint="slurm_load_jobs error: Unable to contact slurm controller", status=1)
    look = stands(begun)
    assert "Unable to contact slurm controller" in look.trouble
    assert {s.observer: s.state for s in look.standings}["base"] == "done"
    with pytest.raises(QueueError, match="does not answer"):
        active(begun)


def test_where_there_is_no_squeue_the_sentence_says_so(begun, monkeypatch):
    jobs_for(begun, "nesterov")
    monkeypatch.setenv("PATH", "")
    assert "no squeue here" in stands(begun).trouble


def test_of_several_submissions_the_latest_counts(begun, squeue):
    jobs_for(begun, "nesterov")
    later = Job(id="9_0", cluster="slurm", observers=("nesterov",), submitted=2e9)
    remember(begun, [later])
    squeue("9_0 PENDING\n")
    assert [job.id for job in submitted(begun)] == ["7_0", "9_0"]
    assert active(begun) == [later]
    assert named(begun)["nesterov"].job == "9_0"
    assert cancelling([later, *submitted(begun)]) == "scancel 7 9"


def test_jobs_that_stand_in_for_a_cluster_run_while_their_process_does():
    ours = Job(id=str(os.getpid()), cluster="local", observers=("base",), submitted=0.0)
    assert in_queue([ours]) == {}  # no process of submitit's
    assert cancelling([ours]) == f"kill -INT {os.getpid()}"


def test_a_study_with_jobs_in_the_queue_is_not_resumed_elsewhere(begun, squeue):
    jobs_for(begun, "nesterov", "half-batch")
    squeue("7_0 PENDING\n7_1 PENDING\n")
    recipe = only("nesterov", "half-batch")
    with pytest.raises(InputError, match=r"2 jobs of .* scancel 7"):
        study("gaussian", begun, recipe=recipe, resume=True, executor=InProcess())
    squeue()
    assert not study("gaussian", begun, recipe=recipe, resume=True, executor=InProcess()).failed


def test_a_store_of_something_else_is_refused(tmp_path):
    tri.write(tri.simulate(3, 10), tmp_path / "s.zarr")
    with pytest.raises(InputError, match="no plan of a study"):
        stands(tmp_path / "s.zarr")
