"""Runs in worker processes: what goes wrong with one is recorded with its reason, and the others go on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from processes import workers_of
from small_study import CONDITIONS, SMALL, InProcess, carried_out, chunks, differing, only

import trichotomy as tri
from trichotomy.errors import InputError
from trichotomy.training import Condition, Event, LocalExecutor, Machine, Outcome, study
from trichotomy.training.study import devices

NETWORKS = '''
"""A user's own networks, some of which are not what they should be."""
import os, signal, sys
from torch import nn
from trichotomy.models.tiny import tiny_resnet

class Wrapped(nn.Module):
    """A network that does something when it is shown its second batch of ten in training."""
    def __init__(self, **options):
        super().__init__()
        self.network, self.batches = tiny_resnet(**options), 0
    def forward(self, x):
        if self.training and len(x) == 10:
            self.batches += 1
            if self.batches == 2:
                self.act()
        return self.network(x)
    def act(self):
        pass

class Talks(Wrapped):
    def act(self):
        print('{"done": true}')
        os.system('echo "{\\\\"failed\\\\": \\\\"by a child\\\\"}"')
        os.write(1, b'\\xff no json\\n')

class Raises(Wrapped):
    def act(self):
        raise MemoryError("no room for a tensor")

class Exits(Wrapped):
    def act(self):
        sys.stderr.write("last words\\n")
        sys.stderr.flush()
        os._exit(3)

class Dies(Wrapped):
    def act(self):
        os.kill(os.getpid(), signal.SIGKILL)
