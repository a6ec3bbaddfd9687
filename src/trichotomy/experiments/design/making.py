"""A whole experiment from decisions and a folder of images."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from trichotomy.decisions import Decisions
from trichotomy.decisions.provenance import provenance
from trichotomy.errors import InputError, UnknownNameError
from trichotomy.experiments.design.attention import attention
from trichotomy.experiments.design.folder import Folder, write_folder
from trichotomy.experiments.design.kinds import kind_of
from trichotomy.experiments.design.population import LABEL_ERROR, candidates
from trichotomy.experiments.design.questions import QUESTIONS, Question
from trichotomy.experiments.design.schema import Experiment, Policies, Timing


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
    timing
        How long things are shown; by default as the kind has it.
    draw
        As for the function of that kind: ``n``, ``practice``, ``match_class``, ``superclasses``.

    Raises
    ------
    InputError, UnknownNameError
        No such kind, an option of another kind, too few images, something in the way; nothing is written.
    """
    known = kind_of(kind)
    for name in draw:
        if name not in known.options():
            what = f"option of {kind}"
            raise UnknownNameError(what, name, known.options())
    if seed < 0:
        msg = f"a seed is 0 or more; got {seed}"
        raise InputError(msg)
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
    items, trials, *named = known.draw(table, rng=draws, **draw)
    choices = tuple(*named)
    asked = questions if known.asks else ()
    more, checking, pictures = attention(checks, questions=asked, choices=choices, rng=looks)
    experiment = Experiment(
        kind=kind,
        title=title or known.title,
        seed=seed,
        images=str(images.absolute()),
        items=(*items, *more),
        trials=(*trials, *checking),
        blocks=blocks,
        choices=choices,
        feedback=not known.asks,
        fullscreen=fullscreen,
        timing=timing or known.timing,
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
    return write_folder(out, experiment, questions=asked, pictures=pictures, force=force)
