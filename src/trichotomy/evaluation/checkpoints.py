"""Weights from files, which are never run as code, and what they are known by."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from trichotomy.decisions.schema import few
from trichotomy.errors import InputError
from trichotomy.models.packages import one_line

NESTS = ("state_dict", "model", "model_state_dict", "state_dict_ema", "net")
"""Keys under which training scripts put the weights."""
CODE = (
    "Unsupported global",
    "Unsupported class",
    "GLOBAL",
    "call reduce",
    "NEWOBJ",
    "build state",
    "persistent_load",
)
"""What PyTorch's reader of weights says of pickles that would call something."""
PREFIXES = ("module.", "model.", "_orig_mod.")
"""What wrappers put before every name."""


def load_weights(network: nn.Module, path: Path) -> None:
    """Load a checkpoint into a network: all of its weights, and no others.

    Parameters
    ----------
    path
        ``.safetensors``, or what ``torch.save`` writes. Of the latter, only tensors and plain containers are read;
        pickled objects, which could run code, are refused. Weights under ``state_dict`` or ``model``, and names that
        all begin with ``module.`` or ``model.``, are understood.

    Raises
    ------
    InputError
        The file is damaged or holds something else, or its weights are not the network's; the first that differ are
        named.
    """
    weights = read_weights(path)
    own = network.state_dict()
    for _ in range(3):
        prefix = next((p for p in PREFIXES if all(name.startswith(p) for name in weights)), None)
        if prefix is None or any(name in own for name in weights):
            break
        weights = {name.removeprefix(prefix): tensor for name, tensor in weights.items()}
    fixed = {name for name in own if name.endswith("num_batches_tracked")}  # older checkpoints lack it
    lacking = [name for name in own if name not in weights and name not in fixed]
    surplus = [name for name in weights if name not in own]
    other = [
        f"{name} is {tuple(weights[name].shape)}, not {tuple(own[name].shape)}"
        for name in own
        if name in weights and weights[name].shape != own[name].shape
    ]
    faults = [
        f"{len(lacking)} weights are missing ({few(lacking, 2)})" if lacking else "",
        f"{len(surplus)} are not the network's ({few(surplus, 2)})" if surplus else "",
        f"{len(other)} have another shape ({'; '.join(other[:2])})" if other else "",
    ]
    if any(faults):
        msg = (
            f"the checkpoint {path} does not fit {type(network).__name__}: {', '.join(filter(None, faults))}. Name the "
            "network that it is of, or its number of classes"
        )
        raise InputError(msg)
    network.load_state_dict(weights, strict=False)


def read_weights(path: Path) -> dict[str, Tensor]:
    """Name to tensor, of a checkpoint.

    Raises
    ------
    InputError
        As ``load_weights``.
    """
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        content = torch.load(path, map_location="cpu", weights_only=True)
    except UnpicklingError as error:
        if not any(word in str(error) for word in CODE):
            raise _damaged(path, error) from error
        msg = (
            f"the checkpoint {path} holds pickled objects beside tensors, which could run code and are not read; save "
            "its weights alone, as safetensors"
        )
        raise InputError(msg) from error
    except (OSError, RuntimeError, EOFError, ValueError, KeyError, SafetensorError) as error:
        raise _damaged(path, error) from error
    return _tensors(content, path)


def _damaged(path: Path, error: Exception) -> InputError:
    return InputError(
        f"the checkpoint {path} cannot be read ({one_line(error)[:120]}); it is damaged or no checkpoint, copy it again"
    )


def _tensors(content: Any, path: Path) -> dict[str, Tensor]:
    for key in NESTS:
        if isinstance(content, Mapping) and isinstance(content.get(key), Mapping):
            content = content[key]
            break
    if not isinstance(content, Mapping) or not content or not all(map(torch.is_tensor, content.values())):
        msg = f"the checkpoint {path} holds no table of weights, but {type(content).__name__}; save a state_dict"
        raise InputError(msg)
    return {str(name): tensor for name, tensor in content.items()}


def weights_hash(network: nn.Module) -> str:
    """SHA-256, as 64 hexadecimal digits, of the names and contents of a network's weights and buffers."""
    found = hashlib.sha256()
    for name, tensor in sorted(network.state_dict().items()):
        plain = tensor.detach().cpu().contiguous()
        found.update(f"{name} {plain.dtype} {tuple(plain.shape)}\0".encode())
        found.update(plain.reshape(-1).view(torch.uint8).numpy().data)
    return found.hexdigest()
