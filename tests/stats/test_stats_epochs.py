"""Conditions and items over the epochs, against definitions spelled out for one network at a time."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from studies import CONDITIONS, LAST, LONGER, OBSERVERS, kappa, members, right, study

import trichotomy as tri
from trichotomy.decisions import write


def summary(values: list[float]) -> list[float]:
    known = [v for v in values if not np.isnan(v)]
    return [np.mean(known), min(known), max(known)] if known else [np.nan] * 3


@pytest.mark.parametrize("missing", [0.0, 0.1])
def test_every_value_by_its_definition(missing: float) -> None:
    d = study(50, missing=missing)
    result, c = tri.condition_dynamics(d), tri.correctness(d)
    r, last = d["response"], LAST + LONGER
    assert result["condition"].values[0] == "base"
    for comparison, e in product(tri.comparisons(d), range(last + 1)):
        row = result.sel(condition=comparison.condition, epoch=e)
        later = e + comparison.shift
        there = later <= last
        kappas = [
            kappa(right(d, a, later), right(d, b, e))
            for a, b in product(comparison.observers, comparison.references)
            if there
        ]
        shares, changed, answers = [], [], []
        for o in comparison.observers if there else ():
            now = c.sel(observer=o, epoch=later).values
            shares.append((now == 1).sum() / (now >= 0).sum() if (now >= 0).any() else np.nan)
            if later:
                before = c.sel(observer=o, epoch=later - 1).values
                both = (before >= 0) & (now >= 0)
                changed.append((before != now)[both].mean() if both.any() else np.nan)
                old, new = (r.sel(observer=o, epoch=k).values for k in (later - 1, later))
                both = (old != tri.MISSING) & (new != tri.MISSING)
                answers.append((old != new)[both].mean() if both.any() else np.nan)
        expected = {
            ("kappa", "lowest", "highest"): summary(kappas),
            ("accuracy", "accuracy_lowest", "accuracy_highest"): summary(shares),
            ("changed",): summary(changed)[:1],
            ("changed_response",): summary(answers)[:1],
        }
        for names, values in expected.items():
            found = [float(row[name]) for name in names]
            assert found == pytest.approx(values, nan_ok=True), (comparison.condition, e, names)


def test_base_has_a_row_of_its_own_without_kappa() -> None:
    d = study(50)
    base = tri.condition_dynamics(d).sel(condition="base")
    assert np.isnan(base["kappa"]).all()
    np.testing.assert_allclose(base["accuracy"], tri.correctness(d).sel(observer="base").mean("item"))
    assert np.isfinite(base["changed"].values[1:]).all()


def test_at_one_epoch_it_is_what_condition_consistency_says() -> None:
    d = study(missing=0.03)
    over, here = tri.condition_dynamics(d), tri.condition_consistency(d, epoch=3)
    at = over.sel(epoch=3, condition=here["condition"].values)
    for name in ("kappa", "accuracy", "shift"):
        np.testing.assert_allclose(at[name], here[name])


def test_others_are_undefined_while_base_runs_on() -> None:
    result = tri.condition_dynamics(study(50)).sel(epoch=[LAST, LAST + 1, LAST + 2])
    ran = ~np.isnan(result["kappa"].sel(condition=["order", "plus-1", "plus-2", "different-data"]))
    assert ran.values.tolist() == [
        [True, False, False], [True, True, False], [True, False, False], [True, False, False],
    ]  # fmt: skip
    assert np.isfinite(result["accuracy"].sel(condition="base")).all()


def test_epochs_with_gaps_and_shifts_back() -> None:
    back = {"condition": "before", "observers": ["base"], "references": ["order-1"], "shift": -2}
    d = study(50, comparisons=[back]).sel(epoch=[0, 2, 3, 4])
    result = tri.condition_dynamics(d).sel(condition="before")
    for e, earlier in ((2, 0), (4, 2)):
        assert float(result["kappa"].sel(epoch=e)) == pytest.approx(
            kappa(right(d, "base", earlier), right(d, "order-1", e))
        )
    assert np.isnan(result["kappa"].sel(epoch=[0, 3])).all()
    changed = (right(d, "base", 0) != right(d, "base", 2)).mean()
    assert float(result["changed"].sel(epoch=4)) == pytest.approx(changed)
    own = tri.condition_dynamics(d).sel(condition="order", epoch=2)
    moved = [(right(d, o, 0) != right(d, o, 2)).mean() for o in ["order-1", "order-2"]]
    assert float(own["changed"]) == pytest.approx(np.mean(moved))


def test_without_responses_only_being_right_changes(training: tri.Decisions) -> None:
    result = tri.condition_dynamics(training)
    assert np.isnan(result["changed_response"]).all()
    assert result["condition"].values.tolist() == ["base", "other", "short"]
    assert np.isfinite(result["changed"].values[:, 1:3]).all()
    np.testing.assert_array_equal(
        np.isnan(result["accuracy"].sel(condition="short")), [False, False, False, True]
    )


def test_a_study_is_read_from_its_store_epoch_by_epoch(tmp_path) -> None:
    d = study(50)
    write(d, tmp_path / "s.zarr")
    stored = tri.open(tmp_path / "s.zarr")
    for statistic in (tri.condition_dynamics, tri.learning_map, tri.condition_consistency):
        assert statistic(stored).equals(statistic(d))
    assert "numpy" not in str(type(stored["response"].variable._data))  # nothing was loaded into d itself


def test_share_right_at_every_epoch() -> None:
    d = study(50, missing=0.2)
    result, c = tri.learning_map(d), tri.correctness(d).values
    assert result["share_right"].dtype == np.float32
    for e, i in product(range(LAST + LONGER + 1), range(50)):
        given = [x for x in c[:, e, i] if x >= 0]
        expected = np.mean(given) if given else np.nan
        assert float(result["share_right"][e, i]) == pytest.approx(expected, abs=1e-6, nan_ok=True)
    assert result["observers"].values.tolist() == [9] * (LAST + 1) + [1] * LONGER
    assert np.isnan(result["share_right"].values[-1]).any()
    assert result["item"].values.tolist() == d["item"].values.tolist()


def test_an_epoch_that_nobody_ran_has_no_share() -> None:
    d = study(30).copy(deep=True)
    d["response"].values[:, 2] = tri.MISSING
    result = tri.learning_map(d)
    assert np.isnan(result["share_right"].sel(epoch=2)).all()
    assert int(result["observers"].sel(epoch=2)) == 0


def test_the_studies_of_these_tests_are_what_they_seem() -> None:
    assert [len(members(c)) for c in dict.fromkeys(CONDITIONS)] == [1, 1, 3, 2, 2]
    assert study(20)["planned_epochs"].values.tolist() == [7, *[5] * (len(OBSERVERS) - 1)]
