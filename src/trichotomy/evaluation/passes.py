"""One pass over the images for several models: an image is decoded once, and transformed once for each transform."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from trichotomy.datasets.threads import spread
from trichotomy.decisions import MISSING
from trichotomy.errors import TrichotomyError
from trichotomy.evaluation.classes import Answers, answers, decide
from trichotomy.evaluation.decoded import Pictures
from trichotomy.evaluation.hooks import LOGITS, layer_outputs
from trichotomy.evaluation.images import Images
from trichotomy.evaluation.parts import Parts
from trichotomy.evaluation.sources import Model
from trichotomy.evaluation.transforms import Transform
from trichotomy.models.packages import one_line
from trichotomy.training.feed import ahead

Columns = tuple[NDArray[np.generic], ...]


@dataclass(slots=True)
class Asked:
    """A model in a pass.

    Attributes
    ----------
    index, id
        Its place in the store, and its observer.
    model
        On the device.
    missing
        Where the spans begin that it has yet to answer.
    how
        How its outputs become decisions, once there were some.
    failure
        Why it stopped; empty while all is well.
    put_off
        Whether the device's memory was too small for it beside the others.
    """

    index: int
    id: str
    model: Model
    missing: set[int]
    how: Answers | None = None
    failure: str = ""
    put_off: bool = False
    _made: list[Columns] = field(default_factory=list)

    @property
    def wanted(self) -> bool:
        """Whether it goes on."""
        return not self.failure and not self.put_off


@dataclass(slots=True)
class Pass:
    """What a pass needs beside its models.

    Attributes
    ----------
    images, parts
        What is asked, and where the answers go.
    batch_size
        Images at a time.
    device
        Where the models are.
    told
        Called as ``told(done, total)`` with each batch of images.
    layers, keep_features
        Layers whose features are wanted; called as ``keep_features(asked, batch, features)``.
    pictures
        Decodes an item.
    """

    images: Images
    parts: Parts
    batch_size: int
    device: torch.device
    told: Callable[[int, int], None]
    pictures: Pictures
    layers: Sequence[str] = ()
    keep_features: Callable[[Asked, int, Mapping[str, Any]], None] | None = None

    def run(self, group: Sequence[Asked]) -> None:
        """Ask all models of a group; what fails is noted with the model, and the others go on."""
        spans = [span for span in self.parts.spans if any(span[0] in one.missing for one in group)]
        total = sum(stop - start for start, stop in spans)
        done = 0
        batches = [(span, at) for span in spans for at in range(*span, self.batch_size)]

        def make(batch: tuple[tuple[int, int], int]) -> tuple[tuple[int, int], int, dict[Hashable, Any]]:
            (start, stop), at = batch
            asked = [one for one in group if one.wanted and start in one.missing]
            transforms = {one.model.transform.key: one.model.transform for one in asked}
            return (start, stop), at, self._inputs(range(at, min(at + self.batch_size, stop)), transforms)

        for (start, stop), at, inputs in ahead(make, batches):
            asked = [one for one in group if one.wanted and start in one.missing]
            if not any(one.wanted for one in group):
                return
            end = min(at + self.batch_size, stop)
            on_device: dict[Hashable, Any] = {}
            for one in asked:
                self._ask(one, range(at, end), inputs, on_device)
                if end == stop:
                    self._close(one, start)
            done += end - at
            self.told(done, total)

    def _ask(
        self, one: Asked, items: range, inputs: Mapping[Hashable, Any], on_device: dict[Hashable, Any]
    ) -> None:
        key = one.model.transform.key
        made = inputs.get(key)
        try:
            if isinstance(made, Exception):
                raise made
            if key not in on_device:
                on_device[key] = made.to(self.device, non_blocking=True)  # type: ignore[union-attr]
            batch = on_device[key].contiguous(memory_format=one.model.memory_format)
            logits = self._forward(one, batch, items)
            one._made.append(self._decided(one, logits, items))
        except torch.OutOfMemoryError:
            one.put_off = True
        except TrichotomyError as error:
            one.failure = str(error)
        except Exception as error:  # noqa: BLE001 - anyone's network; the others go on
            one.failure = f"{type(error).__name__}: {one_line(error)[:300]}"
        if not one.wanted:
            one._made.clear()

    def _forward(self, one: Asked, batch: Tensor, items: range) -> Tensor:
        network = one.model.network
        if self.keep_features is None:
            with torch.inference_mode():
                logits = network(batch)
            return _rows(logits, one.id, len(items))

        def check(*given: Any) -> None:
            _rows(given[-1], one.id, len(items))

        with network.register_forward_hook(check):  # before it is laid out as features are
            found = layer_outputs(network, batch, (LOGITS, *self.layers))
        logits = torch.from_numpy(found[LOGITS])
        missing = self._unreadable(items)
        if missing:
            found = {layer: values.copy() for layer, values in found.items()}  # they may be the batch itself
            for layer in self.layers:
                found[layer][missing] = np.nan
        self.keep_features(one, items.start // self.batch_size, found)
        return logits

    def _unreadable(self, items: range) -> list[int]:
        """Places in a batch of the items that there is no picture of."""
        return [k for k, item in enumerate(items) if item in self.pictures.unreadable]

    def _decided(self, one: Asked, logits: Tensor, items: range) -> Columns:
        if one.how is None:
            one.how = answers(one.model.classes, logits.shape[1], self.images, one.id)
        bad = (~torch.isfinite(logits)).any(dim=1)
        if bad.any():
            item = self.images.ids[items[int(bad.nonzero()[0, 0])]]
            msg = f"'{one.id}' gives numbers that are not finite, first for the item '{item}'; check its weights"
            raise _WrongOutputError(msg)
        made = decide(logits, one.how, self.images.targets[items.start : items.stop])
        missing = self._unreadable(items)
        if missing:
            response, p_target, p_response = made
            response[missing], p_target[missing], p_response[missing] = MISSING, np.nan, np.nan
        return made

    def _close(self, one: Asked, start: int) -> None:
        """Keep the answers of a span that has been asked in full."""
        if one.wanted:
            self.parts.write(
                one.index, start, [np.concatenate(columns) for columns in zip(*one._made, strict=True)]
            )
            one.missing.discard(start)
            one._made.clear()

    def _inputs(self, items: range, transforms: Mapping[Hashable, Transform]) -> dict[Hashable, Any]:
        """A batch of inputs for each transform, or why there is none."""
        failed: dict[Hashable, Exception] = {}

        def one(k: int) -> dict[Hashable, Tensor]:
            picture = self.pictures(items[k])
            made: dict[Hashable, Tensor] = {}
            for key, transform in transforms.items():
                if key not in failed:
                    try:
                        made[key] = transform(picture)
                    except Exception as error:  # noqa: BLE001 - anyone's transform; models with others go on
                        failed[key] = error
            return made

        rows = spread(one, len(items)) if transforms else []
        result: dict[Hashable, Any] = {}
        for key in transforms:
            if key not in failed:
                try:
                    stacked = torch.stack([row[key] for row in rows])
                    result[key] = stacked.pin_memory() if self.device.type == "cuda" else stacked
                    continue
                except (RuntimeError, TypeError) as error:
                    failed[key] = _WrongOutputError(
                        f"the transform does not make tensors of one size ({one_line(error)[:120]}); give it a crop"
                    )
            result[key] = failed[key]
        return result


def _rows(found: Any, name: str, count: int) -> Tensor:
    """Return a network's logits, if they are a row for each image."""
    if not isinstance(found, Tensor) or found.ndim != 2 or len(found) != count:
        shape = f"shape {tuple(found.shape)}" if isinstance(found, Tensor) else type(found).__name__
        msg = f"'{name}' gives {shape} for {count} images; it must give a row of logits for each"
        raise _WrongOutputError(msg)
    return found


class _WrongOutputError(TrichotomyError):
    """A model that does not give what it should."""
