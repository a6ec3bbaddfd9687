"""One epoch of decisions as plain matrices."""

from __future__ import annotations

import numpy as np
import pytest

import trichotomy as tri
from trichotomy.errors import InputError
from trichotomy.stats.snapshot import snapshot


def test_the_matrix_the_mask_and_what_is_left_out() -> None:
    d = tri.from_arrays([[0, 1, -1, 0], [0, -2, 1, 0]], target=[0, 1, 1, -1])
    shot = snapshot(d)
    assert shot.correct.tolist() == [[1, 1, -1, -1], [1, 0, 1, -1]]
    assert shot.answered.tolist() == [True, True, False, False]
    assert shot.left_out == 2
    assert shot.complete.tolist() == [[True, True], [True, False]]
    assert shot.attrs("x", n=2) == {"method": "x", "epoch": 0, "observers": 2, "n": 2}


def test_the_default_epoch_is_the_last_that_all_have(training: tri.Decisions) -> None:
    shot = snapshot(training)
    assert shot.epoch == 2
    np.testing.assert_array_equal(shot.correct, training["correct"].sel(epoch=2))
    assert snapshot(training, 5).left_out == 60


def test_no_epoch_in_common_is_refused() -> None:
    correct = np.array([[[1, 0], [-1, -1]], [[-1, -1], [1, 1]]])
    d = tri.from_arrays(correct=correct, observers=["early", "late"], epochs=(3, 4))
    with pytest.raises(InputError, match="no epoch was run by every observer"):
        snapshot(d)


def test_too_few_observers_are_refused(alone: tri.Decisions) -> None:
    with pytest.raises(InputError, match="at least 2 observers; the decisions have 1"):
        snapshot(alone, at_least=2)


def test_no_common_item_names_the_observer_that_answered_least() -> None:
    d = tri.from_arrays(correct=[[1, 0, 1, -1], [-1, -1, -1, 1]], observers=["diligent", "lazy"])
    with pytest.raises(InputError, match=r"'lazy' answered the fewest .25.0% of the items.: drop it"):
        snapshot(d, complete=True)
