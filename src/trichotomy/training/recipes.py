"""The recipes that come along: the embedded study and those of the paper."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType

from trichotomy.datasets import Augmentation
from trichotomy.errors import InputError
from trichotomy.training.conditions import paper_conditions
from trichotomy.training.recipe import Recipe
from trichotomy.training.settings import Settings

RATES = (0.148, 0.149, 0.150, 0.151, 0.152)
"""Of the condition learning-rate where base has 0.1 (Meding et al. 2022)."""
_PLAIN = Augmentation()
_FLIP = Augmentation(flip=True)
_CIFAR = Augmentation(crop="padded", padding=4, flip=True)
_IMAGENET = (
    Augmentation(crop="resized", size=224, flip=True),
    Augmentation(crop="centre", resize=256, size=224),
)
_NOISE = (Augmentation(crop="resized", size=224, flip=True), Augmentation(crop="resized", size=224))
_SHRUNK = (Augmentation(crop="resized", size=32, flip=True), Augmentation(crop="centre", resize=36, size=32))
"""Images of any size, made small for tiny networks."""
_LARGE = ("cifar10", "cifar100", "imagenet", "shards")
_QUICK = {
    "gaussian": (_FLIP, _PLAIN), "digits": (_PLAIN, _PLAIN), "cifar10": (_CIFAR, _PLAIN), "cifar100": (_CIFAR, _PLAIN),
}  # fmt: skip


def quick(dataset: str) -> Recipe:
    """Every condition of the paper with tiny networks: minutes on a laptop.

    On ``gaussian`` 8 x 8 pixels of one channel, 10 classes, 2,000 training and 1,000 test images; of CIFAR and ImageNet
    5,000 training and 2,000 test images.
    """
    train, test = _QUICK.get(dataset, _SHRUNK)
    return Recipe(
        name="quick",
        dataset={"train_items": 5000, "test_items": 2000} if dataset in _LARGE else {},
        settings=Settings(
            architecture="tiny-resnet", epochs=15, batch_size=64, milestones=(5, 10), train=train, test=test
        ),
        conditions=paper_conditions(alternative="tiny-plain", rates=RATES),
    )


@dataclass(frozen=True, slots=True)
class _Paper:
    """A base network of the paper."""

    architecture: str
    alternative: str
    batch_size: int
    epochs: Mapping[str, int]
    notes: tuple[str, ...] = ()


_PAPER = {
    "paper-resnet18": _Paper(
        "resnet18", "densenet121", 256, {"imagenet": 90, "cifar100": 30, "gaussian": 30},
        ("The paper's DenseNet-121 ran at batch 64 beside batch 256: its architecture and its batch size are one "
         "condition there. Here every network of a study has the same batch size.",),
    ),
    "paper-densenet121": _Paper(
        "densenet121", "resnet50", 64, {"imagenet": 30, "cifar100": 30, "gaussian": 30}
    ),
    "paper-vgg11": _Paper("vgg11", "alexnet", 64, {"imagenet": 30, "cifar100": 30, "gaussian": 30}),
}  # fmt: skip


def _paper(which: str, dataset: str, *, augmentation: bool = False) -> Recipe:
    """One of the paper's studies: 31 networks, stochastic gradient descent, the rate divided by 10 twice.

    ImageNet with ResNet-18: 90 epochs, divided after 30 and 60; everything else 30 epochs, after 10 and 20.
    """
    paper = _PAPER[which]
    dataset = "imagenet" if dataset == "shards" else dataset  # ImageNet's form beside folders
    if dataset not in paper.epochs:
        msg = (
            f"the recipe {which} is for {', '.join(paper.epochs)}, not for {dataset}; for other data write a recipe of "
            f"your own that extends 'quick' (docs/study.md)"
        )
        raise InputError(msg)
    epochs = paper.epochs[dataset]
    noise = dataset == "gaussian"
    scale = 0.01 if noise else 1.0  # 'learning rates in steps of 1e-5'
    train, test = {"imagenet": _IMAGENET, "cifar100": (_CIFAR, _PLAIN), "gaussian": _NOISE}[dataset]
    alternative = "resnet50" if noise and which == "paper-resnet18" else paper.alternative
    return Recipe(
        name=f"{which}-authors" if augmentation else which,
        dataset=_PAPER_NOISE if noise else {},
        settings=Settings(
            architecture=paper.architecture, epochs=epochs, batch_size=paper.batch_size, learning_rate=0.1 * scale,
            milestones=(epochs // 3, 2 * epochs // 3), train=train, test=test,
        ),
        conditions=paper_conditions(
            alternative=alternative, rates=tuple(round(r * scale, 8) for r in RATES), augmentation=augmentation
        ),
        keep_states="all",
        notes=(*paper.notes, *(_NOISE_NOTES if noise else ())),
    )  # fmt: skip


_PAPER_NOISE = {
    "size": 256, "channels": 3, "classes": 100, "train_per_class": 200, "test_per_class": 500, "normalise": False
}  # fmt: skip
_NOISE_NOTES = (
    "Gaussian: the text at hand says '20000 train and 50 test images per class', the authors' analysis has 500 test "
    "images per class. Two million training images would be more than ImageNet has, for a control experiment; this "
    "recipe takes 20,000 in all, 200 per class, and 500 test images per class. Both are options of the data set.",
    "Gaussian: the base learning rate, 0.001, is inferred from the authors' steps of 1e-5, a hundredth of those "
    "beside 0.1.",
    "Gaussian: test images are cropped at random, as in the authors' code, at places fixed by the seed; the option "
    "test = {crop = 'centre', resize = 256, size = 224} tests on their centres.",
)

RECIPES: Mapping[str, Callable[[str], Recipe]] = MappingProxyType(
    {
        "quick": quick,
        **{name: partial(_paper, name) for name in _PAPER},
        **{f"{name}-authors": partial(_paper, name, augmentation=True) for name in _PAPER},
    }
)
"""Recipes by name; each takes the name of the data set. In those that end in ``-authors`` a new order of the data also
redraws augmentation and dropout, as in the authors' code."""
