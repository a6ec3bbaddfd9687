"""timm's networks, with fresh weights."""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches
from functools import partial
from typing import Any

from torch import nn

from trichotomy.errors import UnknownNameError
from trichotomy.models.packages import require_timm


def timm_architecture(name: str) -> Callable[..., nn.Module]:
    """Return what makes timm's network called ``name`` (without the ``timm:``).

    timm fits the stem to the channels and the head to the classes; families that are built for one size of
    image (vision transformers, mixers, ...) are told the size. Stems are not changed for small images.
    """
    timm = require_timm(f"the network 'timm:{name}'")
    if not timm.is_model(name):
        known = timm.list_models()
        if not get_close_matches(name, known, n=1, cutoff=0.5):
            known = [f"the {len(known):,} of timm.list_models()"]
        raise UnknownNameError("timm network", name, known)
    return partial(_build, name)


def _build(name: str, *, classes: int, channels: int, size: int | None) -> nn.Module:
    import timm

    options: dict[str, Any] = {"num_classes": classes, "in_chans": channels}
    facts = timm.get_pretrained_cfg(name)
    if size is not None and facts and facts.fixed_input_size:
        options["img_size"] = size
    network: nn.Module = timm.create_model(name, pretrained=False, **options)
    return network
