"""The paper's experiment 2: what its answers give through the public functions."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from trichotomy.errors import InputError, MissingExtraError
from trichotomy.readers.answers import read_answers
from trichotomy.stats import people as p

AUTHORS_SEED = 1312


@pytest.fixture(scope="module")
def folder(reference: Path) -> Path:
    pytest.importorskip("odf", reason="odfpy is not installed")
    return reference / "trivial-or-impossible"


@pytest.fixture(scope="module")
def answers(folder: Path) -> p.Answers:
    return read_answers(folder)


@pytest.fixture(scope="module")
def published(expected: dict[str, Any]) -> dict[str, Any]:
    return expected["experiment-2"]


def of(result: Any, question: str, *options: str) -> list[float]:
    values = result["accuracy"].values[result["question"].values == question]
    names = result["option"].values[result["question"].values == question].tolist()
    return [float(values[names.index(option)]) for option in options]


def test_the_images_left(answers, published):
    left = p.rating_shares(answers, draws=2)["items"]
    wanted = published["left_after_label_errors"]
    assert {k.replace("-", "_"): int(left.sel(difficulty=k)) for k in left["difficulty"].values} == wanted
    excluded = answers.trials[answers.trials["excluded"] != ""]
    assert sorted(set(excluded["trial"] + 1)) == published["removed_items_1_based"]
    assert len(answers.participants) == 8


def test_classes_of_difficulty_are_what_the_models_say(answers):
    used = answers.items.loc[list(set(answers.main["item"]))]
    by_class = used.groupby("difficulty")["mean_correct"]
    assert by_class.get_group("trivial").min() == 1
    assert by_class.get_group("impossible").max() == 0
    assert 0 < by_class.get_group("in-between").min() <= by_class.get_group("in-between").max() < 1


def test_balanced_with_the_authors_seed(answers, published):
    wanted = published["balanced_57_seed_1312"]
    b = p.balanced(answers, rng=np.random.RandomState(AUTHORS_SEED))  # the authors' generator
    accuracy = p.accuracy_by_answer(b, draws=2)
    in_between = float(accuracy["class_accuracy"].sel(difficulty="in-between"))
    assert in_between == pytest.approx(wanted["in_between_mean_accuracy"], abs=5e-5)
    r = p.rating_association(b, draws=2)["pearson"].sel(question="categories")
    assert float(r) == pytest.approx(wanted["pearson_categories_accuracy"], abs=5e-4)
    for question, options in (
        ("main_category", ("yes", "maybe", "no")),
        ("oddity", ("no", "slightly", "very")),
    ):
        key = f"{question}_{'_'.join(options)}"
        assert of(accuracy, question, *options) == pytest.approx(wanted[key], abs=5e-4)


def test_over_random_balancings(answers):
    drawn = p.balanced_association(answers, draws=2000).sel(question="categories")
    low, high = drawn["range"].values
    assert (round(low, 2), round(high, 2)) in {(-0.32, -0.23), (-0.33, -0.23)}
    weighted = float(p.rating_association(answers, draws=2)["pearson"].sel(question="categories"))
    assert weighted == pytest.approx(float(drawn["pearson"]), abs=0.005)


def test_without_balancing(answers, published):
    r = p.rating_association(answers, weighting="none", draws=2)["pearson"].sel(question="categories")
    assert float(r) == pytest.approx(published["unbalanced_250"]["pearson_categories_accuracy"], abs=5e-4)


def test_label_errors_may_count(folder):
    everything = read_answers(folder, label_errors=True)
    assert p.rating_shares(everything, draws=2)["items"].sum() == 297


def test_files_that_do_not_fit(folder, tmp_path, monkeypatch):
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    copy.joinpath("order.npy").unlink()
    with pytest.raises(InputError, match=r"but not order.npy"):
        read_answers(copy)
    np.save(copy / "order.npy", np.zeros(20))
    with pytest.raises(InputError, match=r"order.npy does not fit the 300 images"):
        read_answers(copy)
    shutil.copy(folder / "order.npy", copy)
    (copy / "indices.npy").write_bytes((folder / "indices.npy").read_bytes()[:900])
    with pytest.raises(InputError, match=r"indices.npy as places of images"):
        read_answers(copy)
    (copy / "experiment_two_results.ods").write_bytes(b"PK nothing")
    with pytest.raises(InputError, match="as a spreadsheet of numbers"):
        read_answers(copy)
    monkeypatch.setitem(__import__("sys").modules, "odf", None)
    with pytest.raises(MissingExtraError, match=r"trichotomy\[ods\]"):
        read_answers(copy)
