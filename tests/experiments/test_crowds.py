"""Many people at once: a server that is killed loses nothing, answers are acknowledged soon."""

from __future__ import annotations

import pytest

pytest.importorskip("starlette", reason="the extra 'web' is not installed")
pytest.importorskip("httpx2", reason="the extra 'web' is not installed")

from benchmarks.people import killed, load, milliseconds, problems

from trichotomy.experiments.simulation import Visit


def test_a_killed_server_has_every_acknowledged_answer_once_and_everybody_finishes(made, database):
    folder = made("pairs", n=5, practice=0, checks=0)
    assert killed(folder, database, participants=50, pause=0.1, kills=1) == []


def test_the_comparison_finds_what_is_missing(made, tmp_path):
    from trichotomy.experiments.application import open_answers

    folder = made("pairs")
    database = str(tmp_path / "empty.sqlite")
    open_answers(folder, database).close()
    found = problems(
        folder, database, [Visit(state="complete", acknowledged=list(range(9)), times=[1.0] * 9)]
    )
    assert len(found) == 3


@pytest.mark.long
def test_answers_are_acknowledged_soon(made, database):
    folder = made("pairs", n=3, practice=0, checks=0)
    took = load(folder, database, participants=12, pause=0.5, arrive=0.5)
    assert (took.answers, took.lost) == (12 * 3, 0)
    assert took.quantile(0.5) < 200  # p99 is for the benchmark: here others may be at work


@pytest.mark.long
def test_a_hundred_people(made, database):
    folder = made("pairs", n=20, practice=0, checks=0)
    took = load(folder, database, participants=100, pause=1.5, arrive=20)
    assert (took.answers, took.lost) == (100 * 20, 0)
    assert milliseconds(took.settled, 0.99) < 200
