"""``trichotomy experiment analyze`` as a user runs it."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

import simulated_answers as simulated
import trichotomy as tri

QUICK = ("--draws", "100")


@pytest.fixture
def exports(run):
    """Folders of all three kinds, and a store of networks, in the current folder."""
    simulated.export(Path("pairs"), simulated.pairs())
    simulated.export(Path("ratings"), simulated.ratings())
    simulated.export(Path("named"), simulated.categorise())
    tri.write(tri.simulate(3, 60), "networks.zarr")


def told(err: str) -> list[str]:
    return [line for line in err.splitlines() if not line.startswith("Analysing: ")]


@pytest.mark.parametrize(
    ("kind", "more", "figures"),
    [
        ("pairs", (), {"people-accuracy", "certainty", "trials", "reaction-times"}),
        ("ratings", ("--balance", "1312"), {"ratings", "answers-accuracy", "ratings-accuracy", "trials",
                                            "reaction-times"}),
        ("named", ("--networks", "networks.zarr"), {"people-accuracy", "people-networks", "people-heatmap", "trials",
                                                     "reaction-times"}),
    ],
)  # fmt: skip
def test_every_kind(run, exports, kind, more, figures):
    status, out, err = run("experiment", "analyze", kind, *more, *QUICK, "--out", "r")
    assert status == 0
    assert out.splitlines()[-1] == "Report: r/report.html"
    known = (
        "Warning: only ",
        "Warning: what people could choose from is not known",
        "Warning: which items are label errors is not known",
    )
    assert all(line.startswith(known) for line in told(err))
    assert {p.stem for p in Path("r/figures").glob("*.svg")} == figures
    people = pd.read_csv("r/participants.csv")
    assert len(people) == json.loads(Path("r/summary.json").read_text())["participants"]
    page = Path("r/report.html").read_text()
    assert out.splitlines()[0].split(":")[0].split("(")[0].strip()[:30] in page
    status, _, err = run("experiment", "analyze", kind, *QUICK, "--out", "r")
    assert status == 2
    assert "exists already" in err
    assert run("experiment", "analyze", kind, *QUICK, "--out", "r", "--force")[0] == 0
    assert not list(Path().glob(".*"))


def test_json_is_one_object_and_equals_the_file(run, exports):
    arguments = ("--interval", "clopper-pearson", "--mid-p", "--seed", "3", "--json")
    status, out, _ = run("experiment", "analyze", "pairs/answers.csv", *arguments, *QUICK, "--out", "r")
    assert status == 0
    found = json.loads(out)
    assert found == json.loads(Path("r/summary.json").read_text())
    assert "Clopper" in found["accuracy"]["interval"]
    assert found["accuracy"]["p_value"].endswith("mid-p")
    assert len(found["accuracy"]["participants"]) == 6
    assert {"agreement", "certainty", "learning", "reaction_times"} <= set(found)
    again = run("experiment", "analyze", "pairs", *arguments, *QUICK, "--out", "again")[1]
    assert json.loads(again) == found


def test_warnings_name_participants(run, exports):
    trials, items = simulated.pairs()
    trials.loc[trials["participant"] == "1001", "rt_ms"] = 90
    trials = trials[~((trials["participant"] == "1003") & (trials["trial"] > 20))]
    simulated.export(Path("odd"), (trials, items))
    _, out, _ = run("experiment", "analyze", "odd", *QUICK, "--json", "--out", "r")
    said = json.loads(out)["warnings"]
    assert any("1 of 6 answered fewer trials" in line and "1003 (21)" in line for line in said)
    assert any(line.startswith("1001 gave 100% of the answers in under 200 ms") for line in said)
    assert not any("nan" in line for line in said)


def test_one_person_and_what_is_unknown(run, exports):
    trials, items = simulated.pairs(people=1)
    simulated.export(Path("one"), (trials.drop(columns="rt_ms"), items.drop(columns="mean_correct")))
    status, out, err = run("experiment", "analyze", "one", *QUICK, "--out", "r", "--json")
    assert (status, told(err)) == (0, [])
    found = json.loads(out)
    assert found["participants"] == 1
    assert not {"agreement", "certainty", "reaction_times"} & set(found)
    assert any("two people or more" in line for line in found["warnings"])


def test_everybody_always_right(run, exports):
    trials, items = simulated.pairs()
    trials = trials.assign(correct=1, answer=trials["side"])
    simulated.export(Path("perfect"), (trials, items))
    status, out, _ = run("experiment", "analyze", "perfect", *QUICK, "--out", "r")
    assert status == 0
    assert "in 100.0% of 240 trials (chance 50.0%)." in out
    found = json.loads(Path("r/summary.json").read_text())
    assert found["accuracy"]["ci"] == [None, None]
    assert found["agreement"]["mean"] is None
    assert found["certainty"]["slope"] is None
    assert found["agreement"]["pairs"] == 0
    assert "nan" not in Path("r/figures/people-accuracy.txt").read_text()


def test_everybody_names_every_class(run, exports):
    trials, items = simulated.categorise()
    simulated.export(Path("sure"), (trials.assign(correct=1, answer=trials["target"]), items))
    status, out, err = run("experiment", "analyze", "sure", *QUICK, "--out", "r")
    assert status == 0
    assert "in 100.0% of 240 trials" in out
    assert any("left out: no pair of observers has a defined error consistency" in line for line in told(err))
    assert {p.stem for p in Path("r/figures").glob("*.svg")} == {
        "people-accuracy",
        "trials",
        "reaction-times",
    }
    assert "no pair of observers has a defined error consistency" in Path("r/report.html").read_text()


def test_what_everybody_rates_alike_is_not_in_the_headline(run, exports):
    trials, items = simulated.ratings()
    simulated.export(Path("alike"), (trials.assign(oddity="no"), items))
    _, out, _ = run("experiment", "analyze", "alike", *QUICK, "--out", "r")
    assert "Correlation with the networks' accuracy: categories \N{MINUS SIGN}" in out
    assert "main category" in out
    assert "undefined" not in out
    assert "oddity" not in out
    named = ("categories", "main_category", "oddity")
    simulated.export(Path("dull"), (trials.assign(categories=1).drop(columns=list(named[1:])), items))
    _, out, _ = run("experiment", "analyze", "dull", *QUICK, "--out", "d")
    assert "no rating varies enough" in out


def test_one_balancing_stands_beside_all_images_on_the_page(run, exports):
    run("experiment", "analyze", "ratings", "--balance", "1312", *QUICK, "--out", "r")
    page = Path("r/report.html").read_text()
    assert "Balanced once with seed 1312" in page
    found = json.loads(Path("r/summary.json").read_text())["ratings"]["questions"]["oddity"]
    for value in (found["balanced_once"]["pearson"], found["pearson"]):
        assert f"{value:.3f}".replace("-", "\N{MINUS SIGN}") in page


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere"], "there is nothing at nowhere"),
        (["networks.zarr"], "has no CSV file with the columns"),
        (["pairs/items.csv"], "items.csv has no column 'participant'"),
        (["pairs", "--interval", "wald"], "no interval of an accuracy called 'wald'"),
        (["pairs", "--networks", "networks.zarr"], "this experiment is of pairs"),
        (["pairs", "--balance", "1"], "balancing is of ratings"),
        (["named", "--networks", "other.zarr"], "no item in common"),
        (["bare"], "the table of items has no 'difficulty'"),
    ],
)
def test_wrong_input_is_one_sentence_and_leaves_nothing(run, exports, arguments, said):
    tri.write(tri.from_arrays(correct=[[True, False]], items=["a", "b"]), "other.zarr")
    Path("bare").mkdir()
    simulated.ratings()[0].drop(columns="difficulty").to_csv("bare/answers.csv", index=False)
    before = sorted(p.name for p in Path().iterdir())
    status, out, err = run("experiment", "analyze", *arguments, *QUICK, "--out", "r")
    assert (status, out) == (2, "")
    (sentence,) = told(err)
    assert sentence.startswith("Error: ")
    assert said in sentence
    assert sorted(p.name for p in Path().iterdir()) == before


def test_figures_of_answers_by_name(run, exports):
    assert run("figure", "ratings", "ratings", "--out", "f.svg")[0] == 0
    assert Path("f.svg").read_text().startswith("<?xml")
    status, _, err = run("figure", "ratings", "pairs", "--out", "g.svg")
    assert (status, Path("g.svg").exists()) == (2, False)
    assert "an experiment of pairs has no such result" in err
    status, _, err = run("figure", "people-accuracy", "pairs", "named", "--out", "g.svg")
    assert status == 2
    assert "answers of one experiment; 2 sources" in err


def test_an_experiment_nobody_answered_has_no_answers_yet(run):
    Path("exp").mkdir()
    Path("exp/experiment.json").write_text("{}")
    status, _, err = run("experiment", "analyze", "exp", "--out", "r")
    assert (status, Path("r").exists()) == (2, False)
    assert err.startswith("Error: there are no answers in exp yet")
