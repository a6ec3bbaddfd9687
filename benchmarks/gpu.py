"""Training on a GPU: each option against a straightforward loop on the same card, then determinism and resuming.

    python -m benchmarks.gpu --out gpu.md [--smoke] [--seconds 500]

CIFAR-10 comes from TRICHOTOMY_REFERENCE (cifar-10/c10_jpeg.tar.xz); without it noise of that shape stands in. Pictures
like ImageNet's are made here. Every line is the second of two passes over a part of the data, after the loss was
compared with that of the first line of its table, and of networks that must come out the same with them to the bit.
Lines that the time does not suffice for are left out and say so. ``--smoke`` runs all of it on a CPU, tiny.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # read when CUDA is set up

import torch

from benchmarks import gpu_study
from benchmarks.gpu_loop import loop, write_pictures
from benchmarks.timing import machine as described
from trichotomy import datasets, models
from trichotomy.datasets import Augmentation
from trichotomy.training import Machine, Settings
from trichotomy.training.feed import Feed
from trichotomy.training.loop import Trainer, set_up

SECONDS = 500.0
COMPILE_SECONDS = 90.0
MATRIX = 8192
TYPES = {"fp32": torch.float32, "tf32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
CLOSE = 0.15
"""Mean losses may be apart by this much of themselves: other precisions, or other random numbers in the loop."""
HEAD = "| what | images x networks / s | to the loop | of the card's peak | GB | loss | same bits as |"


@dataclass(frozen=True, slots=True)
class Case:
    """One line of ours: options of the machine, networks in lock-step, whether images may stay on the device."""

    name: str
    options: dict[str, Any]
    networks: int = 1
    resident: bool = True
    same_as: str | None = None


@dataclass(frozen=True, slots=True)
class Workload:
    """Data, network and how it is trained."""

    title: str
    data: datasets.Dataset
    settings: Settings
    cases: tuple[Case, ...]
    folder: Path | None = None


def cases(*, memory: bool, smoke: bool) -> tuple[Case, ...]:
    """The lines of ours; what matters most comes first, what takes longest to begin last."""
    plain, low = Case("one network, fp32", {}, resident=False), Case("bf16, 1 network", {"precision": "bf16"})
    graphs, low_graphs = {"cuda_graphs": True}, {"precision": "bf16", "cuda_graphs": True}
    found = [plain, low]
    if not smoke:
        found += [
            Case("bf16, CUDA graphs, lock-step, 8 networks", low_graphs, 8, same_as=low.name),
            Case("bf16, CUDA graphs, 1 network", low_graphs, same_as=low.name),
            Case("CUDA graphs, 1 network", graphs, same_as=plain.name),
        ]
    found += [
        Case(f"lock-step, {n} networks", {}, n, same_as=plain.name) for n in ((2,) if smoke else (8, 4, 16))
    ]
    if memory:
        found.append(Case("images on the device", {}, same_as=plain.name))
    found += [
        Case("contiguous memory", {"channels_last": False}),
        Case("fp16, 1 network", {"precision": "fp16"}),
    ]
    if not smoke:
        found += [
            Case("bf16, lock-step, 8 networks", {"precision": "bf16"}, 8, same_as=low.name),
            Case("bf16, compiled, 1 network", {"precision": "bf16", "compiled": True}),
        ]
    return tuple(found)


def workloads(folder: Path, *, smoke: bool) -> Iterator[Workload]:
    """What is trained."""
    shape = Augmentation(crop="padded", padding=4, flip=True)
    small = Settings(architecture="tiny-resnet" if smoke else "resnet18", batch_size=64, train=shape)
    cifar = gpu_study.cifar(items=128 if smoke else 6400)
    title = f"{small.architecture}, {len(cifar.train.ids)} images of 32x32 ({cifar.name}), batch 64"
    yield Workload(title, cifar, small, cases(memory=True, smoke=smoke))
    classes, side, size = (8, 32, (90, 70)) if smoke else (1000, 224, (500, 375))
    write_pictures(folder, classes=classes, size=size)
    pictures = datasets.load(f"imagefolder:{folder}")
    resized = Augmentation(crop="resized", size=side, flip=True)
    centre = Augmentation(crop="centre", size=side, resize=side * 8 // 7)
    for architecture, batch in (("tiny-resnet", 4),) if smoke else (("resnet18", 64), ("resnet50", 64)):
        settings = Settings(architecture=architecture, batch_size=batch, train=resized, test=centre)
        what = f"{classes} JPEGs of {size[0]}x{size[1]}, crops of {side}, as many classes"
        title = f"{architecture}, {what}, batch {batch}"
        chosen = cases(memory=False, smoke=smoke)
        yield Workload(title, pictures, settings, chosen, folder)


def peak(device: torch.device, kind: str, *, smoke: bool) -> float:
    """Floating-point operations per second of a large matrix product."""
    side = 256 if smoke else MATRIX
    torch.set_float32_matmul_precision("high" if kind == "tf32" else "highest")
    one, other = (torch.randn(side, side, device=device, dtype=TYPES[kind]) for _ in range(2))
    best = float("inf")
    for _ in range(5):
        settle(device)
        start = time.perf_counter()
        for _ in range(4):
            one @ other
        settle(device)
        best = min(best, time.perf_counter() - start)
    return 4 * 2 * side**3 / best


def settle(device: torch.device) -> None:
    """Wait for the device."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def ours(
    work: Workload, case: Case, device: torch.device
) -> tuple[float, list[float], list[dict[str, torch.Tensor]]]:
    """Two passes in lock-step: images x networks per second and losses of the second, first network's weights."""
    machine, settings = Machine(device=device.type, **case.options), work.settings
    set_up(machine, settings)
    share = 0.25 if case.resident else 0.0
    with mock.patch("trichotomy.training.resident.SHARE", share):
        feed = Feed(work.data, settings, seed=1, machine=machine, device=device)
        trainers = [
            Trainer(network(work, k), feed, settings, seed=1, machine=machine, device=device)
            for k in range(case.networks)
        ]
        spent, losses = 0.0, []
        for epoch in (1, 2):
            settle(device)
            start = time.perf_counter()
            for trainer in trainers:
                trainer.begin(epoch)
            for batch in feed.train(epoch):
                for trainer in trainers:
                    trainer.step(batch)
            losses = [trainer.end()["train_loss"] for trainer in trainers]
            settle(device)
            spent = time.perf_counter() - start
    images = len(work.data.train.ids) * case.networks
    weights = {name: t.cpu().clone() for name, t in trainers[0].network.state_dict().items()}
    return images / spent, losses, [weights]


