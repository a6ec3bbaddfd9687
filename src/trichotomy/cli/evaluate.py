"""``trichotomy evaluate``: ask pretrained models about images, and record their decisions."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from trichotomy.cli import options as o

if TYPE_CHECKING:
    from trichotomy.evaluation import Evaluation

FAILED = 1
INTERRUPTED = 130


def evaluate(
    dataset: Annotated[
        str | None,
        typer.Argument(
            metavar="[DATASET]",
            help="imagenet, cifar10, cifar100, digits, shards, imagefolder:PATH, ...; without it, --data is any folder "
            "of images.",
            show_default=False,
        ),
    ] = None,
    models: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SPEC",
            help="torchvision:NAME[.WEIGHTS], timm:NAME, open_clip:ARCH/PRETRAINED, hf:NAME, state:STORE[#OBSERVER], "
            "module:attribute, a list in FILE.toml, or a set: paper-sota. Repeatable, and several with commas between.",
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Store to make, a folder.")] = None,
    data: Annotated[Path | None, typer.Option(help="Folder of the images.")] = None,
    split: Annotated[str, typer.Option(help="Of a data set: test or train.")] = "test",
    targets: o.Targets = None,
    mapping: Annotated[
        str | None,
        typer.Option(
            metavar="NAME|FILE",
            help="To coarser classes: imagenet16, or a file (CSV, JSON, TOML) of fine and coarse classes.",
        ),
    ] = None,
    combine: Annotated[
        str | None,
        typer.Option(
            help="How probabilities of fine classes combine: mean or sum; default the mapping's, else mean."
        ),
    ] = None,
    weights: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Folder of local checkpoints, called after the models' ids."),
    ] = None,
    features: Annotated[
        Path | None, typer.Option(help="Store of features to make beside the decisions, for similarity.")
    ] = None,
    layer: Annotated[
        list[str] | None,
        typer.Option(
            help="Layer of the features: penultimate (default), logits, or a module's name. Repeatable."
        ),
    ] = None,
    batch_size: Annotated[int, typer.Option(min=1, help="Images at a time.")] = 64,
    device: Annotated[str, typer.Option(help="cpu, cuda, or auto: cuda where there is one.")] = "auto",
    memory: Annotated[
        float | None,
        typer.Option(
            metavar="GB",
            min=0,
            help="For the weights of models at once; others take turns. Default half of what is free.",
        ),
    ] = None,
    cache: Annotated[Path | None, typer.Option(help="Folder in which decoded images are kept.")] = None,
    option: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="Option of the data set, such as shorter=256. Repeatable."),
    ] = None,
    resume: Annotated[
        bool,
        typer.Option(
            "--resume", help="Go on with the store where there is one; models that failed are tried again."
        ),
    ] = False,
    force: o.Force = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")] = False,
    listed: Annotated[
        bool,
        typer.Option("--list", help="Show the models of --models, or of the named sets, and ask nothing."),
    ] = False,
) -> None:
    """Ask pretrained models about images: each image is decoded once for all of them.

    The store that comes out is what **analyze** and **figure** take. A model that fails is named with its reason, and
    the others finish. A command that was stopped goes on with **--resume**.
    """
    from trichotomy.cli.progress import steps
    from trichotomy.cli.study import chosen_device, dataset_options
    from trichotomy.errors import InputError
    from trichotomy.models import require_torch

    require_torch("running networks")
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.append(here)  # a user's own networks and data are found from here, and hide nothing
    specs = _specs(models or [])
    if listed:
        _show(specs, weights, as_json=as_json)
        return
    if not specs or out is None:
        lacking = "--out NAME.zarr" if specs else "--models SPEC"
        msg = f"say {'where to' if specs else 'which models'}: {lacking} (--list shows the named sets)"
        raise InputError(msg)
    if layer and features is None:
        msg = "--layer is of --features; name a store for them, or leave it out"
        raise InputError(msg)
    from trichotomy.evaluation import evaluate as ask

    try:
        with steps("Evaluating", unit="images") as step:
            done = ask(
                specs, out, dataset=dataset, data=data, split=split, targets=targets,
                options=dataset_options(option or []), mapping=mapping, combine=combine, weights=weights,
                features=features, layers=layer or ("penultimate",), batch_size=batch_size,
                device=chosen_device(device), memory=None if memory is None else int(memory * 1e9), cache=cache,
                resume=resume, force=force, progress=step,
            )  # fmt: skip
    except KeyboardInterrupt:
        typer.echo("Interrupted. Go on with the same command and --resume.", err=True)
        raise typer.Exit(INTERRUPTED) from None
    _report(done, out, as_json=as_json)
    if done.failed:
        raise typer.Exit(FAILED)


def _specs(given: Sequence[str]) -> list[str]:
    """Split at commas, but for what is a file."""
    return [one for text in given for one in ([text] if Path(text).exists() else text.split(",")) if one]


def _report(done: Evaluation, out: Path, *, as_json: bool) -> None:
    for sentence in done.notes:
        typer.echo(f"Note: {sentence}.", err=True)
    for sentence in done.warnings:
        typer.echo(f"Warning: {sentence.rstrip('?')}{'?' if sentence.endswith('?') else '.'}", err=True)
    for result in done.failed:
        typer.echo(f"FAILED {result.id}: {result.failure}", err=True)
    if as_json:
        typer.echo(json.dumps(done.as_plain(), allow_nan=False))
        return
    width = max(len(result.id) for result in done.results)
    typer.echo(f"{'model':<{width}}   top-1   expected")
    for result in done.results:
        top1 = "failed" if result.failure else "-" if result.top1 != result.top1 else f"{result.top1:.1%}"
        typer.echo(f"{result.id:<{width}}  {top1:>6}  {_expected(result.expected):>9}")
    finished = len(done.results) - len(done.failed)
    lost = f"; {done.unreadable} of {done.items} could not be read" if done.unreadable else ""
    asked = done.items - done.unreadable
    typer.echo(f"{finished} of {len(done.results)} models answered {asked} images{lost}.")
    typer.echo(f"Store: {out}")
    if done.failed:
        typer.echo("Again: the same command and --resume tries those that failed")
    elif all(math.isnan(result.top1) for result in done.results):
        typer.echo("Without targets there is nothing to analyse yet; name them with --targets")
    elif done.results:
        typer.echo(f"Next:  trichotomy analyze {out} --out {out.with_suffix('')}-report")


def _show(specs: Sequence[str], weights: Path | None, *, as_json: bool) -> None:
    """List models: those named, or all of the named sets."""
    from trichotomy.evaluation.entries import SETS, entries
    from trichotomy.evaluation.installed import lacking

    rows: list[dict[str, Any]] = []
    for text in specs or list(SETS):
        rows += [
            {
                "set": text if text in SETS else None, "id": entry.id, "source": entry.source,
                "family": entry.condition or None,
                "expected": entry.expected, "expected_source": entry.expected_source or None,
                "checkpoint": None if entry.checkpoint is None else str(entry.checkpoint),
                **entry.about, "lacking": lacking(entry) or None,
            }
            for entry in entries(text, weights=weights)
        ]  # fmt: skip
    if as_json:
        typer.echo(json.dumps({"schema": 1, "models": rows}))
        return
    for name in dict.fromkeys(row["set"] for row in rows):
        typer.echo(f"{name}:" if name else "Models:")
        for row in rows:
            if row["set"] == name:
                stated = (
                    f", {row['expected']:.1%} expected ({row['expected_source']})" if row["expected"] else ""
                )
                typer.echo(f"  {row['id']}: {row['source']}{stated}")
                for word in ("url", "note", "lacking"):
                    if row.get(word):
                        typer.echo(f"    {'from' if word == 'url' else word}: {row[word]}")


def _expected(value: float | None) -> str:
    return "-" if value is None else f"{value:.1%}"
