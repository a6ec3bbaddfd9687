"""How the runs of a study are shown: plain lines, and the table of a terminal."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from trichotomy.cli import runs


def event(observer: str, kind: str, epoch: int = 0, reason: str = "", **measures: float) -> Any:
    return SimpleNamespace(observer=observer, kind=kind, epoch=epoch, measures=measures, reason=reason)


PLAN = SimpleNamespace(
    runs=[
        SimpleNamespace(observer=name, epochs=n)
        for name, n in (("base", 6), ("order-1", 4), ("order-2", 4), ("nan", 4))
    ]
)


@pytest.fixture
def clock(monkeypatch) -> SimpleNamespace:
    now = SimpleNamespace(seconds=100.0)
    monkeypatch.setattr(runs.time, "monotonic", lambda: now.seconds)
    return now


def follow(show: runs.Runs, clock: SimpleNamespace) -> None:
    """One of four was done before; one fails; two seconds an epoch."""
    show.planned(PLAN, [("base",), ("order-2",), ("nan",)])
    for name in ("base", "nan"):
        show.told(event(name, "started"))
        show.told(event(name, "epoch", 0, test_accuracy=0.1, test_loss=2.3))
    show.told(event("nan", "failed", reason="the training loss is nan"))
    for epoch in (1, 2):
        clock.seconds += 2
        show.told(event("base", "epoch", epoch, train_loss=1.5, test_accuracy=0.25 * epoch))


def test_plain_lines_tell_who_ended_and_how(clock, capsys):
    show = runs._Plain()
    follow(show, clock)
    show.told(event("base", "done"))
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == [
        "nan: FAILED: the training loss is nan (2 of 4 networks)",
        "base: accuracy 0.500 (3 of 4 networks)",
    ]


def test_plain_lines_come_every_few_seconds(clock, capsys):
    show = runs._Plain()
    show.reading("images", 1000, 7000)
    clock.seconds += 6
    show.reading("images", 2000, 7000)
    show.planned(PLAN, [("base", "order-1"), ("order-2", "nan")])
    for epoch in range(7):
        show.told(event("base", "epoch", epoch, test_accuracy=0.5))
        clock.seconds += 2
    lines = capsys.readouterr().err.splitlines()
    assert lines[:2] == ["Reading images, 2,000 of 7,000", "Training 4 networks in 2 lock-step groups"]
    assert len(lines) == 4
    assert lines[2].startswith("Training: 0 of 4 networks, about ")


def test_time_left_is_that_of_the_epochs_left(clock):
    """Two epochs took four seconds; base has four left, order-2 four."""
    show = runs.Runs()
    assert show.seconds_left() is None
    follow(show, clock)
    assert show.seconds_left() == pytest.approx((4 / 2) * (4 + 4))


def test_of_a_run_taken_up_again_only_what_is_done_now_counts(clock):
    """It stood at epoch 3 of 6; its fourth took two seconds, and two are left."""
    show = runs.Runs()
    show.planned(PLAN, [("base",)])
    show.told(event("base", "started"))
    assert show.seconds_left() is None
    clock.seconds += 2
    show.told(event("base", "epoch", 4, test_accuracy=0.5))
    assert show.seconds_left() == pytest.approx(2 * 2)


def test_the_sentence_of_an_interruption(clock):
    show = runs.Runs()
    follow(show, clock)
    assert show.summary() == "1 of 4 networks are trained, 1 failed; every epoch finished is in the store."


def rendered(show: Any, height: int = 30) -> list[str]:
    from rich.console import Console

    console = Console(width=100, height=height, force_terminal=False)
    show._console = console
    with console.capture() as capture:
        console.print(show.table())
    return [line.rstrip() for line in capture.get().splitlines()]


def test_the_table_shows_each_run(clock, monkeypatch):
    show = runs._Live()
    show.show = lambda _=None: None  # nothing is drawn on this terminal
    follow(show, clock)
    lines = rendered(show)
    assert lines[0].startswith("1 of 4 networks are trained, about 0:16 left")
    assert lines[1].split() == ["network", "epoch", "loss", "accuracy", "time", "left"]
    cells = {line.split()[0]: line.split()[1:] for line in lines[2:]}
    assert cells["base"] == ["2/6", "1.500", "0.500", "0:08"]
    assert cells["order-2"] == ["waiting"]
    assert cells["nan"] == ["failed", "the", "training", "loss", "is", "nan"]
    assert cells["order-1"][0] == "4/4"


def test_the_table_fits_the_terminal(clock):
    show = runs._Live()
    show.show = lambda _=None: None
    many = SimpleNamespace(runs=[SimpleNamespace(observer=f"n-{k}", epochs=4) for k in range(31)])
    show.planned(many, [(f"n-{k}",) for k in range(31)])
    show.told(event("n-30", "started"))
    show.told(event("n-30", "epoch", 1, test_accuracy=0.4))
    lines = rendered(show, height=15)
    assert len(lines) <= 15
    assert lines[2].split()[:2] == ["n-30", "1/4"]  # what runs comes first
    assert lines[-1].split()[0] == "and"
    assert lines[-1].endswith("more")


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(7, "0:07"), (59.6, "1:00"), (725, "12:05"), (3599.7, "1:00:00"), (10920, "3:02:00")],
)
def test_durations_as_a_clock_shows_them(seconds, shown):
    assert runs.clock(seconds) == shown


def test_a_run_that_begins_again_does_not_turn_back_the_time_left(clock):
    show = runs.Runs()
    show.planned(PLAN, [("base",)])
    for first in (0, 3):  # its job ends after the third epoch, and another goes on
        show.told(event("base", "started"))
        for epoch in range(first, 3 if not first else 5):
            clock.seconds += 2
            show.told(event("base", "epoch", epoch, test_accuracy=0.5))
    assert show.seconds_left() == pytest.approx(10 / 4 * 2)  # four epochs in ten seconds, two are left


def test_the_sentence_of_an_interruption_before_there_is_a_plan(clock):
    assert runs.Runs().summary() == "Nothing had been trained yet."
