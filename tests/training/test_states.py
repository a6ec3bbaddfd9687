"""States on disk: complete or not taken for one, no pickles, and only those kept that are asked for."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from small_study import equal

from trichotomy.training.states import ENTROPY, OPTIMIZER, PACE_SECONDS, Pace, States

Tensors = dict[str, torch.Tensor]


def tensors(value: float) -> Tensors:
    """Several types and memory formats, as a network's state has them."""
    return {
        "conv.weight": torch.full((4, 3, 2, 2), value).contiguous(memory_format=torch.channels_last),
        "norm.num_batches_tracked": torch.tensor(int(value)),
        "norm.running_mean": torch.linspace(0, value, 4),
    }


def saved(folder: Path, keep: str, epochs: int) -> States:
    states = States(folder, keep)
    for epoch in range(epochs):
        momentum = {"conv.weight": tensors(-epoch)["conv.weight"]} if epoch else {}
        save(states, epoch, tensors(epoch), momentum)
    return states


def save(states: States, epoch: int, weights: Tensors, momentum: Tensors) -> None:
    states.save_weights(epoch, weights)
    states.save_optimizer(epoch, momentum)


def files(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir())


@pytest.mark.parametrize("keep", ["all", "last", "none"])
def test_the_latest_state_comes_back_to_the_bit(tmp_path, keep):
    epoch, weights, momentum = saved(tmp_path, keep, 4).latest()
    assert epoch == 3
    assert equal(weights, tensors(3))
    assert equal(momentum, {"conv.weight": tensors(-3)["conv.weight"]})


def test_before_training_there_is_no_momentum_to_keep(tmp_path):
    epoch, weights, momentum = saved(tmp_path, "last", 1).latest()
    assert (epoch, momentum) == (0, {})
    assert equal(weights, tensors(0))


def test_there_is_no_state_where_nothing_was_saved(tmp_path):
    assert States(tmp_path / "absent", "last").latest() is None


@pytest.mark.parametrize(
    ("keep", "left"),
    [
        ("all", ["epoch-0000.safetensors", "epoch-0001.safetensors", "epoch-0002.safetensors", OPTIMIZER]),
        ("last", ["epoch-0002.safetensors", OPTIMIZER]),
        ("none", ["epoch-0002.safetensors", OPTIMIZER]),
    ],
)
def test_only_the_epochs_asked_for_are_kept(tmp_path, keep, left):
    saved(tmp_path, keep, 3)
    assert files(tmp_path) == left


@pytest.mark.parametrize(("keep", "left"), [("all", True), ("last", True), ("none", False)])
def test_the_end_of_training_removes_what_served_to_resume(tmp_path, keep, left):
    states = saved(tmp_path / "base", keep, 3)
    states.entropy()
    states.finish(2)
    assert (tmp_path / "base").exists() == left


def test_weights_are_a_plain_safetensors_file(tmp_path):
    states = saved(tmp_path, "all", 3)
    assert equal(load_file(states.weights(1)), tensors(1))
    assert states.weights(1).name == "epoch-0001.safetensors"


def test_the_same_state_is_the_same_file(tmp_path):
    """Also in another process: safetensors' own header has several keys in any order."""
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); from pathlib import Path; import test_states as t; "
        "t.saved(Path(sys.argv[2]), 'all', 3)"
    )
    saved(tmp_path / "a", "all", 3)
    there = [str(Path(__file__).parent), str(tmp_path / "b")]
    subprocess.run([sys.executable, "-c", code, *there], check=True)
    one, other = ({p.name: p.read_bytes() for p in (tmp_path / n).iterdir()} for n in ("a", "b"))
    assert len(one) == 4
    assert one == other


