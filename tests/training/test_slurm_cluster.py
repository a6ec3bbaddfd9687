"""A real SLURM, of one node on this machine: jobs that are requeued, cancelled, killed, and that reach their limit.

``make test-slurm`` installs what it needs and runs these.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from one_node import cluster, missing
from processes import until, workers_of
from small_study import differing

import trichotomy as tri
from trichotomy.training import stands
from trichotomy.training.execution.notes import notes_of
from trichotomy.training.execution.slurm import LOGS

pytest.importorskip("submitit", reason="submitit is not installed")
pytestmark = [
    pytest.mark.long,
    pytest.mark.slurm,
    pytest.mark.skipif(
        bool(missing()) or os.geteuid() != 0,
        reason="needs root, and Debian's slurm-wlm and munge",
    ),
]
RECIPE = """
longer = {longer}
keep_states = "last"
[dataset]
train_per_class = 10
test_per_class = 5
[settings]
epochs = 4
batch_size = 12
milestones = [2]
train = {{ flip = true }}
test = {{}}
"""
SINGLE = """
conditions = ["base", "nesterov", "half-batch", "architecture", "half-data", "plus-1", "plus-10", "different-data"]
"""
AND_OTHERS = """
[[condition]]
name = "initialization"
instances = [{ initialization = 1 }]
[[condition]]
name = "learning-rate"
instances = [{ learning_rate = 0.15 }]
[[condition]]
name = "nondeterministic"
instances = [{ nondeterministic = true }]
[[condition]]
name = "order"
instances = [{ order = 1 }]
[[condition]]
name = "combined"
instances = [{ architecture = "tiny-plain", order = 1, nesterov = true, learning_rate = 0.15, initialization = 1 }]
"""
"""All thirteen, with one network where the paper has five."""
SLOW = """
conditions = ["base"]
longer = 0
[dataset]
train_per_class = 10
test_per_class = 5
[settings]
architecture = "slow_network:slow"
epochs = 70
batch_size = 50
milestones = [2]
train = { flip = true }
test = {}
"""
NETWORK = """
import time
from trichotomy.models.tiny import tiny_plain

def slow(**options):
    network = tiny_plain(**options)
    network.register_forward_pre_hook(lambda *_: time.sleep(PAUSE))
    return network
"""


@pytest.fixture(scope="module")
def slurm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, str]]:
    """The environment in which SLURM's commands find the cluster."""
    with cluster(tmp_path_factory.mktemp("cluster")) as environment:
        yield environment


def trichotomy(
    folder: Path, environment: Mapping[str, str], *arguments: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "trichotomy", *arguments], cwd=folder, env=environment, capture_output=True, text=True,
        check=False, timeout=900,
    )  # fmt: skip


@contextmanager
def started(folder: Path, environment: Mapping[str, str], *arguments: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "trichotomy", *arguments], cwd=folder, env=environment,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    with process:
        try:
            yield process
        finally:
            process.kill()


def asked(environment: Mapping[str, str], *command: str) -> str:
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, check=True, timeout=60
    ).stdout.strip()


def epochs(store: Path, observer: str = "base") -> int:
    return next(s.epoch for s in stands(store).standings if s.observer == observer)


def logs(store: Path) -> str:
    return "\n".join(p.read_text() for p in sorted((store / LOGS).rglob("*_log.*")))


