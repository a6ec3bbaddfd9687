"""Progress of the runs of a study: a live table on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from trichotomy.training import Outcome
    from trichotomy.training.execution import Event, Executor
    from trichotomy.training.plan import Plan

PLAIN_EVERY_SECONDS = 5.0
FAILED = 1
INTERRUPTED = 130
"""Exit statuses: networks that failed, and Ctrl-C."""
STATES = ("running", "waiting", "failed", "done")
"""In the order in which the table shows them."""


@dataclass(slots=True)
class _Row:
    """Where one run stands."""

    epochs: int
    state: str = "waiting"
    epoch: int = -1
    began: float = 0.0
    first: int = 0
    loss: float = float("nan")
    accuracy: float = float("nan")
    reason: str = ""


class Runs:
    """The runs of a study as they go; ``reading``, ``planned`` and ``told`` are what ``training.study`` calls."""

    def __init__(self) -> None:
        self.rows: dict[str, _Row] = {}
        self._doing = ""
        self._began = time.monotonic()
        self._at_first = 0

    def reading(self, name: str, done: int = 0, total: int = 0) -> None:
        """Learn what is being read before there is a plan."""
        self._doing = f"Reading {name}" + (f", {done:,} of {total:,}" if total else "")
        self.show()

    def planned(self, plan: Plan, groups: Sequence[Sequence[str]]) -> None:
        """Learn which runs there are, and which groups of them are left to do."""
        waiting = {observer for group in groups for observer in group}
        if len(groups) < len(waiting):
            self.said(f"Training {len(waiting)} networks in {len(groups)} lock-step groups")
        self.rows = {
            run.observer: _Row(run.epochs, *(() if run.observer in waiting else ("done", run.epochs)))
            for run in plan.runs
        }
        self._began = time.monotonic()
        self._at_first = self._epochs_done()
        self.show()

    def told(self, event: Event) -> None:
        """Learn what happened to a run."""
        row = self.rows[event.observer]
        if event.kind == "started":
            row.state, row.began, row.first = "running", time.monotonic(), -1
        elif event.kind == "epoch":
            if row.first < 0:
                if row.epoch < 0:
                    self._at_first += max(event.epoch - 1, 0)  # of a run taken up again, done before
                row.first, row.began = event.epoch, time.monotonic()
            row.epoch = event.epoch
            row.loss = event.measures.get("train_loss", row.loss)
            row.accuracy = event.measures["test_accuracy"]
        else:
            row.state, row.reason = event.kind, event.reason
        self.show(event)

    def said(self, sentence: str) -> None:
        """Pass on a sentence of whoever carries out the study."""
        typer.echo(sentence, err=True)

    def show(self, event: Event | None = None) -> None:
        """Show where everything stands; here, nowhere."""

    def close(self) -> None:
        """Leave what is shown as it is."""

    def summary(self) -> str:
        """Where everything stands, in a sentence."""
        if not self.rows:
            return "Nothing had been trained yet."
        done = sum(row.state == "done" for row in self.rows.values())
        failed = sum(row.state == "failed" for row in self.rows.values())
        words = f"{done} of {len(self.rows)} networks are trained" + (f", {failed} failed" if failed else "")
        return f"{words}; every epoch finished is in the store."

    def seconds_left(self) -> float | None:
        """By the epochs done since this began, None before there is one."""
        done = self._epochs_done() - self._at_first
        if done <= 0:
            return None
        left = sum(max(r.epochs - max(r.epoch, 0), 0) for r in self.rows.values() if r.state in STATES[:2])
        return (time.monotonic() - self._began) / done * left

    def _epochs_done(self) -> int:
        return sum(max(row.epoch, 0) for row in self.rows.values())


class _Plain(Runs):
    """A line for each run that ends, and one every few seconds."""

    def __init__(self) -> None:
        super().__init__()
        self._last = time.monotonic()

    def show(self, event: Event | None = None) -> None:
        if event is not None and event.kind in ("done", "failed"):
            row = self.rows[event.observer]
            how = f"accuracy {row.accuracy:.3f}" if event.kind == "done" else f"FAILED: {event.reason}"
            self._say(f"{event.observer}: {how} ({self._count()})")
        elif time.monotonic() - self._last >= PLAIN_EVERY_SECONDS:
            self._say(f"Training: {self._count()}{self._left()}" if self.rows else self._doing)

    def _count(self) -> str:
        ended = sum(row.state in STATES[2:] for row in self.rows.values())
        return f"{ended} of {len(self.rows)} networks"

    def _left(self) -> str:
        seconds = self.seconds_left()
        return "" if seconds is None else f", about {clock(seconds)} left"

    def _say(self, line: str) -> None:
        self._last = time.monotonic()
        self.said(line)


class _Live(Runs):
    """A table that is drawn anew as things happen."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.live import Live

        super().__init__()
        self._console = Console(stderr=True)
        self._live = Live(console=self._console, refresh_per_second=4, get_renderable=self.table)
        self._started = False

    def show(self, event: Event | None = None) -> None:
        del event  # the table shows them all
        if not self._started:
            self._started = True
            self._live.start()

    def said(self, sentence: str) -> None:
        self._console.print(sentence, markup=False, highlight=False, soft_wrap=True)

    def close(self) -> None:
        if self._started:
            self._live.stop()
            self._started = False

    def table(self) -> Any:
        """As many rows as the terminal has room for: those that run first."""
        from rich.table import Table

        if not self.rows:
            return self._doing
        seconds = self.seconds_left()
        title = (
            f"{sum(r.state == 'done' for r in self.rows.values())} of {len(self.rows)} networks are trained"
            + ("" if seconds is None else f", about {clock(seconds)} left")
        )
        table = Table(title=title, title_justify="left", box=None, pad_edge=False)
        table.add_column("network")
        for name in ("epoch", "loss", "accuracy", "time left"):
            table.add_column(name, justify="right")
        room = max(self._console.size.height - 5, 3)
        ordered = sorted(self.rows.items(), key=lambda item: STATES.index(item[1].state))
        shown = ordered if len(ordered) <= room else ordered[: room - 1]
        for observer, row in shown:
            style = {"failed": "red", "waiting": "dim", "done": "green"}.get(row.state)
            table.add_row(observer, *_cells(row), style=style)
        if len(shown) < len(ordered):
            table.add_row(f"and {len(ordered) - len(shown)} more", style="dim")
        return table


