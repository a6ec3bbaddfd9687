"""Annotations of items, from files or objects: flagged ids, accepted labels, votes, soft labels, tables."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from trichotomy.decisions import MISSING, Decisions, validate
from trichotomy.decisions.provenance import sha256
from trichotomy.errors import InputError
from trichotomy.readers.annotationfiles import Given, entries_of
from trichotomy.readers.entries import Entries
from trichotomy.readers.items import coordinate
from trichotomy.readers.joining import agreement_with_targets, places


def annotate(
    d: Decisions, source: Given, *, name: str | None = None, order: str | None = None, rescore: bool = False
) -> Decisions:
    """Return the decisions with annotations of their items.

    ====================================  ====================================================================
    source                                annotations
    ====================================  ====================================================================
    ids of flagged items, true and false  one, true or false: ``name``, else the file's stem or ``label_error``
    lists of accepted labels (ReaL)       ``accepted_labels`` (how many), ``target_rejected`` (1, 0)
    cleanlab's votes (``mturk``)          ``label_error``, ``vote_entropy`` (bits), ``vote_agreement`` (share)
    soft labels by people                 ``human_entropy`` (bits), ``human_label``, ``human_agreement``
    a table with a row per item or class  its columns
    ====================================  ====================================================================

    Unknown values are NaN, or empty for text; items that a list of ids or votes does not name are not flagged.

    Parameters
    ----------
    source
        A file: JSON, CSV or another table, NPY, NPZ (never pickled), or a text of one id per line. Or a mapping from
        item to value, ids, an array, an ``xarray.DataArray`` over ``item``, a data frame whose index has the ids.
    name
        Of the annotation, where there is just one; of votes, instead of ``label_error``.
    order
        For entries without ids: ``item`` (as the decisions are), ``file-name`` (entry k is about the k-th item by the
        number or name of its file: ILSVRC2012_val_00000001 is the first) or ``class`` (entry k is about class k).
        Where entries name classes they must agree with the targets, far beyond chance, or they are refused.
    rescore
        Of accepted labels: any of them counts as right from now on (``correct``), and items without any are left out. A
        warning in the provenance says so.

    Returns
    -------
    New Decisions; the ones given are not changed.

    Raises
    ------
    InputError, UnknownNameError
        A source that is not understood, ids that match nothing, an order that the targets contradict.

    References
    ----------
    Beyer et al. 2020 (accepted labels); Northcutt et al. 2021 (votes); Peterson et al. 2019 (soft labels).
    """
    entries = entries_of(source, name=name)
    if rescore and not entries.accepted:
        msg = f"{entries.source} holds no accepted labels, so there is nothing to count right by it; leave rescore out"
        raise InputError(msg)
    index, notes = places(d, entries, order)
    columns = {
        column: [values[k] if k >= 0 else entries.absent.get(column) for k in index.tolist()]
        for column, values in entries.columns.items()
    }
    if entries.accepted and entries.labels is not None:
        columns["target_rejected"] = _rejected(d, entries, index)
    named = {_free(d, column): ("item", coordinate(values)) for column, values in columns.items()}
    changed = d.assign_coords(named)
    if rescore:
        changed, more = _rescored(changed, entries, index)
        notes = [*notes, *more]
    changed.attrs = {
        **d.attrs,
        "provenance": _recorded(d, entries, index, order, list(named), notes, rescore),
    }
    return validate(changed)


def _free(d: Decisions, column: str) -> str:
    """The column's name, unless something that is no annotation of items has it."""
    taken = column in d.variables and (column in ("item", "target") or d[column].dims != ("item",))
    return f"item_{column}" if taken else column


def _rejected(d: Decisions, entries: Entries, index: NDArray[np.int64]) -> list[bool | None]:
    """Whether an item's target is not among its accepted labels; None where either is unknown."""
    assert entries.labels is not None
    return [
        None if t < 0 or k < 0 or not entries.labels[k] else t not in entries.labels[k]
        for t, k in zip(d["target"].values.tolist(), index.tolist(), strict=True)
    ]


def _rescored(d: Decisions, entries: Entries, index: NDArray[np.int64]) -> tuple[Decisions, list[str]]:
    """Count any accepted label as right, and leave out items without one."""
    assert entries.labels is not None
    if "response" not in d:
        msg = f"counting any label of {entries.source} needs the classes answered, and the decisions hold only 0 and 1"
        raise InputError(msg)
    labels = [entries.labels[k] if k >= 0 else () for k in index.tolist()]
    kept = np.array([bool(own) for own in labels])
    if not kept.any():
        msg = f"{entries.source} has an accepted label for none of the items"
        raise InputError(msg)
    d = d.isel(item=np.flatnonzero(kept))
    response = d["response"].values
    right = np.zeros(response.shape, dtype=np.int8)
    accepted = [own for own in labels if own]
    for place in range(max(map(len, accepted))):
        column = np.array([own[place] if place < len(own) else -9 for own in accepted])
        right |= response == column
    right[response == MISSING] = MISSING
    notes = [f"an answer is right if it is among the accepted labels of {entries.source}"]
    left = int((~kept).sum())
    if left:
        notes.append(
            f"{left:,} of {len(kept):,} items have no accepted label in {entries.source} and were left out"
        )
    return d.assign(correct=(d["response"].dims, right)), notes


def _recorded(
    d: Decisions, entries: Entries, index: NDArray[np.int64], order: str | None, names: list[str], notes: list[str],
    rescore: bool,
) -> dict[str, Any]:  # fmt: skip
    """The provenance with one more annotation."""
    before = dict(d.attrs.get("provenance", {}))
    agreement = agreement_with_targets(d, entries, index)
    record = {
        "source": entries.source,
        "sha256": sha256(entries.path) if entries.path else None,
        "annotations": names,
        "order": None if entries.ids is not None else order,
        "items": int((index >= 0).sum()),
        "agreement": agreement[0] if agreement else None,
        "rescored": rescore,
    }
    return {
        **before,
        "annotations": [*before.get("annotations", []), record],
        "warnings": [*before.get("warnings", []), *notes],
    }
