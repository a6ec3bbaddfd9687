"""What the reference says of every public function: what comes back, what missing does, whence it comes."""

from __future__ import annotations

import inspect
import re
import warnings
from collections.abc import Callable

import numpy as np
import pytest

import trichotomy as tri

FUNCTIONS = {name: getattr(tri, name) for name in tri.__all__ if inspect.isfunction(getattr(tri, name))}
STATISTICS = {n: f for n, f in FUNCTIONS.items() if f.__module__.startswith("trichotomy.stats")}
ABOUT_THE_STUDY = {"comparisons", "failures", "study_notes", "neighbour_divergence"}  # they use no decision
NEED_MORE = {
    "agreement_carried",
    "condition_similarity",
    "consistency_difference",
    "equivalence",
    "label_ambiguity",
    "neighbour_divergence",
    "similarity",
    "superclass_shares",
}  # than decisions with a flag
RESULT = re.compile(r"^Returns\n-+\n\S", re.MULTILINE)
SOURCE = re.compile(r"\b([A-Z][\w’']+)[^;()]*?\b((?:18|19|20)\d\d)\b")


@pytest.mark.parametrize("name", FUNCTIONS)
def test_it_says_what_it_computes_and_returns(name: str) -> None:
    text = inspect.getdoc(FUNCTIONS[name]) or ""
    assert text.partition("\n")[0].endswith((".", ":"))
    assert RESULT.search(text) or inspect.signature(FUNCTIONS[name]).return_annotation in ("None", None)


@pytest.mark.parametrize("name", sorted(set(STATISTICS) - ABOUT_THE_STUDY))
def test_a_statistic_says_what_missing_decisions_do(name: str) -> None:
    assert re.search(
        r"[Mm]issing|answered|a decision on|left out|lacking", inspect.getdoc(STATISTICS[name]) or ""
    )


@pytest.mark.parametrize("name", FUNCTIONS)
def test_parameters_that_are_described_exist(name: str) -> None:
    text = inspect.getdoc(FUNCTIONS[name]) or ""
    section = re.search(r"^Parameters\n-+\n(.+?)(?:\n\n\w+\n-+\n|\Z)", text, re.MULTILINE | re.DOTALL)
    known = set(inspect.signature(FUNCTIONS[name]).parameters)
    for line in re.findall(r"^(\w[\w, ]*)$", section[1] if section else "", re.MULTILINE):
        assert set(line.split(", ")) <= known, line


@pytest.fixture(scope="module")
def watched() -> tri.Decisions:
    """Eight observers over four epochs, with probabilities and a flag."""
    ends = tri.simulate(8, 120, classes=4, rng=0)
    target, rng = ends["target"].values, np.random.default_rng(0)
    response = np.repeat(ends["response"].values, 4, axis=1)
    early = rng.random(response.shape) < np.array([0.9, 0.5, 0.2, 0.0])[:, None]
    response = np.where(early, rng.integers(0, 4, response.shape), response)
    return tri.from_arrays(
        response, target=target, observers=ends["observer"].values, items=ends["item"].values, epochs=range(4),
        p_target=np.where(response == target, 0.8, 0.1), p_response=np.full(response.shape, 0.8),
        classes=[str(k) for k in ends.attrs["classes"]],
        observer_coords={"condition": ends["condition"].values},
        item_coords={"label_error": ends["label_error"].values},
    )  # fmt: skip


@pytest.mark.parametrize("name", sorted(set(STATISTICS) - NEED_MORE))
def test_the_sources_of_a_result_stand_in_the_reference(name: str, watched: tri.Decisions) -> None:
    function: Callable[..., object] = STATISTICS[name]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        result = function(watched)
    source = getattr(result, "attrs", {}).get("reference", "")
    text = " ".join((inspect.getdoc(function) or "").split())
    for author, year in SOURCE.findall(source):
        assert re.search(rf"{author}[^;()]*\b{year}\b", text), f"{author} {year}"
