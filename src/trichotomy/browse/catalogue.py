"""All that is known of the items, computed once before anybody looks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trichotomy import stats
from trichotomy.browse.annotations import Annotation, annotations_of
from trichotomy.browse.histories import Histories, read_histories
from trichotomy.decisions import Decisions, at_epoch, correctness
from trichotomy.errors import InputError
from trichotomy.estimators import CATEGORIES

UNCLASSED = "left out"
DIFFICULTIES = (*CATEGORIES, UNCLASSED)
"""Words for the categories 0, 1, 2 and -1."""


@dataclass(frozen=True, slots=True, eq=False)
class Catalogue:
    """Items, observers and their decisions, M, N and E of them.

    Attributes
    ----------
    title
        What is looked at.
    observers, conditions, items
        str[M], str[M], str[N].
    epochs, epoch
        int64[E], and the one looked at.
    classes
        Names; may be empty.
    target
        int[N], -1 unknown.
    right, response
        int8[M, N] of 1, 0, -1 and int[M, N] (None where answers are not known) at the epoch.
    category
        int8[N]: 0 impossible, 1 in-between, 2 trivial, -1 not answered by all.
    number_right, number_asked, answers
        int64[N]: observers right, observers asked, different answers.
    first, final, forgotten
        float64[N]: median epochs of learning (infinite where half of the observers never learn it) and mean number of
        forgetting events; NaN where unknown. None with a single epoch.
    notes
        Annotations by name.
    texts
        str[N] to show, None where there are none.
    histories
        All decisions.
    remarks
        What to know about the numbers.
    """

    title: str
    observers: NDArray[np.object_]
    conditions: NDArray[np.object_]
    items: NDArray[np.object_]
    epochs: NDArray[np.int64]
    epoch: int
    classes: Sequence[str]
    target: NDArray[Any]
    right: NDArray[np.int8]
    response: NDArray[Any] | None
    category: NDArray[np.int8]
    number_right: NDArray[np.int64]
    number_asked: NDArray[np.int64]
    answers: NDArray[np.int64]
    first: NDArray[np.float64] | None
    final: NDArray[np.float64] | None
    forgotten: NDArray[np.float64] | None
    notes: Mapping[str, Annotation]
    texts: NDArray[np.object_] | None
    histories: Histories
    remarks: Sequence[str]

    def class_name(self, index: int) -> str:
        """Name a class, or a decision that is none."""
        if index < 0:
            return "no answer" if index == -2 else "unknown"
        return str(self.classes[index]) if index < len(self.classes) else str(index)


def catalogue(
    d: Decisions,
    *,
    title: str = "",
    tolerance: int = 0,
    one_per: str | None = None,
    epoch: int | None = None,
    texts: str | None = None,
    progress: Callable[[str, int, int], None] = lambda *_: None,
) -> Catalogue:
    """Make a catalogue of Decisions.

    Parameters
    ----------
    tolerance, one_per, epoch
        As in ``stats.partition``.
    texts
        Annotation that holds the items' texts; default ``text`` where there is one.
    progress
        Called as ``progress(observer, done, total)``.

    Raises
    ------
    InputError
        An epoch that is not there, or an annotation of texts that is not.
    """
    now = at_epoch(d, epoch)
    when = int(now["epoch"].values[0])
    right = correctness(now).values[:, 0]
    response = now["response"].values[:, 0] if "response" in now else None
    shared = bool((right >= 0).all(axis=0).any())
    category, remarks = _category(d, tolerance, one_per, when, shared=shared)
    histories = read_histories(d, until=when, progress=progress)
    several = bool((histories.first > -2).any())
    notes = annotations_of(d)
    shown = _texts(notes, texts)
    return Catalogue(
        title=title,
        observers=d["observer"].values,
        conditions=d["condition"].values,
        items=d["item"].values,
        epochs=d["epoch"].values,
        epoch=when,
        classes=d.attrs["classes"],
        target=d["target"].values,
        right=right,
        response=response,
        category=category,
        number_right=(right == 1).sum(axis=0),
        number_asked=(right >= 0).sum(axis=0),
        answers=_different(right if response is None else response),
        first=_median(histories.first) if several else None,
        final=_median(histories.final) if several else None,
        forgotten=_mean(histories.forgotten) if several else None,
        notes={name: note for name, note in notes.items() if note.values is not shown},
        texts=shown,
        histories=histories,
        remarks=remarks,
    )


def _category(
    d: Decisions, tolerance: int, one_per: str | None, epoch: int, *, shared: bool
) -> tuple[NDArray[np.int8], list[str]]:
    """Classes of difficulty, and what to know about them; none where no item is answered by all (``shared``)."""
    try:
        found = stats.partition(d, tolerance=tolerance, one_per=one_per, epoch=epoch)
    except InputError as error:
        if shared:
            raise
        return np.full(d.sizes["item"], -1, dtype=np.int8), [f"There are no classes of difficulty: {error}."]
    left, chosen = found.attrs["left_out"], found.attrs["chosen"]
    remarks = (
        [f"{left:,} items have no class of difficulty: not all observers answered them."] if left else []
    )
    if len(chosen) < d.sizes["observer"]:
        remarks.append(f"The classes of difficulty are those of {len(chosen)} observers, one per condition.")
    return found["category"].values, remarks


def _texts(notes: Mapping[str, Annotation], name: str | None) -> NDArray[np.object_] | None:
    note = notes.get(name or "text")
    if note is None and name is not None:
        known = ", ".join(notes) or "none"
        msg = f"there is no annotation '{name}' of items that could hold their texts; known: {known}"
        raise InputError(msg)
    if note is None:
        return None
    return (
        np.array([_plain(note, k) for k in range(len(note.values))], dtype=object)
        if note.kind == "number"
        else note.values
    )


def _plain(note: Annotation, item: int) -> str:
    value = note.shown(item)
    return "" if value is None else f"{value:.12g}"


def _different(values: NDArray[Any]) -> NDArray[np.int64]:
    """int64[N]: how many different answers an item got, from [M, N]; missing ones (-1) do not count."""
    order = np.sort(values, axis=0)
    new = np.ones(order.shape, dtype=bool)
    new[1:] = order[1:] != order[:-1]
    return np.asarray((new & (order != -1)).sum(axis=0))


def _median(epochs: NDArray[np.int64]) -> NDArray[np.float64]:
    """Median over the observers that follow an item; never counts as infinitely late."""
    values = np.where(epochs == -1, np.inf, epochs).astype(np.float64)
    values[epochs == -2] = np.nan
    order = np.sort(values, axis=0)  # NaN last
    n = (epochs > -2).sum(axis=0)
    low, high = (np.take_along_axis(order, np.maximum(k, 0)[None], axis=0)[0] for k in ((n - 1) // 2, n // 2))
    return np.where(n > 0, (low + high) / 2, np.nan)


def _mean(values: NDArray[np.float32]) -> NDArray[np.float64]:
    known = np.isfinite(values)
    n = known.sum(axis=0)
    return np.where(n > 0, np.nansum(values, axis=0, dtype=np.float64) / np.maximum(n, 1), np.nan)
