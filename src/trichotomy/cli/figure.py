"""``trichotomy figure``: one figure, any format."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from trichotomy.cli import options as o

if TYPE_CHECKING:
    from trichotomy.decisions import Decisions
    from trichotomy.plots import Drawing


def figure(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Figure to draw; the name '?' lists them.")],
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="X...", help="A store, or prediction files; of an experiment its export or folder."
        ),
    ],
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
    """Draw one figure, of the report or by name alone, in any format that matplotlib writes.

    Of an experiment with people X is what **trichotomy experiment analyze** takes.
    """
    from trichotomy.cli.progress import steps
    from trichotomy.decisions import is_store, select
    from trichotomy.errors import InputError, UnknownNameError
    from trichotomy.plots import EXPERIMENT_FIGURES, FIGURES, IMAGE_FIGURES, SIMILARITY_FIGURES
    from trichotomy.report import draw_figure

    names = [*FIGURES, *SIMILARITY_FIGURES, *EXPERIMENT_FIGURES]
    if name not in names:
        kind = "figure"
        raise UnknownNameError(kind, name, names)
    if out.exists() and not force:
        msg = f"{out} exists already; choose another name, or replace it with --force"
        raise InputError(msg)
    if name in SIMILARITY_FIGURES and features is None:
        msg = f"the figure '{name}' is of features; name their store with --features (trichotomy similarity makes one)"
        raise InputError(msg)
    if features is not None and name not in SIMILARITY_FIGURES:
        msg = f"--features is for the figures {', '.join(SIMILARITY_FIGURES)}, not for '{name}'; leave it out"
        raise InputError(msg)
    if images is not None and name not in IMAGE_FIGURES:
        msg = f"--images is for the figures {', '.join(IMAGE_FIGURES)}, not for '{name}'; leave it out"
        raise InputError(msg)
    if name in EXPERIMENT_FIGURES:
        drawing = _of_answers(name, sources, out, seed)
    else:
        d = o.load(
            sources,
            **o.reading(format, targets, annotations, mapping, where, duplicates, top_k, accepted, order),
        )
        for line in o.columns_taken(d) if not is_store(sources[0]) else []:
            typer.echo(line, err=True)
        if features is not None:
            kept = select(d, drop=drop or (), exclude=exclude)
            drawing = _of_features(name, kept, features, out, tolerance=tolerance, epoch=epoch, rng=seed)
        else:
            with steps("Drawing") as step:
                drawing = draw_figure(
                    name, d, out, tolerance=tolerance, one_per=one_per, drop=drop or (), exclude=exclude, epoch=epoch,
                    rng=seed, images=images, progress=step,
                )  # fmt: skip
    typer.echo(f"{out}: {drawing.caption}")


def _of_features(name: str, d: Decisions, features: Path, out: Path, **chosen: Any) -> Drawing:
    from trichotomy.report import SimilarityAnalysis, draw_similarity
    from trichotomy.representations import open_features

    return draw_similarity(name, SimilarityAnalysis(open_features(features), d, **chosen), out)


def _of_answers(name: str, sources: list[str], out: Path, seed: int) -> Drawing:
    from trichotomy.cli.experiment_analysis import answers_of
    from trichotomy.decisions import is_store
    from trichotomy.errors import InputError
    from trichotomy.report import ExperimentAnalysis, draw_experiment

    if len(sources) > 1:
        msg = f"the figure '{name}' is of the answers of one experiment; {len(sources)} sources are given"
        raise InputError(msg)
    if is_store(sources[0]):
        msg = f"the figure '{name}' is of people's answers, not of decisions; name an experiment's export or folder"
        raise InputError(msg)
    return draw_experiment(name, ExperimentAnalysis(answers_of(Path(sources[0])), rng=seed), out)
