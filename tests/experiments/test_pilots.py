"""Simulated participants: they do as well as they are said to, and leave no trace among real answers."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("starlette", reason="the extra 'web' is not installed")
pytest.importorskip("httpx2", reason="the extra 'web' is not installed")

import pandas as pd

import trichotomy as tri
from trichotomy.errors import InputError
from trichotomy.experiments.design import Policies
from trichotomy.experiments.simulation import simulate


@pytest.mark.parametrize("kind", ["pairs", "ratings", "categorise"])
def test_a_pilot_goes_through_and_touches_nothing(made, tmp_path, kind):
    folder = made(kind, policies=Policies(completion_code="DONE"))
    before = sorted(p.name for p in folder.path.iterdir())
    counted = []
    pilot = simulate(
        folder.path,
        participants=3,
        ability=1,
        spread=0,
        out=tmp_path / "out",
        answered=lambda *n: counted.append(n),
    )
    trials = len(folder.experiment.trials)
    assert [v.acknowledged for v in pilot.visits] == [list(range(trials))] * 3
    assert {v.code for v in pilot.visits} == {"SIMULATED"}
    assert counted[-1] == (3 * trials, 3 * trials)
    assert sorted(p.name for p in folder.path.iterdir()) == before
    assert pilot.export.participants == 3
    if kind == "ratings":
        assert all(np.isnan(pilot.accuracy))
    else:
        assert pilot.accuracy == (1, 1, 1)


def test_ability_is_the_probability_to_be_right(made, tmp_path):
    folder = made("pairs", n=30, practice=0, checks=0)
    for ability in (0.1, 0.9):
        pilot = simulate(folder.path, participants=3, ability=ability, spread=0, rng=3)
        assert abs(np.mean(pilot.accuracy) - ability) < 4 * np.sqrt(0.09 / 90)


def test_abler_raters_tell_the_classes_of_difficulty_apart(made, tmp_path):
    folder = made("ratings", n=10, practice=0, checks=1)
    gaps = []
    for ability in (0, 1):
        out = tmp_path / f"out-{ability}"
        simulate(folder.path, participants=3, ability=ability, spread=0, out=out, rng=1)
        answers = pd.read_csv(out / "answers.csv")
        mean = answers[answers["phase"] == "main"].groupby("difficulty")["categories"].mean()
        gaps.append(mean["impossible"] - mean["trivial"])
    assert gaps[0] < 3 < 6 < gaps[1]


@pytest.mark.parametrize(
    "options", [{"participants": 0}, {"ability": 1.5}, {"ability": -0.1}, {"spread": -1}], ids=str
)
def test_numbers_that_make_no_sense(made, options):
    with pytest.raises(InputError, match="a pilot needs"):
        simulate(made("pairs").path, **options)


def test_at_a_running_server_the_simulated_are_marked(made, server, tmp_path):
    import signal

    from trichotomy.experiments.application import open_answers
    from trichotomy.experiments.database import participant_rows
    from trichotomy.experiments.exporting import write_export

    folder = made("pairs")
    running = server(folder.path)
    pilot = simulate(folder.path, participants=2, url=running.url)
    assert len(pilot.visits[1].acknowledged) == 9
    assert "Stopped. The answers are in" in running.end(signal.SIGTERM)
    assert running.process.returncode == 0
    answers = open_answers(folder, create=False)
    with answers.reading() as connection:
        assert [r["simulated"] for r in participant_rows(connection)] == [True, True]
    assert write_export(folder, answers, tmp_path / "out").participants == 0
    answers.close()
    with pytest.raises(InputError, match="is not reached"):
        simulate(folder.path, participants=1, url=running.url)


def test_an_export_of_a_pilot_says_that_nobody_took_part(made, tmp_path):
    simulate(made("pairs").path, participants=3, out=tmp_path / "out")
    told = "3 people, 3 of them simulated, which are no answers of people"
    assert told in (tmp_path / "out" / "psych-ds" / "README.md").read_text()
    assert told in (tmp_path / "out" / "psych-ds" / "dataset_description.json").read_text()
    d = tri.open(tmp_path / "out" / "people.zarr")
    assert d.attrs["provenance"]["warnings"] == [f"answers of {told}"]
