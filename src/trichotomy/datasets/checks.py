"""Values that were asked for, refused before anything is made of them."""

from __future__ import annotations

from typing import TypeGuard

import numpy as np

from trichotomy.errors import InputError

LARGEST_SEED = 2**64 - 1


def check_seed(value: int, what: str = "seed") -> int:
    """Return the value as a plain int, or refuse it: a whole number from 0 to 2**64 - 1."""
    if not _whole(value) or not 0 <= value <= LARGEST_SEED:
        msg = f"the {what} is {value!r}; give a whole number from 0 to 2**64 - 1"
        raise InputError(msg)
    return int(value)


def check_count(what: str, value: int | None, *, least: int = 1) -> None:
    """Refuse what is no whole number of at least ``least``."""
    if not _whole(value) or value < least:
        msg = f"{what} is {value!r}; give a whole number of at least {least}"
        raise InputError(msg)


def check_flag(what: str, value: object) -> None:
    """Refuse what is neither True nor False (the text "false" is not)."""
    if not isinstance(value, bool):
        msg = f"{what} is {value!r}; give true or false"
        raise InputError(msg)


def _whole(value: object) -> TypeGuard[int]:
    return isinstance(value, int | np.integer) and not isinstance(value, bool)
