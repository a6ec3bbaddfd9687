"""Which entry is about which item: by id, or by a declared order that the targets must confirm."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from trichotomy.decisions import Decisions
from trichotomy.decisions.schema import few
from trichotomy.errors import InputError, UnknownNameError
from trichotomy.readers.entries import Entries

ORDERS = ("item", "file-name", "class")
"""Entry k is about the k-th item as stored; about the k-th item by file name; about every item of class k."""
IMAGENET = "ILSVRC2012_val_"
_WORDNET = re.compile(r"n\d{8}")
_SUFFIX = re.compile(r"\.[A-Za-z][A-Za-z0-9]{1,4}$")


def places(d: Decisions, entries: Entries, order: str | None) -> tuple[NDArray[np.int64], list[str]]:
    """Entry of each item, int64[N], -1 where there is none; and sentences on what did not fit.

    Ids win over an order: a file that has them needs none.

    Raises
    ------
    InputError
        Ids that match nothing, an order that does not fit, or labels that disagree with the targets.
    UnknownNameError
        Another order.
    """
    if order is not None and order not in ORDERS:
        raise UnknownNameError("order", order, list(ORDERS))
    if entries.by_class:
        return _by_class(d, entries), []
    if entries.ids is not None:
        index, notes = _by_id(d, entries, entries.ids)
        how = "joined by id"
    elif order is None:
        msg = f"{entries.source} has no ids; say in which order it is, one of {', '.join(ORDERS)}{_hint(d, entries)}"
        raise InputError(msg)
    else:
        index, notes, how = _by_order(d, entries, order), [], f"read in the order '{order}'"
    agreement = agreement_with_targets(d, entries, index)
    if agreement is not None:
        found, chance = agreement
        expected = chance + (1 - chance) * entries.least
        if found < expected:
            msg = (
                f"{entries.source}, {how}, names the target of {found:.1%} of the items, where at least {expected:.1%} "
                f"is expected and any other order would give {chance:.1%}: it is in another order, or about other "
                f"classes{_hint(d, entries, order)}"
            )
            raise InputError(msg)
    elif entries.labels is not None:
        notes.append(
            f"that {entries.source} is about these items could not be checked, as no target is known"
        )
    return index, notes


def agreement_with_targets(
    d: Decisions, entries: Entries, index: NDArray[np.int64]
) -> tuple[float, float] | None:
    """Share of items whose target is among their entry's labels, and what random pairing would give; None: no check."""
    if entries.labels is None:
        return None
    target = d["target"].values
    there = np.array([bool(labels) for labels in entries.labels])
    items = np.flatnonzero((target >= 0) & (index >= 0))
    items = items[there[index[items]]]
    if not items.size:
        return None
    chosen = [entries.labels[k] for k in index[items].tolist()]
    own = target[items].astype(np.int64)
    found = float(np.mean([t in labels for t, labels in zip(own.tolist(), chosen, strict=True)]))
    named = np.array([label for labels in chosen for label in labels])
    size = int(max(own.max(), named.max())) + 1
    chance = float(np.bincount(own, minlength=size) @ np.bincount(named, minlength=size)) / items.size**2
    return found, chance


def _hint(d: Decisions, entries: Entries, tried: str | None = None) -> str:
    """What the agreement would be in the other orders."""
    tries = []
    for order in ORDERS[:2]:
        if order == tried or entries.ids is not None:
            continue
        try:
            agreement = agreement_with_targets(d, entries, _by_order(d, entries, order))
        except InputError:
            continue
        if agreement is not None:
            tries.append(f"'{order}' {agreement[0]:.1%}")
    return f"; in the order {' and '.join(tries)} of the targets agree" if tries else ""


def _by_order(d: Decisions, entries: Entries, order: str) -> NDArray[np.int64]:
    N = d.sizes["item"]
    if order == "class":
        return _by_class(d, entries)
    if order == "file-name":
        return _by_file_name([str(v) for v in d["item"].values], entries)
    if entries.size != N:
        msg = f"{entries.source} has {entries.size:,} entries for {N:,} items; the order 'item' needs one for each"
        raise InputError(msg)
    return np.arange(N)


