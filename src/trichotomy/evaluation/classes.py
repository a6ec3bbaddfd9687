"""Which of a model's outputs stand for which classes of the data, by name, and what decision they make."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from trichotomy.decisions.schema import few
from trichotomy.errors import InputError, MissingExtraError

if TYPE_CHECKING:
    from trichotomy.evaluation.images import Images

IMAGENET = 1000
COMPARABLE = 0.5
"""From this share of the data's classes on that a model's names know, names are meant to agree."""


@dataclass(frozen=True, slots=True)
class Answers:
    """How a model's outputs become decisions.

    Attributes
    ----------
    columns
        int[F]: the output of each fine class; None: output k is class k.
    group
        int[F]: the coarse class of each fine one, where they are combined.
    combine
        ``mean`` or ``sum``.
    how
        By what outputs and classes were matched.
    outputs
        How many the model has.
    """

    columns: NDArray[np.int64] | None
    how: str
    outputs: int
    group: NDArray[np.int64] | None = None
    combine: str = "mean"


def answers(model: Sequence[str], width: int, images: Images, name: str) -> Answers:
    """Match a model's outputs with the classes of the data.

    Parameters
    ----------
    model
        Names of its outputs; empty where unknown.
    width
        How many it has.
    images
        The data: classes, or a mapping of finer ones.
    name
        What messages call the model.

    Raises
    ------
    InputError
        The outputs and the classes do not match, or plainly have another order.
    """
    wanted = images.fine
    if not wanted:
        last = int(images.targets.max(initial=-1))
        if last >= width:
            msg = f"'{name}' has {width} outputs, and the targets have the class {last}; classes count from 0"
            raise InputError(msg)
        return Answers(None, "the data's classes have no names: nothing was compared", width)
    columns, how = _columns(model, width, images, name)
    if images.mapping is None:
        same = len(columns) == width and bool((columns == np.arange(width)).all())
        return Answers(None if same else columns, how, width)
    of = images.mapping.of()
    group = np.array([of[fine] for fine in wanted])
    return Answers(columns, how, width, group, images.mapping.combine)


def _columns(model: Sequence[str], width: int, images: Images, name: str) -> tuple[NDArray[np.int64], str]:
    wanted = images.fine
    if model and len(model) != width:
        msg = f"'{name}' has {width} outputs and {len(model)} names of classes; give as many names"
        raise InputError(msg)
    own, names = [plain(c) for c in model], [plain(c) for c in wanted]
    if own == names:
        return np.arange(width), "the same names in the same order"
    at: dict[str, list[int]] = {}
    for k, one in enumerate(own):
        at.setdefault(one, []).append(k)
    unclear = [c for c, one in zip(wanted, names, strict=True) if len(at.get(one, [])) != 1]
    if own and not unclear:
        how = "by name" if len(wanted) == width else f"by name, {len(wanted)} of the model's {width} classes"
        return np.array([at[one][0] for one in names]), how
    if own and len(unclear) <= (1 - COMPARABLE) * len(wanted):
        msg = (
            f"'{name}' knows {len(wanted) - len(unclear)} of the {len(wanted)} classes by name, not {few(unclear)}; "
            "name its classes in a TOML list, or declare a mapping"
        )
        raise InputError(msg)
    if width == IMAGENET and all(map(is_wordnet_id, wanted)):
        return _by_wordnet(own, wanted, name)
    mapped = images.mapping is not None
    if all(one.isdecimal() and int(one) < width for one in wanted) and (mapped or len(wanted) != width):
        return np.array([int(one) for one in wanted]), "by number"
    known = f"; its classes are {few(list(model))}" if model else ""
    remedy = "Name its classes in a TOML list" + (
        "" if mapped else ", or declare a mapping with --mapping (mapping=...)"
    )
    order = {one: k for k, one in enumerate(images.own)}
    if mapped and not set(wanted) <= set(order):
        strange = few([one for one in wanted if one not in order])
        msg = (
            f"nothing says which of the {width} outputs of '{name}' the mapping's classes are: the data have no class "
            f"{strange}, whose place would tell{known}. {remedy}"
        )
        raise InputError(msg)
    if width != len(order):
        msg = f"'{name}' has {width} outputs, and the data have {len(order)} classes{known}. {remedy}"
        raise InputError(msg)
    if not (_numbered(own) or _numbered([plain(one) for one in order])):
        msg = f"the classes of '{name}', {few(list(model))}, are not the data's, {few(list(order))}. {remedy}"
        raise InputError(msg)
    places = np.array([order[one] for one in wanted])
    return places, "by order: the names of its classes are unknown or numbers, and were not compared"


def _numbered(names: Sequence[str]) -> bool:
    """Whether classes have no names of their own, only numbers or nothing."""
    return all(re.fullmatch(r"(?:(?:label|class) ?)?\d+", one) for one in names)


def _by_wordnet(own: Sequence[str], wanted: Sequence[str], name: str) -> tuple[NDArray[np.int64], str]:
    order = {wordnet: k for k, wordnet in enumerate(imagenet_ids(wanted))}
    unknown = [c for c in wanted if c not in order]
    if unknown:
        msg = f"{few(unknown)} are none of ImageNet's 1000 classes, which '{name}' tells apart; declare a mapping"
        raise InputError(msg)
    lemmas = _lemmas()
    if own and lemmas:
        same = [plain(label) in lemmas[w] for w, label in zip(order, own, strict=True)]
        anywhere = set().union(*(lemmas[w] for w in order))
        known = sum(label in anywhere for label in own)
        if known > COMPARABLE * IMAGENET and sum(same) < COMPARABLE * known:
            msg = (
                f"'{name}' names ImageNet's classes in another order than that of their WordNet ids: its first is "
                f"'{own[0]}'. Give its classes as WordNet ids in a TOML list"
            )
            raise InputError(msg)
    return np.array([order[w] for w in wanted]), "by ImageNet's order, that of WordNet ids"


def plain(name: str) -> str:
    """Return a class's name as it is compared: lower case, words separated by spaces."""
    return re.sub(r"[\s_-]+", " ", name.strip().lower())


