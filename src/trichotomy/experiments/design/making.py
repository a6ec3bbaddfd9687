"""A whole experiment from decisions and a folder of images."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from trichotomy.decisions import Decisions
from trichotomy.decisions.provenance import provenance
from trichotomy.errors import InputError
from trichotomy.experiments.design.attention import attention
from trichotomy.experiments.design.categorise import TIMING, categorise
from trichotomy.experiments.design.folder import Folder, write_folder
from trichotomy.experiments.design.pairs import pairs
from trichotomy.experiments.design.population import LABEL_ERROR, candidates
from trichotomy.experiments.design.questions import QUESTIONS, Question
from trichotomy.experiments.design.ratings import ratings
from trichotomy.experiments.design.schema import Experiment, Policies, Timing

TITLES = {
    "pairs": "Which image is easier?",
    "ratings": "What do you see?",
    "categorise": "What is in the image?",
}


def new_experiment(
    kind: str,
    d: Decisions,
    out: Path,
    *,
    images: Path,
    title: str = "",
    observers: Sequence[str] = (),
    tolerance: int = 0,
    exclude: str | None = LABEL_ERROR,
    without: Sequence[str] = (),
    epoch: int | None = None,
    checks: int = 2,
    blocks: int = 2,
    questions: Sequence[Question] = QUESTIONS,
    timing: Timing | None = None,
    policies: Policies | None = None,
    fullscreen: bool = False,
    seed: int = 0,
    force: bool = False,
    **draw: Any,
) -> Folder:
    """Design an experiment and write its folder.

    Parameters
    ----------
    kind
        ``pairs``, ``ratings`` or ``categorise``.
    d, images, observers, tolerance, exclude, without, epoch
        As for ``candidates``.
    title
        What people read above the experiment.
    checks, blocks
        Attention checks, and blocks of main trials with a break between two.
    questions
        Of ``ratings``.
    draw
        As for the function of that kind: ``n``, ``practice``, ``match_class``, ``superclasses``.

    Raises
    ------
    InputError
        Too few images, something in the way; nothing is written.
    """
    if blocks < 1 or checks < 0:
        msg = f"an experiment has 1 block or more and no fewer than 0 attention checks; got {blocks} and {checks}"
        raise InputError(msg)
    table = candidates(
        d,
        images=images,
        observers=observers,
        tolerance=tolerance,
        exclude=exclude,
        without=without,
        epoch=epoch,
    )
    draws, looks = (np.random.default_rng([seed, k]) for k in range(2))
    choices: tuple[str, ...] = ()
    if kind == "pairs":
        items, trials = pairs(table, rng=draws, **draw)
    elif kind == "ratings":
        items, trials = ratings(table, rng=draws, **draw)
    else:
        items, trials, choices = categorise(table, rng=draws, **draw)
    more, asked, pictures = attention(kind, checks, questions=questions, choices=choices, rng=looks)
    experiment = Experiment(
        kind=kind,
        title=title or TITLES[kind],
        seed=seed,
        images=str(images.absolute()),
        items=(*items, *more),
        trials=(*trials, *asked),
        blocks=blocks,
        choices=choices,
        feedback=kind != "ratings",
        fullscreen=fullscreen,
        timing=timing or (TIMING if kind == "categorise" else Timing()),
        policies=policies or Policies(),
        provenance={
            **provenance(
                configuration={
                    "observers": table.attrs["observers"],
                    "epoch": table.attrs["epoch"],
                    "tolerance": tolerance,
                    "exclude": table.attrs["exclude"],
                    "without": list(without),
                    "candidates": len(table),
                    **draw,
                }
            ),
            "decisions": d.attrs.get("provenance", {}),
        },
    )
    return write_folder(out, experiment, questions=questions, pictures=pictures, force=force)
