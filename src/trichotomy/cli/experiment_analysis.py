"""``trichotomy experiment analyze``: answers of people as numbers, tables, figures and a report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trichotomy.cli import options as o

if TYPE_CHECKING:
    import pandas as pd

    from trichotomy.stats.people import Answers


def analyze(
    source: Annotated[
        Path,
        typer.Argument(
            metavar="SOURCE",
            help="An experiment's folder or export, a CSV file of answers, or the folder of the paper's experiment 2.",
        ),
    ],
    out: Annotated[
        Path,
        typer.Option(help="Folder for report.html, summary.json, participants.csv, items.csv, figures/."),
    ],
    networks: Annotated[
        str | None,
        typer.Option(help="Store of networks on the same items, to set people who name classes beside."),
    ] = None,
    interval: Annotated[
        str, typer.Option(help="Of each participant's accuracy: wilson or clopper-pearson.")
    ] = "wilson",
    mid_p: Annotated[
        bool, typer.Option("--mid-p", help="Mid-p in the test against chance: less conservative.")
    ] = False,
    label_errors: Annotated[
        bool, typer.Option("--label-errors", help="Count items that are flagged as label errors too.")
    ] = False,
    balance: Annotated[
        int | None,
        typer.Option(
            min=0,
            help="Balance classes of difficulty at random too, once, with this seed of NumPy's legacy generator "
            "(1312: the paper's).",
        ),
    ] = None,
    draws: Annotated[int, typer.Option(min=100, help="Bootstrap samples for the intervals.")] = 1000,
    as_json: Annotated[bool, typer.Option("--json", help="Print summary.json to standard output.")] = False,
    force: o.Force = False,
    seed: o.Seed = 0,
) -> None:
    """Analyse the answers of an experiment, with intervals over people and items.

    Writes a self-contained report with figures and tables.
    """
    from trichotomy.cli.progress import steps
    from trichotomy.errors import UnknownNameError
    from trichotomy.report import ExperimentAnalysis, check_experiment_place, to_json, write_experiment
    from trichotomy.stats.people.choices import INTERVALS

    if interval not in INTERVALS:
        kind = "interval of an accuracy"
        raise UnknownNameError(kind, interval, list(INTERVALS))
    check_experiment_place(out, force=force)
    answers = answers_of(source, label_errors=label_errors)
    results = ExperimentAnalysis(
        answers, networks=o.load([networks]) if networks else None, interval=interval, mid_p=mid_p, balance=balance,
        draws=draws, rng=seed,
    )  # fmt: skip
    with steps("Analysing") as step:
        report = write_experiment(results, out, force=force, progress=step)
    if as_json:
        typer.echo(to_json(report.summary))
        return
    typer.echo(report.headline)
    for warning in report.summary["warnings"]:
        typer.echo(f"Warning: {warning}.", err=True)
    typer.echo(f"Report: {out / 'report.html'}")


def answers_of(source: Path, *, label_errors: bool = False) -> Answers:
    """Answers of an experiment's folder, its export, a CSV file, or the paper's experiment."""
    from trichotomy.readers.answers import read_answers

    return read_answers(source, label_errors=label_errors, from_database=_of_a_running_one)


def _of_a_running_one(exp: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Answers and items of an experiment's own folder, as an export would have them."""
    from trichotomy.cli.experiment_answers import opened
    from trichotomy.experiments.database import answer_rows
    from trichotomy.experiments.exporting import answers_table, items_table

    folder, database = opened(exp, None)
    try:
        with database.reading() as connection:
            return answers_table(folder, answer_rows(connection)), items_table(folder)
    finally:
        database.close()
