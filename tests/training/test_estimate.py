"""What a study would cost."""

from __future__ import annotations

from dataclasses import replace
from math import ceil
from pathlib import Path

import pytest
from small_study import SMALL, carried_out, only

from trichotomy.training import Plan, plan_study
from trichotomy.training.estimate import GRAMS_PER_KWH, WATTS, Estimate, estimate
from trichotomy.training.job import STATES
from trichotomy.training.randomness import batches, training_order


def estimated(recipe=SMALL, **options) -> tuple[Plan, Estimate]:
    plan, data = plan_study("gaussian", recipe=recipe)
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


@pytest.mark.parametrize("keep", ["all", "last", "none"])
def test_the_size_of_the_states_is_about_what_they_take(tmp_path, keep):
    recipe = only("nesterov", "architecture", keep_states=keep)
    _, cost = estimated(recipe)
    states = carried_out(tmp_path / "s.zarr", recipe) / STATES
    taken = sum(p.stat().st_size for p in states.rglob("*.safetensors"))
    assert cost.state_bytes == pytest.approx(taken, rel=0.25)


def test_workers_share_the_time_and_not_the_energy(monkeypatch):
    clock = iter(range(1000))  # every timed pass takes one second
    monkeypatch.setattr("trichotomy.training.estimate.time.perf_counter", lambda: float(next(clock)))
    _, one = estimated(only("nesterov"))
    _, two = estimated(only("nesterov"), devices=("cpu", "cpu"))
    _, ten = estimated(only("nesterov"), devices=("cpu",) * 10)
    assert two.seconds == one.seconds / 2 == ten.seconds
    assert one.kilowatt_hours == two.kilowatt_hours == one.seconds * WATTS["cpu"] / 3.6e6
    assert one.kilograms_co2 == pytest.approx(one.kilowatt_hours * GRAMS_PER_KWH / 1000)


def test_time_is_scaled_up_from_that_of_an_image(monkeypatch):
    """48 images (four batches of 12) and 48 test images took a second each."""
    clock = iter(range(1000))
    monkeypatch.setattr("trichotomy.training.estimate.time.perf_counter", lambda: float(next(clock)))
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
