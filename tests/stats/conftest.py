"""Small Decisions that the labelled statistics are tested on."""

from __future__ import annotations

import numpy as np
import pytest

import trichotomy as tri

OBSERVERS = ("vgg/1", "vgg/2", "resnet/1", "resnet/2", "vit")
CONDITIONS = ("vgg", "vgg", "resnet", "resnet", "vit")


def _responses(rng: np.random.Generator, observers: int, items: int) -> tuple[np.ndarray, np.ndarray]:
    target = rng.integers(4, size=items)
    right = rng.random((observers, items)) < rng.beta(1.5, 0.8, size=items)
    wrong = (target + 1 + rng.integers(3, size=(observers, items))) % 4
    return np.where(right, target, wrong), target


@pytest.fixture(scope="session")
def zoo() -> tri.Decisions:
    """Five observers in three conditions, 160 items of four classes, nothing missing, every tenth item flagged."""
    response, target = _responses(np.random.default_rng(1), 5, 160)
    return tri.from_arrays(
        response,
        target=target,
        observers=OBSERVERS,
        classes=("ant", "bee", "cat", "dog"),
        observer_coords={"condition": CONDITIONS, "instance": [0, 1, 0, 1, 0]},
        item_coords={"label_error": np.arange(160) % 10 == 0, "session": np.arange(160) // 20},
    )


@pytest.fixture(scope="session")
def patchy() -> tri.Decisions:
    """The zoo with a tenth of the decisions missing, some asked without an answer, and unknown targets."""
    rng = np.random.default_rng(1)
    response, target = _responses(rng, 5, 160)
    response[rng.random(response.shape) < 0.1] = tri.MISSING
    response[rng.random(response.shape) < 0.05] = tri.NO_ANSWER
    target[:6] = -1
    return tri.from_arrays(
        response,
        target=target,
        observers=OBSERVERS,
        classes=("ant", "bee", "cat", "dog"),
        observer_coords={"condition": CONDITIONS, "instance": [0, 1, 0, 1, 0]},
    )


@pytest.fixture(scope="session")
def apart() -> tri.Decisions:
    """Two observers that were asked about different items."""
    return tri.from_arrays(correct=[[1, 0, -1, -1], [-1, -1, 1, 0]], observers=["left", "right"])


@pytest.fixture(scope="session")
def alone() -> tri.Decisions:
    """One observer."""
    return tri.from_arrays(correct=[[1, 0, 1, 1]], observers=["solo"])


@pytest.fixture(scope="session")
def training() -> tri.Decisions:
    """Three observers over epochs 0, 1, 2, 5; the last stopped after epoch 2; three conditions."""
    rng = np.random.default_rng(3)
    progress = np.array([0.2, 0.5, 0.7, 0.85])
    correct = (rng.random((3, 4, 60)) < progress[None, :, None]).astype(np.int8)
    correct[2, 3] = -1
    p = rng.random((3, 4, 60)).astype(np.float16)
    p[2, 3] = np.nan
    return tri.from_arrays(
        correct=correct, observers=["base", "other", "short"], epochs=(0, 1, 2, 5), p_target=p
    )
