"""``trichotomy experiment``: ask people, and see what they answered."""

from __future__ import annotations

import typer

from trichotomy.cli import experiment_analysis

app = typer.Typer(
    name="experiment",
    help="Ask people: design an experiment, run it in a browser, analyse the answers.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)

COMMANDS = (experiment_analysis.analyze,)
