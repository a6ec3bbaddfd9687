"""Suspected label errors."""

from __future__ import annotations

import builtins

import numpy as np
import pytest

import trichotomy as tri
from trichotomy.errors import InputError, MissingExtraError

cleanlab = pytest.importorskip("cleanlab.filter", reason="cleanlab is not installed")


@pytest.fixture(scope="module")
def noisy() -> tuple[tri.Decisions, np.ndarray, np.ndarray]:
    """Two observers that know the true class of 200 items; the targets of the first 12 are wrong."""
    rng = np.random.default_rng(5)
    truth = np.arange(200) % 4
    p = rng.dirichlet(np.ones(4) * 0.3, size=(2, 200)) * 0.3
    p[:, np.arange(200), truth] += 0.7
    target = truth.copy()
    target[:12] = (truth[:12] + 1) % 4
    response = p.argmax(axis=2)
    d = tri.from_arrays(
        response, target=target, p_target=p[:, np.arange(200), target], p_response=p.max(axis=2)
    )
    return d, p.mean(axis=0), np.arange(200) < 12


def test_a_given_matrix_gives_what_cleanlab_gives(noisy) -> None:
    d, p, wrong = noisy
    result = tri.label_issues(d, probabilities=p)
    theirs = cleanlab.find_label_issues(d["target"].values.astype(int), p, n_jobs=1)
    np.testing.assert_array_equal(result["issue"], theirs)
    np.testing.assert_allclose(result["quality"], p[np.arange(200), d["target"].values])
    np.testing.assert_array_equal(result["suggested"], p.argmax(axis=1))
    assert_found(result, wrong)


def assert_found(result, wrong: np.ndarray) -> None:
    """Most of the wrong labels, no other, and the wrong ones rank lowest."""
    assert result["issue"].values[wrong].sum() >= 9
    assert not result["issue"].values[~wrong].any()
    assert set(np.argsort(result["quality"].values)[:12]) == set(np.flatnonzero(wrong))


def test_stored_probabilities_find_the_wrong_labels(noisy) -> None:
    d, _, wrong = noisy
    result = tri.label_issues(d)
    assert_found(result, wrong)
    assert result.attrs["flagged"] == int(result["issue"].sum())
    annotated = tri.annotate(d, result["issue"], name="label_issue")
    np.testing.assert_array_equal(annotated["label_issue"], result["issue"])


def test_of_two_classes_the_stored_probabilities_are_the_whole_matrix() -> None:
    rng = np.random.default_rng(2)
    q = rng.random((3, 50))
    target = np.arange(50) % 2
    p = np.stack([1 - q, q], axis=2)
    response = p.argmax(axis=2)
    d = tri.from_arrays(
        response, target=target, p_target=p[:, np.arange(50), target], p_response=p.max(axis=2)
    )
    ours, theirs = tri.label_issues(d), tri.label_issues(d, probabilities=p.mean(axis=0))
    np.testing.assert_allclose(ours["quality"], theirs["quality"], atol=2e-3)  # float16


def test_items_without_a_target_or_probabilities_are_not_judged(noisy) -> None:
    d, p, _ = noisy
    unknown = d.assign(
        target=("item", np.where(np.arange(200) == 20, -1, d["target"].values).astype(np.int16))
    )
    holed = p.copy()
    holed[30] = np.nan
    result = tri.label_issues(unknown, probabilities=holed)
    assert np.isnan(result["quality"].values[[20, 30]]).all()
    assert not result["issue"].values[[20, 30]].any()
    assert result.attrs["left_out"] == 2


def test_a_class_without_items_is_no_trouble(noisy) -> None:
    d, p, wrong = noisy
    wide = np.concatenate([p, np.zeros((200, 2))], axis=1)
    result = tri.label_issues(d, probabilities=wide)
    np.testing.assert_array_equal(result["issue"], tri.label_issues(d, probabilities=p)["issue"])
    assert_found(result, wrong)


def test_wrong_input_is_refused(noisy, zoo: tri.Decisions) -> None:
    d, p, _ = noisy
    with pytest.raises(InputError, match="hold no 'p_target'"):
        tri.label_issues(zoo)
    with pytest.raises(InputError, match="one row for each of 200 items"):
        tri.label_issues(d, probabilities=p[:3])
    with pytest.raises(InputError, match="apply a softmax"):
        tri.label_issues(d, probabilities=p * 3)


def test_without_cleanlab_the_extra_is_named(noisy, monkeypatch) -> None:
    whole = builtins.__import__

    def lacking(name, *rest, **more):
        if name.startswith("cleanlab"):
            raise ImportError(name)
        return whole(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", lacking)
    with pytest.raises(MissingExtraError, match=r"trichotomy\[labels\]"):
        tri.label_issues(noisy[0])
