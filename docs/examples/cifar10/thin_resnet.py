"""ResNet-18 with few channels, for a study on processors without a graphics card.

Stem, stages, blocks and strides are those of He, Zhang, Ren, Sun (2016) in the form usual for images of 32 pixels, but
for a stem that halves the image, and a quarter of the channels.
"""

from torch import Tensor, nn

WIDTH = 16
"""Channels of the first stage; ResNet-18 has 64."""


class Block(nn.Module):
    """Two 3x3 convolutions around a shortcut, which is a 1x1 convolution where the shape changes."""

    def __init__(self, before: int, after: int, stride: int) -> None:
        super().__init__()
        self.convolutions = nn.Sequential(
            nn.Conv2d(before, after, 3, stride, 1, bias=False),
            nn.BatchNorm2d(after),
            nn.ReLU(inplace=True),
            nn.Conv2d(after, after, 3, 1, 1, bias=False),
            nn.BatchNorm2d(after),
        )
        self.shortcut: nn.Module = nn.Identity()
        if stride > 1 or before != after:
            self.shortcut = nn.Sequential(
                nn.Conv2d(before, after, 1, stride, bias=False), nn.BatchNorm2d(after)
            )

    def forward(self, x: Tensor) -> Tensor:
        return (self.convolutions(x) + self.shortcut(x)).relu()


def resnet18(*, classes: int, channels: int, size: int | None) -> nn.Module:
    """Eighteen layers: a stem, four stages of two blocks, a classifier."""
    stem = nn.Sequential(
        nn.Conv2d(channels, WIDTH, 3, 2, 1, bias=False), nn.BatchNorm2d(WIDTH), nn.ReLU(inplace=True)
    )
    stages, before = [], WIDTH
    for stage in range(4):
        after = WIDTH * 2**stage
        stages += [Block(before, after, 2 if stage else 1), Block(after, after, 1)]
        before = after
    return nn.Sequential(
        stem, *stages, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(before, classes)
    )
