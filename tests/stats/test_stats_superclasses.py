"""Two tables: difficulty in each superclass, superclasses in each class of difficulty."""

from __future__ import annotations

import numpy as np
import pytest
from statsmodels.stats.proportion import proportion_confint

import trichotomy as tri
from trichotomy.errors import InputError, UnknownNameError


@pytest.fixture
def grouped(zoo: tri.Decisions) -> tri.Decisions:
    """The zoo with a superclass for three of the four classes."""
    names = np.array(["insect", "insect", "mammal", ""], dtype=object)
    return zoo.assign_coords(superclass=("item", names[zoo["target"].values]))


@pytest.mark.parametrize("tolerance", [0, 1])
def test_both_tables_are_counted_from_the_items(grouped: tri.Decisions, tolerance: int) -> None:
    result = tri.superclass_shares(grouped, tolerance=tolerance)
    category = tri.partition(grouped, tolerance=tolerance)["category"].values
    own = grouped["superclass"].values
    assert sorted(result["superclass"].values) == ["insect", "mammal"]
    assert result.attrs["unnamed"] == (own == "").sum()
    for name in ("insect", "mammal"):
        for code, label in enumerate(("impossible", "in-between", "trivial")):
            cell = result.sel(superclass=name, difficulty=label)
            both = ((own == name) & (category == code)).sum()
            n, total = (own == name).sum(), ((own != "") & (category == code)).sum()
            assert int(cell["count"]) == both
            assert float(cell["share"]) == pytest.approx(both / n)
            assert float(cell["share_of_difficulty"]) == pytest.approx(both / total)
            np.testing.assert_allclose(cell["ci"], proportion_confint(both, n, method="wilson"), atol=1e-12)
            np.testing.assert_allclose(
                cell["share_of_difficulty_ci"], proportion_confint(both, total, method="wilson"), atol=1e-12
            )


def test_tables_sum_to_one_and_the_most_impossible_comes_first(grouped: tri.Decisions) -> None:
    result = tri.superclass_shares(grouped)
    np.testing.assert_allclose(result["share"].sum("difficulty"), 1)
    np.testing.assert_allclose(result["share_of_difficulty"].sum("superclass"), 1)
    np.testing.assert_allclose(result["share_of_all"].sum(), 1)
    assert np.all(np.diff(result["share"].sel(difficulty="impossible")) <= 0)


def test_any_annotation_can_group(zoo: tri.Decisions) -> None:
    result = tri.superclass_shares(zoo, superclass="session")
    assert sorted(result["superclass"].values) == [str(k) for k in range(8)]
    assert result["n"].values.tolist() == [20] * 8


def test_wrong_input_is_refused(zoo: tri.Decisions) -> None:
    with pytest.raises(UnknownNameError, match="no annotation called 'superclass'"):
        tri.superclass_shares(zoo)
    with pytest.raises(UnknownNameError, match="no annotation called 'condition'"):
        tri.superclass_shares(zoo, superclass="condition")
    one = zoo.assign_coords(superclass=("item", np.full(160, "all", dtype=object)))
    with pytest.raises(InputError, match="two or more; 'superclass' names 1"):
        tri.superclass_shares(one)
