"""What is missing before a model can be loaded, found without loading anything."""

from __future__ import annotations

from importlib.util import find_spec

from trichotomy.evaluation.entries import Entry, safe_name
from trichotomy.evaluation.sources import SOURCES

PACKAGES = {
    "torchvision": ("torchvision", "vision"),
    "timm": ("timm", "vision"),
    "open_clip": ("open_clip", "pretrained"),
    "hf": ("transformers", "pretrained"),
}
"""Source to its package, and the extra that has it."""


def lacking(entry: Entry) -> str:
    """Say what to install or to put where; empty where nothing is known to be missing."""
    scheme = entry.source.partition(":")[0]
    missing = []
    if scheme in PACKAGES:
        package, extra = PACKAGES[scheme]
        if not _is_installed(package):
            missing.append(f'pip install "trichotomy[{extra}]"')
    elif scheme not in SOURCES and not _is_installed(scheme):
        missing.append(entry.about.get("package", f"the module {scheme}"))
    if entry.needs_checkpoint and entry.checkpoint is None:
        missing.append(f"{safe_name(entry.id)}.safetensors (or .pth) in the folder of --weights")
    return "; ".join(missing)


def _is_installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except (ModuleNotFoundError, ValueError):
        return False
