"""Image classifiers of transformers: a name on the Hub or a local folder; safetensors only, no remote code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torch import Tensor, nn

from trichotomy.evaluation.checkpoints import load_weights
from trichotomy.evaluation.sources import Model, Source, classes_of, fetching
from trichotomy.evaluation.transforms import Transform
from trichotomy.models.packages import require_transformers

if TYPE_CHECKING:
    from PIL.Image import Image

    from trichotomy.evaluation.entries import Entry
    from trichotomy.evaluation.images import Images


class Logits(nn.Module):
    """A classifier of transformers that returns its logits alone."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: Tensor) -> Tensor:
        """float32[n, K] of float32[n, C, H, W]."""
        logits: Tensor = self.network(pixel_values=images).logits
        return logits


def load(name: str, entry: Entry, images: Images) -> Model:
    """Load a classifier and its image processor."""
    library = require_transformers(f"the model '{entry.id}'")
    with fetching(entry, instead="name a local folder with the model and its image processor: hf:FOLDER"):
        if entry.checkpoint is None:
            network = library.AutoModelForImageClassification.from_pretrained(
                name, use_safetensors=True, trust_remote_code=False
            )
        else:
            config = library.AutoConfig.from_pretrained(name, trust_remote_code=False)
            network = library.AutoModelForImageClassification.from_config(config, trust_remote_code=False)
            load_weights(network, entry.checkpoint)
        transform = entry.transform.transform() if entry.transform else _processor(library, name)
    labels = [network.config.id2label[k] for k in range(network.config.num_labels)]
    named = labels != [f"LABEL_{k}" for k in range(len(labels))]
    revision = getattr(network.config, "_commit_hash", None) or ""
    return Model(
        Logits(network),
        transform,
        classes_of(entry, images) or (tuple(map(str, labels)) if named else ()),
        {"transformers": library.__version__, "weights": revision},
    )


def _processor(library: Any, name: str) -> Transform:
    """What AutoImageProcessor does, by Pillow: every picture is resized as the other models' are."""
    processor = library.AutoImageProcessor.from_pretrained(name, trust_remote_code=False, backend="pil")

    def apply(picture: Image) -> Tensor:
        made: Tensor = processor(images=picture, return_tensors="pt")["pixel_values"][0]
        return made

    text = " ".join(processor.to_json_string().split())
    return Transform(apply, text, ("hf", type(processor).__name__, text))


SOURCE = Source(load)
