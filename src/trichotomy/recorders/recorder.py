"""Decisions of one observer out of any loop, epoch by epoch, into a store."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trichotomy.decisions import MISSING, NO_ANSWER, Decisions, Store, create, is_store, provenance
from trichotomy.decisions.schema import few
from trichotomy.errors import InputError, StoreError, UnknownNameError
from trichotomy.recorders.answers import answers, is_tensor
from trichotomy.recorders.known import Known
from trichotomy.recorders.parts import Collected, Gather, Part, gathered, joined

PROBABILITIES = ("p_target", "p_response")


class Recorder:
    """Record one observer's decisions: ``add`` for each batch of the test set, ``end`` for each epoch.

    Where ``path`` is a store in which the observer is declared, that store is recorded in. Where it is one that nobody
    declared the observer in, the observer gets a store of its own beside it (``recorder.path``; ``concat`` joins them).
    Else a store of this one observer is made at ``path`` at the end of the first epoch.

    Parameters
    ----------
    path
        Folder of the store, or a URL that fsspec understands.
    observer
        Id of the observer.
    epochs
        Epochs that will be recorded: a number n for 0 (before training) to n, or the epochs themselves.
    items, target
        Ids of all items, and their classes. Without them they are those of the first epoch recorded, with the targets
        and ids (or indices) that ``add`` was given.
    classes
        Class names.
    kind
        What outputs are: ``logits``, ``probabilities`` or ``classes``; default: logits in two
        dimensions, classes in one.
    measures
        Names of numbers of an epoch that ``end`` will be given.
    condition, instance
        As coordinates of the observer.
    duplicates
        ``error`` or ``first``: what to do with items that were answered twice and differently in one epoch.
    gather
        How several processes bring their parts together; default: ``torch.distributed``, where it is running. With MPI:
        ``gather=lambda part: comm.gather(part, root=0)``.

    Raises
    ------
    InputError
        Ids that are not unique, targets that do not fit, items that a store lacks, something else at ``path``.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        observer: str,
        *,
        epochs: int | Sequence[int] = 0,
        items: Sequence[Any] | None = None,
        target: ArrayLike | None = None,
        classes: Sequence[str] = (),
        kind: str | None = None,
        measures: Sequence[str] = (),
        condition: str | None = None,
        instance: int = 0,
        duplicates: str = "error",
        gather: Gather = gathered,
    ) -> None:
        if duplicates not in ("error", "first"):
            raise UnknownNameError("rule for duplicates", duplicates, ["error", "first"])
        self.observer = str(observer)
        self.epochs = list(range(epochs + 1)) if isinstance(epochs, int) else [int(e) for e in epochs]
        self.classes = [str(c) for c in classes]
        self.measures = list(measures)
        self._kind, self._duplicates, self._gather = kind, duplicates, gather
        self._coords: dict[str, ArrayLike] = {
            "condition": [condition or self.observer],
            "instance": [instance],
        }
        self._asked = path
        self.path, self._store = _place(path, self.observer)
        self._known = Known(self.observer)
        self._held: tuple[str, ...] = ()
        self._collected, self._next = Collected(), 0
        if self._store is not None:
            self._attach(self._store.read(), items)
        elif items is None and target is not None:
            items = range(len(np.asarray(target)))
        if items is not None:  # indices are places in the list given here
            self._known.take(np.array([str(i) for i in items], dtype=object), target)

    def add(
        self, outputs: Any, target: Any = None, *, index: Any = None, items: Sequence[Any] | None = None,
        kind: str | None = None, response: Any = None,
    ) -> None:  # fmt: skip
        """Take the outputs for one batch.

        Parameters
        ----------
        outputs
            [B, C] logits (or probabilities) or [B] class indices: a tensor on any device, an array, a list.
        target
            [B] classes, where the recorder was not given them.
        index
            [B] places of the items in the list of ``items``, or in the data set.
        items
            [B] ids instead. With neither, batches must come in the order of the items, and in one process.
        kind
            What these outputs are, if not what the recorder was told.
        response
            [B] class indices that count as the answers, where these are not the classes of the largest outputs.

        Raises
        ------
        InputError
            Lengths that differ, places that no item has.
        """
        B = len(outputs)
        batch: dict[str, Any] = {"place": self._places(index, items, B)}
        if target is not None:
            batch["target"] = target.detach() if is_tensor(target) else np.asarray(target)
        for name, column in batch.items():
            if len(column) != B:
                named = name if name == "target" else "index" if items is None else "items"
                msg = f"{self.observer}: a batch of {B} outputs has {len(column)} values of {named}"
                raise InputError(msg)
        if target is None and self._known.target is not None:
            target = self._known.target_of(batch["place"], outputs)
        batch |= answers(outputs, target, kind or self._kind, response)
        self._collected.add(batch)

    def end(self, epoch: int, measures: Mapping[str, float] | None = None, *, gather: bool = True) -> bool:
        """Write what was added as one epoch; it is there completely or not at all.

        Several processes must all call it, and one of them writes.

        Parameters
        ----------
        epoch
            One of ``epochs``; 0 is before training. An epoch that is there already is replaced.
        measures
            Numbers of the epoch, under the names given at the beginning.
        gather
            False where this process alone has all the answers.

        Returns
        -------
        Whether this process wrote.

        Raises
        ------
        InputError
            Nothing was added, items answered twice and differently, an epoch that is not planned.
        """
        where = f"{self.observer}, epoch {epoch}"
        part = self._known.named(self._collected.part())
        counted, self._next = self._next > 0, 0
        parts = self._gather(part) if gather else [part]
        if parts is None:
            return False
        if counted and len(parts) > 1:
            msg = f"{where}: {len(parts)} processes share the items, so add() needs their index= or items="
            raise InputError(msg)
        if epoch not in self.epochs:
            msg = f"{where}: epochs {few(self.epochs)} were announced; give all that will come with epochs="
            raise InputError(msg)
        whole = joined(parts, duplicates=self._duplicates, where=where)
        if "p_response" in whole:  # a network that fell apart answers with no number
            whole["response"] = np.where(np.isnan(whole["p_response"]), NO_ANSWER, whole["response"])
        if self._store is None:
            self._store = self._made(whole)
        lacking = [n for n in self._held if n not in whole]
        if lacking:
            msg = f"{where}: the store holds {', '.join(lacking)}, which come of logits or probabilities; give these"
            raise InputError(msg)
        self._store.record(
            self.observer, epoch, whole["response"], items=whole["item"].tolist(), measures=measures,
            **{n: whole[n] for n in self._held},
        )  # fmt: skip
        return True

    def pending(self) -> list[int]:
        """Epochs that are planned and not recorded yet."""
        if self._store is None:
            return list(self.epochs)
        return [epoch for observer, epoch in self._store.pending() if observer == self.observer]

    def read(self) -> Decisions:
        """Return what is recorded.

        Raises
        ------
        StoreError
            No epoch has been recorded yet.
        """
        if self._store is None:
            msg = f"{self.path} is not there yet; it is made at the end of the first epoch"
            raise StoreError(msg)
        return self._store.read()

    def _attach(self, d: Decisions, items: Sequence[Any] | None) -> None:
        """Take over what a store declares; where its ids are indices, indices stay ids."""
        if "correct" in d:
            msg = f"{self.path} keeps 'correct' beside responses, which a recorder does not know; record elsewhere"
            raise InputError(msg)
        self.epochs = [int(e) for e in d["epoch"].values]
        self.classes = self.classes or list(d.attrs["classes"])
        self._held = tuple(n for n in PROBABILITIES if n in d)
        if items is not None:
            known = set(d["item"].values.tolist())
            lacking = [str(i) for i in items if str(i) not in known]
            if lacking:
                msg = f"{self.path} has no items {few(lacking)}; record into a store of another name"
                raise InputError(msg)
        if not d.attrs["provenance"].get("configuration", {}).get("recorder", {}).get("indices"):
            self._known.take(d["item"].values, d["target"].values)

    def _places(self, index: Any, items: Sequence[Any] | None, B: int) -> Any:
        """Places of a batch in the list of items, or ids."""
        if index is not None and items is not None:
            msg = "give the index of the items in a batch or their ids, not both"
            raise InputError(msg)
        if items is not None:
            return np.array([str(i) for i in items], dtype=object)
        if index is not None:
            return index.detach() if is_tensor(index) else np.asarray(index)
        self._next += B
        return np.arange(self._next - B, self._next)

    def _made(self, whole: Part) -> Store:
        """A store of this observer, beside one that another recorder has made meanwhile."""
        self.path, store = _place(self._asked, self.observer)
        if store is None:
            return self._created(whole)
        self._attach(store.read(), None)
        return store

    def _created(self, whole: Part) -> Store:
        """A store of this observer: of the items announced, or of those of this epoch, in order of their numbers."""
        if self._known.items is None:
            order = _natural(whole["item"])
            items, target = whole["item"][order], whole["target"][order] if "target" in whole else None
        else:
            items, target = self._known.items, self._known.target
            if target is None and "target" in whole:
                known = dict(zip(whole["item"].tolist(), whole["target"].tolist(), strict=True))
                target = np.array([known.get(i, MISSING) for i in items])
        self._held = tuple(n for n in PROBABILITIES if n in whole)
        noted = {
            "observer": self.observer,
            "indices": self._known.items is None and bool(_all_numbers(items)),
        }
        return create(
            self.path, observers=[self.observer], items=items.tolist(), target=target, epochs=self.epochs,
            arrays=[*self._held, "response"], measures=self.measures, classes=self.classes,
            observer_coords=self._coords, provenance=provenance(configuration={"recorder": noted}),
        )  # fmt: skip