def network(work: Workload, seed: int) -> torch.nn.Module:
    """Build it as a study does."""
    train, settings = work.data.train, work.settings
    size = settings.input_size(train.size)
    return models.build(
        settings.architecture, classes=len(work.data.classes), channels=3, size=size, seed=seed
    )


def table(
    work: Workload, device: torch.device, peaks: dict[str, float], *, until: float, smoke: bool
) -> list[str]:
    """Measure the loop, then our lines."""
    operations = 6.0 * models.multiply_adds(network(work, 0), channels=3, size=work.settings.train.size or 32)
    lines = ["", f"## {work.title}", "", HEAD, "|---|---:|---:|---:|---:|---:|---|"]
    base: float | None = None
    first: float | None = None
    kept: dict[str, dict[str, torch.Tensor]] = {}

    def line(name: str, rate: float, loss: float, kind: str, same: str = "") -> None:
        nonlocal base, first
        base, first = base or rate, first or loss
        far = "" if abs(loss - first) <= CLOSE * first else " **far**"
        gigabytes = torch.cuda.max_memory_allocated(device) / 1e9 if device.type == "cuda" else float("nan")
        lines.append(
            f"| {name} | {rate:,.0f} | {rate / base:.2f} | {rate * operations / peaks[kind]:.1%} | {gigabytes:.2f} | "
            f"{loss:.4f}{far} | {same} |"
        )
        print(lines[-1], file=sys.stderr, flush=True)

    workers = 1 if smoke else datasets.processors()
    for name, options, kind in (
        ("loop, PyTorch's defaults (TF32 in convolutions)", {}, "tf32"),
        ("loop, fp32", {"tf32": False}, "fp32"),
        ("loop, bf16", {"mixed": True}, "bf16"),
    ):
        _forget(device)
        rate, loss = loop(
            work.data, network(work, 0), work.settings.train, batch=work.settings.batch_size, workers=workers,
            device=device, folder=work.folder, settle=lambda: settle(device), **options,
        )  # fmt: skip
        line(name, rate, loss, kind)
    for case in work.cases:
        wanted = COMPILE_SECONDS if case.options.get("compiled") else 0.0
        if time.monotonic() + wanted > until:
            lines.append(f"| {case.name} | not measured: no time left | | | | | |")
            continue
        _forget(device)
        try:
            rate, losses, (weights,) = ours(work, case, device)
        except RuntimeError as error:  # no memory, no compiler: the others are measured all the same
            lines.append(f"| {case.name} | not measured: {str(error).splitlines()[0][:80]} | | | | | |")
            continue
        kept[case.name] = weights
        same = "" if case.same_as is None else _compared(case.same_as, kept, weights)
        line(case.name, rate, losses[0], case.options.get("precision", "fp32"), same)
    return lines


def _compared(name: str, kept: dict[str, dict[str, torch.Tensor]], weights: dict[str, torch.Tensor]) -> str:
    if name not in kept:
        return ""
    same = all(torch.equal(kept[name][key], values) for key, values in weights.items())
    return f"{name}: {'yes' if same else '**no**'}"


def _forget(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats(device)


def measured(device: torch.device, *, smoke: bool, seconds: float) -> Iterator[list[str]]:
    """Everything, as lines of Markdown, section by section."""
    until = time.monotonic() + seconds
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else "no card (smoke)"
    peaks = {kind: peak(device, kind, smoke=smoke) for kind in TYPES}
    said = ", ".join(f"{kind} {value / 1e12:.3g}" for kind, value in peaks.items())
    yield [
        "# Training on a GPU", "",
        f"{name}; {described()}; torch {torch.__version__}.", "",
        f"Measured peaks of a matrix product, TFLOP/s: {said}. A step of training counts as three times the",
        "multiply-adds forward. The loop trains one network; where ours trains several, all of their images count.",
    ]  # fmt: skip
    yield gpu_study.lines(
        device.type, smoke=smoke
    )  # first: what studies stand on; the rest may run out of time
    with tempfile.TemporaryDirectory() as folder:
        for work in workloads(Path(folder) / "pictures", smoke=smoke):
            yield table(work, device, peaks, until=until, smoke=smoke)


def main() -> int:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--out", type=Path, help="Markdown file to write")
    parser.add_argument("--smoke", action="store_true", help="run everything on the CPU, tiny")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="begin no line after so many")
    options = parser.parse_args()
    if not options.smoke and not torch.cuda.is_available():
        print("PyTorch finds no CUDA card here; --smoke runs the same on the CPU, tiny", file=sys.stderr)
        return 2
    device = torch.device("cpu" if options.smoke else "cuda:0")
    if options.smoke:
        torch.set_num_threads(1)
    text = ""
    for lines in measured(device, smoke=options.smoke, seconds=options.seconds):
        part = "\n".join(lines) + "\n"
        print(part, flush=True)
        text += part
        if options.out is not None:  # what there is so far stays where the rest is cut off
            options.out.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
