"""Eight networks over photographs: in lock-step from one stream of decoded images, against one after the other.

    python -m benchmarks.lockstep

Both are ``study`` in this process, with the threads that decode; what is timed is the training of all networks, testing
and recording with it, not the listing of the data. The decisions of the two are compared byte for byte.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Generator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.photographs import write_photographs
from benchmarks.timing import Row

if TYPE_CHECKING:
    from trichotomy.training import Event, Recipe

NETWORKS = 8
TRAIN, TEST, EPOCHS = 1500, 100, 2
SIDES = (16, 32)
"""Of the networks' input, in pixels."""
WANTED = 4.0


def rows() -> list[Row]:
    """Measure each once; one follows the other, as both take seconds."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        images = folder / "images"
        write_photographs(images, train=TRAIN, test=TEST, classes=10)
        _seconds(images, folder / "warm.zarr", _recipe(SIDES[0], epochs=1), NETWORKS)  # imports
        return [_row(images, folder, side) for side in SIDES]


def _row(images: Path, folder: Path, side: int) -> Row:
    stores = {lockstep: folder / f"{side}-{lockstep}.zarr" for lockstep in (NETWORKS, 1)}
    ours, theirs = (_seconds(images, store, _recipe(side), lockstep) for lockstep, store in stores.items())
    assert _decisions(stores[1]) == _decisions(stores[NETWORKS])
    what = (
        f"{NETWORKS} tiny networks, {EPOCHS} epochs of {TRAIN:,} JPEGs of 256 px, random crops to {side} px; "
        "lock-step, apart"
    )
    return Row(what, ours, theirs, f">= {WANTED:g} x", theirs / ours >= WANTED, "decisions equal to the bit")


def _seconds(images: Path, store: Path, recipe: Recipe, lockstep: int) -> float:
    from trichotomy.training import study

    executor = _Here()
    outcome = study(
        f"imagefolder:{images}", store, recipe=recipe, workers=1, lockstep=lockstep, executor=executor,
        options={"train_items": None, "test_items": None},
    )  # fmt: skip
    assert len(outcome.finished) == NETWORKS
    return executor.seconds


def _recipe(side: int, *, epochs: int = EPOCHS) -> Recipe:
    """Base and seven others that need the same images."""
    from trichotomy.datasets import Augmentation
    from trichotomy.training import RECIPES

    quick = RECIPES["quick"]("imagefolder")
    conditions = {condition.name: condition for condition in quick.conditions}
    settings = replace(
        quick.settings, architecture="tiny-plain", epochs=epochs, milestones=(1,),
        train=Augmentation(crop="resized", size=side, flip=True),
        test=Augmentation(crop="centre", resize=36, size=side),
    )  # fmt: skip
    rate = replace(conditions["learning-rate"], instances=conditions["learning-rate"].instances[:1])
    chosen = (conditions["base"], conditions["nesterov"], rate, conditions["initialization"])
    return replace(quick, settings=settings, conditions=chosen, longer=0)


class _Here:
    """Carries out groups in this process, and says how long that took."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def execute(self, store: Path, groups: Sequence[Sequence[str]]) -> Generator[Event]:
        """One group after the other."""
        from trichotomy.training.job import Workplace

        place = Workplace(store, "cpu")
        start = time.perf_counter()
        for group in groups:
            events: list[Event] = []
            place.run(group, events.append)
            yield from events
        self.seconds = time.perf_counter() - start


def _decisions(store: Path) -> dict[str, bytes]:
    return {
        f"{path.parent.name}/{path.name}": path.read_bytes()
        for name in ("response", "p_target", "p_response")
        for path in (store / name).glob("c.*")
    }


if __name__ == "__main__":
    for row in rows():
        print(f"{row.what}: {row.ours:.2f} s, {row.theirs:.2f} s, {row.ratio:.2f} x")
