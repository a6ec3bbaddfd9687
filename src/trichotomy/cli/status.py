"""``trichotomy study --status``: where a study stands, as a table or as JSON."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from trichotomy.cli.runs import clock

if TYPE_CHECKING:
    from trichotomy.training.execution.standing import Standing, Study

STATES = ("done", "running", "waiting", "stopped", "failed")
HEAD = (
    "network",
    "state",
    "epoch",
    "accuracy",
    "per epoch",
    "left",
    "last epoch",
    "since",
    "host",
    "job",
    "",
)
RIGHT = range(2, 6)
"""Columns of numbers."""
SCHEMA = 1


def show_status(out: Path, *, as_json: bool) -> None:
    """Print where the study in a store stands."""
    from trichotomy.training import stands

    study = stands(out)
    if as_json:
        typer.echo(json.dumps(_plain(out, study), allow_nan=False))
        return
    now = time.time()
    _echo_columns([_row(s, now) for s in study.standings])
    typer.echo(_total(study))
    if study.trouble:
        typer.echo(f"Note: {study.trouble}; of jobs only what they wrote down is shown.", err=True)
    stopped = [s for s in study.standings if s.state in ("stopped", "failed")]
    if stopped:
        typer.echo(f"Go on with those that stopped or failed: the command that began {out}, and --resume.")


def _row(s: Standing, now: float) -> tuple[str, ...]:
    return (
        s.observer,
        s.state,
        f"{max(s.epoch, 0)}/{s.epochs}",
        "" if math.isnan(s.accuracy) else f"{s.accuracy:.3f}",
        "" if s.seconds_per_epoch is None else f"{s.seconds_per_epoch:.3g} s",
        "" if s.seconds_left is None else clock(s.seconds_left),
        "" if s.last is None or s.state == "done" else f"{clock(max(now - s.last, 0))} ago",
        "" if s.since is None else time.strftime("%Y-%m-%d %H:%M", time.localtime(s.since)),
        s.host,
        s.job,
        s.reason,
    )


def _echo_columns(rows: Sequence[tuple[str, ...]]) -> None:
    """Print a table without the columns that nothing stands in."""
    used = [k for k in range(len(HEAD)) if any(row[k] for row in rows)]
    widths = {k: max(len(row[k]) for row in (HEAD, *rows)) for k in used}
    for row in (HEAD, *rows):
        cells = [row[k].rjust(widths[k]) if k in RIGHT else row[k].ljust(widths[k]) for k in used]
        typer.echo("  ".join(cells).rstrip())


def _counts(study: Study) -> dict[str, int]:
    return {state: sum(s.state == state for s in study.standings) for state in STATES}


def _epochs(study: Study) -> tuple[int, int]:
    return sum(max(s.epoch, 0) for s in study.standings), sum(s.epochs for s in study.standings)


def _total(study: Study) -> str:
    counts, (done, planned) = _counts(study), _epochs(study)
    others = "".join(f", {count} {state}" for state, count in counts.items() if count and state != "done")
    left = study.seconds_left
    return (
        f"{counts['done']} of {len(study.standings)} networks are trained{others}; {done:,} of {planned:,} epochs"
        + ("" if left is None else f", about {clock(left)} left")
        + "."
    )


def _plain(out: Path, study: Study) -> dict[str, Any]:
    done, planned = _epochs(study)
    return {
        "schema": SCHEMA,
        "store": str(out),
        "recipe": study.plan.recipe,
        "dataset": study.plan.dataset["name"],
        "networks": [
            {**asdict(s), "accuracy": None if math.isnan(s.accuracy) else s.accuracy} for s in study.standings
        ],
        "total": {
            "networks": len(study.standings),
            **_counts(study),
            "epochs": done,
            "epochs_planned": planned,
            "seconds_left": study.seconds_left,
        },
        "jobs": [job.id for job in study.jobs],
        "trouble": study.trouble,
    }
