"""Several processes for one network: what each takes, that nothing is lost, and that the same comes out every time."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from processes import until, workers_of
from safetensors.torch import load_file
from share_alike import COUNT, EVERY, trained
from small_study import differing, equal, only, weights

import trichotomy as tri
from trichotomy.errors import InputError
from trichotomy.training import Machine, Outcome, plan_study, study
from trichotomy.training.costs.estimate import estimate
from trichotomy.training.execution import Event
from trichotomy.training.ranks import ALONE, Ranks, join
from trichotomy.training.study import devices

TWO = Machine(ranks=2)


@given(count=st.integers(1, 9), items=st.integers(1, 60))
def test_the_shares_of_a_batch_are_the_batch(count, items):
    """Whole, and in halves where an update is made of each; those that take part have two of each half or more."""
    batch = np.random.default_rng(items).permutation(100)[:items]
    shares = [Ranks(rank, count).share(batch) for rank in range(count)]
    counting = [s for s in shares if s.counts]
    middle = items // 2
    assert shares[0].counts
    assert {s.whole for s in shares} == {items}
    assert sorted(p for s in counting for p in s.positions[: s.middle]) == sorted(batch[:middle])
    assert sorted(p for s in counting for p in s.positions[s.middle :]) == sorted(batch[middle:])
    assert len(counting) == max(min(count, middle // 2), 1)
    for share in shares:
        assert len(share.positions) >= min(items, 4)
        assert set(share.positions) <= set(batch)


def test_one_process_takes_everything_in_its_order():
    batch = np.array([5, 3, 9, 1, 4])
    share = ALONE.share(batch)
    assert share.positions.tolist() == batch.tolist()
    assert (share.middle, share.whole, share.counts) == (2, 5, True)
    assert ALONE.items(3).tolist() == [0, 1, 2]
    assert Ranks(1, 3).items(8).tolist() == [1, 4, 7]


def torchrun(count: int, *command: str) -> None:
    here = Path(__file__).parent
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(here), *sys.path]), "OMP_NUM_THREADS": "1"}
    run = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--local-addr=127.0.0.1"]
    done = subprocess.run(
        [*run, f"--nproc-per-node={count}", *command], env=environment, capture_output=True, text=True
    )
    assert not done.returncode, done.stderr


@pytest.mark.long
def test_three_processes_learn_what_one_learns_but_for_rounding(tmp_path):
    """Unequal shares, batches too small for all, half batches, items that do not divide by three, an idle parameter."""
    torchrun(COUNT, str(Path(__file__).parent / "share_alike.py"), str(tmp_path))
    for name, changes in EVERY.items():
        alone = trained(ALONE, changes)
        found = [load_file(tmp_path / f"{name}-{rank}.safetensors") for rank in range(COUNT)]
        assert all(equal(other, found[0]) for other in found)
        assert alone["responses"].shape == (47,)
        for key, values in alone.items():
            torch.testing.assert_close(found[0][key], values, rtol=1e-4, atol=1e-5, msg=f"{name} {key}")
        assert not torch.equal(found[0]["1.weight"], alone["1.weight"])


# ------------------------------------------------------------------------------------------------------------- a study

RECIPE = replace(
    only("nesterov", keep_states="last"), settings=only().settings.with_changes({"epochs": 25, "milestones": [20]})
)  # fmt: skip


def carried_out(out: Path, **options: object) -> Outcome:
    return study("gaussian", out, recipe=RECIPE, machine=TWO, workers=1, **options)


@pytest.fixture(scope="module")
def in_two(tmp_path_factory) -> Path:
    """Two networks in lock-step, each in two processes."""
    out = tmp_path_factory.mktemp("ranks") / "s.zarr"
    outcome = carried_out(out)
    assert not outcome.failed, outcome.failed
    assert outcome.finished == ("base", "nesterov")
    return out


def test_every_item_is_decided_once_and_in_its_place(in_two, tmp_path):
    """Before the first step the networks are those of one process; so each item's probability must be, too."""
    one = tmp_path / "one.zarr"
    few = replace(RECIPE, settings=RECIPE.settings.with_changes({"epochs": 1, "milestones": []}))
    study("gaussian", one, recipe=few, workers=1)
    found, alone = tri.open(in_two), tri.open(one)
    assert found["item"].values.tolist() == alone["item"].values.tolist()
    assert not (found["response"].values < 0).any()
    assert np.isfinite(found["p_target"].values).all()
    start = {"observer": "base", "epoch": 0}
    for name in ("p_target", "p_response"):
        np.testing.assert_allclose(found[name].sel(start), alone[name].sel(start), rtol=1e-5, atol=1e-6)
    assert (found["response"].sel(start).values == alone["response"].sel(start).values).all()
    losses = found["measures"].sel(observer="base", measure="train_loss").values[1:]
    assert losses[-1] < losses[0]


