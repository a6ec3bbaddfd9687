"""What decisions depend on beside recipe and seed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from trichotomy.errors import InputError, UnknownNameError

DEVICES = ("cpu", "cuda")
Precision = Literal["fp32", "bf16"]
PRECISIONS: tuple[Precision, ...] = ("fp32", "bf16")


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What the decisions depend on beside recipe and seed: part of a study's identity.

    Attributes
    ----------
    device
        ``cpu`` or ``cuda``.
    precision
        ``fp32``; ``bf16``: mixed precision.
    channels_last
        Memory format of images and weights.
    compiled
        Whether ``torch.compile`` is used.
    threads
        Threads within one network on a CPU.
    """

    device: str = "cpu"
    precision: Precision = "fp32"
    channels_last: bool = True
    compiled: bool = False
    threads: int = 1

    def __post_init__(self) -> None:
        if self.device not in DEVICES:
            raise UnknownNameError("device", str(self.device), list(DEVICES))
        if self.threads < 1:
            msg = f"threads is {self.threads}; at least one is needed"
            raise InputError(msg)
        if self.precision not in PRECISIONS:
            msg = f"there is no precision {self.precision!r}; choose one of {', '.join(PRECISIONS)}"
            raise InputError(msg)
