"""Bookkeeping of a study: its share of the processor time of training, and plans of many networks, epochs and items.

    python -m benchmarks.bookkeeping

Networks of the quick study are trained in this process, where the processor time of each part can be told apart.
Bookkeeping is what a study does beside training and testing: making the store, recording decisions, saving states,
looking up what is done, telling how far it is. Loading the data is counted with training. Of larger studies a few
networks are trained, in a store that has all of them.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

import numpy as np

from benchmarks.timing import Row, table

if TYPE_CHECKING:
    from trichotomy.datasets import Dataset
    from trichotomy.training import Event, Recipe

ROOT = Path(__file__).resolve().parent.parent
MOST_SHARE = 0.02
MOST_SECONDS = 5.0
MOST_BYTES = 500e6
NETWORKS, EPOCHS, ITEMS = 300, 100, 50_000
STUDIES = (1, 31, 300)
TRAINED = 4
"""So many of a study's networks are trained; what they take is scaled up to all of them."""


def rows() -> list[Row]:
    """All of them."""
    return [*shares(), *plans()]


def shares() -> list[Row]:
    """Processor time of bookkeeping against that of everything else, by the number of networks."""
    found = []
    for networks in STUDIES:
        with tempfile.TemporaryDirectory() as folder:
            spent = _spent(networks, Path(folder) / "s.zarr")
        training = spent.pop("training")
        kept = sum(spent.values())
        share = kept / training
        parts = ", ".join(f"{name} {seconds / training:.2%}" for name, seconds in spent.items())
        found.append(
            Row(f"processor time of bookkeeping, {networks} networks of the quick study; of training them", kept,
                training, f"< {MOST_SHARE:.0%} of it", share < MOST_SHARE, f"{share:.2%}: {parts}")
        )  # fmt: skip
    return found


def _networks(count: int, epochs: int = 15) -> Recipe:
    """Base of the quick study and others that differ in their order."""
    from trichotomy.training import Condition, find_recipe

    quick = find_recipe("quick", "gaussian")
    others = Condition("order", "order", tuple({"order": k} for k in range(1, count)))
    conditions = (quick.conditions[0], *([others] if count > 1 else []))
    return replace(quick, settings=replace(quick.settings, epochs=epochs), conditions=conditions, longer=0)


def _spent(networks: int, out: Path) -> dict[str, float]:
    """Processor time by part, and that of ``training``, which is all the rest."""
    from importlib import import_module

    from trichotomy.cli.runs import Runs
    from trichotomy.decisions import Store
    from trichotomy.training import study
    from trichotomy.training.states import States

    _warm_up(out)
    module, job = import_module("trichotomy.training.study"), import_module("trichotomy.training.job")
    shown = Runs()
    with (
        followed(module, "_created") as creating,
        followed(Store, "record") as recording,
        followed(States, "save_weights") as weights,
        followed(States, "save_optimizer") as optimizers,
        followed(job, "_state") as copies,
        followed(States, "finish") as finishing,
        followed(Store, "done_by") as looking,
        followed(module, "_left") as left,
        followed(Store, "forgive") as forgiving,
        followed(Runs, "told") as telling,
    ):
        executor = _Here()
        study(
            "gaussian",
            out,
            recipe=_networks(networks),
            executor=executor,
            told=shown.told,
            planned=shown.planned,
        )
    times = networks / min(networks, TRAINED)
    of_networks = {
        "looking up": sum(looking), "decisions": sum(recording), "progress": sum(telling),
        "states": sum(weights) + sum(optimizers) + sum(copies) + sum(finishing),
    }  # fmt: skip
    return {
        "store": sum(creating) + sum(left) + sum(forgiving),
        **{name: seconds * times for name, seconds in of_networks.items()},
        "training": (executor.spent - sum(of_networks.values())) * times,
    }


def _warm_up(out: Path) -> None:
    """What the first study of a process takes is imports."""
    from trichotomy.training import study

    study("gaussian", out.with_name("warm.zarr"), recipe=_networks(2, 1), executor=_Here())


class _Here:
    """An executor without processes of its own for the first few networks, which tells what workers tell."""

    def __init__(self) -> None:
        self.spent = 0.0

    def execute(self, store: Path, groups: Sequence[Sequence[str]]) -> Generator[Event]:
        """Carry out the groups one after another; each is one network, for each has an order of its own."""
        from trichotomy.training import Event
        from trichotomy.training.job import Workplace

        place = Workplace(store, "cpu")
        start = time.process_time()
        for group in groups[:TRAINED]:
            events = [Event(observer=observer, kind="started") for observer in group]
            place.run(group, events.append)
            yield from events
        self.spent = time.process_time() - start


@contextmanager
def followed(owner: Any, name: str) -> Iterator[list[float]]:
    """Collect the processor time of each call of a method or function, in the thread that it runs in."""
    method = getattr(owner, name)
    spent: list[float] = []

    def timed(*arguments: Any, **options: Any) -> Any:
        start = time.thread_time()
        try:
            return method(*arguments, **options)
        finally:
            spent.append(time.thread_time() - start)

    with mock.patch.object(owner, name, timed):
        yield spent


