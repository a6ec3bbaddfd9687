"""``trichotomy similarity``: how alike representations are, and which items carry that."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trichotomy.cli import options as o

if TYPE_CHECKING:
    from trichotomy.decisions import Decisions
    from trichotomy.representations import Features

INTERRUPTED = 130


def similarity(
    source: Annotated[str, typer.Argument(metavar="X", help="Store of decisions, of a study for --states.")],
    out: Annotated[
        Path,
        typer.Option(
            help="Folder for similarity.json, pairs.csv, conditions.csv, figures/ and features.zarr."
        ),
    ],
    states: Annotated[
        bool,
        typer.Option("--states", help="Make the features from the states that the study kept; the default."),
    ] = False,
    features: Annotated[
        Path | None, typer.Option(help="Store of features to take instead, of the same networks and items.")
    ] = None,
    layer: Annotated[
        str,
        typer.Option(
            help="penultimate (the last linear layer's input), logits, or a module's name in the network."
        ),
    ] = "penultimate",
    measure: Annotated[str, typer.Option(help="rsa, cka, procrustes or rank-rsa.")] = "rsa",
    biased: Annotated[bool, typer.Option("--biased", help="CKA with the biased estimator.")] = False,
    bootstrap: Annotated[
        int, typer.Option(min=0, help="Bootstrap samples for the intervals of pairs; 0: from projections.")
    ] = 0,
    dtype: Annotated[str, typer.Option(help="In which features are kept: float32 or float16.")] = "float32",
    device: Annotated[str, typer.Option(help="Where networks run: cpu, cuda, or auto.")] = "cpu",
    tolerance: o.Tolerance = 0,
    epoch: o.Epoch = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the features in --out.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print similarity.json to standard output.")
    ] = False,
    force: o.Force = False,
    seed: o.Seed = 0,
) -> None:
    """Compare the representations of networks, and see which class of difficulty carries their agreement.

    Features of a study's networks are made from the states that it kept (**trichotomy study --keep-states all**); a
    command that was stopped goes on with **--resume**.
    """
    from trichotomy.cli.progress import steps
    from trichotomy.errors import InputError, UnknownNameError
    from trichotomy.report import SimilarityAnalysis, check_similarity_place, to_json, write_similarity
    from trichotomy.representations import open_features
    from trichotomy.stats.feature_pairs import METHODS

    if states and features is not None:
        msg = "--states and --features exclude each other; give one of them"
        raise InputError(msg)
    if measure not in METHODS:
        kind = "measure of similarity"
        raise UnknownNameError(kind, measure, list(METHODS))
    if biased and measure != "cka":
        msg = f"--biased is of --measure cka, not of {measure}"
        raise InputError(msg)
    if bootstrap and measure == "rank-rsa":
        msg = "--bootstrap is not offered for rank-rsa, whose every sample would take all pairs of items; leave it out"
        raise InputError(msg)
    if not (resume and features is None):
        check_similarity_place(out, force=force)
    d = o.load([source])
    if features is not None:
        f = open_features(features)
    else:
        _check_study(source, d)
        f = _from_states(source, out, epoch, layer, dtype, device, resume=resume, force=force)
    notes = tuple(f.attrs["provenance"].get("configuration", {}).get("notes", ()))
    with steps("Comparing", unit="pairs") as step:
        results = SimilarityAnalysis(
            f, d, layer=layer, measure=measure, debiased=not biased, epoch=epoch, tolerance=tolerance,
            draws=bootstrap, rng=seed, progress=step,
        )  # fmt: skip
        report = write_similarity(
            results, out, into=features is None, notes=notes, force=force, progress=step
        )
    for note in notes:
        typer.echo(f"Note: {note}.", err=True)
    if as_json:
        typer.echo(to_json(report.summary))
        return
    typer.echo(report.headline)
    typer.echo(f"Numbers: {out / 'similarity.json'}, figures: {out / 'figures'}")


def _check_study(source: str, d: Decisions) -> None:
    from trichotomy.errors import InputError

    if "study" not in d.attrs.get("provenance", {}):
        msg = (
            f"{source} is not of a study, so there are no states to make features from; name a store of features with "
            "--features (trichotomy evaluate --features and tri.features write one)"
        )
        raise InputError(msg)


def _from_states(
    source: str, out: Path, epoch: int | None, layer: str, dtype: str, device: str, **how: bool
) -> Features:
    """Features of a study's networks, made beside the results; Ctrl-C says how to go on."""
    from trichotomy.cli.progress import steps
    from trichotomy.cli.study import chosen_device
    from trichotomy.errors import InputError
    from trichotomy.models import require_torch
    from trichotomy.report.similarity import FEATURES, is_similarity

    require_torch("making features")
    from trichotomy.evaluation import study_features

    if "://" in source:
        msg = f"the states of a study are read from a folder of this machine, not from {source}"
        raise InputError(msg)
    if how["resume"] and out.exists() and not is_similarity(out):
        msg = f"{out} holds nothing that could be gone on with; choose another name"
        raise InputError(msg)
    try:
        with steps("Features", unit="chunks") as step:
            made = study_features(
                source, out / FEATURES, epoch=epoch, layers=(layer,), dtype=dtype, device=chosen_device(device),
                progress=step, told=step, **how,
            )  # fmt: skip
    except KeyboardInterrupt:
        typer.echo("Interrupted. Go on with the same command and --resume.", err=True)
        raise typer.Exit(INTERRUPTED) from None
    return made.read()
