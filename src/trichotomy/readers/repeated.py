"""Several rows for one (observer, epoch, item): refused, or settled by a rule that is named.

``first`` and ``last`` keep that row, in the order of the files and then of the rows. ``majority`` keeps the
first row with the most frequent answer; of answers equally frequent, the one that was given first; a row
without an answer has no vote unless no row of its key has one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trichotomy.errors import InputError

MOST_CELLS_PER_ROW = 8
"""Keys are counted in an array while it is at most this many times longer than the rows; else they are sorted."""


@dataclass(frozen=True, slots=True)
class Repeats:
    """Rows whose key occurs more than once (in order), their keys, and how bad it is.

    ``surplus`` rows are those beyond the first of their key, ``keys`` the keys concerned, ``conflicting`` the
    keys whose rows do not all give the same answer.
    """

    rows: NDArray[np.int64]
    key: NDArray[np.int64]
    answer: NDArray[np.int64]
    surplus: int
    keys: int
    conflicting: int


def find(
    key: NDArray[np.int64], cells: int, answer: Callable[[NDArray[np.int64]], NDArray[np.int64]]
) -> Repeats:
    """Find the rows that share a key.

    Parameters
    ----------
    key
        int64[n], a number below ``cells`` for each row's (observer, epoch, item).
    cells
        How many keys there could be.
    answer
        Rows to a number for what was answered there, -1 where nothing was.
    """
    if cells <= MOST_CELLS_PER_ROW * len(key):
        seen = np.zeros(cells, dtype=bool)
        seen[key] = True
        unique = int(np.count_nonzero(seen)) == len(key)
        rows = np.flatnonzero([] if unique else (np.bincount(key, minlength=cells) > 1)[key])
    else:
        _, inverse, counts = np.unique(key, return_inverse=True, return_counts=True)
        rows = np.flatnonzero(counts[inverse] > 1)
    keys, group = np.unique(key[rows], return_inverse=True)
    given = answer(rows)
    pairs = np.unique(np.stack([group, given]), axis=1) if rows.size else np.zeros((2, 0), dtype=np.int64)
    conflicting = int((np.bincount(pairs[0].astype(np.int64), minlength=len(keys)) > 1).sum())
    return Repeats(rows, key[rows], given, len(rows) - len(keys), len(keys), conflicting)


def settle(repeats: Repeats, rule: str) -> NDArray[np.int64]:
    """Rows to drop so that one is left per key, by ``first``, ``last`` or ``majority``."""
    n = len(repeats.rows)
    order = np.arange(n)
    if rule == "last":
        preference = -order
    elif rule == "majority":
        _, group = np.unique(np.stack([repeats.key, repeats.answer]), axis=1, return_inverse=True)
        group = group.ravel()
        votes = np.bincount(group)[group]
        earliest = np.full(group.max() + 1, n)
        np.minimum.at(earliest, group, order)
        votes = np.where(repeats.answer == -1, 0, votes)
        preference = np.lexsort((order, earliest[group], -votes)).argsort()
    else:
        preference = order
    by_key = np.lexsort((preference, repeats.key))
    keeps = np.r_[True, np.diff(repeats.key[by_key]) != 0]
    return np.sort(repeats.rows[by_key[~keeps]])


def refusal(
    repeats: Repeats, describe: Callable[[int], str], place: Callable[[int], str], shown: int = 3
) -> InputError:
    """Return the error that says how many rows repeat, how many conflict, and where the first ones are."""
    examples: list[str] = []
    for key in dict.fromkeys(repeats.key.tolist()):
        rows = repeats.rows[repeats.key == key]
        where = _and([place(int(row)) for row in rows[:3]])
        examples.append(f"{describe(int(rows[0]))} in {where}")
        if len(examples) == shown:
            break
    return InputError(
        f"{repeats.surplus} duplicated rows on {repeats.keys} keys (observer, epoch, item), {repeats.conflicting} of "
        f"them with conflicting answers: {'; '.join(examples)}{'; ...' if repeats.keys > shown else ''}. "
        "Correct the file, or choose a rule with --duplicates first|last|majority"
    )


def applied(repeats: Repeats, rule: str) -> str:
    """Say what the rule did, for the report."""
    kept = {
        "first": "the first row of each was kept",
        "last": "the last row of each was kept",
        "majority": "the most frequent answer of each was kept, at a tie the one given first",
    }[rule]
    return (
        f"{repeats.surplus} duplicated rows on {repeats.keys} keys (observer, epoch, item), {repeats.conflicting} of "
        f"them with conflicting answers: {kept} (--duplicates {rule})"
    )


def _and(places: Sequence[str]) -> str:
    """Join places, naming a file once: ``a.csv, line 3 and line 9``."""
    file, _, first = places[0].rpartition(", ")
    rest = [p.rpartition(", ")[2] if p.startswith(f"{file}, ") else p for p in places[1:]]
    return " and ".join([f"{file}, {first}", *rest])