def plans() -> list[Row]:
    """A study of 300 networks, 100 epochs and 50,000 items: its plan, its store, and taking it up, each for itself."""
    what = f"{NETWORKS} networks, {EPOCHS} epochs, {ITEMS:,} items"
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for name, words in STEPS.items():
            done = subprocess.run(
                [sys.executable, "-m", "benchmarks.bookkeeping", "--step", name, "--out", folder],
                capture_output=True, text=True, check=True, cwd=ROOT,
            )  # fmt: skip
            seconds, processor, grown = map(float, done.stdout.split()[-3:])
            met = processor < MOST_SECONDS and grown < MOST_BYTES
            found.append(
                Row(f"{what}: {words}, processor time; what it may take", processor, MOST_SECONDS,
                    f"< {MOST_SECONDS:g} s and < {MOST_BYTES / 1e6:.0f} MB beyond torch", met,
                    f"{seconds:.1f} s on a clock; {grown / 1e6:.0f} MB beyond torch (peak resident memory)")
            )  # fmt: skip
    return found


class _Images:
    """Gray images that are made when they are asked for, as those of a large folder are read."""

    channels = 3
    size = (32, 32)
    paths = None

    def __init__(self, split: str) -> None:
        self.ids = np.array([f"{split}/{k:07d}" for k in range(ITEMS)], object)
        self.labels = np.arange(ITEMS) % 1000

    def images(self, positions: Any, *_: Any) -> Any:
        return np.full((len(positions), 3, 32, 32), 128, np.uint8)

    def content_hash(self) -> str:
        return f"{ITEMS:064d}"


def gray() -> Dataset:
    """A data set of which only the number of items counts."""
    from trichotomy.datasets import Dataset

    classes = tuple(f"class-{k}" for k in range(1000))
    return Dataset("gray", classes, _Images("train"), _Images("test"), (0.5,) * 3, (0.25,) * 3, {})  # type: ignore[arg-type]


def _large() -> dict[str, Any]:
    return {"dataset": "benchmarks.bookkeeping:gray", "recipe": _networks(NETWORKS, EPOCHS - 1)}


class _Nothing:
    """Carries out nothing."""

    def execute(self, _store: Path, _groups: Sequence[Sequence[str]]) -> Generator[Event]:
        yield from ()


def _plan(_: Path) -> None:
    from trichotomy.training import plan_study
    from trichotomy.training.costs.cards import CARDS
    from trichotomy.training.costs.estimate import estimate

    plan, data = plan_study(**_large())
    assert estimate(plan, data, card=CARDS["a100"]).decisions == NETWORKS * EPOCHS * ITEMS


def _make(out: Path) -> None:
    from trichotomy.training import study

    study(**_large(), out=out, executor=_Nothing())


def _take_up(out: Path) -> None:
    """All networks have a last epoch to do."""
    from trichotomy.training import study

    outcome = study(**_large(), out=out, executor=_Nothing(), resume=True)
    assert len(outcome.failed) == NETWORKS


def _chunks(out: Path) -> None:
    """All but the last epoch is recorded: 29,700 files in each array, links to one of them."""
    from trichotomy.decisions import Store

    store = Store(out)
    nothing = np.zeros(ITEMS)
    store.record("base", 0, nothing, p_target=nothing, p_response=nothing, measures={"test_loss": 0.0})
    for name in ("response", "p_target", "p_response"):
        for o in range(NETWORKS):
            for e in range(EPOCHS - 1):
                if o or e:
                    os.link(out / name / "c.0.0.0", out / name / f"c.{o}.{e}.0")


STEPS = {"plan": "--plan for a card", "make": "making the store", "take_up": "resuming it"}
WORK: dict[str, Callable[[Path], None]] = {"plan": _plan, "make": _make, "take_up": _take_up}


def step(name: str, out: Path) -> None:
    """Print seconds, those of the processor, and bytes of peak memory, all beyond the imports of any study."""
    import torch
    from torch.utils import flop_counter

    from trichotomy.training import study

    loaded = (torch, flop_counter, study)
    assert all(loaded)
    if name == "take_up":
        _chunks(out)
    before = _peak_bytes()
    start, busy = time.perf_counter(), time.process_time()
    WORK[name](out)
    seconds, processor = time.perf_counter() - start, time.process_time() - busy
    print(seconds, processor, _peak_bytes() - before)


def _peak_bytes() -> int:
    """Of this process alone; what ``getrusage`` says begins with the parent's."""
    (line,) = (x for x in Path("/proc/self/status").read_text().splitlines() if x.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024


def main() -> None:
    """Measure and print the rows of a Markdown table, or be one of the steps."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--step", choices=STEPS, help=argparse.SUPPRESS)
    parser.add_argument("--out", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.step:
        step(options.step, options.out / "s.zarr")
        return
    print("\n".join(table(rows())))


if __name__ == "__main__":
    main()
