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
    seed: Annotated[
        int | None, typer.Option(help="From which everything random in training is drawn.")
    ] = None,
    workers: Annotated[int | None, typer.Option(help="Processes at once; default one per core.")] = None,
) -> None:
    """Run the embedded study, 31 tiny networks on Gaussian noise under thirteen conditions, and report on it."""
    from trichotomy.cli.progress import steps
    from trichotomy.cli.runs import FAILED, carry_out
    from trichotomy.decisions import Store
    from trichotomy.report import analyze as write_report
    from trichotomy.report import check_place

    check_place(out, force=force)
    store = out.resolve().with_name(f"{out.name}.zarr")
    outcome = carry_out(
        "gaussian", store, again="the same command", resume=not force, force=force, seed=seed, workers=workers
    )
    with steps("Analysing") as step:
        result = write_report(
            Store(store).read(), out, force=force, title="Gaussian noise, quick study", progress=step
        )
    typer.echo(result.headline)
    typer.echo(result.lead)
    typer.echo(f"Store:  {out.parent / store.name}")
    typer.echo(f"Report: {out / 'report.html'}")
    if outcome.failed:
        raise typer.Exit(FAILED)
