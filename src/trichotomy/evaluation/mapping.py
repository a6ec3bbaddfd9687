"""Fine classes put together to coarse ones, as a file declares it; such as ImageNet's to sixteen categories."""

from __future__ import annotations

import csv
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from trichotomy.decisions.schema import few
from trichotomy.errors import InputError, UnknownNameError

COMBINE = ("mean", "sum")
SHIPPED: Mapping[str, str] = MappingProxyType({"imagenet16": "imagenet16.toml"})
"""Mappings by name, and their files in ``mappings/``."""


@dataclass(frozen=True, slots=True)
class Coarse:
    """A mapping of classes.

    Attributes
    ----------
    groups
        Coarse class to the names (or numbers, as text) of its fine classes.
    combine
        ``mean``: the mean probability of a coarse class's fine classes (Geirhos et al. 2018), so that categories of
        many classes have no advantage; ``sum``: their sum.
    """

    groups: Mapping[str, tuple[str, ...]]
    combine: str

    @property
    def classes(self) -> tuple[str, ...]:
        """The coarse classes."""
        return tuple(self.groups)

    @property
    def fine(self) -> tuple[str, ...]:
        """The fine classes that are in it."""
        return tuple(name for names in self.groups.values() for name in names)

    def of(self) -> dict[str, int]:
        """Fine class to the index of its coarse one."""
        return {name: k for k, names in enumerate(self.groups.values()) for name in names}


def read_mapping(source: str | Path, *, combine: str | None = None) -> Coarse:
    """Read a mapping.

    Parameters
    ----------
    source
        ``imagenet16``, or a file. CSV with a header: fine class, coarse class. JSON or TOML (under ``[classes]``):
        ``fine = "coarse"``, or ``coarse = ["fine", ...]``; TOML may have ``combine`` beside it.
    combine
        ``mean`` or ``sum``; default what the file says, else ``mean``.

    Raises
    ------
    InputError
        The file cannot be read, a fine class stands in two coarse ones.
    UnknownNameError
        Another way to combine.
    """
    path = Path(__file__).parent / "mappings" / SHIPPED[source] if source in SHIPPED else Path(source)  # type: ignore[index]
    try:
        pairs, stated = _read(path)
    except (OSError, UnicodeDecodeError, ValueError, csv.Error) as error:
        if isinstance(error, InputError):
            raise
        msg = (
            f"the mapping {source} cannot be read ({error}); give {few(list(SHIPPED))}, or a file CSV, JSON or TOML of "
            "fine and coarse classes"
        )
        raise InputError(msg) from error
    chosen = combine or stated or "mean"
    if chosen not in COMBINE:
        kind = "way to combine probabilities"
        raise UnknownNameError(kind, chosen, list(COMBINE))
    groups: dict[str, list[str]] = {}
    seen: dict[str, str] = {}
    for fine, coarse in pairs:
        if seen.setdefault(fine, coarse) != coarse:
            msg = f"the mapping {path.name} puts '{fine}' into '{seen[fine]}' and into '{coarse}'; keep one"
            raise InputError(msg)
        if fine not in groups.setdefault(coarse, []):
            groups[coarse].append(fine)
    if len(groups) < 2:
        msg = f"the mapping {path.name} has {len(groups)} coarse classes; two or more are needed"
        raise InputError(msg)
    return Coarse({name: tuple(groups[name]) for name in sorted(groups)}, chosen)


def _read(path: Path) -> tuple[list[tuple[str, str]], str | None]:
    suffix = path.suffix.lower()
    if suffix in (".json", ".toml"):
        text = path.read_text(encoding="utf-8")
        content: Any = json.loads(text) if suffix == ".json" else tomllib.loads(text)
        stated = content.get("combine") if suffix == ".toml" else None
        return _pairs(content.get("classes") if suffix == ".toml" else content, path), stated
    with path.open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.reader(file) if row]
    if len(rows) < 2 or any(len(row) < 2 or not row[0] or not row[1] for row in rows):
        msg = f"the mapping {path} needs a header and two columns in every row: fine class, coarse class"
        raise InputError(msg)
    return [(row[0].strip(), row[1].strip()) for row in rows[1:]], None


def _pairs(table: Any, path: Path) -> list[tuple[str, str]]:
    if not isinstance(table, dict) or not table:
        msg = (
            f'the mapping {path} holds no table of classes; write fine = "coarse", or coarse = ["fine", ...]'
        )
        raise InputError(msg)
    pairs: list[tuple[str, str]] = []
    for key, value in table.items():
        if isinstance(value, list):
            pairs += [(str(fine), str(key)) for fine in value]
        elif isinstance(value, str | int) and not isinstance(value, bool):
            pairs.append((str(key), str(value)))
        else:
            msg = (
                f"the mapping {path} gives '{key}' a {type(value).__name__}; give a class, or a list of them"
            )
            raise InputError(msg)
    return pairs
