"""A study with a cache: the same decisions, read by its workers from there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from small_study import InProcess, differing, only

from trichotomy.datasets import Augmentation
from trichotomy.datasets.cache import Cache
from trichotomy.decisions import Store
from trichotomy.errors import InputError
from trichotomy.training import study
from trichotomy.training.plan import plan_of

CROP = Augmentation(crop="resized", size=8, flip=True)
BASE = only()
RECIPE = replace(
    BASE,
    dataset={},
    settings=BASE.settings.with_changes({"epochs": 2, "milestones": [1], "train": CROP, "test": CROP}),
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Images of two classes and different sizes."""
    for split, count in (("train", 24), ("test", 8)):
        for i in range(count):
            rng = np.random.default_rng([count, i])
            pixels = rng.integers(0, 200, (10 + i % 3, 12, 3), np.uint8) + np.uint8(50 * (i % 2))
            path = tmp_path / "images" / split / "ab"[i % 2] / f"{i}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(pixels).save(path)
    return tmp_path / "images"


def test_decisions_are_the_same_and_come_from_the_cache(folder: Path, tmp_path: Path):
    name = f"imagefolder:{folder}"
    plain, quick, spoilt = (tmp_path / f"{k}.zarr" for k in ("plain", "quick", "spoilt"))
    assert not study(name, plain, recipe=RECIPE, executor=InProcess()).failed
    said = []
    outcome = study(
        name, quick, recipe=RECIPE, workers=1, cache=tmp_path / "c", progress=lambda *call: said.append(call)
    )
    assert not outcome.failed
    assert said[-1] == (f"{name} (test) into the cache", 8, 8)
    assert differing(plain, quick) == []
    assert plan_of(Store(plain).read()) == plan_of(Store(quick).read())
    assert not study(name, quick, recipe=RECIPE, resume=True, executor=InProcess()).failed  # without it
    (train,) = (tmp_path / "c").glob("imagefolder-train-*")
    black = Cache(train)
    for i, (height, width) in enumerate(black.shapes.tolist()):
        black.put(i, Image.new("RGB", (width, height)))
    assert not study(name, spoilt, recipe=RECIPE, workers=1, cache=tmp_path / "c").failed
    assert differing(plain, spoilt)  # its worker saw what the cache holds


def test_a_cache_that_cannot_be_made_leaves_nothing_behind(folder: Path, tmp_path: Path):
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="is no folder that may be written to"):
        study(f"imagefolder:{folder}", tmp_path / "s.zarr", recipe=RECIPE, cache=tmp_path / "file")
    assert not (tmp_path / "s.zarr").exists()
