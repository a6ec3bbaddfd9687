"""The thirteen conditions of the paper: what each changes, and that it changes nothing else."""

from __future__ import annotations

from itertools import pairwise

import pytest

from trichotomy.errors import InputError
from trichotomy.training import Settings, find_recipe, paper_conditions

BASE = Settings()
RATES = (0.148, 0.149, 0.150, 0.151, 0.152)
CONDITIONS = {c.name: c for c in paper_conditions(alternative="other", rates=RATES)}
PINNED = {
    "base": ((), 1),
    "nesterov": (("nesterov",), 1),
    "half-batch": (("half_batches",), 1),
    "initialization": (("initialization",), 5),
    "learning-rate": (("learning_rate",), 5),
    "nondeterministic": (("nondeterministic",), 5),
    "order": (("order",), 5),
    "architecture": (("architecture",), 1),
    "half-data": (("half",), 2),
    "combined": (("architecture", "order", "nesterov", "learning_rate", "initialization"), 5),
    "plus-1": ((), 0),
    "plus-10": ((), 0),
    "different-data": ((), 0),
}
"""Name: settings that differ from base, number of networks (Meding et al. 2022)."""


def test_there_are_thirteen_conditions_and_31_networks():
    assert list(CONDITIONS) == list(PINNED)
    assert sum(len(c.instances) for c in CONDITIONS.values()) == 31


@pytest.mark.parametrize("name", PINNED)
def test_a_condition_changes_what_it_names_and_nothing_else(name):
    changed, networks = PINNED[name]
    condition = CONDITIONS[name]
    assert len(condition.instances) == networks
    base = BASE.as_plain()
    for instance in condition.instances:
        theirs = BASE.with_changes(instance).as_plain()
        assert {k for k in base if theirs[k] != base[k]} == set(changed)


@pytest.mark.parametrize("name", ["initialization", "learning-rate", "order", "half-data", "combined"])
def test_instances_differ_from_each_other(name):
    instances = CONDITIONS[name].instances
    assert len({repr(sorted(i.items())) for i in instances}) == len(instances)


def test_the_learning_rates_are_the_papers():
    rates = [i["learning_rate"] for i in CONDITIONS["learning-rate"].instances]
    assert rates == list(RATES)
    assert [i["learning_rate"] for i in CONDITIONS["combined"].instances] == list(RATES)


def test_conditions_without_networks_read_those_of_others():
    assert (CONDITIONS["plus-1"].source, CONDITIONS["plus-1"].shift) == ("base", 1)
    assert (CONDITIONS["plus-10"].source, CONDITIONS["plus-10"].shift) == ("base", 10)
    assert CONDITIONS["different-data"].source == "half-data"
    assert CONDITIONS["different-data"].against == "different-data"


def test_the_authors_order_redraws_augmentation_too():
    theirs = {c.name: c for c in paper_conditions(alternative="other", rates=RATES, augmentation=True)}
    assert "order" not in theirs
    assert theirs["order+augmentation"].instances[2] == {"order": 3, "augmentation": 3}
    assert theirs["combined"].instances[2]["augmentation"] == 3


def test_rates_are_needed_for_every_instance():
    with pytest.raises(InputError, match="2 learning rates are given for 5"):
        paper_conditions(alternative="other", rates=(0.1, 0.2))


@pytest.mark.parametrize(
    ("name", "dataset", "epochs", "milestones", "batch", "architectures"),
    [
        ("paper-resnet18", "imagenet", 90, (30, 60), 256, ("resnet18", "densenet121")),
        ("paper-resnet18", "cifar100", 30, (10, 20), 256, ("resnet18", "densenet121")),
        ("paper-resnet18", "gaussian", 30, (10, 20), 256, ("resnet18", "resnet50")),
        ("paper-densenet121", "imagenet", 30, (10, 20), 64, ("densenet121", "resnet50")),
        ("paper-vgg11", "imagenet", 30, (10, 20), 64, ("vgg11", "alexnet")),
    ],
)
def test_the_papers_recipes(name, dataset, epochs, milestones, batch, architectures):
    made = find_recipe(name, dataset)
    base = made.settings
    assert (base.epochs, base.milestones, base.batch_size) == (epochs, milestones, batch)
    assert (base.momentum, base.weight_decay, base.nesterov) == (0.9, 1e-4, False)
    other = next(c for c in made.conditions if c.name == "architecture").instances[0]["architecture"]
    assert (base.architecture, other) == architectures
    assert made.keep_states == "all"
    assert made.longer == 10
    assert made.seed == 1312


def test_the_papers_gaussian():
    """Steps of 1e-5, random crops to 224 in training and in testing, 100 classes, RGB, not normalised."""
    made = find_recipe("paper-resnet18", "gaussian")
    rates = [i["learning_rate"] for i in made.conditions[4].instances]
    assert [b - a for a, b in pairwise(rates)] == pytest.approx([1e-5] * 4)
    assert (made.settings.train.crop, made.settings.train.size) == ("resized", 224)
    assert (made.settings.test.crop, made.settings.test.size) == ("resized", 224)
    assert (made.dataset["classes"], made.dataset["channels"], made.dataset["normalise"]) == (100, 3, False)
