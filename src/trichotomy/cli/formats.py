"""``trichotomy formats``: what can be read."""

from __future__ import annotations

import typer


def formats() -> None:
    """List the formats of prediction files that can be read, with those that plug-ins add."""
    from trichotomy.readers import formats as known

    for name, description in known().items():
        typer.echo(f"{name:<14} {description}")
