"""Graphics cards that are not at hand: what their makers say they can do at most."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from trichotomy.errors import InputError, UnknownNameError
from trichotomy.training.machine import Precision

PEAK_SHARE: Mapping[Precision, float] = {"fp32": 0.3, "bf16": 0.1, "fp16": 0.1}
"""Of its published peak, what training reaches, unless told: assumptions, not measurements. Tensor cores wait for the
memory in networks of this size, so their share is smaller."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A graphics card, by its maker's data sheet.

    Attributes
    ----------
    name
        In words.
    teraflops
        10^12 operations a second by precision, a multiplication and an addition counted as two: ``fp32`` without
        TF32, as studies compute; ``bf16`` and ``fp16`` on tensor cores with sums in fp32, without sparsity; absent
        where there is none.
    gigabytes
        Of memory.
    watts
        Board power.
    """

    name: str
    teraflops: Mapping[Precision, float]
    gigabytes: int
    watts: int

    def peak(self, precision: Precision) -> float:
        """Operations a second.

        Raises
        ------
        InputError
            The card does not compute in this precision.
        """
        if precision not in self.teraflops:
            msg = f"the card {self.name} does not compute {precision}; choose --precision {next(iter(self.teraflops))}"
            raise InputError(msg)
        return self.teraflops[precision] * 1e12


def _card(name: str, fp32: float, fp16: float, gigabytes: int, watts: int, *, bf16: bool = True) -> Card:
    peaks: dict[Precision, float] = {"fp32": fp32, **({"bf16": fp16} if bf16 else {}), "fp16": fp16}
    return Card(name=name, teraflops=peaks, gigabytes=gigabytes, watts=watts)


CARDS: Mapping[str, Card] = {
    # data sheet 'NVIDIA H200 Tensor Core GPU'; half of 'sparse'
    "h200": _card("NVIDIA H200 SXM", 67, 989, 141, 700),
    # data sheet 'NVIDIA H100 Tensor Core GPU'; half of 'sparse'
    "h100": _card("NVIDIA H100 SXM", 67, 989, 80, 700),
    # data sheet 'NVIDIA A100 80GB', 2021
    "a100": _card("NVIDIA A100 SXM 80 GB", 19.5, 312, 80, 400),
    # data sheet 'NVIDIA L40S'; half of 'sparse'
    "l40s": _card("NVIDIA L40S", 91.6, 362, 48, 350),
    # data sheet 'NVIDIA A40'
    "a40": _card("NVIDIA A40", 37.4, 149.7, 48, 300),
    # data sheet 'NVIDIA Tesla V100', 2020
    "v100": _card("NVIDIA V100 SXM2", 15.7, 125, 32, 300, bf16=False),
    # data sheet 'NVIDIA T4'
    "t4": _card("NVIDIA T4", 8.1, 65, 16, 70, bf16=False),
    # white paper 'Ada GPU Architecture', appendix A
    "rtx4090": _card("NVIDIA GeForce RTX 4090", 82.6, 165.2, 24, 450),
    # white paper 'GA102 GPU Architecture', appendix A
    "rtx3090": _card("NVIDIA GeForce RTX 3090", 35.6, 71, 24, 350),
    # white paper 'Turing GPU', reference board
    "rtx2080ti": _card("NVIDIA GeForce RTX 2080 Ti", 13.4, 53.8, 11, 250, bf16=False),
}
"""By the names that ``--card`` takes."""


def check_peak_share(share: float) -> float:
    """Return the share as it is, or refuse what is none: above 0 and at most 1."""
    if not 0 < share <= 1:
        msg = f"the share of the card's peak is {share:g}; give a number above 0 and at most 1, such as 0.3"
        raise InputError(msg)
    return share


def find_card(name: str) -> Card:
    """Return a card by its name, however that is spaced: ``rtx4090``, ``RTX 4090``, ``rtx-4090``.

    Raises
    ------
    UnknownNameError
        There is none; the message has the nearest names.
    """
    plain = "".join(letter for letter in name.lower() if letter.isalnum())
    if plain not in CARDS:
        raise UnknownNameError("card", name, list(CARDS))
    return CARDS[plain]
