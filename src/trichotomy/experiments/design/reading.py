"""An experiment as JSON; what is wrong in a file that somebody edited is said in a sentence that names the place."""

from __future__ import annotations

import dataclasses
import json
import math
import reprlib
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from trichotomy.errors import InputError
from trichotomy.experiments.design.kinds import KINDS
from trichotomy.experiments.design.schema import PHASES, SIDES, Experiment

SCHEMA_VERSION = 1
LONGEST_ID = 128
"""Of a trial, as the database holds it."""

T = TypeVar("T")

FITS: Mapping[Any, tuple[Callable[[Any], bool], str]] = {
    str: (lambda v: isinstance(v, str), "a text"),
    bool: (lambda v: isinstance(v, bool), "true or false"),
    int: (lambda v: type(v) is int and v >= 0, "a whole number, 0 or more"),
    float: (lambda v: type(v) in (int, float) and 0 <= v < math.inf, "a number, 0 or more"),
    tuple[str, ...]: (
        lambda v: isinstance(v, list) and all(isinstance(t, str) for t in v),
        "a list of texts",
    ),
    Mapping[str, Any]: (lambda v: isinstance(v, dict), "an object"),
}
"""What a field may hold, by the type that it is declared with."""
LIST = (lambda _: False, "a list of objects")
"""Of items and of trials, which are looked at one by one."""


def read_text(path: Path, remedy: str) -> str:
    """Read a text file in UTF-8.

    Raises
    ------
    InputError
        It cannot be read, or is in another encoding; ``remedy`` says what to do.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        said = getattr(error, "strerror", None) or "it is no text in UTF-8"
        msg = f"{path} cannot be read ({said}); {remedy}"
        raise InputError(msg) from error


def to_json(experiment: Experiment) -> str:
    """Write an experiment as JSON text.

    Raises
    ------
    InputError
        A number is not finite.
    """
    whole = {"schema": SCHEMA_VERSION, **dataclasses.asdict(experiment)}
    try:
        return json.dumps(whole, indent=1, allow_nan=False) + "\n"
    except ValueError as error:
        msg = f"an experiment cannot be written ({error}); give finite numbers"
        raise InputError(msg) from error


def from_json(text: str, *, where: str) -> Experiment:
    """Read an experiment, and check it.

    Raises
    ------
    InputError
        Not JSON, another version, a field that is missing, unknown or of the wrong type, trials that do not fit;
        ``where`` is named, and the item or trial by its place.
    """
    try:
        found = json.loads(text)
    except ValueError as error:
        msg = f"{where} is not JSON ({error}); restore it, or make the experiment anew"
        raise InputError(msg) from error
    if not isinstance(found, dict) or found.pop("schema", None) != SCHEMA_VERSION:
        msg = f"{where} is not an experiment that this version reads (schema {SCHEMA_VERSION}); make it anew"
        raise InputError(msg)
    experiment = _made(Experiment, found, where)
    problem = _problem(experiment)
    if problem:
        msg = f"{where}: {problem}"
        raise InputError(msg)
    return experiment


def _made(kind: type[T], values: Any, where: str) -> T:
    """Make a dataclass of what JSON holds, every field of the type that it is declared with."""
    if not isinstance(values, dict):
        msg = f"{where}: {values!r} stands where an object should"
        raise InputError(msg)
    declared, needed = _fields(kind)  # type: ignore[arg-type]
    unknown = sorted(set(values) - set(declared))
    if unknown:
        msg = f"{where}: there is no field '{unknown[0]}'; known are {', '.join(sorted(declared))}"
        raise InputError(msg)
    lacking = [name for name in needed if name not in values]
    if lacking:
        msg = f"{where}: the field '{lacking[0]}' is missing; restore it, or make the experiment anew"
        raise InputError(msg)
    return kind(**{name: _value(declared[name], value, where, name) for name, value in values.items()})


def _value(declared: Any, value: Any, where: str, name: str) -> Any:
    inner = get_args(declared)
    if dataclasses.is_dataclass(declared):
        return _made(declared, value, f"{where}, {name}")  # type: ignore[arg-type]
    if get_origin(declared) is tuple and dataclasses.is_dataclass(inner[0]) and isinstance(value, list):
        one = name.removesuffix("s")
        return tuple(_made(inner[0], v, f"{where}, {one} {k}") for k, v in enumerate(value, 1))  # type: ignore[arg-type]
    optional = type(None) in inner
    if optional and value is None:
        return None
    fits, wanted = FITS.get(inner[0] if optional else declared, LIST)
    if not fits(value):
        msg = f"{where}: {name} must be {wanted}{', or null' if optional else ''}, not {reprlib.repr(value)}"
        raise InputError(msg)
    return tuple(value) if isinstance(value, list) else value


@cache
def _fields(kind: Any) -> tuple[dict[str, Any], list[str]]:
    """Types of a dataclass's fields by name, and the names of those without default."""
    without = dataclasses.MISSING
    needed = [
        f.name for f in dataclasses.fields(kind) if f.default is without and f.default_factory is without
    ]
    return get_type_hints(kind), needed


def _problem(experiment: Experiment) -> str:
    """What does not fit together in an experiment, or nothing."""
    kind = KINDS.get(experiment.kind)
    if kind is None:
        return f"kind must be one of {', '.join(KINDS)}, not {experiment.kind!r}"
    names = [i.item for i in experiment.items]
    known = set(names)
    ids = [t.trial_id for t in experiment.trials]
    checks = (
        (len(known) < len(names), "two items have the same id"),
        (len(set(ids)) < len(ids), "two trials have the same id"),
        (not any(t.phase == "main" for t in experiment.trials), "there is no trial of the phase 'main'"),
        (experiment.blocks < 1, "blocks must be 1 or more"),
        (
            not kind.names and experiment.timing.timeout_ms is not None,
            "timing: only an experiment of the kind 'categorise' has a timeout_ms; put null there",
        ),
    )
    for wrong, sentence in checks:
        if wrong:
            return sentence
    for t in experiment.trials:
        if not 0 < len(t.trial_id) <= LONGEST_ID:
            return f"id of trial {t.trial_id[:40]!r} must be a text of at most {LONGEST_ID} characters"
        if t.phase not in PHASES:
            return f"phase of trial {t.trial_id!r} must be one of {', '.join(PHASES)}"
        if len(t.items) != kind.images or not set(t.items) <= known:
            return f"trial {t.trial_id!r} must show {kind.images} of the items"
        if kind.images == 2 and t.side not in SIDES:
            return f"side of trial {t.trial_id!r} must be left or right"
        if kind.names and t.target not in experiment.choices:
            return f"target of trial {t.trial_id!r} is none of the choices"
    return ""
