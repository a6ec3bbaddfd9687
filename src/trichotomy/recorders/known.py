"""The items that a recorder was told of, and their classes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trichotomy.decisions.schema import duplicates, few
from trichotomy.errors import InputError
from trichotomy.recorders.answers import is_tensor, to_array
from trichotomy.recorders.parts import Part


@dataclass(slots=True, eq=False)
class Known:
    """Ids and classes of items by place; without them, indices are ids.

    Attributes
    ----------
    observer
        Whose recorder it is, for messages.
    items
        object[N] or None.
    target
        int64[N] or None.
    """

    observer: str
    items: NDArray[np.object_] | None = None
    target: NDArray[np.int64] | None = None
    _on_device: dict[str, Any] = field(default_factory=dict)

    def take(self, items: NDArray[np.object_], target: ArrayLike | None) -> None:
        """Take ids, and classes where they are given; without them those known stay if they fit.

        Raises
        ------
        InputError
            An id twice, or another number of classes than of items.
        """
        twice = duplicates(items.tolist())
        if twice:
            msg = f"items {few(twice)} are named more than once"
            raise InputError(msg)
        if target is not None:
            self.target = to_array(target).astype(np.int64)
            if self.target.shape != items.shape:
                msg = f"{len(items)} items have targets of shape {self.target.shape}"
                raise InputError(msg)
        elif self.target is not None and self.items is not None:  # of the same items in another order
            of = dict(zip(self.items.tolist(), self.target.tolist(), strict=True))
            self.target = np.array([of[i] for i in items])
        self.items = items
        self._on_device.clear()

    def target_of(self, place: Any, outputs: Any) -> Any:
        """Classes of the items of a batch, on the device of the outputs where places are tensors."""
        assert self.target is not None
        if is_tensor(place) and is_tensor(outputs):
            import torch

            device = str(outputs.device)
            if device not in self._on_device:
                self._on_device[device] = torch.as_tensor(self.target, device=outputs.device)
            if (
                place.device.type == "cpu"
            ):  # elsewhere the places are checked when they come back: no waiting for them
                self._check(to_array(place))
            N = len(self.target)
            return self._on_device[device][place.to(outputs.device).long().clamp(0, N - 1)]
        where = to_array(place)
        if where.dtype == object:
            import pandas as pd

            where = pd.Index(self._ids()).get_indexer(pd.Index(where))
        self._check(where)
        return self.target[where]

    def named(self, part: Part) -> Part:
        """Replace places by ids, and add the classes that are known.

        Raises
        ------
        InputError
            A place that no item has.
        """
        if not part:
            return part
        place = part.pop("place")
        if place.dtype == object:
            return {"item": place, **part}
        if self.items is None:
            return {"item": np.array([str(i) for i in place.tolist()], dtype=object), **part}
        self._check(place)
        if self.target is not None:
            part.setdefault("target", self.target[place])
        return {"item": self.items[place], **part}

    def _ids(self) -> NDArray[np.object_]:
        return np.array([], dtype=object) if self.items is None else self.items

    def _check(self, place: NDArray[Any]) -> None:
        N = len(self._ids())
        bad = place[(place < 0) | (place >= N)]
        if len(bad):
            msg = f"{self.observer}: items {few(bad)} are not among the {N} known (0..{N - 1}); give index= or items="
            raise InputError(msg)
