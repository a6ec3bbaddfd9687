"""Jobs through submitit, with processes of this machine in the place of SLURM."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from gate import AT, Gate, gate_in, gated
from processes import until, workers_of
from small_study import InProcess, carried_out, differing, only

from trichotomy.errors import InputError, UnknownNameError
from trichotomy.training import Event, Outcome, Recipe, SlurmExecutor, slurm_options, stands, study
from trichotomy.training.execution.notes import Noted, notes_of
from trichotomy.training.execution.slurm import FRUITLESS, LOGS, MINUTES, MOST_FRUITLESS, Submitted
from trichotomy.training.execution.slurm_keys import KEYS
from trichotomy.training.execution.submissions import Job, active, remember, submitted
from trichotomy.training.execution.task import Task

submitit = pytest.importorskip("submitit", reason="submitit is not installed")
pytestmark = pytest.mark.filterwarnings(  # submitit lets go of the processes that stand in for a cluster
    "ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning"
)
LOCAL = {"cluster": "local", "time": 5}


# --------------------------------------------------------------------------------------------- what --slurm may say


def test_what_slurm_is_to_do_is_taken_apart():
    assert slurm_options("partition=gpu,gpus=1,time=8:00:00,exclude=n1,n2,extra.licenses=a,extra.hint=x,mem=16G") == {
        "cluster": "slurm", "partition": "gpu", "gpus_per_node": 1, "time": 480, "exclude": "n1,n2", "mem": "16G",
        "additional_parameters": {"licenses": "a", "hint": "x"},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "minutes"), [("90", 90), ("0:30", 1), ("1:30:00", 90), ("2-0", 2880), ("1-12:00:01", 2161), ("10:00", 10)]
)  # fmt: skip
def test_times_are_read_as_sbatch_reads_them(text, minutes):
    assert slurm_options(f"time={text}")["time"] == minutes


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("partition", "'partition' is not KEY=VALUE"),
        ("partition=", "'partition=' is not KEY=VALUE"),
        ("gpus=two", "'two' is not a number of gpus"),
        ("gpus=-1", "'-1' is not a number of gpus"),
        ("time=soon", "'soon' is no time limit"),
        ("time=0", "leaves no time"),
    ],
)
def test_values_that_are_none_are_refused(text, words):
    with pytest.raises(InputError, match=words):
        slurm_options(text)


def test_the_nearest_key_is_named():
    with pytest.raises(UnknownNameError, match="Did you mean partition"):
        slurm_options("patition=gpu")
    with pytest.raises(UnknownNameError, match="Did you mean local"):
        slurm_options("cluster=locale")


def test_submitit_knows_every_parameter():
    assert {name for name, _ in KEYS.values()} <= submitit.SlurmExecutor._valid_parameters()


def test_what_sbatch_is_given(tmp_path, monkeypatch):
    """A program in sbatch's place keeps what it is given."""
    for name, line in (("srun", ""), ("sbatch", f"cp $1 {tmp_path}/given; echo Submitted batch job 12")):
        (tmp_path / name).write_text(f"#!/bin/sh\n{line}\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.chdir(tmp_path)
    store = carried_out(tmp_path / "s.zarr", only("nesterov"))
    options = slurm_options("partition=gpu,extra.licenses=matlab")
    told = []
    runner = SlurmExecutor(options=options, device="cuda:0", workers=1, wait=False, told=told.append)
    assert list(runner.execute(store, [("base",), ("nesterov",)])) == []
    given = (tmp_path / "given").read_text()
    for line in (
        "array=0-1%1", "partition=gpu", "gpus-per-node=1", f"time={MINUTES}", "licenses=matlab", "requeue",
        "job-name=trichotomy-s",
    ):  # fmt: skip
        assert f"#SBATCH --{line}\n" in given
    assert [(job.id, job.observers) for job in submitted(store)] == [
        ("12_0", ("base",)), ("12_1", ("nesterov",))
    ]  # fmt: skip
    assert told == ["Submitted 2 jobs: 12 (cancel with: scancel 12)."]


def test_where_there_is_no_slurm_it_is_refused(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(InputError, match="no SLURM here"):
        SlurmExecutor(options=slurm_options("partition=gpu"))
    with pytest.raises(InputError, match="workers is 0"):
        SlurmExecutor(options=LOCAL, workers=0)


# ------------------------------------------------------------------------------------------------------ jobs


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Gate]:
    yield from gate_in(tmp_path)


def submit(
    out: Path, recipe: Recipe, said: Callable[[str], None] = lambda _: None, **options: Any
) -> Outcome:
    executor = SlurmExecutor(options=LOCAL, wait=options.pop("wait", True), told=said)
    return study("gaussian", out, recipe=recipe, executor=executor, **options)


@pytest.mark.long
def test_a_job_whose_time_is_over_goes_on_in_the_next(gate, tmp_path):
    out, whole, recipe = tmp_path / "s.zarr", tmp_path / "whole.zarr", gated()
    first = submit(out, recipe, wait=False)
    assert (first.finished, first.failed, first.waiting) == ((), {}, ("base",))
    gate.reached(out, "base")
    job, pid = submitted(out)[0].id, notes_of(out)["base"].process
    assert stands(out).standings[0].state == "running"
    os.kill(pid, signal.SIGUSR2)  # as SLURM tells it

    sentences: list[str] = []
    events: list[Event] = []

    def opened(event: Event) -> None:
        events.append(event)
        if event.kind == "started" and notes_of(out)["base"].process != pid:
            gate.open()

    until(lambda: notes_of(out)["base"].process != pid)
    second = submit(out, recipe, sentences.append, told=opened, resume=True)
    assert (second.finished, second.failed, second.waiting) == (("base",), {}, ())
    assert [s for s in sentences if "in the queue already" in s] == sentences != []
    assert [e.kind for e in events] == ["started", "epoch", "done"]  # the last epoch is all that was left
    assert [j.id for j in submitted(out)] == [job]  # not submitted twice
    assert (notes_of(out)["base"].first, notes_of(out)["base"].job) == (AT + 1, job)
    (log,) = (out / LOGS / job).glob("*_0_log.err")
    assert "timed-out" in log.read_text()
    assert differing(out, carried_out(whole, recipe)) == []
    until(lambda: not active(out), 10)
    assert workers_of(out) == []


def test_a_job_that_is_killed_fails_and_is_resumed(gate, tmp_path):
    out, recipe = tmp_path / "s.zarr", gated()

    def kill(event: Event) -> None:
        if event.kind == "epoch" and event.epoch == AT:
            os.kill(notes_of(out)["base"].process, signal.SIGKILL)

    first = submit(out, recipe, told=kill)
    assert "ended without finishing" in first.failed["base"]
    assert str(out / LOGS) in first.failed["base"]
    until(lambda: not workers_of(out), 10)
    assert stands(out).standings[0].state == "failed"
    gate.open()
    second = study("gaussian", out, recipe=recipe, resume=True, executor=InProcess())
    assert second.finished == ("base",)
    assert differing(out, carried_out(tmp_path / "whole.zarr", recipe)) == []


def test_a_job_that_is_terminated_ends_its_workers_and_waits_for_the_kill(gate, tmp_path):
    out = tmp_path / "s.zarr"
    submit(out, gated(), wait=False)
    gate.reached(out, "base")
    pid = notes_of(out)["base"].process
    os.kill(pid, signal.SIGTERM)
    until(lambda: notes_of(out)["base"].state == "stopped", 10)
    until(lambda: not workers_of(out), 10)
    os.kill(pid, 0)  # what comes next is the cluster's to say
    (job,) = active(out)
    os.kill(int(job.id), signal.SIGINT)
    until(lambda: not active(out))
    assert stands(out).standings[0].state == "stopped"


# --------------------------------------------------------------------------------------------- what is requeued


def a_task(store: Path) -> Task:
    return Task(store=str(store), group=("base",), device="cpu", threads=1, folder=str(store.parent))


def test_a_job_that_never_gets_anywhere_is_given_up(tmp_path):
    store = carried_out(tmp_path / "s.zarr", only())
    job = Submitted(a_task(store))
    for fruitless in range(1, MOST_FRUITLESS):
        job.before = 4
        again = job.checkpoint()
        job = again.function
        assert job.fruitless == fruitless
        assert not job.requeuing
    job.before = 4
    assert job.checkpoint() is None
    job.before = 3  # but it has got on: an epoch more
    assert job.checkpoint().function.fruitless == 0


def test_who_is_given_up_is_told_why(tmp_path, monkeypatch):
    class Begins(InProcess):
        def execute(self, _store, _groups):
            yield Event(observer="base", kind="started")

    out = tmp_path / "s.zarr"
    study("gaussian", out, recipe=only(), executor=Noted(Begins()))

    def interrupted(_: Task) -> None:
        raise submitit.core.utils.UncompletedJobError

    monkeypatch.setattr("trichotomy.training.execution.slurm.carry_out", interrupted)
    monkeypatch.setattr("trichotomy.training.execution.slurm.signal.signal", lambda *_: None)
    monkeypatch.setattr(submitit, "JobEnvironment", lambda: type("Environment", (), {"job_id": "1"}))
    with pytest.raises(submitit.core.utils.UncompletedJobError):
        Submitted(a_task(out))()
    assert notes_of(out)["base"].reason == FRUITLESS
    assert stands(out).standings[0].state == "failed"


def test_a_store_that_jobs_are_at_work_on_stays_whatever_its_follower_meets(tmp_path):
    class Loses(InProcess):
        def execute(self, store, groups):
            remember(store, [Job(id="7_0", cluster="slurm", observers=tuple(groups[0]), submitted=0.0)])
            msg = "the queue has gone"
            raise InputError(msg)
            yield

    class Refuses(InProcess):
        def execute(self, _store, _groups):
            msg = "no such partition"
            raise InputError(msg)
            yield

    for executor, stays in ((Loses(), True), (Refuses(), False)):
        out = tmp_path / f"{stays}.zarr"
        with pytest.raises(InputError):
            study("gaussian", out, recipe=only(), executor=executor)
        assert out.exists() == stays
