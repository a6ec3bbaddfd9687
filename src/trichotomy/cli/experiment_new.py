"""``trichotomy experiment new``: from decisions and images to the folder of an experiment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from trichotomy.cli import options as o
from trichotomy.cli.signatures import with_options
from trichotomy.errors import InputError

if TYPE_CHECKING:
    from trichotomy.experiments.design import Experiment, Folder

X = Annotated[str, typer.Argument(metavar="X", help="Store of decisions, or any readable prediction file.")]
Out = Annotated[Path, typer.Option(help="Folder of the experiment to make.")]
Images = Annotated[
    Path, typer.Option(help="Folder of the items' images, at any depth; files are found by path or id.")
]
From = Annotated[
    list[str] | None,
    typer.Option(
        "--from",
        metavar="GLOB",
        help="Observers, by id or condition, that judge difficulty. Repeatable. Default: all.",
    ),
]
Practice = Annotated[int, typer.Option(min=0, help="Practice trials.")]
Checks = Annotated[int, typer.Option(min=0, help="Attention checks, spread over the trials.")]
Blocks = Annotated[int, typer.Option(min=1, help="Blocks of trials, with a break between two.")]
Exclude = Annotated[
    str,
    typer.Option(metavar="ANNOTATION", help="Leave out items where this annotation is true; none: keep all."),
]
Without = Annotated[Path | None, typer.Option(help="File of ids of items to leave out, one a line.")]
Tolerance = Annotated[
    int, typer.Option(min=0, help="Trivial: at most this many wrong; impossible: at most this many right.")
]
Seed = Annotated[int, typer.Option(min=0, help="Seed of the design and of everybody's order.")]
Title = Annotated[str, typer.Option(help="What people read above the experiment.")]
Fullscreen = Annotated[bool, typer.Option("--fullscreen", help="Ask the browser for the whole screen.")]
Repeat = Annotated[
    bool, typer.Option("--repeat", help="Let people who have finished take part again. Default: one try.")
]
Expires = Annotated[float, typer.Option(min=0, help="Hours until a session ends; 0: never.")]
IdentifyBy = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME", help="URL parameter that tells people apart. Repeatable. Default: PROLIFIC_PID."
    ),
]
OnlyIdentified = Annotated[
    bool, typer.Option("--only-identified", help="Only people that come with such a parameter may begin.")
]
Code = Annotated[str, typer.Option(help="Code that a participant gets in the end.")]
Link = Annotated[str, typer.Option(help="Address that a participant is led to in the end (https://...).")]


KEEP_ALL = "none"


@dataclass(frozen=True, slots=True)
class Shared:
    """Options of all kinds of experiment."""

    x: X
    images: Images
    out: Out
    population: From = None
    tolerance: Tolerance = 0
    exclude: Exclude = "label_error"
    without: Without = None
    checks: Checks = 2
    seed: Seed = 0
    title: Title = ""
    fullscreen: Fullscreen = False
    repeat: Repeat = False
    expires: Expires = 24
    identify_by: IdentifyBy = None
    only_identified: OnlyIdentified = False
    completion_code: Code = ""
    completion_link: Link = ""
    targets: o.Targets = None
    annotations: o.Annotations = None
    force: o.Force = False


@with_options(Shared)
def pairs(
    shared: Shared,
    n: Annotated[int, typer.Option("--n", min=1, help="Pairs.")] = 80,
    practice: Practice = 5,
    blocks: Blocks = 2,
    match_class: Annotated[
        bool, typer.Option("--match-class", help="Pair images of the same class.")
    ] = False,
) -> None:
    """Which of two images is easier for a network? Pairs of a trivial and an impossible image."""
    _make("pairs", shared, blocks=blocks, n=n, practice=practice, match_class=match_class)


@with_options(Shared)
def ratings(
    shared: Shared,
    n: Annotated[int, typer.Option("--n", min=1, help="Images of each class of difficulty.")] = 100,
    practice: Practice = 6,
    blocks: Blocks = 6,
    questions: Annotated[
        Path | None, typer.Option(help="TOML file of the questions. Default: the three published ones.")
    ] = None,
) -> None:
    """What do you see? Trivial, in-between and impossible images, with questions about each."""
    from trichotomy.experiments.design import QUESTIONS, read_questions

    asked = QUESTIONS if questions is None else read_questions(questions)
    _make("ratings", shared, blocks=blocks, questions=asked, n=n, practice=practice)


@with_options(Shared)
def categorise(
    shared: Shared,
    n: Annotated[int, typer.Option("--n", min=1, help="Images, spread over the classes.")] = 160,
    practice: Practice = 16,
    blocks: Blocks = 4,
    superclasses: Annotated[
        bool, typer.Option("--superclasses", help="Choose among the annotation superclass.")
    ] = False,
    image_ms: Annotated[
        float, typer.Option(min=0, help="Time an image is shown, in ms; 0: until answered.")
    ] = 200,
    timeout_ms: Annotated[
        float, typer.Option(min=0, help="Time to answer, in ms; 0: as long as it takes.")
    ] = 1500,
    mask: Annotated[bool, typer.Option(help="Show noise after the image.")] = True,
) -> None:
    """What is in the image? A forced choice among classes, shown for a short time."""
    from trichotomy.experiments.design import TIMING

    timing = replace(TIMING, image_ms=image_ms or None, mask=mask, timeout_ms=timeout_ms or None)
    _make(
        "categorise", shared, blocks=blocks, timing=timing, n=n, practice=practice, superclasses=superclasses
    )


def _make(kind: str, shared: Shared, **design: Any) -> None:
    from trichotomy.experiments.design import Policies, check_place, new_experiment

    check_place(shared.out, force=shared.force)
    if shared.completion_link and not shared.completion_link.startswith(("https://", "http://")):
        msg = f"--completion-link is an address that begins with https://; got '{shared.completion_link}'"
        raise InputError(msg)
    policies = Policies(
        one_try=not shared.repeat,
        expires_hours=shared.expires or None,
        identify_by=tuple(shared.identify_by or ["PROLIFIC_PID"]),
        require_identity=shared.only_identified,
        completion_code=shared.completion_code,
        completion_link=shared.completion_link,
    )
    folder = new_experiment(
        kind,
        o.load([shared.x], targets=shared.targets, annotations=shared.annotations or ()),
        shared.out,
        images=shared.images,
        title=shared.title,
        observers=tuple(shared.population or ()),
        tolerance=shared.tolerance,
        exclude=None if shared.exclude == KEEP_ALL else shared.exclude,
        without=_listed(shared.without),
        checks=shared.checks,
        policies=policies,
        fullscreen=shared.fullscreen,
        seed=shared.seed,
        force=shared.force,
        **design,
    )
    for note in _notes(folder.experiment, shared):
        typer.echo(note, err=True)
    _say(folder)


def _notes(experiment: Experiment, shared: Shared) -> Iterator[str]:
    """What the decisions do not say, and what that means."""
    if shared.exclude != KEEP_ALL and experiment.provenance["configuration"]["exclude"] is None:
        yield f"{shared.x} flags no label errors, so none are left out; add them with --annotations label_error=FILE"
    unsure = all(i.p_target is None for i in experiment.items)
    if experiment.kind == "pairs" and shared.tolerance == 0 and unsure:
        yield (
            "accuracy by the networks' certainty cannot be analysed, as they are equally sure of all pairs; keep "
            "p_target in the store, or give --tolerance"
        )


def _listed(path: Path | None) -> tuple[str, ...]:
    if path is None:
        return ()
    from trichotomy.experiments.design import read_text

    text = read_text(path, "--without takes a list of ids in UTF-8, one a line")
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def _say(folder: Folder) -> None:
    experiment = folder.experiment
    phases = [t.phase for t in experiment.trials]
    counted = ", ".join(
        f"{phases.count(phase)} {name}"
        for phase, name in (("practice", "of practice"), ("main", "main"), ("attention", "attention checks"))
        if phase in phases
    )
    typer.echo(
        f"{folder.path}: {experiment.kind}, trials: {counted}; {experiment.blocks} blocks, seed {experiment.seed}"
    )
    texts = ["consent.md", "instructions.md", *(["questions.toml"] if folder.questions else [])]
    typer.echo(f"Read and change {', '.join(texts)}.")
    typer.echo(f"Try it:  trichotomy experiment simulate {folder.path}")
    typer.echo(f"Run it:  trichotomy experiment run {folder.path}")
