"""The catalogue against the statistics that it repeats."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("starlette", reason="the extra 'web' is not installed")
pytest.importorskip("uvicorn", reason="the extra 'web' is not installed")

import trichotomy.browse.histories as histories_module
from trichotomy import stats
from trichotomy.browse import catalogue
from trichotomy.browse.histories import read_histories
from trichotomy.decisions import correctness, from_arrays, write
from trichotomy.decisions import open as open_store
from trichotomy.errors import InputError


def test_classes_of_difficulty_and_counts_are_those_of_the_statistics(catalogued, decisions):
    partition = stats.partition(decisions)
    assert np.array_equal(catalogued.category, partition["category"].values)
    now = correctness(decisions).values[:, -1]
    assert np.array_equal(catalogued.number_right, (now == 1).sum(axis=0))
    assert np.array_equal(catalogued.number_asked, (now >= 0).sum(axis=0))
    said = decisions["response"].values[:, -1]
    assert catalogued.answers.tolist() == [len(set(column) - {-1}) for column in said.T.tolist()]
    assert catalogued.remarks == ["4 items have no class of difficulty: not all observers answered them."]


def test_learning_is_that_of_the_statistics(decisions):
    whole = decisions.isel(observer=[0, 2, 3, 4])
    c = catalogue(whole)
    learned = stats.learned(whole)
    first = np.where(np.isinf(c.first), np.nan, c.first)
    assert np.array_equal(first, learned["item_first"].values, equal_nan=True)
    assert np.allclose(c.forgotten, learned["item_forgotten"].values, equal_nan=True)
    dynamics = stats.dynamics(whole.isel(epoch=slice(1, None)))
    assert np.array_equal(c.histories.first, dynamics["first_learned"].values)
    assert np.array_equal(c.histories.final, dynamics["finally_learned"].values)


def test_an_item_not_shown_at_every_epoch_is_not_followed(catalogued):
    assert (catalogued.histories.first[1, :4] == -2).all()
    assert (catalogued.histories.first[0, :4] > -2).all()


@pytest.mark.parametrize("limit", [0, 2**29])
def test_decisions_of_an_item_are_those_of_the_store(decisions, tmp_path, monkeypatch, limit):
    monkeypatch.setattr(histories_module, "IN_MEMORY", limit)
    write(decisions, tmp_path / "x.zarr")
    histories = read_histories(open_store(tmp_path / "x.zarr"), until=3)
    right = correctness(decisions).values
    for k in (0, 5, 50, 89):
        response, correct = histories.of(k)
        assert np.array_equal(response, decisions["response"].values[:, :, k])
        assert np.array_equal(correct, right[:, :, k])


def test_correctness_that_is_given_is_kept_beside_the_answers():
    d = from_arrays([[0, 1, 2], [2, 1, 0]], correct=[[1, 1, 0], [1, 0, 0]], target=[0, 1, 1])
    c = catalogue(d)
    assert c.histories.of(0)[1].ravel().tolist() == [1, 1]
    assert c.number_right.tolist() == [2, 1, 0]
    assert c.first is None


def test_without_answers_right_and_wrong_are_the_answers():
    c = catalogue(from_arrays(correct=[[1, 1, 0], [1, 0, 0]]))
    assert c.response is None
    assert c.answers.tolist() == [1, 2, 1]
    assert c.histories.of(1)[0] is None


def test_items_that_nobody_shares_have_no_class_and_the_page_says_so():
    c = catalogue(from_arrays([[0, -1], [-1, 1]], target=[0, 1]))
    assert c.category.tolist() == [-1, -1]
    assert "no item was answered by all" in c.remarks[0]


def test_annotations_are_sorted_by_what_can_be_asked(catalogued):
    kinds = {name: note.kind for name, note in catalogued.notes.items()}
    assert kinds == {
        "label_error": "flag",
        "superclass": "category",
        "brightness": "number",
        "remark": "text",
    }
    assert catalogued.notes["superclass"].choices == ["animal", "thing"]
    assert catalogued.notes["brightness"].shown(7) is None


def test_texts_come_from_an_annotation(decisions):
    c = catalogue(decisions, texts="remark")
    assert c.texts[3] == "remark 3 <b>"
    assert "remark" not in c.notes
    with pytest.raises(InputError, match="no annotation 'absent' of items"):
        catalogue(decisions, texts="absent")
