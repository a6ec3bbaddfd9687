"""``trichotomy experiment new``: from decisions and images to the folder of an experiment."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from trichotomy.cli import options as o
from trichotomy.errors import InputError

if TYPE_CHECKING:
    from trichotomy.experiments.design import Folder

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


def pairs(
    x: X,
    images: Images,
    out: Out,
    n: Annotated[int, typer.Option("--n", min=1, help="Pairs.")] = 80,
    practice: Practice = 5,
    match: Annotated[bool, typer.Option("--match-class", help="Pair images of the same class.")] = False,
    population: From = None,
    tolerance: Tolerance = 0,
    exclude: Exclude = "label_error",
    without: Without = None,
    checks: Checks = 2,
    blocks: Blocks = 2,
    seed: Seed = 0,
    title: Title = "",
    fullscreen: Fullscreen = False,
    repeat: Repeat = False,
    expires: Expires = 24,
    identify_by: IdentifyBy = None,
    only_identified: OnlyIdentified = False,
    completion_code: Code = "",
    completion_link: Link = "",
    targets: o.Targets = None,
    annotations: o.Annotations = None,
    force: o.Force = False,
) -> None:
    """Which of two images is easier for a network? Pairs of a trivial and an impossible image."""
    _make(locals(), "pairs", n=n, practice=practice, match_class=match)


def ratings(
    x: X,
    images: Images,
    out: Out,
    n: Annotated[int, typer.Option("--n", min=1, help="Images of each class of difficulty.")] = 100,
    practice: Practice = 6,
    questions: Annotated[
        Path | None, typer.Option(help="TOML file of the questions. Default: the three published ones.")
    ] = None,
    population: From = None,
    tolerance: Tolerance = 0,
    exclude: Exclude = "label_error",
    without: Without = None,
    checks: Checks = 2,
    blocks: Blocks = 6,
    seed: Seed = 0,
    title: Title = "",
    fullscreen: Fullscreen = False,
    repeat: Repeat = False,
    expires: Expires = 24,
    identify_by: IdentifyBy = None,
    only_identified: OnlyIdentified = False,
    completion_code: Code = "",
    completion_link: Link = "",
    targets: o.Targets = None,
    annotations: o.Annotations = None,
    force: o.Force = False,
) -> None:
    """What do you see? Trivial, in-between and impossible images, with questions about each."""
    _make(locals(), "ratings", n=n, practice=practice)


def categorise(
    x: X,
    images: Images,
    out: Out,
    n: Annotated[int, typer.Option("--n", min=1, help="Images, spread over the classes.")] = 160,
    practice: Practice = 16,
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
    population: From = None,
    tolerance: Tolerance = 0,
    exclude: Exclude = "label_error",
    without: Without = None,
    checks: Checks = 2,
    blocks: Blocks = 4,
    seed: Seed = 0,
    title: Title = "",
    fullscreen: Fullscreen = False,
    repeat: Repeat = False,
    expires: Expires = 24,
    identify_by: IdentifyBy = None,
    only_identified: OnlyIdentified = False,
    completion_code: Code = "",
    completion_link: Link = "",
    targets: o.Targets = None,
    annotations: o.Annotations = None,
    force: o.Force = False,
) -> None:
    """What is in the image? A forced choice among classes, shown for a short time."""
    _make(locals(), "categorise", n=n, practice=practice, superclasses=superclasses)


def _make(given: dict[str, Any], kind: str, **draw: Any) -> None:
    from trichotomy.experiments.design import (
        QUESTIONS,
        Policies,
        Timing,
        check_place,
        new_experiment,
        read_questions,
    )

    check_place(given["out"], force=given["force"])
    link = given["completion_link"]
    if link and not link.startswith(("https://", "http://")):
        msg = f"--completion-link is an address that begins with https://; got '{link}'"
        raise InputError(msg)
    policies = Policies(
        one_try=not given["repeat"],
        expires_hours=given["expires"] or None,
        identify_by=tuple(given["identify_by"] or ["PROLIFIC_PID"]),
        require_identity=given["only_identified"],
        completion_code=given["completion_code"],
        completion_link=link,
    )
    timing = None
    if kind == "categorise":
        timing = Timing(300, given["image_ms"] or None, given["mask"], given["timeout_ms"] or None)
    folder = new_experiment(
        kind,
        o.load([given["x"]], targets=given["targets"], annotations=given["annotations"] or ()),
        given["out"],
        images=given["images"],
        title=given["title"],
        observers=tuple(given["population"] or ()),
        tolerance=given["tolerance"],
        exclude=None if given["exclude"] == "none" else given["exclude"],
        without=_listed(given["without"]),
        checks=given["checks"],
        blocks=given["blocks"],
        questions=QUESTIONS if given.get("questions") is None else read_questions(given["questions"]),
        timing=timing,
        policies=policies,
        fullscreen=given["fullscreen"],
        seed=given["seed"],
        force=given["force"],
        **draw,
    )
    _say(folder)


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
