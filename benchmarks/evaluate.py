"""Eight models asked in one pass over the images, against eight passes of a plain loop with the same transforms.

    python -m benchmarks.evaluate [--device cuda]

The loop is what evaluation scripts do: a data set that opens, transforms and returns one picture, a ``DataLoader``, a
network; once per model. Its images are read in the main process, or by as many workers as there are cores: both are
timed in turn for one model, after a run of each that warms up, and the faster stands in the table. Decisions are
compared first. On a GPU ResNet-50s are asked, too, and their answers are compared with those of the CPU.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.photographs import write_photographs
from benchmarks.timing import Row, interleaved, table

if TYPE_CHECKING:
    from torch import nn

COUNT, FEW = 192, 32
MODELS = 8
BATCH = 32
PHOTOGRAPHS, ON_CPU, CLASSES = 1536, 128, 10
"""Images for a GPU, and those that the CPU is asked about, too."""
SPREAD = 30.0
"""Weights of a last layer that was never trained are made larger, so that its classes are not all alike."""
FASTER = 3.0
NOT_SLOWER = 0.95
"""A ratio of 1, as well as a noisy machine tells it."""


def rows(repeats: int = 3) -> list[Row]:
    """All of them."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "photographs"
        size = write_photographs(data, train=2, test=COUNT, size=(375, 500))
        words = f"{COUNT} JPEGs of 500x375, {size / 1000:.0f} kB each"
        place = Path(folder)
        few = Path(folder) / "few"
        write_photographs(few, train=2, test=FEW, size=(375, 500))
        return [
            _row(data / "test", place, f"8 tiny networks, one transform, {words}", _tiny(1), FASTER, repeats),
            _row(data / "test", place, f"8 tiny networks, two transforms, {words}", _tiny(2), FASTER, repeats),
            _row(data / "test", place, f"8 tiny networks, eight transforms, {words}", _tiny(8), NOT_SLOWER, repeats),
            _row(few / "test", place, f"8 networks that compute for long, {FEW} JPEGs", _heavy(), NOT_SLOWER, repeats),
        ]  # fmt: skip


def rows_of_gpu(device: str, repeats: int = 2) -> tuple[list[Row], str]:
    """Eight ResNet-50s on a GPU, and in a sentence how their answers differ from the CPU's."""
    import trichotomy as tri

    with tempfile.TemporaryDirectory() as folder:
        place, data, few = Path(folder), Path(folder) / "photographs", Path(folder) / "few"
        for where, count in ((data, PHOTOGRAPHS), (few, ON_CPU)):
            write_photographs(where, train=2, test=count, size=(375, 500), classes=CLASSES)
        models = _resnets()
        stores = [
            tri.evaluate(
                models, place / f"{k}.zarr", data=few / "test", batch_size=BATCH, device=on
            ).store.read()
            for k, on in enumerate(("cpu", device))
        ]
        responses, sure = ([s[name].values for s in stores] for name in ("response", "p_response"))
        differ = int((responses[0] != responses[1]).sum())
        furthest = float(np.abs(sure[0].astype(float) - sure[1]).max())
        said = (
            f"Of {responses[0].size:,} answers, {len(np.unique(responses[0]))} classes, {differ} are others on "
            f"{device} than on the CPU; probabilities differ by at most {furthest:.2g}."
        )
        what = f"8 ResNet-50, one transform, {PHOTOGRAPHS} JPEGs of 500x375, {device}"
        return [_row(data / "test", place, what, models, FASTER, repeats, device)], said


def _resnets() -> dict[str, Any]:
    import torch
    from torchvision.models import resnet50

    def network() -> nn.Module:
        made = resnet50(num_classes=CLASSES)
        with torch.no_grad():
            made.fc.weight *= SPREAD
        return made

    return _models(network, 1)


