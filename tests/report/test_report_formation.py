"""How decisions form, in the report: what the summary says, and what is left out with the reason."""

from __future__ import annotations

import json

import numpy as np
import pytest

import trichotomy as tri
from trichotomy import stats
from trichotomy.errors import InputError
from trichotomy.report import draw_figure
from trichotomy.report.analysis import Analysis
from trichotomy.report.summary import summary, to_json


def forming(M: int = 4, N: int = 80) -> tri.Decisions:
    rng = np.random.default_rng(0)
    easy = rng.beta(0.5, 0.5, N)
    at = np.array([0.4, 0.7, 0.9, 1.0])[:, None]
    correct = (rng.random((M, 4, N)) < at * easy).astype(np.int8)
    correct[:, -1, :5], correct[:, -1, 5:10] = 1, 0
    condition = np.array(["a", "a", "b", "b"][:M], dtype=object)
    return tri.from_arrays(correct=correct, epochs=range(1, 5), observer_coords={"condition": condition})


def other_items() -> tri.Decisions:
    """Items of their own at each epoch."""
    d = forming()
    correct = d["correct"].values.copy()
    for e in range(4):
        correct[:, e, np.arange(80) % 4 != e] = -1
    return tri.from_arrays(correct=correct, epochs=range(1, 5))


def test_the_summary_has_what_the_statistics_say():
    d = forming()
    found = json.loads(to_json(summary(Analysis(d))))["dynamics"]
    learned, early = stats.learned(d), stats.early_partition(d)
    assert found["learned"]["unforgettable"]["share"] == pytest.approx(float(learned["unforgettable"][0]))
    assert found["learned"]["never"]["ci"] == pytest.approx(learned["never_ci"].values[0])
    assert found["early_partition"]["told"] == float(early["told"])
    assert found["early_partition"]["agreement"] == pytest.approx(early["agreement"].values)
    assert found["early_partition"]["epochs"] == [1, 2, 3, 4]


def test_one_epoch_has_no_dynamics():
    assert summary(Analysis(forming().isel(epoch=[3])))["dynamics"] is None


def test_the_population_and_the_epoch_chosen_count():
    d = forming()
    a = Analysis(d, one_per="condition", epoch=3)
    assert a.learned is not None
    assert a.early_partition is not None
    assert a.learned.attrs["observers"] == a.early_partition.attrs["observers"] == 2
    assert a.early_partition["epoch"].values.tolist() == [1, 2, 3]


def test_items_of_their_own_at_each_epoch_are_left_out_with_the_reason(tmp_path):
    d = other_items()
    found = summary(Analysis(d))["dynamics"]
    assert found == {"learned": None, "early_partition": None}
    for name, reason in (("learned", "shown again"), ("early-partition", "both at epoch 4 and before")):
        with pytest.raises(InputError, match=reason):
            draw_figure(name, d, tmp_path / "f.png")
    tri.analyze(d, tmp_path / "report")
    page = (tmp_path / "report" / "report.html").read_text()
    assert "left out: no observer has decisions on the same item" in page
    draw_figure("consistency-epochs", d, tmp_path / "c.png")
    assert (tmp_path / "c.png").stat().st_size > 0
