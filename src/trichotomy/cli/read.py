"""``trichotomy read``: prediction files into a store."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from trichotomy.cli import options as o


def read(
    sources: Annotated[
        list[str], typer.Argument(metavar="SRC...", help="Prediction files, folders or patterns.")
    ],
    out: Annotated[Path, typer.Option(help="Store to write (a folder, usually named .zarr).")],
    format: o.Format = None,  # noqa: A002 - the name of the option
    targets: o.Targets = None,
    annotations: o.Annotations = None,
    accepted: o.Accepted = None,
    order: o.Order = None,
    mapping: o.Mapping = None,
    where: o.Where = None,
    duplicates: o.Duplicates = "error",
    top_k: o.TopK = None,
    force: o.Force = False,
) -> None:
    """Read prediction files into a store of decisions.

    Columns are guessed from their names; what each was taken for is printed, and `--map` overrides it.
    """
    from trichotomy.decisions import write
    from trichotomy.errors import InputError

    if out.exists() and not force:
        msg = f"{out} exists already; choose another name, or replace it with --force"
        raise InputError(msg)
    d = o.load(
        sources, **o.reading(format, targets, annotations, mapping, where, duplicates, top_k, accepted, order)
    )
    write(d, out, force=force)
    sizes = " x ".join(
        f"{d.sizes[k]:,} {k}{'s' if d.sizes[k] != 1 else ''}" for k in ("observer", "epoch", "item")
    )
    typer.echo(f"{out}: {sizes}, {len(d.attrs['classes']) or 'unnamed'} classes")
    for line in o.columns_taken(d):
        typer.echo(line)
    for warning in d.attrs["provenance"].get("warnings", []):
        typer.echo(f"Warning: {warning}", err=True)
