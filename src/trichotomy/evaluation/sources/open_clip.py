"""OpenCLIP's models as zero-shot classifiers: ``ARCH/PRETRAINED``, the class names put into an ensemble of prompts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from trichotomy.errors import InputError, UnknownNameError
from trichotomy.evaluation.checkpoints import load_weights
from trichotomy.evaluation.classes import readable
from trichotomy.evaluation.sources import Model, Source, classes_of, fetching
from trichotomy.evaluation.transforms import Transform
from trichotomy.models.packages import require_open_clip

if TYPE_CHECKING:
    from trichotomy.evaluation.entries import Entry
    from trichotomy.evaluation.images import Images

SCHEMES = ("hf-hub:", "local-dir:")


class ZeroShot(nn.Module):
    """Cosine of an image with each class's text, times the model's scale (Radford et al. 2021, section 3.1).

    Parameters
    ----------
    tower
        Has ``encode_image``, ``logit_scale`` and perhaps ``logit_bias``.
    texts
        float32[K, D], of unit length.
    """

    def __init__(self, tower: Any, texts: Tensor) -> None:
        super().__init__()
        self.visual: nn.Module = tower.visual
        scale = tower.logit_scale.detach().exp()
        bias = getattr(tower, "logit_bias", None)
        self.head = nn.Linear(texts.shape[1], len(texts), bias=bias is not None)
        self.head.weight.data = texts * scale
        if bias is not None:
            self.head.bias.data = bias.detach().reshape(1).expand(len(texts)).clone()

    def forward(self, images: Tensor) -> Tensor:
        """float32[n, K] of float32[n, 3, H, W]."""
        features: Tensor = self.visual(images)
        logits: Tensor = self.head(nn.functional.normalize(features, dim=-1))
        return logits


def load(name: str, entry: Entry, images: Images) -> Model:
    """Build a zero-shot classifier of the model's classes, or of the data set's where none are given."""
    library = require_open_clip(f"the model '{entry.id}'")
    architecture, tag = _parts(name, library, local=entry.checkpoint is not None)
    with fetching(entry):
        if entry.checkpoint is None:
            tower = library.create_model(architecture, pretrained=tag or None, require_pretrained=True)
        else:
            tower = library.create_model(architecture, load_weights=False, pretrained_text=False)
            load_weights(tower, entry.checkpoint)
        tokenizer = library.get_tokenizer(architecture)
    if type(tower).__name__ == "CoCa":
        msg = f"{entry.source} is a captioning model, whose images are not encoded alone; choose another"
        raise InputError(msg)
    classes = classes_of(entry, images) or images.fine
    if not classes:
        msg = f"'{entry.id}' needs names of classes, and these images have none; give classes in a TOML list"
        raise InputError(msg)
    prompts = entry.prompts or _templates(library)
    network = ZeroShot(tower.eval(), text_embeddings(tower, tokenizer, readable(classes), prompts))
    transform = entry.transform
    if transform is None:
        config = library.transform.PreprocessCfg(**library.model.get_model_preprocess_cfg(tower))
        apply = Transform.of_library(
            library.transform.image_transform_v2(config, is_train=False), kind="open_clip"
        )
    else:
        apply = transform.transform()
    about = {"open_clip": library.__version__, "weights": tag, "prompts": len(prompts), "zero_shot": True}
    return Model(network, apply, tuple(classes), about)


@torch.inference_mode()
def text_embeddings(tower: Any, tokenizer: Any, classes: Sequence[str], prompts: Sequence[str]) -> Tensor:
    """float32[K, D]: of each class, the mean over prompts of unit embeddings, made unit length again."""
    rows = []
    for name in classes:
        tokens = tokenizer([prompt.replace("{}", name) for prompt in prompts])
        embedded = nn.functional.normalize(tower.encode_text(tokens), dim=-1).mean(dim=0)
        rows.append(nn.functional.normalize(embedded, dim=-1))
    return torch.stack(rows).float().clone()


def _parts(name: str, library: Any, *, local: bool) -> tuple[str, str]:
    if name.startswith(SCHEMES):
        return name, ""
    architecture, _, tag = name.partition("/")
    known = library.list_models()
    if architecture not in known:
        raise UnknownNameError("open_clip architecture", architecture, known)
    if not tag and not local:
        tags = library.list_pretrained_tags_by_model(architecture)
        msg = f"say which weights of {architecture}: open_clip:{architecture}/TAG with {', '.join(tags) or 'a file'}"
        raise InputError(msg)
    return architecture, tag


def _templates(library: Any) -> tuple[str, ...]:
    """OpenAI's eighty for ImageNet; OpenCLIP has them as functions of the class."""
    return tuple(template("{}") for template in library.OPENAI_IMAGENET_TEMPLATES)


SOURCE = Source(load)
