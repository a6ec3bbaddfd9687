"""What a network put out as answers: class indices and probabilities, left on the device that they are on."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from trichotomy.errors import InputError, UnknownNameError

KINDS = ("logits", "probabilities", "classes")


def answers(outputs: Any, target: Any, kind: str | None, response: Any = None) -> dict[str, Any]:
    """Class indices, and with two dimensions the probabilities of target and response.

    Tensors of torch stay tensors on their device, so that nothing waits for a GPU; anything else becomes an array.

    Parameters
    ----------
    outputs
        [B, C] logits or probabilities, or [B] class indices.
    target
        [B] class indices, -1 where unknown, or None.
    kind
        One of ``KINDS``; None: ``classes`` in one dimension, ``logits`` in two.
    response
        [B] class indices that count as the answers beside outputs of two dimensions; None: the largest output.

    Returns
    -------
    ``response``, and where outputs have two dimensions ``p_response`` and, with a target, ``p_target``.

    Raises
    ------
    InputError, UnknownNameError
        Other dimensions, or another kind.
    """
    if kind is not None and kind not in KINDS:
        raise UnknownNameError("kind of outputs", kind, list(KINDS))
    outputs = outputs.detach() if is_tensor(outputs) else np.asarray(outputs)
    shape = tuple(outputs.shape)
    flat = len(shape) == 1
    if len(shape) not in (1, 2) or (kind is not None and (kind == "classes") != flat):
        wanted = {None: "[B, C] or [B]", "classes": "[B]"}.get(kind, "[B, C]")
        msg = f"outputs have shape {shape}; {kind or 'logits or class indices'} of a batch have {wanted}"
        raise InputError(msg)
    if flat:
        return {"response": outputs}
    if is_tensor(outputs):
        return _of_tensor(outputs, target, kind, response)
    return _of_array(outputs, target, kind, response)


def is_tensor(values: Any) -> bool:
    """Whether it is a tensor of torch; torch is not imported for that."""
    return type(values).__module__.partition(".")[0] == "torch" and hasattr(values, "detach")


def to_array(values: Any) -> NDArray[Any]:
    """An array in memory; half precision that NumPy lacks becomes single."""
    if is_tensor(values):
        values = values.detach()
        return np.asarray((values.float() if values.is_floating_point() else values).cpu().numpy())
    return np.asarray(values)


def _of_tensor(outputs: Any, target: Any, kind: str | None, response: Any) -> dict[str, Any]:
    import torch

    def probability(classes: Any) -> Any:
        there = outputs.gather(1, classes[:, None])[:, 0].float()
        return there if total is None else (there - total).exp()

    total = None if kind == "probabilities" else outputs.float().logsumexp(dim=1)
    given = (
        outputs.argmax(dim=1) if response is None else torch.as_tensor(response, device=outputs.device).long()
    )
    found = {"response": given, "p_response": probability(given)}
    if target is not None:
        target = torch.as_tensor(target, device=outputs.device).long()
        found["p_target"] = probability(target.clamp(min=0)).where(target >= 0, torch.nan)
    return found


def _of_array(outputs: NDArray[Any], target: Any, kind: str | None, response: Any) -> dict[str, Any]:
    rows = np.arange(len(outputs))
    response = outputs.argmax(axis=1) if response is None else to_array(response).astype(np.int64)
    p = outputs.astype(np.float64)
    if kind != "probabilities":
        p = np.exp(p - p.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
    found = {"response": response, "p_response": p[rows, response]}
    if target is not None:
        target = to_array(target).astype(np.int64)
        found["p_target"] = np.where(target >= 0, p[rows, np.maximum(target, 0)], np.nan)
    return found