def _place(path: str | os.PathLike[str], observer: str) -> tuple[str, Store | None]:
    """Where to record: the store at ``path``, or one of the observer's own beside it."""
    text = str(path)
    if not is_store(path):
        there = Path(text)
        if "://" not in text and there.exists() and not (there.is_dir() and not any(there.iterdir())):
            msg = f"{text} is there already and is no store; record into a store of another name"
            raise InputError(msg)
        return text, None
    store = Store(text)
    if observer in store.observers:
        return text, store
    root, dot, suffix = text.rpartition(".") if Path(text).suffix else (text, "", "")
    own = f"{root}.{re.sub(r'[^A-Za-z0-9_-]+', '-', observer)}{dot}{suffix}"
    if not is_store(own):
        return own, None
    beside = Store(own)
    if observer not in beside.observers:
        msg = f"{own} is a store of other observers; record {observer!r} into a store of another name"
        raise InputError(msg)
    return own, beside


def _natural(items: NDArray[np.object_]) -> NDArray[np.intp]:
    """Order of ids: by number where all are numbers, else as they came."""
    if _all_numbers(items):
        return np.argsort(np.array([int(i) for i in items]), kind="stable")
    return np.arange(len(items))


def _all_numbers(items: NDArray[np.object_]) -> bool:
    return all(str(i).isdigit() for i in items)
