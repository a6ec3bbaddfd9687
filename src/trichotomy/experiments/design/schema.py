"""What an experiment is: items, trials, timing and policies, as frozen values and as JSON."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, TypeVar

from trichotomy.errors import InputError

SCHEMA_VERSION = 1
KINDS = ("pairs", "ratings", "categorise")
PHASES = ("practice", "main", "attention")
SIDES = ("left", "right")
LONGEST_ID = 128
"""Of a trial, as the database holds it."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Item:
    """An image that is shown.

    Attributes
    ----------
    item, path
        Its id, and its file: below the folder of images, or below the experiment's own where it is ``own``.
    class_name, difficulty, mean_correct, label_error
        What the decisions say of it: class of its target, trivial | in-between | impossible, share of observers that
        are right, whether its label is flagged. Empty or None where unknown.
    own
        Made for the experiment, as attention checks are.
    """

    item: str
    path: str
    class_name: str = ""
    difficulty: str = ""
    mean_correct: float | None = None
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
        One of ``KINDS``; what people read; the seed of the design and of every participant's order.
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

    def item(self, name: str) -> Item:
        """Return the item of that id."""
        return next(i for i in self.items if i.item == name)


def to_json(experiment: Experiment) -> str:
    """Write an experiment as JSON text."""
    return json.dumps({"schema": SCHEMA_VERSION, **asdict(experiment)}, indent=1, allow_nan=False) + "\n"


def from_json(text: str, *, where: str) -> Experiment:
    """Read an experiment, and check it.

    Raises
    ------
    InputError
        Not JSON, another version, a missing or unknown field, trials that do not fit; ``where`` is named.
    """
    try:
        found = json.loads(text)
    except ValueError as error:
        msg = f"{where} is not JSON ({error}); restore it, or make the experiment anew"
        raise InputError(msg) from error
    if not isinstance(found, dict) or found.pop("schema", None) != SCHEMA_VERSION:
        msg = f"{where} is not an experiment that this version reads (schema {SCHEMA_VERSION}); make it anew"
        raise InputError(msg)
    try:
        parts = {
            "items": tuple(_made(Item, i, f"{where}, items") for i in found.pop("items", ())),
            "trials": tuple(_made(Trial, t, f"{where}, trials") for t in found.pop("trials", ())),
            "timing": _made(Timing, found.pop("timing", {}), f"{where}, timing"),
            "policies": _made(Policies, found.pop("policies", {}), f"{where}, policies"),
        }
    except TypeError as error:
        msg = f"{where}: {error}"
        raise InputError(msg) from error
    experiment = _made(Experiment, {**found, **parts}, where)
    problem = _problem(experiment)
    if problem:
        msg = f"{where}: {problem}"
        raise InputError(msg)
    return experiment


def _made(kind: type[T], values: Any, where: str) -> T:
    known = {f.name for f in dataclasses.fields(kind)}  # type: ignore[arg-type]
    if not isinstance(values, dict):
        msg = f"{where}: {values!r} stands where an object should"
        raise InputError(msg)
    unknown = sorted(set(values) - known)
    if unknown:
        msg = f"{where}: there is no field '{unknown[0]}'; known are {', '.join(sorted(known))}"
        raise InputError(msg)
    try:
        return kind(**{k: tuple(v) if isinstance(v, list) else v for k, v in values.items()})
    except TypeError as error:
        msg = f"{where}: {error}"
        raise InputError(msg) from error


def _typed(part: Timing | Policies, where: str) -> Iterator[tuple[bool, str]]:
    """Whether each field is of another type than declared, and the sentence that says so."""
    for f in dataclasses.fields(part):
        value = getattr(part, f.name)
        number = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < math.inf
        fits, wanted = {
            "float": (number, "a number, 0 or more"),
            "float | None": (number or value is None, "a number, 0 or more, or null"),
            "bool": (isinstance(value, bool), "true or false"),
            "str": (isinstance(value, str), "a text"),
            "tuple[str, ...]": (
                isinstance(value, tuple) and all(isinstance(v, str) for v in value), "a list of texts"
            ),
        }[str(f.type)]  # fmt: skip
        yield not fits, f"{where}: {f.name} must be {wanted}, not {value!r}"


def _problem(experiment: Experiment) -> str:
    """What is wrong with an experiment, or nothing."""
    names = [i.item for i in experiment.items]
    known = set(names)
    ids = [t.trial_id for t in experiment.trials]
    wanted = 2 if experiment.kind == "pairs" else 1
    checks = (
        *_typed(experiment.timing, "timing"),
        *_typed(experiment.policies, "policies"),
        (experiment.kind not in KINDS, f"kind must be one of {', '.join(KINDS)}, not {experiment.kind!r}"),
        (len(known) < len(names), "two items have the same id"),
        (len(set(ids)) < len(ids), "two trials have the same id"),
        (not any(t.phase == "main" for t in experiment.trials), "there is no trial of the phase 'main'"),
        (not isinstance(experiment.blocks, int) or experiment.blocks < 1, "blocks must be 1 or more"),
        (
            experiment.kind != "categorise" and experiment.timing.timeout_ms is not None,
            "timing: only an experiment of the kind 'categorise' has a timeout_ms; put null there",
        ),
    )
    for wrong, sentence in checks:
        if wrong:
            return sentence
    for t in experiment.trials:
        if not isinstance(t.trial_id, str) or not 0 < len(t.trial_id) <= LONGEST_ID:
            return f"id of trial {str(t.trial_id)[:40]!r} must be a text of at most {LONGEST_ID} characters"
        if t.phase not in PHASES:
            return f"phase of trial {t.trial_id!r} must be one of {', '.join(PHASES)}"
        if len(t.items) != wanted or not set(t.items) <= known:
            return f"trial {t.trial_id!r} must show {wanted} of the items"
        if experiment.kind == "pairs" and t.side not in SIDES:
            return f"side of trial {t.trial_id!r} must be left or right"
        if experiment.kind == "categorise" and t.target not in experiment.choices:
            return f"target of trial {t.trial_id!r} is none of the choices"
    return ""
