"""What a library's step returned and the batch it got, as outputs, classes and places of items."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from trichotomy.errors import InputError

_OUTPUTS = ("logits", "outputs", "preds", "y_hat")
_TARGETS = ("labels", "label", "target", "targets", "y")
_INDICES = ("index", "indices", "idx")
_IDS = ("ids", "id", "item", "items")


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """What a recorder takes of one batch (see ``Recorder.add``)."""

    outputs: Any
    target: Any = None
    index: Any = None
    items: Sequence[Any] | None = None


def taken(returned: Any, batch: Any) -> Batch:
    """Find outputs in what a step returned, and classes and places in its batch, by common names and places.

    Parameters
    ----------
    returned
        Outputs, or a mapping that has them as ``logits``, ``outputs``, ``preds`` or ``y_hat``.
    batch
        A mapping with ``labels`` and ``index`` (or ``ids``; the singulars, too), or a sequence of inputs, classes and
        indices.

    Raises
    ------
    InputError
        There are no outputs; the message says what to return.
    """
    outputs = _first(returned, _OUTPUTS) if isinstance(returned, Mapping) else returned
    if outputs is None or not hasattr(outputs, "shape") or len(outputs.shape) == 0:
        msg = (
            "the evaluation step returned no outputs to record; return the logits, or a dictionary that has them as "
            f"{', '.join(map(repr, _OUTPUTS))}, or give take="
        )
        raise InputError(msg)
    if isinstance(batch, Mapping):
        return Batch(outputs, _first(batch, _TARGETS), _first(batch, _INDICES), _first(batch, _IDS))
    parts = list(batch) if isinstance(batch, (tuple, list)) else [batch]
    return Batch(outputs, *(parts[k] if len(parts) > k else None for k in (1, 2)))


def _first(mapping: Mapping[str, Any], names: Sequence[str]) -> Any:
    return next((mapping[n] for n in names if n in mapping), None)
