"""torchvision's classifiers: ``NAME`` or ``NAME.WEIGHTS``, with the transform that belongs to the weights."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trichotomy.errors import UnknownNameError
from trichotomy.evaluation.checkpoints import load_weights
from trichotomy.evaluation.sources import Model, Source, classes_of, fetching, outputs
from trichotomy.evaluation.transforms import Transform
from trichotomy.models.packages import require_torchvision

if TYPE_CHECKING:
    from trichotomy.evaluation.entries import Entry
    from trichotomy.evaluation.images import Images


def load(name: str, entry: Entry, images: Images) -> Model:
    """Load a classifier with weights of torchvision's, or with a local checkpoint."""
    library = require_torchvision(f"the model '{entry.id}'")
    models = library.models
    architecture, _, tag = name.partition(".")
    known = models.list_models(module=models)
    if architecture not in known:
        raise UnknownNameError("torchvision classifier", architecture, known)
    offered = models.get_model_weights(architecture)
    if tag and tag not in offered.__members__:
        raise UnknownNameError(f"weights of {architecture}", tag, list(offered.__members__))
    weights = offered[tag] if tag else offered.DEFAULT
    build = models.get_model_builder(architecture)
    categories = tuple(weights.meta["categories"])
    if entry.checkpoint is None:
        with fetching(entry):
            network = build(weights=weights)
        names, tagged = classes_of(entry, images) or categories, weights.name
    else:
        network = build(weights=None, num_classes=outputs(entry, images, len(categories)))
        load_weights(network, entry.checkpoint)
        names, tagged = classes_of(entry, images) or categories, ""
    transform = entry.transform
    expected = _stated(weights) if entry.checkpoint is None else None
    return Model(
        network,
        transform.transform()
        if transform
        else Transform.of_library(weights.transforms(), kind="torchvision"),
        names,
        {"torchvision": library.__version__, "weights": tagged},
        expected,
        "torchvision's documentation" if expected else "",
    )


def _stated(weights: Any) -> float | None:
    top1 = weights.meta.get("_metrics", {}).get("ImageNet-1K", {}).get("acc@1")
    return None if top1 is None else float(top1) / 100


SOURCE = Source(load)
