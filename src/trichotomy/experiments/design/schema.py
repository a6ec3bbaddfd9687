"""What an experiment is: items, trials, timing and policies, as frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

PHASES = ("practice", "main", "attention")
SIDES = ("left", "right")


@dataclass(frozen=True, slots=True)
class Item:
    """An image that is shown.

    Attributes
    ----------
    item, path
        Its id, and its file: below the folder of images, or below the experiment's own where it is ``own``.
    class_name, difficulty, mean_correct, p_target, label_error
        What the decisions say of it: class of its target, trivial | in-between | impossible, share of observers that
        are right, mean probability that they give to the target, whether its label is flagged. Empty or None where
        unknown.
    own
        Made for the experiment, as attention checks are.
    """

    item: str
    path: str
    class_name: str = ""
    difficulty: str = ""
    mean_correct: float | None = None
    p_target: float | None = None
    label_error: bool | None = None
    own: bool = False


@dataclass(frozen=True, slots=True)
class Trial:
    """One trial.

    Attributes
    ----------
    trial_id, phase
        Its id, and practice | main | attention.
    items
        One item; for pairs two, the one that should be chosen first.
    side
        For pairs: left | right, where the first item stands (mirrored for a participant with probability 1/2).
    target
        For categorise: the right class.
    expected
        For attention checks of ratings: the answers asked for.
    """

    trial_id: str
    phase: str
    items: tuple[str, ...]
    side: str = ""
    target: str = ""
    expected: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Timing:
    """How long things are shown, in ms; None is until the answer.

    Attributes
    ----------
    fixation_ms, image_ms, timeout_ms
        The cross before, the image, and how long an answer is waited for.
    mask
        A noise mask follows the image.
    """

    fixation_ms: float = 500.0
    image_ms: float | None = None
    mask: bool = False
    timeout_ms: float | None = None


@dataclass(frozen=True, slots=True)
class Policies:
    """Who may take part and for how long.

    Attributes
    ----------
    one_try
        Who has finished, refused or run out of time cannot begin anew (by ``identify_by``).
    expires_hours
        Hours from the beginning until a session ends; None is never.
    identify_by
        URL parameters that tell people apart, the first that is there counts.
    require_identity
        Only people that come with one of those parameters may begin.
    completion_code, completion_link
        What a participant gets in the end.
    """

    one_try: bool = True
    expires_hours: float | None = 24.0
    identify_by: tuple[str, ...] = ("PROLIFIC_PID",)
    require_identity: bool = False
    completion_code: str = ""
    completion_link: str = ""


@dataclass(frozen=True, slots=True)
class Experiment:
    """A whole experiment, as in ``experiment.json``.

    Attributes
    ----------
    kind, title, seed
        ``pairs``, ``ratings`` or ``categorise``; what people read; the seed of the design and of every participant's
        order.
    images
        Folder that the items' paths start from.
    items, trials
        What is shown, and in which trials.
    blocks
        Number of blocks of main trials; a break stands between two.
    choices
        For categorise: the classes to choose from.
    feedback, fullscreen
        Practice trials say whether the answer was right; the browser is asked for the whole screen.
    """

    kind: str
    title: str
    seed: int
    images: str
    items: tuple[Item, ...]
    trials: tuple[Trial, ...]
    blocks: int = 1
    choices: tuple[str, ...] = ()
    feedback: bool = True
    fullscreen: bool = False
    timing: Timing = field(default_factory=Timing)
    policies: Policies = field(default_factory=Policies)
    provenance: Mapping[str, Any] = field(default_factory=dict)