'''
FAULTS = {
    "dies": "the worker was killed by SIGKILL (out of memory?)",
    "exits": "the worker ended with status 3: last words",
    "raises": "MemoryError: no room for a tensor",
    "nan": "the training loss is ",
}
GOOD = ("base", "talks", "after")


def recipe_with_faults():
    mine = tuple(
        Condition(name, "network", ({"architecture": f"faulty_networks:{name.title()}"},))
        for name in ("dies", "exits", "raises", "talks")
    )
    nan = Condition("nan", "learning rate", ({"learning_rate": 1e9},))
    after = Condition("after", "order", ({"order": 1},))
    settings = SMALL.settings.with_changes({"batch_size": 10, "epochs": 2, "milestones": []})
    return replace(only(), conditions=(CONDITIONS[0], *mine, nan, after), settings=settings)


@dataclass
class Told:
    """A study as it was told, and as it ended."""

    store: Path
    events: list[Event] = field(default_factory=list)
    outcome: Outcome | None = None
    failures: list[str] = field(default_factory=list)
    workers: set[int] = field(default_factory=set)
    groups: list[int] = field(default_factory=list)

    def of(self, observer: str) -> list[Event]:
        return [e for e in self.events if e.observer == observer]


@pytest.fixture(scope="module")
def faulty(tmp_path_factory) -> Told:
    """Networks that go wrong in every way, with two workers; their module lies in the current folder."""
    folder = tmp_path_factory.mktemp("faulty")
    (folder / "faulty_networks.py").write_text(NETWORKS)
    (folder / "safetensors.py").write_text("raise RuntimeError('a file of the same name as a library')\n")
    told = Told(folder / "s.zarr")
    before = Path.cwd()
    try:
        os.chdir(folder)
        with pytest.MonkeyPatch.context() as patch:
            patch.syspath_prepend(folder)
            patch.delitem(__import__("sys").modules, "faulty_networks", raising=False)
            told.outcome = study(
                "gaussian",
                told.store,
                recipe=recipe_with_faults(),
                executor=LocalExecutor(("cpu", "cpu")),
                lockstep=3,
                told=told.events.append,
                planned=lambda _, groups: told.groups.extend(map(len, groups)),
            )
    finally:
        os.chdir(before)
    return told


@pytest.mark.parametrize("observer", FAULTS)
def test_a_run_that_goes_wrong_fails_with_its_reason(faulty, observer):
    assert FAULTS[observer] in faulty.outcome.failed[observer]
    last = faulty.of(observer)[-1]
    assert (last.kind, last.reason) == ("failed", faulty.outcome.failed[observer])


def test_the_others_go_on(faulty):
    assert faulty.outcome.finished == GOOD
    assert set(faulty.outcome.failed) == set(FAULTS)


def test_whatever_a_network_prints_is_no_news(faulty):
    kinds = [e.kind for e in faulty.of("talks")]
    assert [kind for kind in kinds if kind != "started"] == ["epoch", "epoch", "epoch", "done"]


@pytest.mark.parametrize("observer", [*FAULTS, *GOOD])
def test_every_run_starts_tells_its_epochs_in_order_and_ends_once(faulty, observer):
    """It starts again where the group that it was in broke, and ends once."""
    events = faulty.of(observer)
    kinds = [e.kind for e in events]
    assert kinds[0] == "started"
    assert kinds[-1] == ("done" if observer in GOOD else "failed")
    assert set(kinds[:-1]) <= {"started", "epoch"}
    epochs = [e.epoch for e in events if e.kind == "epoch"]
    assert epochs == [0, 1, 2] if observer in GOOD else set(epochs) <= {0}


def test_a_group_that_breaks_is_halved(faulty):
    """Six need the same batches, in two groups of three; alone each of the three faults ends a process once more."""
    starts = {
        observer: sum(e.kind == "started" for e in faulty.of(observer)) for observer in GOOD + tuple(FAULTS)
    }
    assert starts["after"] == 1
    for observer in ("dies", "exits", "raises"):
        assert 2 <= starts[observer] <= 3
    assert faulty.groups == [3, 3, 1]


def test_the_store_says_which_failed_and_why(faulty):
    d = tri.open(faulty.store)
    noted = dict(zip(map(str, d["observer"].values), map(str, d["failure"].values), strict=True))
    assert noted == {**dict.fromkeys(GOOD, ""), **faulty.outcome.failed}


def test_what_a_failed_run_had_recorded_stays(faulty):
    """Before training; the epoch in which it failed is not there."""
    d = tri.open(faulty.store)
    for observer in FAULTS:
        answered = (d["response"].sel(observer=observer) >= 0).all("item").values.tolist()
        assert answered == [True, False, False], observer


def test_the_measures_told_are_those_recorded(faulty):
    d = tri.open(faulty.store)["measures"].sel(observer="after")
    for event in faulty.of("after")[1:-1]:
        for name, value in event.measures.items():
            assert float(d.sel(epoch=event.epoch, measure=name)) == pytest.approx(value, rel=1e-6)
    assert set(faulty.of("after")[-2].measures) == set(map(str, d["measure"].values))


def test_no_worker_outlives_the_study(faulty):
    assert workers_of(faulty.store) == []


# ------------------------------------------------------------------------------------------ a worker that is killed


@pytest.fixture(scope="module")
def mended(tmp_path_factory) -> tuple[Told, Told]:
    """A study whose only worker is killed while base trains, and the same resumed with room for three."""
    out = tmp_path_factory.mktemp("mended") / "s.zarr"
    recipe = only("nesterov", "half-data", longer=100)
    first, second = Told(out), Told(out)

    def kill(event: Event) -> None:
        first.events.append(event)
        if (event.observer, event.kind, event.epoch) == ("base", "epoch", 5):
            (pid,) = workers_of(out)
            os.kill(pid, signal.SIGKILL)

    def count(event: Event) -> None:
        second.events.append(event)
        second.workers.update(workers_of(out))

    for told, heard, room in ((first, kill, 1), (second, count, 3)):
        told.outcome = study(
            "gaussian",
            out,
            recipe=recipe,
            resume=True,
            lockstep=1,
            executor=LocalExecutor(("cpu",) * room),
            told=heard,
        )
        told.failures = list(map(str, tri.open(out)["failure"].values))
    return first, second


def test_of_a_worker_that_is_killed_only_its_run_fails(mended):
    first, _ = mended
    assert first.outcome.finished == ("nesterov", "half-data-1", "half-data-2")
    assert first.outcome.failed == {"base": "the worker was killed by SIGKILL (out of memory?)"}
    assert first.failures == ["the worker was killed by SIGKILL (out of memory?)", "", "", ""]


def test_resuming_mends_it(mended, tmp_path):
    """From where it stood, to the bit; the note of the failure goes."""
    _, second = mended
    assert second.outcome.finished == ("base", "nesterov", "half-data-1", "half-data-2")
    assert second.failures == [""] * 4
    assert {e.observer for e in second.events} == {"base"}
    assert min(e.epoch for e in second.of("base") if e.kind == "epoch") >= 5
    through = carried_out(tmp_path / "s.zarr", only("nesterov", "half-data", longer=100))
    assert differing(second.store, through) == []


def test_there_are_no_more_workers_than_runs(mended):
    _, second = mended
    assert len(second.workers) == 1


def test_two_workers_do_as_one_would(faulty, tmp_path):
    """The networks beside those that failed are what they are alone and in one process."""
    mine = replace(recipe_with_faults(), conditions=(CONDITIONS[0], recipe_with_faults().conditions[-1]))
    alone = carried_out(tmp_path / "s.zarr", mine)
    beside = chunks(faulty.store)
    assert len(chunks(alone)) == 2 * 3 * 4
    assert {place: beside[place] for place in chunks(alone)} == chunks(alone)


def test_a_run_that_fails_again_is_noted_again(tmp_path):
    recipe = only(longer=0)
    bad = Condition("nan", "rate", ({"learning_rate": 1e30},))
    recipe = replace(recipe, conditions=(*recipe.conditions, bad))
    reasons = []
    for _ in range(2):
        outcome = study("gaussian", tmp_path / "s.zarr", recipe=recipe, resume=True, executor=InProcess())
        reasons.append(outcome.failed)
        assert outcome.finished == ("base",)
    assert reasons[0] == reasons[1]
    assert "in epoch 1 (learning rate 1e+30)" in reasons[0]["nan"]


# ------------------------------------------------------------------------------------------------------ the executor


def test_a_worker_that_cannot_open_the_store_says_why(tmp_path):
    """And it is no fault of the networks: they are not tried again."""
    events = list(LocalExecutor(("cpu",)).execute(tmp_path / "absent.zarr", [("a", "b")]))
    assert [(e.observer, e.kind) for e in events] == [
        ("a", "started"), ("b", "started"), ("a", "failed"), ("b", "failed")
    ]  # fmt: skip
    assert "ended with status 1: trichotomy.errors.StoreError: there is no store at" in events[2].reason


SLEEPS = """
import time
from trichotomy.models.tiny import tiny_resnet

def network(**options):
    made = tiny_resnet(**options)
    made.register_forward_pre_hook(lambda module, inputs: time.sleep(100 * module.training))
    return made
"""


def test_a_worker_ends_at_once_with_whoever_gave_it_work(tmp_path, monkeypatch):
    """In the middle of an epoch: the operating system closes its input when its parent dies."""
    (tmp_path / "sleepy_network.py").write_text(SLEEPS)
    monkeypatch.syspath_prepend(tmp_path)
    settings = SMALL.settings.with_changes({"architecture": "sleepy_network:network"})
    out = tmp_path / "s.zarr"
    study("gaussian", out, recipe=replace(only(), settings=settings), executor=Elsewhere())
    with subprocess.Popen(
        [sys.executable, "-m", "trichotomy.training.execution.worker", str(out), "cpu"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=tmp_path,
    ) as worker:  # fmt: skip
        try:
            worker.stdin.write('["base"]\n')
            worker.stdin.flush()
            assert "ready" in worker.stdout.readline()
            assert '"epoch": 0' in worker.stdout.readline()
            worker.stdin.close()
            assert worker.wait(timeout=20) == 0
        finally:
            worker.kill()


def test_half_a_line_of_a_dying_worker_is_no_news(tmp_path, monkeypatch):
    """And whoever listens goes on to hear that it has died."""
    script = tmp_path / "python"
    event = json.dumps({"observer": "a", "kind": "epoch"})
    script.write_text(f"#!/bin/sh\nprintf '{event}\\n{event[:20]}'\nexit 9\n")
    script.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(script))
    events = list(LocalExecutor(("cpu",)).execute(tmp_path, [("a",)]))
    assert [(e.kind, e.epoch) for e in events] == [("started", 0), ("epoch", 0), ("failed", 0)]
    assert events[-1].reason == "the worker ended with status 9"


class Elsewhere:
    """An executor that does nothing, as one that hands jobs to a cluster and comes back too early."""

    def execute(self, store: Path, groups: Sequence[Sequence[str]]):
        self.given = store, list(groups)
        yield from ()


def test_any_executor_will_do_and_what_it_does_not_do_is_told(tmp_path):
    executor = Elsewhere()
    outcome = study("gaussian", tmp_path / "s.zarr", recipe=only("nesterov"), workers=1, executor=executor)
    assert executor.given == ((tmp_path / "s.zarr").resolve(), [("base", "nesterov")])
    assert outcome.failed == dict.fromkeys(("base", "nesterov"), "not all epochs are recorded")


def test_one_device_for_each_worker(monkeypatch):
    assert devices(Machine(), 3) == ("cpu",) * 3
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)))
    assert devices(Machine(), None) == ("cpu",) * 8
    assert devices(Machine(threads=3), None) == ("cpu",) * 2
    assert devices(Machine(threads=99), None) == ("cpu",)
    with pytest.raises(InputError, match="at least one"):
        devices(Machine(), 0)


def test_each_gpu_once_or_in_turn(monkeypatch):
    import torch

    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert devices(Machine(device="cuda"), None) == ("cuda:0", "cuda:1")
    assert devices(Machine(device="cuda"), 3) == ("cuda:0", "cuda:1", "cuda:0")
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    with pytest.raises(InputError, match="--device cpu"):
        devices(Machine(device="cuda"), None)
