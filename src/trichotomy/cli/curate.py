"""``trichotomy curate``: a subset of the items, for other tools, with its data card."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from trichotomy.cli import options as o

if TYPE_CHECKING:
    from trichotomy.curation import Subset
    from trichotomy.decisions import Decisions


def curate(
    sources: Annotated[list[str], typer.Argument(metavar="X...", help="A store, or prediction files.")],
    out: Annotated[
        Path,
        typer.Option(
            help="File to write: .csv, .json, .txt (ids), .npy (indices); the data card stands beside it."
        ),
    ],
    keep: Annotated[
        list[str] | None,
        typer.Option(metavar="CLASS", help="Keep in-between, trivial or impossible items. Repeatable."),
    ] = None,
    size: Annotated[
        int | None, typer.Option(min=2, help="Choose so many items, those that tell observers apart best.")
    ] = None,
    rule: Annotated[
        str,
        typer.Option(help="How to choose: weighted (drawn, with weights for accuracy) or information (2PL)."),
    ] = "weighted",
    stratify: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Share items out by class, or by an annotation of items."),
    ] = None,
    families: Annotated[
        str,
        typer.Option(
            metavar="NAME|FILE",
            help="Which observers are kin and held out together: an annotation of observers, or a CSV file with the "
            "columns observer and family.",
        ),
    ] = "condition",
    index: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Annotation of items that holds their place in the data set. Default: place in the decisions.",
        ),
    ] = None,
    to: Annotated[
        str | None,
        typer.Option(help="Format: csv, json, ids, torch, huggingface or fiftyone. Default: by suffix."),
    ] = None,
    tag: Annotated[str | None, typer.Option(help="Tag of the items in a fiftyone file.")] = None,
    curve: Annotated[
        Path | None,
        typer.Option(
            help="Also draw how well subsets of several sizes do, chosen and random, into this file."
        ),
    ] = None,
    splits: Annotated[
        int, typer.Option(min=1, help="How often observers are split in two halves to check the subset.")
    ] = 6,
    no_validation: Annotated[
        bool, typer.Option("--no-validation", help="Do not check the subset on observers held out.")
    ] = False,
    tolerance: o.Tolerance = 0,
    drop: o.Drop = None,
    exclude: o.Exclude = None,
    epoch: o.Epoch = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the numbers of the check to standard output.")
    ] = False,
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
    """Choose items to test on: those in-between, or the few that keep observers apart.

    The subset is checked on observers that did not choose it. Its data card says how it was made, how well it did, and
    what it must not be used for.
    """
    from trichotomy import curation
    from trichotomy.cli.progress import steps
    from trichotomy.curation.exports import card_of, check_files
    from trichotomy.decisions import select

    curation.format_of(out, to)
    check_files(out, card_of(out), *([curve] if curve else []), force=force)
    if curve is not None:
        from trichotomy.plots import check_format

        check_format(curve)
    d = o.load(
        sources, **o.reading(format, targets, annotations, mapping, where, duplicates, top_k, accepted, order)
    )
    d = select(d, drop=drop or (), exclude=exclude)
    d, families = _families(d, families)
    common: dict[str, Any] = {
        "keep": tuple(keep or ()), "rule": rule, "stratify": stratify, "tolerance": tolerance, "families": families,
        "epoch": epoch, "splits": splits, "rng": seed,
    }  # fmt: skip
    with steps("Curating", unit="halves") as step:
        subset = curation.curate(
            d, size=size, index=index, validate=not no_validation, progress=step, **common
        )
        if curve is not None:
            from trichotomy.plots import curation_curves, save

            drawing = curation_curves(curation.curation_curve(d, progress=step, **common))
            save(drawing.figure, curve)
    card = curation.write_subset(subset, out, to=to, tag=tag, force=force)
    if as_json:
        typer.echo(_numbers(subset))
        return
    typer.echo(f"{len(subset.ids):,} of {subset.items.attrs['n']:,} items: {out}, data card: {card}")
    for line in curation.verdict_lines(subset):
        typer.echo(line)
    if curve is not None:
        typer.echo(f"{curve}: {drawing.caption}")


def _families(d: Decisions, given: str) -> tuple[Decisions, str]:
    """An annotation of observers, or a file that holds one."""
    from trichotomy.curation import FAMILY, with_families

    if given not in d.coords and (Path(given).is_file() or Path(given).suffix):
        return with_families(d, given), FAMILY
    return d, given


def _numbers(subset: Subset) -> str:
    from trichotomy.report import to_json

    attrs = subset.items.attrs
    result = {"schema": 1, **{name: attrs[name] for name in ("size", "pool", "n", "rule", "keep", "method")}}
    if subset.validation is not None:
        row = subset.validation.isel(size=0)
        result["validation"] = {name: v.values.tolist() for name, v in row.data_vars.items()}
    return to_json(result)
