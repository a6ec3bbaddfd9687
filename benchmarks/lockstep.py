"""Eight networks over photographs: in lock-step from one stream of decoded images, against one after the other.

    python -m benchmarks.lockstep

Both are ``study`` with one worker; the decisions of the two are compared byte for byte.
"""

from __future__ import annotations

import tempfile
import time
from dataclasses import replace
from pathlib import Path

from benchmarks.photographs import write_photographs
from benchmarks.timing import Row
from trichotomy.datasets import Augmentation
from trichotomy.training import RECIPES, Recipe, study

NETWORKS = 8
TRAIN, TEST, EPOCHS = 800, 100, 2
SIDE = 32
"""Of the networks' input, in pixels."""
WANTED = 4.0


def recipe() -> Recipe:
    """Base and seven others that need the same images."""
    quick = RECIPES["quick"]("imagefolder")
    conditions = {condition.name: condition for condition in quick.conditions}
    crops = {
        "train": Augmentation(crop="resized", size=SIDE, flip=True),
        "test": Augmentation(crop="centre", resize=36, size=SIDE),
    }
    settings = replace(quick.settings, architecture="tiny-plain", epochs=EPOCHS, milestones=(1,), **crops)
    rates = replace(conditions["learning-rate"], instances=conditions["learning-rate"].instances[:1])
    chosen = (conditions["base"], conditions["nesterov"], rates, conditions["initialization"])
    return replace(quick, settings=settings, conditions=chosen, longer=0)


def rows() -> list[Row]:
    """Measure once each; one follows the other, as both take seconds."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        images = folder / "images"
        write_photographs(images, train=TRAIN, test=TEST, classes=10)
        spent = {}
        for lockstep in (NETWORKS, 1):
            start = time.perf_counter()
            outcome = study(
                f"imagefolder:{images}", folder / f"{lockstep}.zarr", recipe=recipe(), workers=1, lockstep=lockstep,
                options={"train_items": None, "test_items": None},
            )  # fmt: skip
            spent[lockstep] = time.perf_counter() - start
            assert len(outcome.finished) == NETWORKS
        assert _decisions(folder / "1.zarr") == _decisions(folder / f"{NETWORKS}.zarr")
    what = (
        f"{NETWORKS} small networks, {EPOCHS} epochs of {TRAIN} JPEGs of 256 px, crops of {SIDE} px, one worker: "
        "lock-step, apart"
    )
    ours, theirs = spent[NETWORKS], spent[1]
    return [
        Row(what, ours, theirs, f">= {WANTED:g} x", theirs / ours >= WANTED, "decisions equal to the bit")
    ]


def _decisions(store: Path) -> dict[str, bytes]:
    return {
        f"{path.parent.name}/{path.name}": path.read_bytes()
        for name in ("response", "p_target", "p_response")
        for path in (store / name).glob("c.*")
    }


if __name__ == "__main__":
    for row in rows():
        print(f"{row.what}: {row.ours:.2f} s, {row.theirs:.2f} s, {row.ratio:.2f} x")
