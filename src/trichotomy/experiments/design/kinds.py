"""The kinds of experiment: what each draws, shows, asks and says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from inspect import signature
from typing import Any

from trichotomy.errors import UnknownNameError
from trichotomy.experiments.design.categorise import TIMING, categorise
from trichotomy.experiments.design.pairs import pairs
from trichotomy.experiments.design.ratings import ratings
from trichotomy.experiments.design.schema import Timing


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of experiment.

    Attributes
    ----------
    draw
        Function from candidates to items, trials and, where there are any, the classes to choose from.
    title, instructions, practice
        What people read: above it all, before the first trial, and of ``n`` trials of practice.
    seconds
        That a trial takes with all around it; the consent says how long it will be.
    median_ms
        Reaction time of simulated participants.
    images
        How many a trial shows. Of two, the one that is on the right side is to be chosen.
    asks
        Whether questions are asked, which have no right answer.
    names
        Whether people name a class, in a limited time if wanted.
    timing
        Unless another is given.
    """

    draw: Callable[..., tuple[Any, ...]]
    title: str
    instructions: str
    practice: str
    seconds: float
    median_ms: float
    images: int = 1
    asks: bool = False
    names: bool = False
    timing: Timing = field(default_factory=Timing)

    def options(self) -> list[str]:
        """Names of the options of ``draw``."""
        return [name for name in signature(self.draw).parameters if name not in ("table", "rng")]


KINDS = {
    "pairs": Kind(
        draw=pairs,
        title="Which image is easier?",
        instructions="""\
# What to do

You will see **two images** at a time. A computer program that names what is in images was tried on both.

**Choose the image that you think is easier for the program.** Press the left or right arrow key, or select the image.

{practice}Answer as well as you can; if you are not sure, go with your first impression.{checks}
""",
        practice="You begin with {n} pairs to practise, and are told whether you were right.\n\n",
        seconds=4.0,
        median_ms=1400.0,
        images=2,
    ),
    "ratings": Kind(
        draw=ratings,
        title="What do you see?",
        instructions="""\
# What to do

You will see **one image** at a time and answer a few questions about it.

{practice}There are no right or wrong answers; we want to know what you see.{checks}
""",
        practice="You begin with {n} images to practise.\n\n",
        seconds=12.0,
        median_ms=6000.0,
        asks=True,
    ),
    "categorise": Kind(
        draw=categorise,
        title="What is in the image?",
        instructions="""\
# What to do

An image is shown **for a very short time**. Then choose what was in it.

{practice}Answer as fast and as well as you can; if you are not sure, guess. The answer must come in time.{checks}
""",
        practice="You begin with {n} images to practise, and are told whether you were right.\n\n",
        seconds=3.0,
        median_ms=750.0,
        names=True,
        timing=TIMING,
    ),
}


def kind_of(name: str) -> Kind:
    """Return the kind of experiment of that name.

    Raises
    ------
    UnknownNameError
        There is none.
    """
    if name not in KINDS:
        what = "kind of experiment"
        raise UnknownNameError(what, name, list(KINDS))
    return KINDS[name]
