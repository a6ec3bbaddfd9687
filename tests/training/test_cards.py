"""Cards that are not at hand."""

from __future__ import annotations

import pytest

from trichotomy.errors import InputError, UnknownNameError
from trichotomy.training.costs.cards import CARDS, find_card


@pytest.mark.parametrize("name", ["rtx4090", "RTX 4090", "rtx-4090", "Rtx_4090"])
def test_a_card_is_found_however_its_name_is_spaced(name):
    assert find_card(name) is CARDS["rtx4090"]


def test_of_an_unknown_card_the_nearest_is_named():
    with pytest.raises(UnknownNameError, match=r"no card called 'h1000'\. Did you mean h100"):
        find_card("h1000")


def test_peaks_are_operations_a_second_by_precision():
    assert find_card("a100").peak("fp32") == 19.5e12
    assert find_card("a100").peak("bf16") == 312e12


def test_a_precision_that_a_card_does_not_compute_in_is_refused():
    with pytest.raises(InputError, match="V100 SXM2 does not compute bf16; choose --precision fp32"):
        find_card("v100").peak("bf16")


def test_mixed_precision_is_never_slower_and_all_have_power_and_memory():
    for card in CARDS.values():
        assert card.teraflops["fp32"] <= card.teraflops.get("bf16", card.teraflops["fp32"])
        assert card.watts > 0
        assert card.gigabytes > 0
