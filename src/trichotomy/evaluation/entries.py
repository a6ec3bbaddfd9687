"""Which models are to be evaluated: from specs, lists in TOML, named sets and networks at hand to entries."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeAlias

from trichotomy.decisions.provenance import sha256
from trichotomy.decisions.schema import duplicates, few
from trichotomy.errors import InputError, UnknownNameError
from trichotomy.evaluation.sources import SOURCES
from trichotomy.evaluation.sources.attribute import transform_of
from trichotomy.evaluation.transforms import Crop

SETS: Mapping[str, str] = MappingProxyType({"paper-sota": "paper-sota.toml"})
"""Named sets of models, and the file in ``sets/`` that lists each."""
DATA = "data"
"""``classes = "data"``: the model's classes are the data set's, in its order."""
KEYS = (
    "id", "source", "condition", "checkpoint", "transform", "classes", "prompts", "expected", "expected_on",
    "expected_source", "url", "package", "note", "checkpoint_required",
)  # fmt: skip
WEIGHTS = (".safetensors", ".pt", ".pth", ".tar", ".pth.tar", ".ckpt", ".bin")
Models: TypeAlias = str | Sequence[str] | Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A model that is wanted.

    Attributes
    ----------
    id
        The observer's.
    source
        ``SCHEME:NAME``, or ``module:attribute``.
    condition
        Its family; default the id.
    checkpoint
        File of weights to take in place of the source's.
    transform
        In place of the source's.
    classes
        Names of its outputs in their order; ``("data",)``: the data set's. Empty: what the source says.
    prompts
        Templates of a zero-shot classifier, with ``{}`` for the class.
    expected, expected_on, expected_source
        Top-1 that it should reach, a fraction; on ``imagenet`` only or on any data; and who says so.
    about
        Where it comes from: ``url``, ``package``, ``note``.
    needs_checkpoint
        Whether its source alone is no use: it is an architecture, whose weights no package has.
    given
        A network at hand, with its transform.
    """

    id: str
    source: str
    condition: str = ""
    checkpoint: Path | None = None
    transform: Crop | None = None
    classes: tuple[str, ...] = ()
    prompts: tuple[str, ...] = ()
    expected: float | None = None
    expected_on: str = ""
    expected_source: str = ""
    about: Mapping[str, str] = field(default_factory=dict)
    needs_checkpoint: bool = False
    given: Any = None

    def as_plain(self) -> dict[str, Any]:
        """What its decisions depend on, as plain JSON."""
        plain: dict[str, Any] = {"id": self.id, "source": self.source}
        if self.checkpoint is not None:
            plain["checkpoint"] = {"name": self.checkpoint.name, "sha256": sha256(self.checkpoint)}
        if self.transform is not None:
            plain["transform"] = repr(self.transform)
        elif self.given is not None and (own := transform_of(self.given)) is not None:
            plain["transform"] = own.text
        plain |= {k: list(getattr(self, k)) for k in ("classes", "prompts") if getattr(self, k)}
        return plain


def entries(models: Models, *, weights: Path | None = None) -> list[Entry]:
    """Return the models that are wanted.

    Parameters
    ----------
    models
        Specs (``torchvision:resnet50``), files (``models.toml``), names of sets (``paper-sota``); or a table of id to
        a network and its transform.
    weights
        Folder of local checkpoints, called after the ids, which go before the sources' weights.

    Raises
    ------
    InputError
        No models, ids that are there twice, a list that cannot be used.
    UnknownNameError
        A source or a set that does not exist.
    """
    if isinstance(models, Mapping):
        found = [Entry(id=str(name), source="given", given=given) for name, given in models.items()]
    else:
        texts = [models] if isinstance(models, str) else list(models)
        found = [entry for text in texts for entry in _from_text(text)]
    if not found:
        sources = few(SOURCES.names(), 9)
        msg = f"name the models to evaluate: SOURCE:NAME with {sources}, a TOML list, or {few(list(SETS))}"
        raise InputError(msg)
    twice = duplicates([entry.id for entry in found])
    if twice:
        msg = f"models {few(twice)} are there more than once; give each an id of its own in a TOML list"
        raise InputError(msg)
    if weights is not None:
        found = [_with_weights(entry, weights) for entry in found]
    return found


def safe_name(model: str) -> str:
    """Return what a model's local checkpoint is called, without its ending."""
    return re.sub(r"[^\w.+-]", "-", model)


