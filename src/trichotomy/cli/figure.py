"""``trichotomy figure``: one figure, any format."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from trichotomy.cli import options as o


def figure(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Figure to draw; a wrong name lists them.")],
    sources: Annotated[list[str], typer.Argument(metavar="X...", help="A store, or prediction files.")],
    out: Annotated[
        Path, typer.Option(help="File to write; its suffix chooses the format (pdf, svg, png, ...).")
    ],
    tolerance: o.Tolerance = 0,
    one_per: o.OnePer = None,
    drop: o.Drop = None,
    exclude: o.Exclude = None,
    epoch: o.Epoch = None,
    images: o.Images = None,
    force: o.Force = False,
    seed: o.Seed = 0,
    features: Annotated[
        Path | None,
        typer.Option(help="Store of features, for the figures similarity, -heatmap and -difficulty."),
    ] = None,
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
    """Draw one figure of the report in any format that matplotlib writes."""
    from trichotomy.cli.progress import steps
    from trichotomy.decisions import is_store
    from trichotomy.errors import InputError
    from trichotomy.report import draw_figure

    if out.exists() and not force:
        msg = f"{out} exists already; choose another name, or replace it with --force"
        raise InputError(msg)
    d = o.load(
        sources, **o.reading(format, targets, annotations, mapping, where, duplicates, top_k, accepted, order)
    )
    for line in o.columns_taken(d) if not is_store(sources[0]) else []:
        typer.echo(line, err=True)
    if features is not None:
        from trichotomy.decisions import select
        from trichotomy.report import SimilarityAnalysis, draw_similarity
        from trichotomy.representations import open_features

        kept = select(d, drop=drop or (), exclude=exclude)
        results = SimilarityAnalysis(
            open_features(features), kept, tolerance=tolerance, epoch=epoch, rng=seed
        )
        typer.echo(f"{out}: {draw_similarity(name, results, out).caption}")
        return
    with steps("Drawing") as step:
        drawing = draw_figure(
            name, d, out, tolerance=tolerance, one_per=one_per, drop=drop or (), exclude=exclude, epoch=epoch,
            rng=seed, images=images, progress=step,
        )  # fmt: skip
    typer.echo(f"{out}: {drawing.caption}")
