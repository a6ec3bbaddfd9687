"""Where decisions come from: file hashes, versions, configuration."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from platform import python_version
from typing import Any

VERSIONED = ("trichotomy", "numpy", "scipy", "pandas", "xarray", "zarr")


def provenance(
    sources: Iterable[Path] = (),
    *,
    configuration: Mapping[str, Any] | None = None,
    warnings: Iterable[str] = (),
) -> dict[str, Any]:
    """Describe how decisions were made, as plain JSON.

    Parameters
    ----------
    sources
        Files that were read; each is recorded with its name, size in bytes and SHA-256.
    configuration
        The options that shaped the decisions.
    warnings
        Rules that were applied to imperfect data; reports repeat them.
    """
    return {
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "sources": [
            {"name": path.name, "bytes": path.stat().st_size, "sha256": sha256(path)} for path in sources
        ],
        "configuration": dict(configuration or {}),
        "warnings": list(warnings),
        "versions": versions(),
    }


def sha256(path: Path) -> str:
    """Hexadecimal SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def versions() -> dict[str, str]:
    """Versions of Python and of the packages that compute the numbers."""
    found = {"python": python_version()}
    for name in VERSIONED:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
