"""``trichotomy demo``: from decisions to a report, with nothing to prepare."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from trichotomy.cli import options as o


def demo(
    out: Annotated[Path, typer.Option(help="Folder for the report; the store goes beside it.")] = Path(
        "trichotomy-demo"
    ),
    force: o.Force = False,
    seed: o.Seed = 0,
) -> None:
    """Simulate decisions from a known distribution of difficulty, store them and report on them."""
    from trichotomy.cli.progress import steps
    from trichotomy.decisions import Store, simulate, write
    from trichotomy.report import analyze as write_report
    from trichotomy.report import check_place

    check_place(out, force=force)
    store = out.resolve().with_name(f"{out.name}.zarr")
    write(simulate(rng=seed), store, force=force)
    with steps("Analysing") as step:
        result = write_report(
            Store(store).read(), out, force=force, title="Demonstration, simulated", progress=step
        )
    typer.echo(result.headline)
    typer.echo(result.lead)
    typer.echo(f"Store:  {out.parent / store.name}")
    typer.echo(f"Report: {out / 'report.html'}")
