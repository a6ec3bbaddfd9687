"""The quick study as one would write it after PyTorch's ImageNet example: what ``benchmarks.study`` measures against.

    python -m benchmarks.study_loop 31 pictures accuracies.json

One process with PyTorch's default threads, images in the default memory format, a ``DataLoader`` over a ``Dataset``
that transforms item by item, plain SGD, the networks one after another, each tested after every epoch, nothing
recorded but accuracies. ``pictures``: as in the example, each item is a PIL image that goes through what torchvision's
flip, ``ToTensor`` and ``Normalize`` do. ``tensors``: a leaner loop, whose items are tensors all along. Data, initial
weights, epochs, rates and conditions are those of the study; "nondeterministic" is another base here, as it is for any
loop on a CPU.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset, Subset, random_split

from benchmarks.study import some_networks
from trichotomy import datasets, models
from trichotomy.training import Settings
from trichotomy.training.randomness import seed_of


class Images(Dataset[tuple[Tensor, int]]):
    """Labelled images in memory, transformed when asked for."""

    def __init__(self, split: datasets.Split, transform: Callable[[Any], Tensor]) -> None:
        self.images = split.images(np.arange(len(split.ids)))
        self.labels = split.labels.tolist()
        self.transform = transform

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        return self.transform(self.images[index]), self.labels[index]


class Pictures:
    """What torchvision's transforms do with a gray PIL image: flip at random, to numbers, normalise."""

    def __init__(self, mean: tuple[float, ...], std: tuple[float, ...], *, flip: bool) -> None:
        self.mean, self.std, self.flip = mean, std, flip

    def __call__(self, image: NDArray[np.uint8]) -> Tensor:
        """Make uint8[1, H, W] an input."""
        picture = Image.fromarray(image[0])
        if self.flip and torch.rand(1) < 0.5:
            picture = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        pixels = torch.from_numpy(np.array(picture, np.uint8, copy=True))
        pixels = pixels.view(picture.height, picture.width, 1).permute(2, 0, 1).contiguous()
        numbers = pixels.to(torch.float32).div(255)
        mean, std = (torch.as_tensor(values).view(-1, 1, 1) for values in (self.mean, self.std))
        return numbers.clone().sub_(mean).div_(std)


class Tensors:
    """The same with as few operations as can be."""

    def __init__(self, mean: tuple[float, ...], std: tuple[float, ...], *, flip: bool) -> None:
        self.mean, self.std = (torch.tensor(values)[:, None, None] for values in (mean, std))
        self.flip = flip

    def __call__(self, image: NDArray[np.uint8]) -> Tensor:
        """Make uint8[C, H, W] an input."""
        pixels = torch.from_numpy(image)
        if self.flip and torch.rand(1) < 0.5:
            pixels = pixels.flip(-1)
        return pixels.float().div(255).sub_(self.mean).div_(self.std)


TRANSFORMS: dict[str, type[Pictures | Tensors]] = {"pictures": Pictures, "tensors": Tensors}


def train(
    loader: DataLoader[Any], model: nn.Module, optimizer: torch.optim.Optimizer, *, halves: bool
) -> None:
    """One epoch; loss and accuracy are followed, as in the example."""
    model.train()
    losses = right = 0.0
    for batch in loader:
        for images, target in zip(*(part.chunk(2) for part in batch), strict=True) if halves else [batch]:
            output = model(images)
            loss = nn.functional.cross_entropy(output, target)
            losses += loss.item() * len(target)
            right += (output.argmax(1) == target).sum().item()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()


@torch.no_grad()
def validate(loader: DataLoader[Any], model: nn.Module) -> float:
    """Accuracy on the test images."""
    model.eval()
    right = 0
    for images, target in loader:
        right += (model(images).argmax(1) == target).sum().item()
    return right / len(loader.dataset)  # type: ignore[arg-type]


def run(data: datasets.Dataset, settings: Settings, epochs: int, seed: int, transform: type[Any]) -> float:
    """Train one network and return its last accuracy."""
    training: Dataset[Any] = Images(data.train, transform(data.mean, data.std, flip=settings.train.flip))
    if settings.half:
        one, two = random_split(training, [0.5, 0.5], torch.Generator().manual_seed(seed))
        training = Subset(training, (one, two)[settings.half - 1].indices)
    order = torch.Generator().manual_seed(seed + settings.order)
    loader = DataLoader(training, settings.batch_size, shuffle=True, generator=order)
    testing = DataLoader(Images(data.test, transform(data.mean, data.std, flip=False)), settings.batch_size)
    model = models.build(
        settings.architecture, classes=len(data.classes), channels=data.train.channels, size=data.train.size[0],
        seed=seed_of(seed, "initialization", settings.initialization),
    )  # fmt: skip
    optimizer = torch.optim.SGD(
        model.parameters(), settings.learning_rate, momentum=settings.momentum,
        weight_decay=settings.weight_decay, nesterov=settings.nesterov,
    )  # fmt: skip
    scheduler = torch.optim.lr_scheduler.MultiStepLR(optimizer, settings.milestones, settings.decay)
    accuracy = 0.0
    for _ in range(epochs):
        train(loader, model, optimizer, halves=settings.half_batches)
        accuracy = validate(testing, model)
        scheduler.step()
    return accuracy


def main(networks: int, transform: type[Any], out: Path) -> None:
    """Train the networks one after another and write their accuracies."""
    recipe = some_networks(networks)
    data = datasets.load("gaussian")
    accuracies = []
    for condition in recipe.conditions:
        for changes in condition.instances:
            epochs = recipe.settings.epochs + (recipe.longer if condition.name == "base" else 0)
            settings = recipe.settings.with_changes(changes)
            accuracies.append(run(data, settings, epochs, recipe.seed, transform))
    out.write_text(json.dumps(accuracies))


if __name__ == "__main__":
    main(int(sys.argv[1]), TRANSFORMS[sys.argv[2]], Path(sys.argv[3]))