@pytest.mark.long
def test_killed_and_resumed_it_comes_out_the_same(in_two, tmp_path):
    """One of the two processes is killed: both end, and the network fails with a reason; the other trains alone."""
    out = tmp_path / "s.zarr"
    struck: list[int] = []

    def strike(event: Event) -> None:
        if event.kind == "epoch" and event.epoch == 3 and not struck:
            struck.append(event.epoch)
            os.kill(next(pid for pid in workers_of(out) if rank_of(pid) == "1"), signal.SIGKILL)

    outcome = carried_out(out, told=strike, lockstep=1)
    assert outcome.failed.keys() == {"base"}
    reason = outcome.failed[
        "base"
    ]  # of the other process, or of torchrun, which ends that as soon as it notices
    assert re.match(
        r"process 1 of 2 ended, perhaps because another had: \w+: |the worker ended with ", reason
    )
    until(lambda: not workers_of(out))
    outcome = carried_out(out, resume=True)
    assert not outcome.failed
    assert differing(in_two, out) == []
    assert all(equal(weights(in_two, o, 25), weights(out, o, 25)) for o in ("base", "nesterov"))


def rank_of(pid: int) -> str | None:
    environment = Path(f"/proc/{pid}/environ").read_bytes().decode(errors="replace")
    found = re.search(r"(?:^|\0)RANK=(\d+)", environment)
    return found[1] if found else None


# ------------------------------------------------------------------------------------------------------------ refusals

GONE = """
import os
from small_study import SMALL
from trichotomy import datasets

def noise():
    if "RANK" in os.environ:
        raise RuntimeError("the data have gone")
    return datasets.load("gaussian", **SMALL.dataset)
"""


def test_what_ends_the_processes_before_they_begin_is_told(tmp_path, monkeypatch):
    (tmp_path / "gone.py").write_text(GONE)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), str(Path(__file__).parent), *sys.path]))
    monkeypatch.syspath_prepend(tmp_path)
    recipe = replace(RECIPE, conditions=RECIPE.conditions[:1], dataset={})
    outcome = study("gone:noise", tmp_path / "s.zarr", recipe=recipe, machine=TWO, workers=1)
    assert "RuntimeError: the data have gone" in outcome.failed["base"]


def test_another_number_of_processes_is_another_study(in_two):
    with pytest.raises(InputError, match="machine ranks was 2 and is 1"):
        study("gaussian", in_two, recipe=RECIPE, resume=True)


def test_a_worker_that_is_alone_where_there_should_be_two_says_so(monkeypatch):
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    with pytest.raises(InputError, match=r"in 2 processes, and 1 of them started.*--nproc-per-node 2"):
        join(2, torch.device("cpu"))


def test_each_place_has_as_many_devices(monkeypatch):
    monkeypatch.setattr(sys.modules["trichotomy.training.study"], "processors", lambda: 8)
    assert devices(Machine(ranks=2), None) == ("cpu,cpu",) * 4
    assert devices(Machine(ranks=2, threads=3), None) == ("cpu,cpu",)
    assert devices(Machine(ranks=3), 2) == ("cpu,cpu,cpu",) * 2
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 5)
    assert devices(Machine(device="cuda", ranks=2), None) == ("cuda:0,cuda:1", "cuda:2,cuda:3")
    assert devices(Machine(device="cuda", ranks=2), 3)[2] == "cuda:0,cuda:1"
    with pytest.raises(InputError, match="ranks is 6, each on a GPU of its own, and there are 5 here"):
        devices(Machine(device="cuda", ranks=6), None)


def test_the_plan_of_such_a_study_can_be_timed():
    plan, data = plan_study("gaussian", recipe=RECIPE, machine=TWO)
    assert estimate(plan, data, devices=("cpu,cpu",)).seconds > 0
