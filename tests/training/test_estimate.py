"""What a study would cost."""

from __future__ import annotations

from dataclasses import replace
from math import ceil
from pathlib import Path

import pytest
from small_study import ARRAYS, SMALL, carried_out, only

from trichotomy.errors import InputError
from trichotomy.training import Condition, Machine, Plan, plan_study
from trichotomy.training.costs.cards import CARDS
from trichotomy.training.costs.estimate import GRAMS_PER_KWH, HOST_WATTS, WATTS, Estimate, estimate
from trichotomy.training.job import STATES
from trichotomy.training.randomness import batches, training_order


def estimated(recipe=SMALL, **options) -> tuple[Plan, Estimate]:
    plan, data = plan_study("gaussian", recipe=recipe, machine=options.pop("machine", None))
    return plan, estimate(plan, data, devices=options.pop("devices", ("cpu",)), **options)


def test_runs_epochs_steps_and_decisions_are_those_of_the_plan():
    plan, cost = estimated()
    steps = 0
    for run in plan.runs:
        cut = batches(training_order(1312, run.settings, 1, 100), run.settings.batch_size)
        steps += run.epochs * len(cut) * (2 if run.settings.half_batches else 1)
    assert (cost.runs, cost.epochs, cost.steps) == (31, 13 + 30 * 3, steps)
    assert cost.decisions == (13 + 1 + 30 * 4) * 50
    assert cost.store_bytes == 6 * cost.decisions
    assert cost.images_decoded == 13 * 100 + 28 * 3 * 100 + 2 * 3 * 50
    assert cost.images_shared == 0


@pytest.mark.parametrize("keep", ["all", "last", "none"])
def test_files_and_their_sizes_are_about_what_they_take(tmp_path, keep):
    recipe = only("nesterov", "architecture", keep_states=keep)
    _, cost = estimated(recipe)
    store = carried_out(tmp_path / "s.zarr", recipe)
    states = [p.stat().st_size for p in (store / STATES).rglob("*.safetensors")]
    assert cost.state_bytes[keep] == pytest.approx(sum(states), rel=0.25)
    assert cost.state_files[keep] == len(states)
    assert cost.store_files == sum(len(list((store / name).glob("c.*"))) for name in ARRAYS)


def test_workers_share_the_time_and_not_the_energy(monkeypatch):
    clock = iter(range(1000))  # every timed pass takes one second
    monkeypatch.setattr("trichotomy.training.costs.speed.time.perf_counter", lambda: float(next(clock)))
    _, one = estimated(only("nesterov"))
    _, two = estimated(only("nesterov"), devices=("cpu", "cpu"))
    _, ten = estimated(only("nesterov"), devices=("cpu",) * 10)
    assert two.seconds == one.seconds / 2 == ten.seconds
    assert one.kilowatt_hours == two.kilowatt_hours == one.seconds * WATTS["cpu"] / 3.6e6
    assert one.kilograms_co2 == pytest.approx(one.kilowatt_hours * GRAMS_PER_KWH / 1000)


def test_time_is_scaled_up_from_that_of_an_image(monkeypatch):
    """48 images (four batches of 12) and 48 test images took a second each."""
    clock = iter(range(1000))
    monkeypatch.setattr("trichotomy.training.costs.speed.time.perf_counter", lambda: float(next(clock)))
    _, cost = estimated(only("half-data"))
    trained = 3 * 100 + 2 * 3 * 50
    tested = 3 * 4 * 50
    assert cost.seconds == pytest.approx(trained / 48 + tested / 48)


def test_each_architecture_is_timed_once_and_named():
    named: list[str] = []
    _, cost = estimated(told=named.append)
    assert named == ["tiny-resnet", "tiny-plain"]
    assert "48 images with tiny-resnet, 48 images with tiny-plain" in cost.assumptions[0]
    assert any("15 W per busy core" in words for words in cost.assumptions)
    assert cost.seconds > 0


def test_batches_of_any_size_are_timed():
    recipe = replace(only(), settings=SMALL.settings.with_changes({"batch_size": 300}))
    _, cost = estimated(recipe)
    assert cost.steps == 3 * ceil(100 / 300)


def test_estimating_writes_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    estimated(only())
    assert list(Path().iterdir()) == []


