"""``trichotomy experiment``: make, run and export experiments with people."""

from __future__ import annotations

from collections.abc import Callable

import typer

from trichotomy.cli import experiment_analysis, experiment_answers, experiment_new, experiment_run

Command = Callable[..., None]


def group(wrapped: Callable[[Command], Command]) -> typer.Typer:
    """Make the group of commands; each is ``wrapped`` first."""
    app = typer.Typer(no_args_is_help=True, help="Run experiments with people in a browser.")
    new = typer.Typer(no_args_is_help=True, help="Design an experiment.")
    for command in (experiment_new.pairs, experiment_new.ratings, experiment_new.categorise):
        new.command()(wrapped(command))
    app.add_typer(new, name="new")
    commands: tuple[Command, ...] = (
        experiment_run.run,
        experiment_answers.simulate,
        experiment_answers.export,
        experiment_answers.forget,
        experiment_answers.status,
        experiment_analysis.analyze,
    )
    for each in commands:
        app.command()(wrapped(each))
    return app