def _cells(row: _Row) -> tuple[str, ...]:
    if row.state == "failed":
        return "failed", "", "", row.reason[:40]
    if row.epoch < 0:
        return row.state, "", "", ""
    left = ""
    if row.state == "running" and row.epoch > row.first >= 0:
        per_epoch = (time.monotonic() - row.began) / (row.epoch - row.first)
        left = clock(per_epoch * (row.epochs - row.epoch))
    loss = f"{row.loss:.3f}" if row.loss == row.loss else ""
    accuracy = f"{row.accuracy:.3f}" if row.accuracy == row.accuracy else ""
    return f"{row.epoch}/{row.epochs}", loss, accuracy, left


@contextmanager
def runs_shown() -> Iterator[Runs]:
    """Show the runs of a study while they go."""
    shown: Runs = _Live() if sys.stderr.isatty() else _Plain()
    try:
        yield shown
    finally:
        shown.close()


def carry_out(
    dataset: str, out: Path, *, again: str, executor: Executor | None = None, **options: Any
) -> Outcome:
    """Carry out a study, showing its runs, and name those that failed; Ctrl-C ends the command.

    Parameters
    ----------
    again
        How to go on with it, in words.
    executor
        As for ``training.study``; jobs that it has submitted go on after Ctrl-C.
    options
        As for ``training.study``.
    """
    from trichotomy.cli.execution import how_to_look
    from trichotomy.training import SlurmExecutor, study

    with runs_shown() as show:
        if isinstance(executor, SlurmExecutor):
            executor = replace(executor, told=show.said)
        try:
            outcome = study(
                dataset, out, told=show.told, planned=show.planned, progress=show.reading, executor=executor,
                **options,
            )  # fmt: skip
        except KeyboardInterrupt:
            show.close()
            then = how_to_look(out) or f"Go on with {again}."
            typer.echo(f"Interrupted. {show.summary()} {then}", err=True)
            raise typer.Exit(INTERRUPTED) from None
    for observer, reason in outcome.failed.items():
        typer.echo(f"Failed: {observer}: {reason}", err=True)
    if outcome.failed:
        typer.echo(f"Try those that failed again with {again}.", err=True)
    return outcome


def clock(seconds: float) -> str:
    """A duration as a clock shows it: 0:07, 12:05, 3:02:00."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