def test_a_card_is_reckoned_with_by_the_multiply_adds_of_each_network(monkeypatch):
    """Nothing is timed; with steps that are no shorter than its layers take, as tiny networks' are."""
    monkeypatch.setattr("trichotomy.training.costs.speed.time.perf_counter", None)
    monkeypatch.setattr("trichotomy.training.costs.speed.LAYER_SECONDS", 0.0)
    _, cost = estimated(
        only("architecture"), card=CARDS["a100"], peak_share=0.5, machine=Machine(device="cuda")
    )
    each = {a.name: 2 * a.multiply_adds / (19.5e12 * 0.5) for a in cost.architectures}
    assert each.keys() == {"tiny-resnet", "tiny-plain"}
    seconds = sum(each.values()) * (3 * 3 * 100 + 4 * 50)  # three passes of three epochs; testing is one
    assert cost.device_seconds == cost.seconds == pytest.approx(seconds)
    assert cost.kilowatt_hours == pytest.approx(seconds * (400 + HOST_WATTS) / 3.6e6)
    assert cost.device == "NVIDIA A100 SXM 80 GB"
    assert "not measured" in cost.assumptions[0]
    assert "50% of the 19.5 TFLOPS in fp32" in cost.assumptions[0]
    assert all(a.images == 0 for a in cost.architectures)


def test_tiny_networks_wait_for_their_layers():
    _, cost = estimated(only(), card=CARDS["h100"], machine=Machine(device="cuda"))
    (found,) = cost.architectures
    assert found.images_per_second < 12 / (3 * 10 * 1e-5)  # batches of 12, more than ten layers
    _, mixed = estimated(only(), card=CARDS["h100"], machine=Machine(device="cuda", precision="bf16"))
    assert mixed.seconds == cost.seconds


@pytest.mark.parametrize("share", [0, -1, 1.01, float("nan")])
def test_a_share_that_is_none_is_refused(share):
    with pytest.raises(InputError, match="share of the card's peak is"):
        estimated(only(), card=CARDS["h100"], peak_share=share)


def test_several_workers_begin_with_the_longest(monkeypatch):
    """Base has eight epochs and the other two have three each: two workers need as long as base."""
    clock = iter(range(1000))
    monkeypatch.setattr("trichotomy.training.costs.speed.time.perf_counter", lambda: float(next(clock)))
    two = Condition("order", "order", ({"order": 1}, {"order": 2}))
    recipe = replace(only(longer=5), conditions=(SMALL.conditions[0], two))
    _, cost = estimated(recipe, devices=("cpu", "cpu"))
    base, other = (8 * 100 + 9 * 50) / 48, (3 * 100 + 4 * 50) / 48
    assert cost.device_seconds == pytest.approx(base + 2 * other)
    assert cost.seconds == cost.longest_seconds == pytest.approx(base)


def test_networks_that_train_together_read_their_images_once():
    groups = [["base", "nesterov"], ["order-1", "order-2", "order-3", "order-4", "order-5"]]
    _, cost = estimated(only("nesterov", "order", longer=2), groups=groups, devices=("cpu",) * 9)
    assert cost.images_decoded == 5 * 100 + 3 * 100
    assert cost.images_shared == 3 * 100 + 4 * 3 * 100
    assert cost.workers == 2
    assert cost.longest_seconds == cost.seconds < cost.device_seconds


def test_memory_is_that_of_weights_and_of_what_a_batch_keeps():
    _, small = estimated(only())
    _, large = estimated(replace(only(), settings=SMALL.settings.with_changes({"batch_size": 24})))
    weights = small.architectures[0]
    parameters = 3 * 4 * weights.parameters
    assert large.architectures[0].memory_bytes - parameters == pytest.approx(
        2 * (weights.memory_bytes - parameters), rel=0.02
    )


CHOOSY = """
from torch import nn

class Choosy(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(64, 10)
    def forward(self, x):
        return self.layer(x.flatten(1)) if x.sum() > 0 else self.layer(-x.flatten(1))

def network(*, classes, channels, size):
    return Choosy()
"""


def test_a_network_that_cannot_be_counted_is_timed_and_not_reckoned(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "choosy_network.py").write_text(CHOOSY)
    recipe = replace(only(), settings=SMALL.settings.with_changes({"architecture": "choosy_network:network"}))
    _, cost = estimated(recipe)
    assert (cost.architectures[0].multiply_adds, cost.architectures[0].memory_bytes) == (None, None)
    assert cost.seconds > 0
    with pytest.raises(
        InputError, match="multiply-adds of the network choosy_network:network cannot be counted"
    ):
        estimated(recipe, card=CARDS["h100"])
