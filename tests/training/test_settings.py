"""Settings: checked, changed, written down."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest

from trichotomy.datasets import Augmentation
from trichotomy.errors import InputError, UnknownNameError
from trichotomy.training import Settings


def test_the_rate_falls_after_the_milestones_and_stays():
    """A tenth after epochs 30 and 60, as in the paper, also for the ten epochs that base runs on."""
    settings = Settings(epochs=90, learning_rate=0.1, milestones=(30, 60))
    assert [settings.rate(e) for e in (1, 30, 31, 60, 61, 90, 100)] == pytest.approx(
        [0.1, 0.1, 0.01, 0.01, 0.001, 0.001, 0.001]
    )


def test_the_cosine_starts_at_the_rate_falls_and_stays():
    settings = Settings(epochs=10, learning_rate=0.2, schedule="cosine")
    rates = [settings.rate(e) for e in range(1, 16)]
    assert rates[0] == 0.2
    assert rates[5] == pytest.approx(0.1)
    assert all(a > b for a, b in pairwise(rates[:10]))
    assert rates[9:] == [rates[9]] * 6


def test_a_constant_rate_is_constant():
    assert Settings(schedule="constant", milestones=(1,)).rate(9) == 0.1


def test_settings_go_through_json_and_come_back():
    settings = Settings(
        milestones=(3, 6), train=Augmentation(crop="padded", padding=4), nesterov=True, half=2
    )
    assert Settings().with_changes(json.loads(json.dumps(settings.as_plain()))) == settings


def test_a_whole_number_serves_as_a_number():
    assert Settings().with_changes({"learning_rate": 1}).learning_rate == 1.0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"learnin_rate": 0.1}, "learning_rate"),
        ({"train": {"cropp": "none"}}, "crop"),
        ({"schedule": "steps"}, "step"),
    ],
)
def test_the_nearest_name_is_suggested(changes, message):
    with pytest.raises(UnknownNameError, match=message):
        Settings().with_changes(changes)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"epochs": 0}, "at least 1"),
        ({"epochs": 2.5}, "a whole number"),
        ({"nesterov": 1}, "true or false"),
        ({"learning_rate": "high"}, "a number"),
        ({"learning_rate": -1.0}, "at least 0"),
        ({"milestones": [1, "2"]}, "a list of whole numbers"),
        ({"half": 3}, "1 or 2"),
        ({"half_batches": True, "batch_size": 1}, "batch_size of 2"),
    ],
)
def test_values_that_do_not_fit_are_refused(changes, message):
    with pytest.raises(InputError, match=message):
        Settings().with_changes(changes)
