"""The command line: one command per verb."""

from trichotomy.cli.app import app, main

__all__ = ["app", "main"]
