"""The quick study against a straightforward loop; memory formats and precision.

    python -m benchmarks.study [--networks 31]

Both sides of the comparison are whole commands in processes of their own, start and imports included: this study with
two workers, and ``benchmarks.study_loop``, the same networks as one would train them after PyTorch's ImageNet example.
That is written in two ways, of which the faster is there to be known. They run once each, ours first. Fewer networks
than 31 give a quick look only.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.timing import Row, interleaved, table

if TYPE_CHECKING:
    from trichotomy.training import Recipe
    from trichotomy.training.loop import Trainer

ROOT = Path(__file__).resolve().parent.parent
NETWORKS = 31
WORKERS = 2
FASTER = 3.0
MOST_SECONDS = 90.0
MOST_GB = 2.0
MEASURED = "to be known"
AGREE = 0.02
"""Mean accuracies may differ by this much: order and flips are drawn by other generators."""
SAMPLED_SECONDS = 0.1


def rows(networks: int = NETWORKS) -> list[Row]:
    """All of them."""
    return [*whole(networks), *formats()]


def some_networks(count: int) -> Recipe:
    """The recipe ``quick``, with the first ``count`` of its networks."""
    from trichotomy.training import find_recipe

    recipe = find_recipe("quick", "gaussian")
    if count >= NETWORKS:
        return recipe
    conditions = []
    for condition in recipe.conditions:
        instances = condition.instances[:count]
        count -= len(instances)
        if instances:
            conditions.append(replace(condition, instances=instances))
    return replace(recipe, conditions=tuple(conditions))


def whole(networks: int = NETWORKS) -> list[Row]:
    """Time ours and both loops, check that they reach the same accuracy, and follow the memory of ours."""
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "study.zarr"
        ours, memory = _timed("benchmarks.study", "--train", str(store), "--networks", str(networks))
        mine = _last_accuracies(store)
        theirs, loops = {}, {}
        for kind in ("pictures", "tensors"):
            out = Path(folder) / f"{kind}.json"
            theirs[kind], _ = _timed("benchmarks.study_loop", str(networks), kind, str(out))
            loops[kind] = json.loads(out.read_text())
    within = AGREE * (NETWORKS / networks) ** 0.5  # a quick look at a few of them scatters more
    for accuracies in loops.values():
        assert len(mine) == len(accuracies) == networks
        np.testing.assert_allclose(np.mean(mine), np.mean(accuracies), rtol=0, atol=within)
    what = f"quick study, {networks} networks, {WORKERS} workers"
    said = {
        kind: f"mean accuracy {np.mean(mine):.3f}, the loop's {np.mean(loops[kind]):.3f}" for kind in loops
    }
    ratio = theirs["pictures"] / ours
    return [
        Row(f"{what}; loop after PyTorch's ImageNet example, items are PIL images", ours, theirs["pictures"],
            f">= {FASTER:g} x", ratio >= FASTER, said["pictures"]),
        Row(f"{what}; the same loop, items are tensors", ours, theirs["tensors"], MEASURED, True, said["tensors"]),
        Row(f"{what}; the time it may take", ours, MOST_SECONDS, f"<= {MOST_SECONDS:g} s and < {MOST_GB:g} GB",
            ours <= MOST_SECONDS and memory < MOST_GB, f"peak memory of all processes {memory:.2f} GB"),
    ]  # fmt: skip


def train(store: Path, networks: int) -> None:
    """Our side."""
    from trichotomy.training import study

    outcome = study("gaussian", store, recipe=some_networks(networks), workers=WORKERS)
    assert not outcome.failed, outcome.failed


def _timed(module: str, *arguments: str) -> tuple[float, float]:
    """Seconds of a module run by a new interpreter, and its peak memory in GB."""
    environment = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    start = time.perf_counter()
    with subprocess.Popen([sys.executable, "-m", module, *arguments], cwd=ROOT, env=environment) as process:
        peak = 0
        while process.poll() is None:
            peak = max(peak, sum(map(_resident, [process.pid, *_descendants(process.pid)])))
            time.sleep(SAMPLED_SECONDS)
    seconds = time.perf_counter() - start
    assert process.returncode == 0, f"{module} ended with status {process.returncode}"
    return seconds, peak / 1e9


def _descendants(pid: int) -> Iterator[int]:
    try:
        children = [
            c for t in Path(f"/proc/{pid}/task").iterdir() for c in (t / "children").read_text().split()
        ]
    except OSError:  # it has just ended
        return
    for child in children:
        yield int(child)
        yield from _descendants(int(child))


def _resident(pid: int) -> int:
    """Bytes in memory; what processes share counts for each of them."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except OSError:
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def _last_accuracies(store: Path) -> list[float]:
    from trichotomy.decisions import Store

    d = Store(store).read()
    accuracy = d["measures"].sel(measure="test_accuracy").values
    return [float(own[n - 1]) for own, n in zip(accuracy, d["planned_epochs"].values, strict=True)]


def formats() -> list[Row]:
    """An epoch of a small residual network on 32x32 RGB: memory formats and precisions, one thread."""
    plain, last, mixed = (
        _trainer(precision, channels_last=channels_last)
        for precision, channels_last in (("fp32", False), ("fp32", True), ("bf16", True))
    )
    losses = [trainer.train(1)["train_loss"] for trainer in (plain, last, mixed)]
    np.testing.assert_allclose(losses[1], losses[0], rtol=0, atol=1e-3)
    np.testing.assert_allclose(losses[2], losses[0], rtol=0, atol=0.1)

    def epoch(trainer: Trainer) -> Callable[[], Any]:
        return lambda: trainer.train(1)

    what = "an epoch of 640 images of 32x32, tiny-resnet, 1 thread"
    found = []
    for words, ours, theirs in (
        ("channels_last, contiguous, both fp32", last, plain),
        ("bf16, fp32, both channels_last", mixed, last),
    ):
        mine, others = interleaved(epoch(ours), epoch(theirs), repeats=5)
        found.append(Row(f"{what}; {words}", mine, others, MEASURED, True, _processor(words)))
    return found


def _trainer(precision: Any, *, channels_last: bool) -> Trainer:
    import torch

    from trichotomy import datasets, models
    from trichotomy.training import Machine, Settings
    from trichotomy.training.feed import Feed
    from trichotomy.training.loop import Trainer, set_up

    data = datasets.load("gaussian", size=32, channels=3, train_per_class=64, test_per_class=10)
    settings, machine = Settings(), Machine(precision=precision, channels_last=channels_last)
    set_up(machine, settings)
    network = models.build(settings.architecture, classes=10, channels=3, size=32, seed=0)
    device = torch.device("cpu")
    feed = Feed(data, settings, seed=0, machine=machine, device=device)
    return Trainer(network, feed, settings, seed=0, machine=machine, device=device)


def _processor(words: str) -> str:
    import torch

    if not words.startswith("bf16"):
        return ""
    return f"this processor computes bf16 {'itself' if torch.cpu._is_avx512_bf16_supported() else 'by way of fp32'}"


def main() -> None:
    """Measure and print the rows of a Markdown table, or be our side of the comparison."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--networks", type=int, default=NETWORKS)
    parser.add_argument("--train", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.train is not None:
        train(options.train, options.networks)
        return
    print("\n".join(table(rows(options.networks))))


if __name__ == "__main__":
    main()
