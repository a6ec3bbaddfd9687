"""Recipes by name and from a user's file."""

from __future__ import annotations

import sys
import textwrap

import pytest

from trichotomy.errors import InputError, UnknownNameError
from trichotomy.training import RECIPES, find_recipe


def written(tmp_path, text):
    path = tmp_path / "mine.toml"
    path.write_text(textwrap.dedent(text))
    return str(path)


def test_quick_is_the_embedded_study():
    made = find_recipe("quick", "gaussian")
    assert (made.settings.architecture, made.settings.epochs) == ("tiny-resnet", 15)
    assert made.dataset == {}
    assert find_recipe("quick", "cifar10").dataset == {"train_items": 5000, "test_items": 2000}
    assert find_recipe("quick", "imagefolder:x").settings.train.size == 32


def test_a_file_extends_a_recipe(tmp_path):
    made = find_recipe(
        written(
            tmp_path,
            """
            extends = "quick"
            conditions = ["base", "order"]
            longer = 0
            keep_states = "all"
            notes = "short"
            [settings]
            epochs = 4
            milestones = [2]
            [dataset]
            train_per_class = 20
            [[condition]]
            name = "weight-decay"
            instances = [{ weight_decay = 0.001 }, { weight_decay = 0.01 }]
            """,
        ),
        "gaussian",
    )
    assert made.name == "mine"
    assert [c.name for c in made.conditions] == ["base", "order", "weight-decay"]
    assert made.conditions[2].differs == "weight_decay"
    assert (made.settings.epochs, made.settings.milestones, made.settings.batch_size) == (4, (2,), 64)
    assert made.dataset == {"train_per_class": 20}
    assert (made.longer, made.keep_states, made.notes) == (0, "all", ("short",))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("extend = 'quick'", "extends"),
        ("extends = 'quik'", "quick"),
        ("conditions = ['ordr']", "order"),
        ("[settings]\nepoch = 3", "epochs"),
        ("[[condition]]\nnam = 'x'", "name"),
    ],
)
def test_unknown_keys_are_errors_with_the_nearest_name_and_the_file(tmp_path, text, message):
    with pytest.raises(InputError, match=message) as caught:
        find_recipe(written(tmp_path, text), "gaussian")
    assert "mine.toml" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("= 3", "cannot be read"),
        ("[[condition]]\ndiffers = 'x'", "needs a name"),
        ("keep_states = 'some'", "all, last"),
    ],
)
def test_files_that_make_no_recipe_are_refused(tmp_path, text, message):
    with pytest.raises(InputError, match=message):
        find_recipe(written(tmp_path, text), "gaussian")


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InputError, match=r"absent\.toml"):
        find_recipe(str(tmp_path / "absent.toml"), "gaussian")


def test_a_function_of_ones_own(tmp_path, monkeypatch):
    (tmp_path / "my_recipes.py").write_text(
        "from dataclasses import replace\nfrom trichotomy.training import find_recipe\n"
        "def short(dataset):\n    return replace(find_recipe('quick', dataset), name='short', longer=1)\n"
        "def wrong(dataset):\n    return 3\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    assert find_recipe("my_recipes:short", "digits").longer == 1
    with pytest.raises(InputError, match="returned int, not a Recipe"):
        find_recipe("my_recipes:wrong", "digits")
    with pytest.raises(InputError, match="cannot be loaded"):
        find_recipe("my_recipes:absent", "digits")
    sys.modules.pop("my_recipes")


def test_a_wrong_name_lists_the_recipes():
    with pytest.raises(UnknownNameError, match="paper-vgg11"):
        find_recipe("paper-vgg", "imagenet")
    assert set(RECIPES) == {"quick", "paper-resnet18", "paper-densenet121", "paper-vgg11"} | {
        f"paper-{n}-authors" for n in ("resnet18", "densenet121", "vgg11")
    }


def test_a_papers_recipe_says_which_data_it_is_for():
    with pytest.raises(InputError, match="imagenet, cifar100, gaussian"):
        find_recipe("paper-resnet18", "digits")
