"""Loading torch, torchvision, timm and the like, or saying in one sentence why that cannot be."""

from __future__ import annotations

from importlib import import_module, metadata
from types import ModuleType

from trichotomy.errors import InputError, MissingExtraError

DISTRIBUTIONS = {"open_clip": "open_clip_torch"}
"""Packages that are installed under another name."""


def require_torch(feature: str) -> ModuleType:
    """Return torch; without it, an error that names ``feature`` and the extra ``train``."""
    return _load("torch", feature, "train")


def require_torchvision(feature: str) -> ModuleType:
    """Return torchvision; without it, an error that names ``feature`` and the extra ``vision``."""
    require_torch(feature)
    return _load("torchvision", feature, "vision")


def require_timm(feature: str) -> ModuleType:
    """Return timm; without it, an error that names ``feature`` and the extra ``vision``."""
    require_torchvision(feature)  # timm imports it, and would fail with its errors
    return _load("timm", feature, "vision")


def require_open_clip(feature: str) -> ModuleType:
    """Return open_clip; without it, an error that names ``feature`` and the extra ``pretrained``."""
    require_torchvision(feature)  # it imports it, too
    return _load("open_clip", feature, "pretrained")


def require_transformers(feature: str) -> ModuleType:
    """Return transformers; without it, an error that names ``feature`` and the extra ``pretrained``."""
    require_torch(feature)
    return _load("transformers", feature, "pretrained")


def _load(package: str, feature: str, extra: str) -> ModuleType:
    """Import ``package``.

    Raises
    ------
    MissingExtraError
        It is not installed.
    InputError
        It is installed but does not load. A torchvision that was compiled for another torch does not register
        its operators, and fails on the first of them (``operator torchvision::nms does not exist``); other
        mismatches end in a symbol or library that is missing, or in two versions of CUDA.
    """
    try:
        return import_module(package)
    except (ImportError, OSError, RuntimeError, AttributeError, AssertionError) as error:
        if isinstance(error, ModuleNotFoundError) and error.name == package:
            raise MissingExtraError(feature, extra) from error
        raise InputError(_what_is_wrong(package, feature, error)) from error


def one_line(error: Exception) -> str:
    """Return what ``error`` says, without line breaks; its type where it says nothing."""
    return " ".join(str(error).split()).rstrip(".!") or type(error).__name__


def _what_is_wrong(package: str, feature: str, error: Exception) -> str:
    distribution = DISTRIBUTIONS.get(package, package)
    found = f"{feature} needs {package}; {package} {metadata.version(distribution)} is installed but does not load"
    if package in ("torch", "open_clip", "transformers"):
        return f"{found}: {one_line(error)}. Install it anew: pip install --force-reinstall {distribution}"
    import torch

    build = torch.__version__.partition("+")[2]  # such as "cpu" or "cu130"; empty for the registry's own
    source = f" --index-url https://download.pytorch.org/whl/{build}" if build else ""
    return (
        f"{found} beside torch {torch.__version__}: {one_line(error)}. It was built for another torch (another "
        f"version, or with CUDA where this one is without). Install the two from one source: "
        f"pip install --force-reinstall torch torchvision{source}"
    )
