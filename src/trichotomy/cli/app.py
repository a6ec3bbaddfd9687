"""The ``trichotomy`` command and how it ends: 0 done, 2 wrong input in one sentence, 130 interrupted."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import wraps
from typing import Annotated, Any

import typer

from trichotomy.cli import (
    analyze,
    browse,
    curate,
    demo,
    evaluate,
    experiment,
    figure,
    formats,
    read,
    similarity,
    study,
)
from trichotomy.errors import TrichotomyError

WRONG_INPUT = 2
INTERRUPTED = 130

app = typer.Typer(
    name="trichotomy",
    help="Which test items can actually tell your models apart?",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


class _InterruptedError(Exception):
    """Ctrl-C, told apart from the framework's own way of ending, which says nothing about what is left."""


def _interruptible(command: Callable[..., None]) -> Callable[..., None]:
    @wraps(command)
    def run(*arguments: Any, **options: Any) -> None:
        try:
            command(*arguments, **options)
        except KeyboardInterrupt:
            raise _InterruptedError from None

    return run


for command in (
    demo.demo,
    read.read,
    analyze.analyze,
    figure.figure,
    similarity.similarity,
    browse.browse,
    curate.curate,
    study.study,
    evaluate.evaluate,
    formats.formats,
):
    app.command()(_interruptible(command))
app.add_typer(experiment.group(_interruptible), name="experiment")


def _print_version(wanted: bool) -> None:
    if wanted:
        from trichotomy import __version__

        typer.echo(f"trichotomy {__version__}")
        raise typer.Exit


@app.callback()
def _trichotomy(
    version: Annotated[
        bool,
        typer.Option("--version", help="Print the version and stop.", is_eager=True, callback=_print_version),
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
) -> None:
    """Find out which test items can actually tell your models apart.

    Takes the decisions of many observers (models, epochs, people) on the same items and finds the items that are
    **trivial** (all right), **impossible** (all wrong) and **in-between**, with honest uncertainty.
    """
    del version, debug  # both are dealt with before any command runs


def main(argv: list[str] | None = None) -> None:
    """Run the command line; ``--debug`` anywhere shows tracebacks."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    debug = "--debug" in arguments
    try:
        app(args=[a for a in arguments if a != "--debug"], prog_name="trichotomy")
    except TrichotomyError as error:
        if debug:
            raise
        _say(f"Error: {error}")
        sys.exit(WRONG_INPUT)
    except _InterruptedError:
        _say("Interrupted; nothing was left half-written.")
        sys.exit(INTERRUPTED)
    except OSError as error:
        if debug:
            raise
        if isinstance(error, BrokenPipeError):
            _silence_output()
            sys.exit(1)
        _say(f"Error: {error.strerror or error}{f': {error.filename}' if error.filename else ''}")
        sys.exit(WRONG_INPUT)


def _silence_output() -> None:
    """Whoever read our output has gone; let the interpreter's last flush go nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _say(sentence: str) -> None:
    sys.stderr.write(sentence + "\n")
