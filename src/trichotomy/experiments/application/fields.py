"""Fields of a request's body, checked."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from trichotomy.experiments.columns import MEASURED
from trichotomy.web import RefusedError

PARAMETERS, NAME, VALUE = 20, 64, 256
LONGEST_MS = 7 * 24 * 3600 * 1000.0
EVENTS = ("blur", "focus", "fullscreen-exit", "fullscreen-enter", "resize")
MOST_EVENTS = 200
PIXELS = 100_000


def place(asked: Mapping[str, Any], name: str) -> int:
    """Return a part of the path that counts something."""
    if not re.fullmatch("[0-9]{1,18}", asked[name]):
        raise RefusedError(404, "not-found", f"There is no such {name}.")
    return int(asked[name])


def parameters(body: Mapping[str, Any], needed: Sequence[str]) -> dict[str, str]:
    """What the address of the page said: those that are ``needed``, and others, as far as they are few and short."""
    found = {} if body.get("parameters") is None else body["parameters"]
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise RefusedError(422, "parameters", "parameters is an object of texts.")
    for name in needed:
        if len(found.get(name, "")) > VALUE:
            message = (
                f"{name} in the address of this page has more than {VALUE} characters; use another link."
            )
            raise RefusedError(422, "parameters", message)
    short = {name: value for name, value in found.items() if len(name) <= NAME and len(value) <= VALUE}
    first = {name: short[name] for name in needed if name in short}
    return dict(list({**first, **short}.items())[:PARAMETERS])


def screen(body: Mapping[str, Any]) -> dict[str, Any]:
    """Size of the window and whether it is touched; nothing else is kept."""
    found = {} if body.get("screen") is None else body["screen"]
    if not isinstance(found, dict):
        raise RefusedError(422, "screen", "screen is an object of width, height and touch.")
    sizes = {k: number(found, k, most=PIXELS) for k in ("width", "height") if found.get(k) is not None}
    return {**sizes, **({"touch": found["touch"]} if isinstance(found.get("touch"), bool) else {})}


def number(
    body: Mapping[str, Any], name: str, *, most: float = LONGEST_MS, optional: bool = False
) -> float | None:
    """Return a number from 0 to ``most``."""
    value = body.get(name)
    if value is None and optional:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
        raise RefusedError(422, name, f"{name} is a number from 0 to {most:g}.")
    return float(value)


def events(body: Mapping[str, Any]) -> list[tuple[str, float]]:
    """What happened to the window, and when."""
    found = [] if body.get("events") is None else body["events"]
    if not isinstance(found, list) or len(found) > MOST_EVENTS:
        raise RefusedError(422, "events", f"A trial has at most {MOST_EVENTS} events.")
    result = []
    for event in found:
        if not isinstance(event, dict) or event.get("kind") not in EVENTS:
            raise RefusedError(422, "events", f"kind of an event is one of {', '.join(EVENTS)}.")
        at = event.get("at_ms")
        if isinstance(at, bool) or not isinstance(at, int | float) or not math.isfinite(at):
            raise RefusedError(422, "events", "at_ms of an event is a number.")
        result.append((str(event["kind"]), float(at)))
    return result


def frames(body: Mapping[str, Any]) -> dict[str, float] | None:
    """What the browser measured of its frames; nothing else is kept."""
    found = body.get("frames")
    if found is None:
        return None
    if not isinstance(found, dict) or not found.keys() <= set(MEASURED):
        raise RefusedError(422, "frames", f"frames is an object of {', '.join(MEASURED)}.")
    measured = {name: number(found, name, optional=True) for name in MEASURED}
    return {name: value for name, value in measured.items() if value is not None}
