"""Models in turns: which of them share a pass, what is noted of each, and how its answers come into the store."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from trichotomy.datasets import Progress
from trichotomy.datasets.reading import FileSplit
from trichotomy.decisions import Store
from trichotomy.decisions.provenance import sha256
from trichotomy.errors import InputError, TrichotomyError
from trichotomy.evaluation.checkpoints import weights_hash
from trichotomy.evaluation.decoded import Pictures
from trichotomy.evaluation.entries import Entry
from trichotomy.evaluation.hooks import check_layers
from trichotomy.evaluation.images import Images, Part
from trichotomy.evaluation.parts import Parts, begun
from trichotomy.evaluation.passes import Asked, Pass
from trichotomy.evaluation.sources import Model, load
from trichotomy.models.packages import one_line
from trichotomy.representations import FeatureStore

SPAN = 1024
"""Images of a part: what a killed run repeats at most, per model."""
MODELS = "models"
"""Entry of the provenance: what is known of each model."""
LACKING = "features_lacking"
"""Entry of the provenance: of models with decisions, why features that were asked for are lacking."""


@dataclass(slots=True)
class Work:
    """The models of an evaluation, from those that wait to those that are done.

    Attributes
    ----------
    missing
        Of each model, where the spans begin that decisions or features are lacking for.
    waiting, alone, held
        Models yet to be asked, by their place; those of them that no other fits beside; and the one that was loaded and
        found no room.
    """

    store: Store
    wanted: Sequence[Entry]
    images: Images
    batch_size: int
    device: torch.device
    memory: int
    features: FeatureStore | None
    progress: Progress
    parts: Parts = field(init=False)
    missing: dict[int, set[int]] = field(default_factory=dict)
    waiting: deque[int] = field(default_factory=deque)
    alone: set[int] = field(default_factory=set)
    held: Asked | None = None
    passes: int = 0

    def __post_init__(self) -> None:
        span = self.batch_size * max(SPAN // self.batch_size, 1)
        self.parts = Parts(Path(self.store.path), len(self.images.ids), span)

    def carry_out(self) -> None:
        """Group after group of models that fit together makes a pass over the images."""
        pending = {observer for observer, _ in self.store.pending()}
        self.store.forgive([entry.id for entry in self.wanted if entry.id in pending])
        if self.store.provenance.get(LACKING):
            self.store.note(**{LACKING: {}})
        for k, entry in enumerate(self.wanted):
            self.missing[k] = self._missing(k, entry.id in pending)
            if self.missing[k]:
                self.waiting.append(k)
            elif entry.id in pending:
                self._finish(k)
        pictures = Pictures(self.images)
        while self.waiting:
            self._turn(pictures)
            if self.device.type == "cuda":
                torch.cuda.empty_cache()

    def _turn(self, pictures: Pictures) -> None:
        """One pass, of the models next in turn that fit together."""
        group: list[Asked] = []
        while self.waiting:
            k = self.waiting[0]
            one = self.held if self.held is not None else self._loaded(k)
            self.held = None
            if one is not None and not self._joins(one, group):
                if group:
                    self.held = one
                    break
                self._failed(k, self._too_small())
            self.waiting.popleft()
        if group:
            self._pass(group, pictures)
        for one in group:
            self._ended(one, together=len(group) > 1)

    def _joins(self, one: Asked, group: list[Asked]) -> bool:
        """Put a model on the device, beside those of a group if there is room."""
        sizes = sum(other.model.size for other in group)
        apart = one.index in self.alone or any(other.index in self.alone for other in group)
        if group and (apart or sizes + one.model.size > self.memory):
            return False
        try:
            one.model.network.to(self.device)
        except torch.OutOfMemoryError:
            one.model.network.to("cpu")
            return False
        group.append(one)
        return True

    def _missing(self, k: int, pending: bool) -> set[int]:
        """Where the spans begin that decisions or features are lacking for."""
        missing = set(self.parts.missing(k)) if pending else set()
        if self.features is not None:
            reading = self.features.readings[k]
            firsts = [chunk * self.batch_size for chunk in self.features.pending(reading)]
            missing |= {first // self.parts.span * self.parts.span for first in firsts}
        return missing

    def _loaded(self, k: int) -> Asked | None:
        entry, missing = self.wanted[k], self.missing[k]
        self.progress(f"loading {entry.id}", 0, 0)
        try:
            model = load(entry, self.images)
            if self.features is not None:
                check_layers(model.network, self.features.layers)
            self._describe(entry, model, begun=self._begun(k))
        except (TrichotomyError, MemoryError) as error:
            self._failed(k, one_line(error))
            return None
        except Exception as error:  # noqa: BLE001 - anyone's code; the others go on
            self._failed(k, f"{type(error).__name__}: {one_line(error)[:300]}")
            return None
        return Asked(k, entry.id, model, missing)

    def _begun(self, k: int) -> bool:
        """Whether there are decisions or features of a model, of any of the items."""
        if self.store.done_by(self.wanted[k].id)[0] or begun(Path(self.store.path), k):
            return True
        found = self.features
        return found is not None and len(found.pending(found.readings[k])) < found.chunks

    def _describe(self, entry: Entry, model: Model, *, begun: bool) -> None:
        """Note what is known of a model; one whose weights or transform have changed since it began is refused."""
        digest = weights_hash(model.network)
        known = dict(self.store.provenance.get(MODELS, {}))
        before = known.get(entry.id, {})
        if begun:
            now = {"weights_sha256": digest, "transform": model.transform.text}
            for key, what in (("weights_sha256", "weights"), ("transform", "transform")):
                if before.get(key) not in (None, now[key]):
                    are = "are not those" if what == "weights" else "is not the one"
                    msg = f"the {what} of '{entry.id}' {are} that it began with; evaluate it to a store of its own"
                    raise InputError(msg)
        own = entry.expected is not None
        top1 = entry.expected if own else model.expected
        on_imagenet = self.images.is_imagenet and self.images.mapping is None
        about: dict[str, Any] = {
            "source": entry.source, **model.about, **entry.about, "transform": model.transform.text,
            "weights_sha256": digest,
        }  # fmt: skip
        if begun and model.transform.opaque:
            about["transform_compared"] = False
        if entry.checkpoint is not None:
            about["checkpoint"] = {"name": entry.checkpoint.name, "sha256": sha256(entry.checkpoint)}
        if top1 is not None and (on_imagenet or (own and entry.expected_on == "")):
            about["expected"] = top1
            about["expected_source"] = entry.expected_source if own else model.expected_source
        self.store.note(**{MODELS: {**known, entry.id: about}})

    def _pass(self, group: Sequence[Asked], pictures: Pictures) -> None:
        self.passes += 1
        again = bool(self.waiting)
        pictures.again = again and type(self.images.split) in (FileSplit, Part)
        which = f"{len(group)} models" if len(group) > 1 else group[0].id
        title = which if self.passes == 1 and not again else f"{which}, pass {self.passes}"
        Pass(
            self.images, self.parts, self.batch_size, self.device,
            lambda done, total: self.progress(title, done, total), pictures,
            () if self.features is None else self.features.layers,
            None if self.features is None else self._keep_features,
        ).run(group)  # fmt: skip

    def _keep_features(self, one: Asked, chunk: int, found: Mapping[str, Any]) -> None:
        assert self.features is not None
        layers = {layer: found[layer] for layer in self.features.layers}
        self.features.record(self.features.readings[one.index], chunk, layers)

    def _ended(self, one: Asked, *, together: bool) -> None:
        if one.put_off and together:
            self.alone.add(one.index)
            self.waiting.append(one.index)
        elif one.put_off or one.failure:
            self._failed(one.index, one.failure or self._too_small())
        else:
            known = dict(self.store.provenance.get(MODELS, {}))
            found = {} if one.how is None else {"classes": one.how.how, "outputs": one.how.outputs}
            self.store.note(**{MODELS: {**known, one.id: {**known.get(one.id, {}), **found}}})
            self._finish(one.index)

    def _finish(self, k: int) -> None:
        """Put a model's parts together in the store."""
        entry = self.wanted[k]
        if not self.store.done_by(entry.id)[0]:
            found = self.parts.gather(k)
            if not (self.images.targets >= 0).any():
                del found["p_target"]
            self.store.record(entry.id, 0, found.pop("response"), **found)  # type: ignore[arg-type]
        self.parts.remove(k)

    def _failed(self, k: int, reason: str) -> None:
        name = self.wanted[k].id
        if self.store.done_by(name)[0]:  # its decisions stand
            self.store.note(**{LACKING: {**self.store.provenance.get(LACKING, {}), name: reason}})
        else:
            self.store.fail(name, reason)
        self.progress(f"{name} FAILED", 0, 0)

    def _too_small(self) -> str:
        return (
            f"the memory of the device ({self.device}) is too small for it alone with batches of {self.batch_size}; "
            "take smaller ones with --batch-size (batch_size=...)"
        )


def free_memory(device: str) -> int:
    """Half of the memory that is free on a GPU, or that the machine has."""
    if device.startswith("cuda"):
        return int(torch.cuda.mem_get_info()[0] // 2)
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
