"""What decisions depend on beside recipe and seed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from trichotomy.errors import InputError, UnknownNameError

DEVICES = ("cpu", "cuda")
Precision = Literal["fp32", "bf16", "fp16"]
PRECISIONS: tuple[Precision, ...] = ("fp32", "bf16", "fp16")


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What the decisions depend on beside recipe and seed: part of a study's identity.

    Attributes
    ----------
    device
        ``cpu`` or ``cuda``.
    precision
        ``fp32``; ``bf16``, ``fp16``: mixed precision, with scaled losses in ``fp16``.
    channels_last
        Memory format of images and weights.
    compiled
        Whether ``torch.compile`` is used.
    threads
        Threads within one network on a CPU.
    ranks
        Processes for each network, each on a GPU of its own (or some threads of a CPU), which share every batch.
    cuda_graphs
        Whether the steps of training are replayed from a CUDA graph.
    """

    device: str = "cpu"
    precision: Precision = "fp32"
    channels_last: bool = True
    compiled: bool = False
    threads: int = 1
    ranks: int = 1
    cuda_graphs: bool = False

    def __post_init__(self) -> None:
        if self.device not in DEVICES:
            raise UnknownNameError("device", str(self.device), list(DEVICES))
        for name in ("threads", "ranks"):
            if getattr(self, name) < 1:
                msg = f"{name} is {getattr(self, name)}; at least one is needed"
                raise InputError(msg)
        if self.precision not in PRECISIONS:
            msg = f"there is no precision {self.precision!r}; choose one of {', '.join(PRECISIONS)}"
            raise InputError(msg)
        if self.cuda_graphs and self.device != "cuda":
            msg = f"CUDA graphs are for GPUs, and the device is {self.device}; leave cuda_graphs out"
            raise InputError(msg)
        for name, what in (("cuda_graphs", "CUDA graphs are"), ("compiled", "torch.compile is")):
            if getattr(self, name) and self.ranks > 1:
                msg = f"{what} for networks that one process trains, and ranks is {self.ranks}; leave out either"
                raise InputError(msg)
