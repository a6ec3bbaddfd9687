"""timm's networks: ``NAME`` or ``NAME.TAG``, with the transform of their pretrained configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torch import nn

from trichotomy.evaluation.checkpoints import load_weights
from trichotomy.evaluation.sources import Model, Source, classes_of, fetching
from trichotomy.evaluation.transforms import Transform
from trichotomy.models.packages import require_timm
from trichotomy.models.timm_networks import timm_architecture

if TYPE_CHECKING:
    from trichotomy.evaluation.entries import Entry
    from trichotomy.evaluation.images import Images


def load(name: str, entry: Entry, images: Images) -> Model:
    """Load a network with weights of timm's, or with a local checkpoint."""
    timm = require_timm(f"the model '{entry.id}'")
    if ":" not in name:  # hf-hub: and local-dir: are timm's own to resolve
        timm_architecture(name)
    names = classes_of(entry, images)
    if entry.checkpoint is None:
        with fetching(entry):
            network: nn.Module = timm.create_model(name, pretrained=True)
    else:
        sized = {"num_classes": len(names)} if names else {}
        network = timm.create_model(name, pretrained=False, **sized)
        load_weights(network, entry.checkpoint)
    config: dict[str, Any] = timm.data.resolve_model_data_config(network)
    transform = entry.transform
    return Model(
        network,
        transform.transform()
        if transform
        else Transform.of_library(timm.data.create_transform(**config, is_training=False), kind="timm"),
        names or _wordnet_ids(timm, network),
        {"timm": timm.__version__, "weights": _tag(network) if entry.checkpoint is None else ""},
    )


def _tag(network: Any) -> str:
    config = getattr(network, "pretrained_cfg", {})
    return ".".join(filter(None, (config.get("architecture", ""), config.get("tag", ""))))


def _wordnet_ids(timm: Any, network: nn.Module) -> tuple[str, ...]:
    """Ids of ImageNet's classes, in the order of the variant that the number of outputs tells; else none."""
    subset = timm.data.infer_imagenet_subset(network)
    return tuple(timm.data.ImageNetInfo(subset).label_names()) if subset else ()


SOURCE = Source(load)
