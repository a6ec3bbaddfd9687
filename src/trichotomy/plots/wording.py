"""Numbers and names as words, for labels, captions and alt texts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import xarray as xr

UNDEFINED = "undefined"


def percent(share: Any) -> str:
    """Return a fraction as percent with one decimal."""
    value = float(share)
    return f"{value:.1%}" if np.isfinite(value) else UNDEFINED


def kappa(value: Any) -> str:
    """Return a kappa with three decimals."""
    number = float(value)
    return f"{number:.3f}".replace("-", "\N{MINUS SIGN}") if np.isfinite(number) else UNDEFINED


def points(change: Any) -> str:
    """Return a difference of fractions in percentage points, with its sign."""
    number = 100 * float(change)
    return f"{number:+.1f}".replace("-", "\N{MINUS SIGN}") if np.isfinite(number) else UNDEFINED


def signed(value: Any) -> str:
    """Return a number with two decimals and its sign."""
    number = float(value)
    return f"{number:+.2f}".replace("-", "\N{MINUS SIGN}") if np.isfinite(number) else UNDEFINED


def count(number: Any, noun: str) -> str:
    """Return ``1 item``, ``2 items``, ``50,000 items``."""
    return f"{int(number):,} {noun}{'' if int(number) == 1 else 's'}"


def clipped(name: Any, most: int = 30) -> str:
    """Return a name on one line of at most ``most`` characters; a longer one loses its middle."""
    text = " ".join(str(name).split())
    if len(text) <= most:
        return text
    head = (most - 1) * 2 // 3
    return f"{text[:head]}\N{HORIZONTAL ELLIPSIS}{text[head + 1 - most :]}"


def told_apart(names: Iterable[Any]) -> list[str]:
    """Return names without the parts that all end in, such as ``_data`` of the files that they were read from."""
    parts = [re.split("(?=_)", str(n)) for n in names]
    while len(parts) > 1 and min(map(len, parts)) > 1 and len({p[-1] for p in parts}) == 1:
        parts = [p[:-1] for p in parts]
    return ["".join(p) for p in parts]


def listed(names: Sequence[Any], most: int = 5) -> str:
    """Return names as a list in words; of more than ``most``, how many others there are."""
    shown = [clipped(n) for n in names[:most]]
    if len(names) > most:
        shown.append(f"{len(names) - most:,} more")
    return " and ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else "".join(shown)


def interval(attrs: Mapping[Any, Any], what: str = "Lines") -> str:
    """Say how the intervals drawn were made, as the result's attributes tell it."""
    level = float(attrs.get("level", 0.95))
    return f"{what}: {100 * level:g}% intervals ({attrs.get('interval', 'method not recorded')})."


def left_out(attrs: Mapping[Any, Any]) -> str:
    """Say how many items not all observers answered, if any; with a space before."""
    number = int(attrs.get("left_out", 0))
    return f" Left out: {count(number, 'item')} that not every observer answered." if number else ""


def constant(error_consistency: xr.Dataset) -> str:
    """Name the observers whose kappa is forced because they are always right or always wrong; with a space before."""
    names = error_consistency["observer_a"].values[error_consistency["constant"].values]
    return (
        f" Kappa forced, because always right or always wrong: {listed(names.tolist())}."
        if len(names)
        else ""
    )