@pytest.mark.parametrize("name", [OPTIMIZER, "epoch-0002.safetensors"])
@pytest.mark.parametrize(
    "damage",
    [
        lambda _: b"",
        lambda b: b[: len(b) // 2],
        lambda b: b[:-1],
        lambda b: b[:4],
        lambda b: b"\xff" * len(b),
        lambda b: b[:-5] + bytes([b[-5] ^ 4]) + b[-4:],
        lambda b: b[:-16] + bytes(16),
    ],
    ids=["empty", "half", "one byte short", "four bytes", "other bytes", "one bit", "zeros at the end"],
)
def test_a_damaged_file_is_no_state(tmp_path, name, damage):
    states = saved(tmp_path, "last", 3)
    content = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(damage(content))
    assert states.latest() is None


@pytest.mark.parametrize("name", [OPTIMIZER, "epoch-0002.safetensors"])
def test_a_missing_file_is_no_state(tmp_path, name):
    states = saved(tmp_path, "last", 3)
    (tmp_path / name).unlink()
    assert states.latest() is None


def test_weights_without_their_optimisers_state_are_not_taken(tmp_path):
    """What a job leaves that dies between the two files: the epoch before is the latest."""
    states = saved(tmp_path, "last", 1)
    states.save_weights(1, tensors(1))
    epoch, weights, _ = States(tmp_path, "last").latest()
    assert epoch == 0
    assert equal(weights, tensors(0))


def test_what_a_dead_job_left_half_written_is_never_read(tmp_path):
    states = saved(tmp_path, "last", 2)
    (tmp_path / ".0123456789abcdef.partial").write_bytes(b"half")
    assert states.latest()[0] == 1
    save(states, 2, tensors(2), {})
    assert states.latest()[0] == 2
    states.finish(2)
    assert files(tmp_path) == ["epoch-0002.safetensors", OPTIMIZER]


@pytest.mark.parametrize(("keep", "left"), [("all", [2, 3]), ("last", [3]), ("none", [])])
def test_the_end_tidies_after_a_job_that_died_at_its_last_epoch(tmp_path, keep, left):
    """Its last weights are there and its decisions too; only the optimiser's state was not written any more."""
    states = saved(tmp_path / "base", keep, 3)
    states.save_weights(3, tensors(3))
    States(tmp_path / "base", keep).finish(3)
    found = [int(p.stem[-4:]) for p in sorted((tmp_path / "base").glob("epoch-*"))]
    assert found[-2:] == left


def test_another_epochs_optimiser_names_its_own_weights(tmp_path):
    """A run that starts again goes back to epoch 0 in a folder that has later weights."""
    states = saved(tmp_path, "all", 3)
    save(states, 0, tensors(9), {})
    epoch, weights, _ = states.latest()
    assert epoch == 0
    assert equal(weights, tensors(9))


def test_entropy_is_drawn_once_and_kept(tmp_path):
    one = States(tmp_path / "a", "last").entropy()
    assert States(tmp_path / "a", "last").entropy() == one
    assert States(tmp_path / "b", "last").entropy() != one
    assert files(tmp_path / "a") == [ENTROPY]
    assert 0 <= one < 2**62


def test_of_two_jobs_that_draw_at_once_the_first_ones_seed_counts(tmp_path, monkeypatch):
    states = States(tmp_path, "last")
    first = states.entropy()
    monkeypatch.setattr(Path, "exists", lambda _: False)  # the other has looked before the first wrote
    assert States(tmp_path, "last").entropy() == first
    assert files(tmp_path) == [ENTROPY]


@pytest.mark.parametrize(
    ("keep", "saved"),
    [("all", [0, 1, 2, 3, 4, 5, 6]), ("last", [3, 6]), ("none", [3])],
)
def test_states_that_do_not_stay_are_saved_every_few_seconds(monkeypatch, keep, saved):
    """Epochs of 0.3 of the interval: 4 are over before the first is saved, and 3 do not make another one."""
    now = [0.0]
    monkeypatch.setattr("trichotomy.training.states.time.monotonic", lambda: now[0])
    pace = Pace(keep, 6)
    found = []
    for epoch in range(7):
        now[0] += 0.3 * PACE_SECONDS
        if pace.due(epoch):
            found.append(epoch)
    assert found == saved


def test_where_epochs_are_long_every_state_is_saved(monkeypatch):
    now = [0.0]
    monkeypatch.setattr("trichotomy.training.states.time.monotonic", lambda: now[0])
    pace = Pace("last", 3)
    found = []
    for epoch in range(4):
        now[0] += PACE_SECONDS
        found.append(pace.due(epoch))
    assert found == [True] * 4
