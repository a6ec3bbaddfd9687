"""Images that stay on a device: augmented there they are what ``datasets.augment`` makes, byte for byte."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from small_study import SMALL

from trichotomy import datasets
from trichotomy.datasets import ArraySplit, Augmentation, Selection
from trichotomy.errors import InputError
from trichotomy.training import Machine
from trichotomy.training.feed import Feed
from trichotomy.training.resident import Resident, resident
from trichotomy.training.transfer import Transfer

CPU = torch.device("cpu")


def split(count: int = 12, channels: int = 3, height: int = 7, width: int = 5) -> ArraySplit:
    rng = np.random.default_rng(count)
    images = rng.integers(0, 256, (count, channels, height, width), dtype=np.uint8)
    return ArraySplit(images, np.zeros(count, int), [f"i{k:03d}" for k in range(count)])


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**16), padding=st.integers(0, 9), size=st.none() | st.integers(1, 12), flip=st.booleans(),
    crop=st.sampled_from(["none", "padded"]), channels=st.sampled_from([1, 3, 4]),
)  # fmt: skip
def test_the_same_bytes_as_on_the_cpu(seed, padding, size, flip, crop, channels):
    images = split(channels=channels)
    how = Augmentation(crop=crop, size=size, padding=padding if crop == "padded" else 0, flip=flip)
    positions = np.random.default_rng(seed).integers(0, 12, 9)
    rows = datasets.draws(seed, 1, 9)
    held = Resident(images, CPU, Transfer(CPU))
    found, expected = (outcome(of, positions, how, rows) for of in (held, images))
    assert type(found) is type(expected)
    assert np.array_equal(found, expected)


def outcome(of: Resident | ArraySplit, *arguments: object) -> object:
    """The images as an array, or in what words they were refused."""
    try:
        return np.asarray(of.images(*arguments))
    except InputError as error:
        return str(error)


@pytest.mark.parametrize("edge", [0.0, 0.5, np.nextafter(1, 0)])
def test_the_edges_of_what_is_drawn(edge):
    rows = np.full((12, 5), edge)
    how = Augmentation(crop="padded", padding=4, flip=True)
    held = Resident(split(), CPU, Transfer(CPU))
    assert np.array_equal(
        held.images(np.arange(12), how, rows).numpy(), split().images(np.arange(12), how, rows)
    )


def test_a_selection_and_what_is_not_drawn(monkeypatch):
    monkeypatch.setattr("trichotomy.training.resident.CHUNK", 2)
    some = Selection(split(), np.array([7, 2, 9, 4, 1]))
    held = Resident(some, CPU, Transfer(CPU))
    at = np.array([3, 0, 3])
    assert np.array_equal(held.images(at, Augmentation(), None).numpy(), some.images(at))


def test_only_what_fits_and_is_exact_stays_on_a_gpu(monkeypatch):
    made = []
    monkeypatch.setattr("trichotomy.training.resident.Resident", lambda *a: made.append(a) or "held")
    cuda, plain = torch.device("cuda"), Augmentation()
    size = 12 * 3 * 7 * 5
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda _: (4 * size, 9 * size))
    assert resident(split(), plain, cuda, None) == "held"
    assert resident(split(), Augmentation(crop="padded", padding=2, flip=True), cuda, None) == "held"
    assert resident(split(), plain, CPU, None) is None
    assert resident(split(), Augmentation(crop="resized", size=4), cuda, None) is None
    assert resident(split(), Augmentation(crop="centre", size=4), cuda, None) is None
    assert resident(SimpleNamespace(size=None), plain, cuda, None) is None
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda _: (4 * size - 4, 9 * size))
    assert resident(split(), plain, cuda, None) is None
    assert len(made) == 2


def test_a_feed_is_the_same_whether_its_images_are_held(monkeypatch):
    data = datasets.load("gaussian", **SMALL.dataset)
    how = replace(SMALL.settings, train=Augmentation(crop="padded", padding=2, flip=True))

    def inputs() -> list[torch.Tensor]:
        feed = Feed(data, how, seed=1, machine=Machine(), device=CPU)
        return [*(b.inputs() for b in feed.train(1)), *(b.inputs() for b in feed.test())]

    plain = inputs()
    held = []

    def always(split, how, device, transfer):
        held.append(Resident(split, device, transfer))
        return held[-1]

    monkeypatch.setattr("trichotomy.training.feed.resident", always)
    assert all(map(torch.equal, plain, inputs()))
    assert len(held) == 2