def _by_file_name(items: Sequence[str], entries: Entries) -> NDArray[np.int64]:
    names = [_stem(item) for item in items]
    numbered = [re.fullmatch(r"(.*?)(\d+)", name, flags=re.DOTALL) for name in names]
    prefixes = {found[1] for found in numbered if found}
    if all(numbered) and len(prefixes) == 1:
        numbers = np.array([int(found[2]) for found in numbered if found])
        if len(set(numbers.tolist())) == len(numbers):
            return _by_number(numbers, prefixes.pop(), entries)
    if len(items) != entries.size or len(set(names)) < len(names):
        msg = (
            f"{entries.source} has {entries.size:,} entries for {len(items):,} items such as '{items[0]}': which comes "
            "first by file name cannot be told; give it ids"
        )
        raise InputError(msg)
    return np.argsort(np.argsort(np.array(names, dtype=str), kind="stable"), kind="stable")


def _by_number(numbers: NDArray[np.int64], prefix: str, entries: Entries) -> NDArray[np.int64]:
    if len(numbers) == entries.size:
        return np.argsort(np.argsort(numbers))
    first = 1 if prefix == IMAGENET or entries.size in numbers else 0 if 0 in numbers else None
    if first is None or numbers.min() < first or numbers.max() >= first + entries.size:
        msg = (
            f"{entries.source} has {entries.size:,} entries for {len(numbers):,} items, and whether they are counted "
            "from 0 or from 1 cannot be told from their names; give it ids"
        )
        raise InputError(msg)
    return numbers - first


def _by_class(d: Decisions, entries: Entries) -> NDArray[np.int64]:
    """Entry of each item's class."""
    target, names = d["target"].values.astype(np.int64), [str(c) for c in d.attrs["classes"]]
    K = max(len(names), int(target.max(initial=-1)) + 1)
    if not K:
        msg = f"{entries.source} is about classes, and no target is known; read the decisions with --targets"
        raise InputError(msg)
    if entries.ids is None:
        if entries.size != K:
            msg = f"{entries.source} has {entries.size:,} entries for {K:,} classes; order 'class' needs one for each"
            raise InputError(msg)
        entry = np.arange(K)
    else:
        entry = _entries_of_classes(names, K, entries, entries.ids)
    return np.where(target >= 0, entry[np.maximum(target, 0)], -1)


def _entries_of_classes(names: list[str], K: int, entries: Entries, ids: Sequence[str]) -> NDArray[np.int64]:
    row = {key.strip(): k for k, key in enumerate(ids)}
    for keys in (names, [str(k) for k in range(K)]):
        found = np.array([row.get(key, -1) for key in keys], dtype=np.int64)
        if len(found) == K and (found >= 0).any():
            return found
    if len(ids) == K and all(_WORDNET.fullmatch(key.strip()) for key in ids):
        return np.argsort(
            np.array(ids, dtype=str)
        )  # ImageNet numbers its classes by their sorted WordNet ids
    msg = (
        f"{entries.source} is about classes such as '{ids[0]}', and the decisions have {K:,}"
        f"{f' such as {names[0]!r}' if names else ' without names'}; use their names or indices"
    )
    raise InputError(msg)


def _by_id(d: Decisions, entries: Entries, ids: Sequence[str]) -> tuple[NDArray[np.int64], list[str]]:
    """Join by the whole id, else by the file's name without folder and suffix, else by the number that ends it."""
    items = [str(v) for v in d["item"].values]
    for form in (str, _stem, _number):
        ours, theirs = [form(v) for v in items], [form(v) for v in ids]
        row = {key: k for k, key in enumerate(theirs) if key is not None}
        if len(row) < len(theirs) or len(set(ours)) < len(ours) or None in ours:
            continue
        index = np.array([row.get(key, -1) for key in ours if key is not None], dtype=np.int64)
        matched = int((index >= 0).sum())
        if matched:
            left = len(ids) - matched
            return index, [
                f"{left:,} of {len(ids):,} entries of {entries.source} are about no item here"
            ] if left else []
    msg = f"no id of {entries.source} (such as {few(list(ids), 2)}) is among the items (such as {few(items, 2)})"
    raise InputError(msg)


def _stem(item: str) -> str:
    return _SUFFIX.sub("", item.replace("\\", "/").rpartition("/")[2])


def _number(item: str) -> str | None:
    found = re.search(r"(\d+)$", _stem(item))
    return str(int(found[1])) if found else None
