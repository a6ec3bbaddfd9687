"""Answers of one epoch, collected in batches, from one process or several, and joined by item."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from trichotomy.decisions.schema import few
from trichotomy.errors import InputError
from trichotomy.recorders.answers import to_array

Part: TypeAlias = dict[str, NDArray[Any]]
"""Columns of equal length: ``item`` (ids), ``response`` and, where known, ``target``, ``p_target``, ``p_response``."""
Gather: TypeAlias = Callable[[Part], Sequence[Part] | None]
"""Takes a process's part and returns all parts in the process that records, None in the others."""


@dataclass(slots=True, eq=False)
class Collected:
    """Batches of one epoch, as they came."""

    batches: list[dict[str, Any]] = field(default_factory=list)

    def add(self, batch: dict[str, Any]) -> None:
        """Take one batch: columns of equal length, tensors or arrays."""
        self.batches.append(batch)

    def part(self) -> Part:
        """All batches as arrays in memory; columns that some batches lack are left out."""
        if not self.batches:
            return {}
        names = [n for n in self.batches[0] if all(n in b for b in self.batches)]
        part = {n: np.concatenate([to_array(b[n]).reshape(-1) for b in self.batches]) for n in names}
        self.batches.clear()
        return part


def gathered(part: Part) -> Sequence[Part] | None:
    """All parts in rank 0 of torch.distributed, None in the others; without it, the part itself."""
    distributed = sys.modules.get("torch.distributed")
    if distributed is None or not distributed.is_available() or not distributed.is_initialized():
        return [part]
    ranks = distributed.get_world_size()
    parts: list[Part] | None = [{} for _ in range(ranks)] if distributed.get_rank() == 0 else None
    distributed.gather_object(part, parts, dst=0)
    return parts


def joined(parts: Sequence[Part], *, duplicates: str, where: str) -> Part:
    """Parts one below the other, each item once.

    Samplers of several processes pad the last batch with items that others have; these must have the same answer.

    Parameters
    ----------
    duplicates
        ``error``: refuse items whose answers differ; ``first``: the first one counts.
    where
        Of what, for the message.

    Raises
    ------
    InputError
        Items answered twice and differently, or parts with different columns.
    """
    there = [p for p in parts if p]
    if not there:
        msg = f"{where}: nothing was recorded; call add() for each batch first"
        raise InputError(msg)
    names = [n for n in there[0] if all(n in p for p in there)]
    whole = {n: np.concatenate([p[n] for p in there]) for n in names}
    import pandas as pd

    which, distinct = pd.factorize(whole["item"])
    if len(distinct) == len(which):
        return whole
    first = np.flatnonzero(~pd.Series(which).duplicated().to_numpy())
    differ = whole["response"] != whole["response"][first][which]
    if differ.any() and duplicates == "error":
        items = list(dict.fromkeys(whole["item"][differ].tolist()))
        msg = (
            f"{where}: {len(items)} items were answered twice and differently, {few(items)}; is the network in "
            f"evaluation mode? duplicates='first' counts the first answer"
        )
        raise InputError(msg)
    return {n: column[first] for n, column in whole.items()}
