"""What a source says about items or classes, entry by entry, and the forms that entries come in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trichotomy.errors import InputError

FLAG = "label_error"
VOTES = ("given", "guessed", "neither", "both")
"""What a worker could say of cleanlab's pictures: the given label, the guessed one, neither, both."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Entries:
    """What a source says, entry by entry.

    Attributes
    ----------
    source
        What to call it in messages.
    size
        Number of entries.
    columns
        Annotation to one value per entry, None where unknown.
    ids
        Of items, or of classes where ``by_class``; None where only the order tells.
    absent
        Annotation to the value of items that no entry is about; None (unknown) where not named.
    labels
        Class indices per entry of which the target should be one, for the check; None where it names no class.
    accepted
        Whether ``labels`` are the answers that count as right.
    least
        How much of the way from chance to perfect agreement the labels must have with the targets.
    """

    source: str
    size: int
    columns: Mapping[str, Sequence[Any]]
    ids: Sequence[str] | None = None
    by_class: bool = False
    absent: Mapping[str, Any] = field(default_factory=dict)
    labels: Sequence[tuple[int, ...]] | None = None
    accepted: bool = False
    least: float = 0.5
    path: Path | None = None


def flagged_ids(ids: list[str], source: str, name: str) -> Entries:
    """Ids of flagged items; all others are not flagged."""
    own = list(dict.fromkeys(ids))
    return Entries(
        source=source, size=len(own), ids=own, columns={name: [True] * len(own)}, absent={name: False}
    )


def one_value_each(values: list[Any], source: str, name: str, ids: list[str] | None) -> Entries:
    """One value for each entry."""
    return Entries(source=source, size=len(values), ids=ids, columns={name: values})


def accepted_labels(rows: list[Any], source: str, ids: list[str] | None) -> Entries:
    """Lists of the class indices that count as right."""
    if not all(
        isinstance(v, int | np.integer) and not isinstance(v, bool) and v >= 0 for row in rows for v in row
    ):
        msg = f"{source} has accepted labels that are no class indices; give whole numbers from 0"
        raise InputError(msg)
    labels = [tuple(dict.fromkeys(int(v) for v in row)) for row in rows]
    return Entries(
        source=source, size=len(rows), ids=ids, labels=labels, accepted=True,
        columns={"accepted_labels": [len(row) or None for row in labels]},
    )  # fmt: skip


def votes(rows: list[Mapping[str, Any]], source: str, ids: list[str] | None) -> Entries:
    """Workers' votes on suspected errors (Northcutt et al. 2021): one where fewer than half chose the given label."""
    try:
        counts = np.array([[float(row["mturk"].get(v, 0)) for v in VOTES] for row in rows])
        labels = (
            [(int(row["given_original_label"]),) for row in rows]
            if "given_original_label" in rows[0]
            else None
        )
        own = ids if ids is not None else [str(row["id"]) for row in rows]
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        msg = f"{source} is not as cleanlab's votes are (each entry with id, given_original_label and mturk): {error}"
        raise InputError(msg) from error
    total = counts.sum(axis=1)
    share = np.where(total > 0, counts[:, 0] / np.maximum(total, 1), np.nan)
    return Entries(
        source=source, size=len(rows), ids=own, labels=labels, least=0.95, absent={FLAG: False},
        columns={
            FLAG: (counts[:, 0] * 2 < total).tolist(),
            "vote_entropy": _unknown(entropy(counts)),
            "vote_agreement": _unknown(share),
        },
    )  # fmt: skip


def soft_labels(matrix: NDArray[np.float64], source: str, ids: list[str] | None) -> Entries:
    """Labels by people as counts or probabilities, one column per class."""
    if matrix.size and (np.nanmin(matrix) < 0):
        msg = f"{source} has negative soft labels; give counts or probabilities, one row per item"
        raise InputError(msg)
    total = np.nan_to_num(matrix).sum(axis=1)
    best = np.nan_to_num(matrix).argmax(axis=1)
    known = total > 0
    return Entries(
        source=source, size=len(matrix), ids=ids,
        labels=[(int(k),) if there else () for k, there in zip(best, known, strict=True)],
        columns={
            "human_entropy": _unknown(entropy(matrix)),
            "human_label": [int(k) if there else None for k, there in zip(best, known, strict=True)],
            "human_agreement": _unknown(
                np.where(known, np.nan_to_num(matrix).max(axis=1) / np.maximum(total, 1e-300), np.nan)
            ),
        },
    )  # fmt: skip


def entropy(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Entropy in bits of each row of counts or probabilities; NaN for a row of zeros."""
    c = np.nan_to_num(np.asarray(counts, dtype=float))
    total = c.sum(axis=1, keepdims=True)
    p = c / np.where(total > 0, total, 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        bits = -np.where(p > 0, p * np.log2(p), 0).sum(axis=1)
    return np.where(total[:, 0] > 0, np.abs(bits), np.nan)


def _unknown(values: NDArray[np.float64]) -> list[float | None]:
    return [None if np.isnan(v) else float(v) for v in values]
