"""What a study says about itself: notes, and the runs that failed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from studies import OBSERVERS, study

import trichotomy as tri
from trichotomy.errors import InputError


def test_notes_are_the_studys_sentences() -> None:
    assert tri.study_notes(study(20)) == ("nondeterministic is emulated.",)


def test_no_study_no_notes(zoo: tri.Decisions) -> None:
    assert tri.study_notes(zoo) == ()
    without = study(20)
    del without.attrs["provenance"]["study"]["notes"]
    assert tri.study_notes(without) == ()


@pytest.mark.parametrize("notes", ["one sentence", [1], {"a": "b"}])
def test_notes_that_are_no_sentences_are_refused(notes: Any) -> None:
    with pytest.raises(InputError, match=r"'notes' is .*, not a list of sentences"):
        tri.study_notes(study(20, notes=notes))


def stopped(after: dict[str, int]) -> tri.Decisions:
    """The study with some observers stopped after an epoch (-1: not run at all)."""
    d = study(20).copy(deep=True)
    for observer, epoch in after.items():
        d["response"].values[OBSERVERS.index(observer), epoch + 1 :] = tri.MISSING
    return d


def test_where_all_went_well_there_are_none() -> None:
    assert tri.failures(study(20)) == {}


def test_a_run_that_stopped_says_where() -> None:
    d = stopped({"order-1": 2, "base": 4, "half-data-2": -1})
    assert tri.failures(d) == {
        "base": "stopped after epoch 4 of 6",
        "order-1": "stopped after epoch 2 of 4",
        "half-data-2": "has not run",
    }


def test_a_recorded_reason_comes_first() -> None:
    d = stopped({"order-1": 2})
    d["failure"].values[OBSERVERS.index("order-1")] = "the loss is NaN"
    d["failure"].values[OBSERVERS.index("nesterov")] = "out of memory"
    assert tri.failures(d) == {"nesterov": "out of memory", "order-1": "the loss is NaN"}


def test_without_a_study_only_recorded_reasons_count(zoo: tri.Decisions) -> None:
    assert tri.failures(zoo) == {}
    d = stopped({"order-1": 2})
    d.attrs["provenance"] = {}
    assert tri.failures(d) == {}
    marked = zoo.assign_coords(failure=("observer", np.array(["", "", "no power", "", ""], dtype=object)))
    assert tri.failures(marked) == {"resnet/1": "no power"}


def test_selected_epochs_are_no_failure() -> None:
    d = study(20)
    assert tri.failures(d.sel(epoch=[6])) == {}
    assert tri.failures(d.sel(epoch=[2, 3])) == {}
