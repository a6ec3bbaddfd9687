"""What makes a study this study and no other: hashes of code and data, versions, and how two plans differ."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import trichotomy
from trichotomy.datasets import Dataset, Progress


def identity(
    dataset: Dataset, architectures: Sequence[str], *, progress: Progress | None = None
) -> dict[str, Any]:
    """Hashes and versions that decisions depend on; of packages only those that these architectures use.

    ``progress`` is called before each split is hashed: over a network, asking for the sizes of a million files lasts.
    """
    own = {name.partition(":")[0] for name in architectures if ":" in name} - {"timm"}
    used = {"torch", "numpy", "pillow"}
    if any(not name.startswith("tiny-") and name.partition(":")[0] not in own for name in architectures):
        used.add("torchvision")
    if any(name.startswith("timm:") for name in architectures):
        used.add("timm")
    versions = {}
    for name in sorted(used):
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            continue
    hashes = {}
    for name, split in (("train", dataset.train), ("test", dataset.test)):
        if progress is not None:
            progress(f"hashing the {name} split, {len(split.ids):,} images", 0, 0)
        hashes[name] = split.content_hash()
    return {
        "code": _code_hash(sorted(own)),
        "data": hashes,
        "versions": versions,
    }


_CODE = (
    "datasets",
    "models",
    *(
        f"training/{name}.py"
        for name in (
            "feed",
            "graphs",
            "job",
            "loop",
            "randomness",
            "ranks",
            "resident",
            "settings",
            "states",
            "transfer",
        )
    ),
)
"""Modules that decisions depend on; those that only plan or carry out may change."""


def _code_hash(modules: Sequence[str]) -> str:
    """SHA-256 of the code that decisions depend on: this package's and that of a user's own networks."""
    root = Path(trichotomy.__file__).parent
    files = [
        path
        for part in _CODE
        for path in ([root / part] if part.endswith(".py") else sorted((root / part).rglob("*.py")))
    ]
    digest = hashlib.sha256()
    for path in files:
        digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    for name in modules:
        for path in _sources(name.partition(".")[0]):
            digest.update(name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _sources(name: str) -> list[Path]:
    """A user's module, or all modules of a user's package."""
    try:
        spec = find_spec(name)
    except (ImportError, ValueError):  # that there is none is for those to say who build the network
        return []
    if spec is None:
        return []
    if spec.submodule_search_locations:
        return sorted(
            path for folder in spec.submodule_search_locations for path in Path(folder).rglob("*.py")
        )
    return [Path(spec.origin)] if spec.origin and Path(spec.origin).is_file() else []


def differences(recorded: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """What differs between two plans as plain data, in words; notes don't count."""
    before, after = (
        {**plain, "notes": None, "runs": {run["observer"]: run for run in plain["runs"]}}
        for plain in (recorded, now)
    )
    return _differing("", before, after)


def _differing(where: str, before: Any, now: Any) -> list[str]:
    if isinstance(before, Mapping) and isinstance(now, Mapping):
        return [
            line
            for key in dict.fromkeys([*before, *now])
            for line in _differing(f"{where} {key}".strip(), before.get(key), now.get(key))
        ]
    return [] if before == now else [f"{where} was {_short(before)} and is {_short(now)}"]


def _short(value: Any) -> str:
    """A value as it is, a hash by its first digits."""
    return f"{value[:8]}..." if isinstance(value, str) and len(value) == 64 else repr(value)