def is_wordnet_id(name: str) -> bool:
    """Whether a class is called by a WordNet id, such as n01440764."""
    return re.fullmatch(r"n\d{8}", name) is not None


def imagenet_ids(names: Sequence[str]) -> list[str]:
    """WordNet ids of ImageNet's 1000 classes in their order, which is that of the ids.

    They are those named, where these are all; otherwise timm has a list.

    Raises
    ------
    MissingExtraError
        timm is not installed.
    """
    if len(set(names)) == IMAGENET:
        return sorted(names)
    listed = _timm("imagenet_synsets.txt")
    if not listed:
        feature = "knowing ImageNet's classes by their WordNet ids"
        raise MissingExtraError(feature, "vision")
    return [line[0] for line in listed]


def readable(classes: Sequence[str]) -> list[str]:
    """Names of classes as words: ImageNet's by WordNet id are OpenAI's, others lose their underscores."""
    if not all(map(is_wordnet_id, classes)):
        return [c.replace("_", " ") for c in classes]
    from open_clip import IMAGENET_CLASSNAMES

    known = dict(zip(imagenet_ids(classes), IMAGENET_CLASSNAMES, strict=True))
    unknown = [c for c in classes if c not in known]
    if unknown:
        msg = f"{few(unknown)} are none of ImageNet's 1000 classes; name the classes in words in a TOML list"
        raise InputError(msg)
    return [known[c] for c in classes]


@torch.inference_mode()
def decide(
    logits: Tensor, how: Answers, targets: NDArray[np.int64]
) -> tuple[NDArray[np.int32], NDArray[np.float16], NDArray[np.float16]]:
    """Return response, p_target (NaN where there is no target) and p_response of some items.

    Probabilities are softmax over the outputs that stand for classes of the data; coarse classes' are combined and then
    made to add up to 1.

    Parameters
    ----------
    logits
        float[n, K].
    targets
        int[n], -1 where unknown.
    """
    scores = logits.float()
    if how.columns is not None:
        scores = scores[:, torch.from_numpy(how.columns).to(scores.device)]
    p = scores.softmax(dim=1)
    if how.group is not None:
        members = torch.from_numpy(how.group).to(p.device)
        counts = torch.bincount(members)
        p = torch.zeros(len(p), len(counts), device=p.device).index_add_(1, members, p)
        if how.combine == "mean":
            p = p / counts
        p = scores = p / p.sum(dim=1, keepdim=True)
    response = scores.argmax(dim=1, keepdim=True)
    there = torch.from_numpy(targets).to(p.device)
    p_target = p.gather(1, there.clamp(min=0)[:, None])[:, 0].where(there >= 0, torch.nan)
    p_response = p.gather(1, response)[:, 0]
    return (
        response[:, 0].cpu().numpy().astype(np.int32),
        p_target.cpu().numpy().astype(np.float16),
        p_response.cpu().numpy().astype(np.float16),
    )


@lru_cache(maxsize=4)
def _timm(name: str) -> tuple[tuple[str, ...], ...]:
    """Lines of one of timm's tables, split at tabs; none where timm is not installed. It need not load for that."""
    found = find_spec("timm")
    if found is None or found.origin is None:
        return ()
    path = Path(found.origin).parent / "data" / "_info" / name
    if not path.is_file():
        return ()
    return tuple(tuple(line.split("\t")) for line in path.read_text(encoding="utf-8").splitlines() if line)


@lru_cache(maxsize=1)
def _lemmas() -> dict[str, frozenset[str]]:
    """WordNet id to the words for it."""
    return {
        row[0]: frozenset(plain(word) for word in row[1].split(", "))
        for row in _timm("imagenet_synset_to_lemma.txt")
        if len(row) > 1
    }
