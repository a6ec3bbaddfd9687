"""Many models, one pass over the images: from models and data to a store of decisions."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import torch

from trichotomy.datasets import Dataset, Progress
from trichotomy.datasets.checks import check_count
from trichotomy.decisions import Store, create, is_store, provenance
from trichotomy.decisions.schema import FAILURE
from trichotomy.errors import InputError
from trichotomy.evaluation.entries import Entry, Models, entries
from trichotomy.evaluation.features import check_place, store_for
from trichotomy.evaluation.hooks import PENULTIMATE
from trichotomy.evaluation.images import Images, load_images
from trichotomy.evaluation.mapping import read_mapping
from trichotomy.evaluation.outcome import Evaluation, outcome
from trichotomy.evaluation.parts import begun
from trichotomy.evaluation.turns import MODELS, Work, free_memory
from trichotomy.placement import check_free
from trichotomy.representations import Reading
from trichotomy.representations.store import is_feature_store

BATCH = 64
Path_: TypeAlias = str | os.PathLike[str]


def evaluate(
    models: Models,
    out: Path_,
    *,
    dataset: str | Dataset | None = None,
    data: Path_ | None = None,
    split: str = "test",
    targets: Path_ | None = None,
    options: Mapping[str, Any] | None = None,
    mapping: Path_ | None = None,
    combine: str | None = None,
    weights: Path_ | None = None,
    features: Path_ | None = None,
    layers: Sequence[str] = (PENULTIMATE,),
    batch_size: int = BATCH,
    device: str = "cpu",
    memory: int | None = None,
    cache: Path_ | None = None,
    resume: bool = False,
    force: bool = False,
    progress: Progress | None = None,
) -> Evaluation:
    """Ask pretrained models about images, and record their decisions.

    Each image is decoded once and goes through every distinct transform once; models that fit into the memory together
    share a pass. A model that fails is noted with its reason and the others finish.

    Parameters
    ----------
    models
        Specs such as ``torchvision:resnet50``, TOML lists, ``paper-sota``; or a table of id to a network that has a
        ``transform``, or to a pair of the two.
    out
        The store to make, a folder.
    dataset, data, split, options, targets
        The images, as ``load_images`` takes them: a data set by name, or any folder.
    mapping, combine
        ``imagenet16`` or a file, to coarser classes, and how probabilities combine: ``mean`` or ``sum``.
    weights
        Folder of local checkpoints, called after the models' ids.
    features, layers
        Store of features to make beside the decisions, and the layers that they are of.
    batch_size
        Images at a time.
    device
        ``cpu`` or ``cuda``.
    memory
        Bytes that the weights of models may take together; default half of what there is.
    cache
        Folder in which decoded images are kept.
    resume
        Go on with the store where there is one: what is done stays, models that failed are tried again.
    force
        Replace a store that is there.
    progress
        Called as ``progress(what, done, total)``.

    Returns
    -------
    Evaluation
        Top-1 of each model, beside what it should be, and what failed.

    Raises
    ------
    InputError
        Models or images that cannot be found, a store of something else; one that was begun with other models, images
        or options; no model that could be asked.
    """
    check_count("batch_size", batch_size)
    path = Path(out)
    if "://" in str(out):
        msg = f"models are evaluated to a folder of this machine, not to {out}"
        raise InputError(msg)
    if device.startswith("cuda") and not torch.cuda.is_available():
        msg = "there is no GPU that PyTorch can use; take the CPU with --device cpu (device='cpu')"
        raise InputError(msg)
    there = resume and path.exists()
    if not there:
        if is_store(path) and not force:
            msg = (
                f"{path} exists already; go on with --resume (resume=True), choose another name, or replace it with "
                "--force (force=True)"
            )
            raise InputError(msg)
        check_free(path, kind="store", is_one=is_store, force=force)
    if features is not None:
        _check_apart(path, Path(features))
        if not (resume and Path(features).exists()):
            check_free(Path(features), kind="store of features", is_one=is_feature_store, force=force)
    coarse = None if mapping is None else read_mapping(str(mapping), combine=combine)
    if combine is not None and coarse is None:
        msg = "combine is of a mapping; declare one, or leave it out"
        raise InputError(msg)
    wanted = entries(models, weights=None if weights is None else Path(weights))
    images = load_images(
        dataset, data, split=split, targets=None if targets is None else Path(targets), mapping=coarse,
        options=options, cache=cache, progress=progress,
    )  # fmt: skip
    configuration = _configuration(wanted, images, batch_size, mapping)
    readings = [Reading(entry.id, 0, entry.condition or entry.id) for entry in wanted]
    items = images.ids.tolist()
    if features is not None:  # before a store of decisions is made or replaced
        check_place(
            Path(features), readings, items, layers, dtype="float32", chunk_items=batch_size, resume=resume,
            force=force,
        )  # fmt: skip
    store = (
        _attached(path, configuration)
        if there
        else _created(path, wanted, images, configuration, force=force)
    )
    kept = None
    if features is not None:
        kept = store_for(
            Path(features), readings, items, layers, dtype="float32", chunk_items=batch_size,
            resume=resume, force=force, configuration={"command": "evaluate", "store": path.name},
        )  # fmt: skip
    Work(
        store, wanted, images, batch_size, torch.device(device),
        free_memory(device) if memory is None else memory, kept, progress or (lambda *_: None),
    ).carry_out()  # fmt: skip
    found = outcome(store, wanted, images)
    if not there and not store.done().any() and not any(begun(path, k) for k in range(len(wanted))):
        for made in (path, *([] if features is None else [Path(features)])):
            shutil.rmtree(made)  # nothing is in it that could be gone on with
        reasons = "; ".join(f"{result.id}: {result.failure}" for result in found.failed)
        msg = f"no model could be asked, and nothing is kept: {reasons}"
        raise InputError(msg)
    return found


def _configuration(
    wanted: Sequence[Entry], images: Images, batch_size: int, mapping: Path_ | None
) -> dict[str, Any]:
    """What decisions depend on, as plain JSON."""
    plain: dict[str, Any] = {
        "command": "evaluate", "models": [entry.as_plain() for entry in wanted], "data": dict(images.source),
        "content": images.content_hash(), "batch_size": batch_size,
    }  # fmt: skip
    if images.mapping is not None:
        plain["mapping"] = {
            "name": Path(str(mapping)).name, "combine": images.mapping.combine,
            "classes": {name: list(fine) for name, fine in images.mapping.groups.items()},
        }  # fmt: skip
    kept: dict[str, Any] = json.loads(json.dumps(plain, default=str))  # as it will be read from the store
    return kept


def _check_apart(store: Path, features: Path) -> None:
    """Refuse features in the store of decisions, or around it."""
    one, other = store.resolve(), features.resolve()
    if one == other or one in other.parents or other in one.parents:
        msg = f"decisions ({store}) and features ({features}) need folders apart; choose another for the features"
        raise InputError(msg)


def _created(
    path: Path, wanted: Sequence[Entry], images: Images, configuration: Mapping[str, Any], *, force: bool
) -> Store:
    known = bool((images.targets >= 0).any())
    return create(
        path, observers=[entry.id for entry in wanted], items=images.ids.tolist(), target=images.targets,
        arrays=("response", "p_target", "p_response") if known else ("response", "p_response"),
        classes=images.classes,
        observer_coords={
            "condition": [entry.condition or entry.id for entry in wanted], FAILURE: [""] * len(wanted),
        },
        item_coords={} if images.split.paths is None else {"path": images.split.paths},
        provenance=provenance(configuration=configuration)
        | {"torch": torch.__version__, MODELS: {}},
        force=force,
    )  # fmt: skip


def _attached(path: Path, configuration: Mapping[str, Any]) -> Store:
    store = Store(path)
    before = store.provenance.get("configuration", {})
    if before.get("command") != "evaluate":
        msg = f"{path} is no store that models were evaluated to; choose another name"
        raise InputError(msg)
    names = {"data": "data", "content": "images", "batch_size": "batch size", "mapping": "mapping"}
    other = [word for key, word in names.items() if before.get(key) != configuration.get(key)]
    if not _same_models(store, before.get("models", []), configuration["models"]):
        other.insert(0, "models")
    if other:
        msg = f"{path} was begun with other {', '.join(other)}, and is not gone on with; choose another name"
        raise InputError(msg)
    store.note(configuration=dict(configuration))
    return store


def _same_models(store: Store, before: Sequence[Any], now: Sequence[Any]) -> bool:
    """Whether models are the same, but for those that have answered nothing: they may have got another checkpoint."""
    if [model["id"] for model in before] != [model["id"] for model in now]:
        return False
    changed = [k for k, (old, new) in enumerate(zip(before, now, strict=True)) if old != new]
    return not any(store.done_by(now[k]["id"])[0] or begun(Path(store.path), k) for k in changed)
