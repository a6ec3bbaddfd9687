"""Where models come from: a table of sources, each in a module of its own, that make a network and its transform."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from textwrap import shorten
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from trichotomy.errors import InputError, TrichotomyError
from trichotomy.models.packages import one_line
from trichotomy.registry import Registry

if TYPE_CHECKING:
    from trichotomy.evaluation.entries import Entry
    from trichotomy.evaluation.images import Images
    from trichotomy.evaluation.transforms import Transform


@dataclass(slots=True)
class Model:
    """A network that is ready to be asked.

    Attributes
    ----------
    network
        In evaluation mode, from float32[n, C, H, W] to logits float32[n, K].
    transform
        Makes its input.
    classes
        Names of its outputs, as far as they are known.
    about
        Versions and the like, for the provenance.
    expected, expected_source
        Top-1 on ImageNet's validation images that its source states, a fraction.
    memory_format
        Of its input.
    """

    network: nn.Module
    transform: Transform
    classes: tuple[str, ...] = ()
    about: dict[str, Any] = field(default_factory=dict)
    expected: float | None = None
    expected_source: str = ""
    memory_format: torch.memory_format = torch.contiguous_format

    @property
    def size(self) -> int:
        """Bytes of weights and buffers."""
        tensors = (*self.network.parameters(), *self.network.buffers())
        return sum(t.numel() * t.element_size() for t in tensors)


@dataclass(frozen=True, slots=True)
class Source:
    """One kind of place that models come from.

    Attributes
    ----------
    load
        Called as ``load(name, entry, images)`` with what follows the colon.
    expand
        Where one name stands for several models: from it to (id, source, condition) of each.
    """

    load: Callable[[str, Entry, Images], Model]
    expand: Callable[[str], Sequence[tuple[str, str, str]]] | None = None


SOURCES: Registry[Source] = Registry(
    "source of models",
    {
        "torchvision": "trichotomy.evaluation.sources.torchvision:SOURCE",
        "timm": "trichotomy.evaluation.sources.timm:SOURCE",
        "open_clip": "trichotomy.evaluation.sources.open_clip:SOURCE",
        "hf": "trichotomy.evaluation.sources.huggingface:SOURCE",
        "state": "trichotomy.evaluation.sources.states:SOURCE",
    },
    group="trichotomy.models",
)
"""Beside these, ``module:attribute`` names anyone's own network."""


def load(entry: Entry, images: Images) -> Model:
    """Make the model of an entry, on the CPU.

    Raises
    ------
    TrichotomyError
        It cannot be had; one sentence says why and what to do.
    """
    from trichotomy.evaluation.sources import attribute

    if entry.needs_checkpoint and entry.checkpoint is None:
        raise InputError(_lacking(entry))
    scheme, _, name = entry.source.partition(":")
    if entry.given is not None:
        model = attribute.of_object(entry.given, entry, images)
    elif scheme in SOURCES:
        model = SOURCES.get(scheme).load(name, entry, images)
    else:
        model = attribute.load(entry.source, entry, images)
    model.network.eval().requires_grad_(requires_grad=False)
    return model


@contextmanager
def fetching(entry: Entry, *, instead: str = "") -> Iterator[None]:
    """Say in one sentence why a source's own weights cannot be had, and what to do about it.

    Parameters
    ----------
    instead
        What to do; default to put the weights into a folder.
    """
    from trichotomy.evaluation.entries import safe_name

    before = logging.root.manager.disable
    logging.disable(logging.ERROR)  # packages tell of every attempt
    try:
        yield
    except TrichotomyError:
        raise
    except Exception as error:
        reason = shorten(one_line(error), 240, placeholder=" [...]")
        remedy = instead or (
            f"put its weights into a folder as {safe_name(entry.id)}.safetensors (or .pth) and name it with --weights "
            "(weights=...)"
        )
        msg = f"{entry.source} cannot be loaded: {reason}. Where there is no network, {remedy}"
        raise InputError(msg) from error
    finally:
        logging.disable(before)


def _lacking(entry: Entry) -> str:
    from trichotomy.evaluation.entries import safe_name

    origin, note = entry.about.get("url", ""), entry.about.get("note", "")
    return (
        f"no package has the weights of '{entry.id}'; put its checkpoint as {safe_name(entry.id)}.safetensors (or "
        f".pth) into a folder and name it with --weights (weights=...){f'. From {origin}' if origin else ''}"
        f"{f': {note}' if note else ''}"
    )


def outputs(entry: Entry, images: Images, otherwise: int) -> int:
    """How many outputs a network that is built for a local checkpoint has."""
    names = classes_of(entry, images)
    return len(names) if names else otherwise


def classes_of(entry: Entry, images: Images) -> tuple[str, ...]:
    """Names of a model's outputs that its entry gives; none where it gives none."""
    from trichotomy.evaluation.entries import DATA

    return images.own if entry.classes == (DATA,) else entry.classes
