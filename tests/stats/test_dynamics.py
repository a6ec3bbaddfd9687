"""How decisions form over epochs, against definitions spelled out for one item at a time."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import cohen_kappa_score

import trichotomy as tri
from trichotomy.errors import InputError, UnknownNameError

EPOCHS = [0, 1, 2, 5]


def test_accuracy_and_change_per_epoch(training: tri.Decisions) -> None:
    result, c = tri.dynamics(training), training["correct"].values
    for m in range(2):
        for e in range(4):
            assert float(result["accuracy"][m, e]) == pytest.approx(c[m, e].mean())
            if e < 3:
                assert float(result["changed"][m, e]) == pytest.approx(np.mean(c[m, e] != c[m, e + 1]))
                expected = cohen_kappa_score(c[m, e], c[m, e + 1])
                assert float(result["kappa_to_next"][m, e]) == pytest.approx(expected, abs=1e-12)
    assert np.isnan(result["changed"].values[:, 3]).all()
    assert np.isnan(result["kappa_to_next"].values[:, 3]).all()


def test_an_epoch_not_run_is_nan(training: tri.Decisions) -> None:
    result = tri.dynamics(training).sel(observer="short")
    for name in ("accuracy", "kappa_to_reference"):
        np.testing.assert_array_equal(np.isnan(result[name]), [False, False, False, True])
    for name in ("changed", "kappa_to_next"):
        np.testing.assert_array_equal(np.isnan(result[name]), [False, False, True, True])


@pytest.mark.parametrize("reference", [None, "base", "other"])
def test_kappa_to_the_reference(training: tri.Decisions, reference: str | None) -> None:
    result, c = tri.dynamics(training, reference=reference), training["correct"].values
    base = 1 if reference == "other" else 0
    for e in range(4):
        expected = cohen_kappa_score(c[1 - base, e], c[base, e])
        assert float(result["kappa_to_reference"][1 - base, e]) == pytest.approx(expected, abs=1e-12)
    assert np.isnan(result["kappa_to_reference"].values[base]).all()
    assert result.attrs["reference"] == (reference or "base")


def test_learning_epochs_are_epoch_values_over_the_epochs_run(training: tri.Decisions) -> None:
    result, c = tri.dynamics(training), training["correct"].values
    for m, ran in enumerate((4, 4, 3)):
        for i in range(60):
            history = c[m, :ran, i].tolist()
            first = EPOCHS[history.index(1)] if 1 in history else -1
            stays = [EPOCHS[e] for e in range(ran) if all(history[e:])]
            assert int(result["first_learned"][m, i]) == first
            assert int(result["finally_learned"][m, i]) == (stays[0] if stays else -1)
            lost = sum(history[e] > history[e + 1] for e in range(ran - 1))
            assert int(result["forgotten"][m, i]) == lost


def test_order_agreement_is_spearmans_of_first_learned(training: tri.Decisions) -> None:
    result = tri.dynamics(training)
    late = np.where(result["first_learned"] < 0, 99, result["first_learned"])
    for a in range(3):
        for b in range(3):
            expected = stats.spearmanr(late[a], late[b]).statistic
            assert float(result["order_agreement"][a, b]) == pytest.approx(expected, abs=1e-12)


def test_confidence_and_variability_over_the_epochs_run(training: tri.Decisions) -> None:
    result, p = tri.dynamics(training), training["p_target"].values.astype(float)
    np.testing.assert_allclose(result["confidence"][0], p[0].mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose(result["variability"][0], p[0].std(axis=0), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(result["confidence"][2], p[2, :3].mean(axis=0), rtol=1e-5)


def test_no_probabilities_no_cartography(training: tri.Decisions) -> None:
    assert "confidence" not in tri.dynamics(training.drop_vars("p_target"))


def test_labels_of_the_result(training: tri.Decisions) -> None:
    result = tri.dynamics(training)
    assert result["accuracy"].dims == ("observer", "epoch")
    assert result["first_learned"].dims == ("observer", "item")
    assert result["order_agreement"].dims == ("observer_a", "observer_b")
    assert result["epoch"].values.tolist() == EPOCHS
    assert result["observer_b"].values.tolist() == ["base", "other", "short"]
    assert result.attrs["method"] == "decisions per epoch"


def gaps() -> tri.Decisions:
    """Two observers that learn forty items in the same order; the second lacks ten of them at one epoch."""
    when = np.arange(40) % 4
    correct = np.tile((np.arange(4)[:, None] >= when[None, :]).astype(np.int8), (2, 1, 1))
    correct[1, 2, :10] = -1
    return tri.from_arrays(correct=correct, epochs=range(4))


def test_missing_decisions_do_not_count() -> None:
    result = tri.dynamics(gaps())
    assert float(result["accuracy"][1, 2]) == pytest.approx(np.mean(np.arange(10, 40) % 4 <= 2))
    assert float(result["kappa_to_reference"][1, 2]) == 1.0
    np.testing.assert_array_equal(result["first_learned"][1, :10], -1)
    np.testing.assert_array_equal(result["finally_learned"][1, :10], -1)
    np.testing.assert_array_equal(result["forgotten"][1, :10], -1)
    np.testing.assert_array_equal(result["first_learned"][1, 10:], np.arange(10, 40) % 4)


def test_an_item_whose_learning_is_unknown_is_not_one_never_learned() -> None:
    # on the thirty items known for both, the order is the same
    assert float(tri.dynamics(gaps())["order_agreement"][0, 1]) == pytest.approx(1.0)


def test_an_observer_that_never_ran_is_missing_throughout() -> None:
    correct = np.random.default_rng(1).integers(0, 2, size=(3, 4, 20)).astype(np.int8)
    correct[2] = -1
    result = tri.dynamics(tri.from_arrays(correct=correct, epochs=range(4)))
    assert np.isnan(result["accuracy"].values[2]).all()
    for name in ("first_learned", "finally_learned", "forgotten"):
        np.testing.assert_array_equal(result[name].values[2], -1)
    assert np.isnan(result["order_agreement"].values[2]).all()
    assert np.isfinite(result["order_agreement"].values[0, 1])


def test_one_epoch_has_no_dynamics(zoo: tri.Decisions) -> None:
    with pytest.raises(InputError, match="two epochs or more"):
        tri.dynamics(zoo)


def test_an_unknown_reference_is_refused(training: tri.Decisions) -> None:
    with pytest.raises(UnknownNameError, match=r"no observer called 'bas'. Did you mean base"):
        tri.dynamics(training, reference="bas")