def _tiny(transforms: int) -> dict[str, Any]:
    from torch import nn

    def network() -> nn.Module:
        return nn.Sequential(nn.AvgPool2d(16), nn.Flatten(), nn.LazyLinear(2))

    return _models(network, transforms)


def _heavy() -> dict[str, Any]:
    """Some 0.3 billion multiply-adds for each image."""
    from itertools import pairwise

    from torch import nn

    def network() -> nn.Module:
        widths = (3, 32, 64, 64)
        layers = [
            layer
            for k, (before, width) in enumerate(pairwise(widths))
            for layer in (nn.Conv2d(before, width, 3, 1 if k == 1 else 2, 1), nn.ReLU())
        ]
        return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(widths[-1], 2))

    return _models(network, 1)


def _models(network: Callable[[], nn.Module], transforms: int) -> dict[str, Any]:
    import torch

    from trichotomy.evaluation import Crop

    found: dict[str, Any] = {}
    for k in range(MODELS):
        torch.manual_seed(k)
        crop = Crop(
            resize=256 - k % transforms, crop=224, mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225)
        )
        made = network().eval()
        with torch.no_grad():
            made(torch.zeros(1, 3, 224, 224))
        found[f"model-{k}"] = (made, crop)
    return found


def _row(
    data: Path,
    place: Path,
    what: str,
    models: Mapping[str, Any],
    wanted: float,
    repeats: int,
    device: str = "cpu",
) -> Row:
    import trichotomy as tri

    def ours() -> NDArray[Any]:
        done = tri.evaluate(models, place / "x.zarr", data=data, batch_size=BATCH, device=device, force=True)
        assert not done.failed
        return np.asarray(done.store.read()["response"].values[:, 0])

    workers = _faster_workers(data, models, repeats, device)
    found, expected = ours(), _loops(data, models, workers, device)
    assert (found == expected).mean() > 0.999, "decisions differ"
    mine, theirs = interleaved(ours, lambda: _loops(data, models, workers, device), repeats=repeats)
    note = f"the loop reads with {workers} workers" if workers else "the loop reads in its own process"
    text = f">= {wanted:g} x" if wanted > 1 else "not slower"
    return Row(f"{what}: one pass, eight passes", mine, theirs, text, theirs / mine >= wanted, note)


def _faster_workers(data: Path, models: Mapping[str, Any], repeats: int, device: str) -> int:
    """0, or as many as there are cores: what the loop takes less time with. Its models are all of one size."""
    one, most = dict([next(iter(models.items()))]), os.cpu_count() or 1
    alone, helped = interleaved(
        lambda: _loops(data, one, 0, device), lambda: _loops(data, one, most, device), repeats=repeats
    )
    return most if helped < alone else 0


class _Folder:
    """A data set as evaluation scripts have it."""

    def __init__(self, paths: list[Path], transform: Any) -> None:
        self.paths, self.transform = paths, transform

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, i: int) -> Any:
        from PIL import Image

        with Image.open(self.paths[i]) as picture:
            return self.transform(picture.convert("RGB"))


def _loops(data: Path, models: Mapping[str, Any], workers: int, device: str) -> NDArray[np.int64]:
    """int64[M, N]: responses, model after model."""
    import torch
    from torch.utils.data import DataLoader

    paths = sorted(data.rglob("*.jpg"))
    answers = []
    for network, transform in models.values():
        network.to(device)
        loader: Any = DataLoader(_Folder(paths, transform), batch_size=BATCH, num_workers=workers)  # type: ignore[arg-type]
        with torch.inference_mode():
            answers.append(
                np.concatenate([network(batch.to(device)).argmax(1).cpu().numpy() for batch in loader])
            )
    return np.stack(answers)


def main() -> None:
    """Measure and print the rows of a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    device = parser.parse_args().device
    found, said = (rows(), "") if device == "cpu" else rows_of_gpu(device)
    print("\n".join([*table(found), "", said]).rstrip())


if __name__ == "__main__":
    main()
