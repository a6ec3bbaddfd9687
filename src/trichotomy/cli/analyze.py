"""``trichotomy analyze``: numbers, figures and a report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from trichotomy.cli import options as o


def analyze(
    sources: Annotated[list[str], typer.Argument(metavar="X...", help="A store, or prediction files.")],
    out: Annotated[
        Path, typer.Option(help="Folder for report.html, summary.json, items.csv, pairs.csv, figures/.")
    ],
    tolerance: o.Tolerance = 0,
    one_per: o.OnePer = None,
    drop: o.Drop = None,
    exclude: o.Exclude = None,
    epoch: o.Epoch = None,
    images: o.Images = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print summary.json to standard output.")] = False,
    force: o.Force = False,
    seed: o.Seed = 0,
    format: o.Format = None,  # noqa: A002 - the name of the option
    targets: o.Targets = None,
    annotations: o.Annotations = None,
    accepted: o.Accepted = None,
    order: o.Order = None,
    mapping: o.Mapping = None,
    where: o.Where = None,
    duplicates: o.Duplicates = "error",
    top_k: o.TopK = None,
) -> None:
    """Find trivial, impossible and in-between items, and how far observers agree beyond them.

    Writes a self-contained report with figures and tables.
    """
    from trichotomy.cli.progress import steps
    from trichotomy.decisions import is_store
    from trichotomy.report import analyze as write_report
    from trichotomy.report import check_place, to_json

    check_place(out, force=force)
    d = o.load(
        sources, **o.reading(format, targets, annotations, mapping, where, duplicates, top_k, accepted, order)
    )
    for line in o.columns_taken(d) if not is_store(sources[0]) else []:
        typer.echo(line, err=True)
    with steps("Analysing") as step:
        result = write_report(
            d, out, tolerance=tolerance, one_per=one_per, drop=drop or (), exclude=exclude, epoch=epoch,
            rng=seed, images=images, force=force, title=" ".join(Path(s).name for s in sources[:3]), progress=step,
        )  # fmt: skip
    if as_json:
        typer.echo(to_json(result.summary))
        return
    typer.echo(result.headline)
    typer.echo(result.lead)
    for warning in result.summary["warnings"]:
        typer.echo(f"Warning: {warning}", err=True)
    typer.echo(f"Report: {out / 'report.html'}")