def _from_text(text: str) -> Iterable[Entry]:
    if text in SETS:
        return from_toml(Path(__file__).parent / "sets" / SETS[text])
    if text.endswith(".toml"):
        return from_toml(Path(text))
    scheme, colon, name = text.partition(":")
    if not colon or not name:
        known = [*SETS, *(f"{source}:NAME" for source in SOURCES.names()), "module:attribute", "FILE.toml"]
        kind = "source or set of models"
        raise UnknownNameError(kind, text, known)
    if scheme in SOURCES and (expand := SOURCES.get(scheme).expand) is not None:
        return [Entry(id=i, source=s, condition=c) for i, s, c in expand(name)]
    return [Entry(id=text, source=text)]


def from_toml(path: Path) -> list[Entry]:
    """Read a list of models; paths in it are relative to the file.

    Raises
    ------
    InputError
        The file cannot be read or an entry cannot be used; the message names it.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        msg = f"the list of models {path} cannot be read ({error}); see docs/evaluate.md for its form"
        raise InputError(msg) from error
    tables = content.get("model")
    if not isinstance(tables, list) or not tables or set(content) != {"model"}:
        msg = f"{path} holds no list of models; write [[model]] tables with id and source"
        raise InputError(msg)
    return [_from_table(table, path, k) for k, table in enumerate(tables, start=1)]


def _from_table(table: Any, path: Path, k: int) -> Entry:
    where = f"{path.name}, model {k}"
    if not isinstance(table, dict):
        msg = f"{where} is no table; write [[model]] with id and source"
        raise InputError(msg)
    for name in table:
        if name not in KEYS:
            raise UnknownNameError(f"key in {where}", name, list(KEYS))
    for name in ("id", "source"):
        if not isinstance(table.get(name), str) or not table[name]:
            msg = f"{where} has no {name}; each model needs one"
            raise InputError(msg)
    where = f"{path.name}, model '{table['id']}'"
    expected = table.get("expected")
    if expected is not None and not (isinstance(expected, int | float) and 0 < expected < 1):
        msg = f"expected of {where} is {expected}; give top-1 as a fraction, such as 0.761"
        raise InputError(msg)
    transform = table.get("transform")
    if transform is not None and not isinstance(transform, dict):
        msg = f"the transform of {where} must be a table, such as {{ resize = 256, crop = 224 }}"
        raise InputError(msg)
    checkpoint = table.get("checkpoint")
    if checkpoint is not None:
        checkpoint = path.parent / Path(checkpoint)
        if not checkpoint.is_file():
            msg = f"there is no checkpoint {checkpoint} (for {where}); check the path"
            raise InputError(msg)
    return Entry(
        id=table["id"], source=_single(table["source"], where), condition=str(table.get("condition", "")),
        checkpoint=checkpoint,
        transform=None if transform is None else Crop.from_table(transform, where),
        classes=_texts(table, "classes", where), prompts=_texts(table, "prompts", where), expected=expected,
        expected_on=str(table.get("expected_on", "")), expected_source=str(table.get("expected_source", "")),
        needs_checkpoint=bool(table.get("checkpoint_required", False)),
        about={name: str(table[name]) for name in ("url", "package", "note") if name in table},
    )  # fmt: skip


def _texts(table: Mapping[str, Any], name: str, where: str) -> tuple[str, ...]:
    value = table.get(name, [])
    if name == "classes" and value == DATA:
        return (DATA,)
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        msg = f"{name} of {where} must be a list of texts"
        raise InputError(msg)
    return tuple(value)


def _single(source: str, where: str) -> str:
    """Return the source of one model, where a source may stand for several."""
    scheme, _, name = source.partition(":")
    expand = SOURCES.get(scheme).expand if scheme in SOURCES else None
    if expand is None:
        return source
    found = expand(name)
    if len(found) != 1:
        names = few([one[0] for one in found])
        msg = f"{where}: {source} stands for {len(found)} models ({names}); name one of them"
        raise InputError(msg)
    return found[0][1]


def _with_weights(entry: Entry, folder: Path) -> Entry:
    if not folder.is_dir():
        msg = f"there is no folder of weights {folder}; check --weights (weights=...)"
        raise InputError(msg)
    found = [path for end in WEIGHTS if (path := folder / f"{safe_name(entry.id)}{end}").is_file()]
    if len(found) > 1:
        msg = f"{folder} holds {few([p.name for p in found])} for the model '{entry.id}'; keep one"
        raise InputError(msg)
    return replace(entry, checkpoint=found[0]) if found else entry