@pytest.fixture
def here(slurm: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> Mapping[str, str]:
    """This process asks the same queue."""
    monkeypatch.setenv("SLURM_CONF", slurm["SLURM_CONF"])
    return slurm


def began_again(store: Path, observer: str) -> Callable[[], bool]:
    before = notes_of(store)[observer].since
    return lambda: notes_of(store)[observer].since > before


def test_all_conditions_with_jobs_that_are_interrupted_equal_a_local_run(here, tmp_path):
    (tmp_path / "recipe.toml").write_text(SINGLE + RECIPE.format(longer=600) + AND_OTHERS)
    jobs, local = tmp_path / "jobs.zarr", tmp_path / "local.zarr"
    words = ("study", "gaussian", "--recipe", "recipe.toml", "--device", "cpu")
    options = ("--slurm", "partition=debug,time=10,signal_delay=30")
    with started(tmp_path, here, *words, "--out", "jobs.zarr", *options) as run:
        until(jobs.exists, 60)
        for kind in ("timeout", "requeue"):
            begun = max(epochs(jobs), 0)
            until(lambda begun=begun: epochs(jobs) > begun + 20, 120)
            again = began_again(jobs, "base")
            job = next(s.job for s in stands(jobs).standings if s.observer == "base")
            if kind == "timeout":
                with suppress(subprocess.TimeoutExpired):  # it signals, and may then ask to signal for ever
                    subprocess.run(["scancel", "--signal=USR2", job], env=here, check=False, timeout=2)
            else:
                asked(here, "scontrol", "requeue", job)
            until(again, 600)
        out, err = run.communicate(timeout=900)
    assert run.returncode == 0, err + logs(jobs)
    assert "11 of 11 networks are trained." in out
    assert trichotomy(tmp_path, here, *words, "--out", "local.zarr").returncode == 0
    assert differing(jobs, local) == []
    assert not asked(here, "squeue", "--noheader")


def test_a_job_that_reaches_its_time_limit_goes_on_in_the_next(here, tmp_path):
    (tmp_path / "recipe.toml").write_text(SLOW)
    (tmp_path / "slow_network.py").write_text(NETWORK.replace("PAUSE", "0.2"))
    words = ("study", "gaussian", "--recipe", "recipe.toml", "--device", "cpu")
    done = trichotomy(
        tmp_path, here, *words, "--out", "jobs.zarr", "--slurm", "partition=debug,time=1,signal_delay=15"
    )
    assert done.returncode == 0, done.stderr + logs(tmp_path / "jobs.zarr")
    assert logs(tmp_path / "jobs.zarr").count("Requeued job") >= 1
    assert trichotomy(tmp_path, here, *words, "--out", "local.zarr").returncode == 0
    assert differing(tmp_path / "jobs.zarr", tmp_path / "local.zarr") == []


def test_jobs_that_are_killed_or_cancelled_fail_and_are_resumed(here, tmp_path):
    (tmp_path / "recipe.toml").write_text('conditions = ["base", "nesterov"]\n' + RECIPE.format(longer=1000))
    store = tmp_path / "jobs.zarr"
    words = ("study", "gaussian", "--recipe", "recipe.toml", "--device", "cpu", "--out", "jobs.zarr")
    first = trichotomy(tmp_path, here, *words, "--slurm", "partition=debug,time=10", "--no-wait")
    assert first.returncode == 0, first.stderr
    assert "0 of 2 networks are trained, 2 are left to jobs." in first.stdout
    until(lambda: epochs(store) > 10, 120)

    refused = trichotomy(tmp_path, here, *words, "--resume", "--workers", "1")
    assert refused.returncode == 2
    assert "waiting or running" in refused.stderr

    again = (*words, "--resume", "--slurm", "partition=debug,time=10")
    with started(tmp_path, here, *again) as follower:
        until(lambda: "in the queue already" in follower.stderr.readline(), 60)
        time.sleep(1)
        follower.send_signal(signal.SIGINT)
        _, said = follower.communicate(timeout=60)
    assert follower.returncode == 130
    assert "on without this command" in said
    assert "scancel" in said

    with started(tmp_path, here, *again) as follower:
        until(lambda: "in the queue already" in follower.stderr.readline(), 60)
        at = epochs(store)
        until(lambda: epochs(store) > at, 60)  # Ctrl-C has left it running
        os.kill(notes_of(store)["base"].process, signal.SIGKILL)
        _, said = follower.communicate(timeout=300)
    assert follower.returncode == 1, said
    assert "ended without finishing" in said
    assert tri.failures(tri.open(store)).keys() == {"base"}
    until(lambda: not workers_of(store), 30)

    with started(tmp_path, here, *again) as follower:
        until(lambda: epochs(store) > at + 10, 120)
        until(lambda: workers_of(store), 60)
        asked(here, "scancel", next(s.job for s in stands(store).standings if s.observer == "base"))
        until(lambda: not workers_of(store), 10)
        _, said = follower.communicate(timeout=300)
    assert follower.returncode == 1, said
    (state,) = (s.state for s in stands(store).standings if s.observer == "base")
    assert state in ("stopped", "failed")
    assert not list((store / "study" / "notes").glob(".*.partial"))


def test_what_sbatch_refuses_is_said_and_leaves_nothing_behind(here, tmp_path):
    words = ("study", "gaussian", "--device", "cpu", "--out", "x.zarr")
    done = trichotomy(tmp_path, here, *words, "--slurm", "partition=none")
    assert done.returncode == 2
    assert "invalid partition" in done.stderr
    assert list(tmp_path.iterdir()) == []
