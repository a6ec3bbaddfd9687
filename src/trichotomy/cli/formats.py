"""``trichotomy formats``: what can be read."""

from __future__ import annotations

import typer


def formats() -> None:
    """List the formats of prediction files that can be read, with those that plug-ins add."""
    from trichotomy.readers import formats as known

    found = known()
    width = max(map(len, found))
    for name, description in found.items():
        typer.echo(f"{name:<{width}}  {description}")
