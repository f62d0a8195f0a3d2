"""The substitute of the practical black-box attack: two convolutions of 2 × 2, two dense layers.

Reference: Papernot, McDaniel, Goodfellow, Jha, Celik, Swami: Practical black-box attacks against machine learning,
ASIA CCS 2017, arXiv 1602.02697 (architecture A). The largest of four values is taken before the ReLU, not after it:
the same function, for a quarter of the work.
"""

from torch import nn

from advlab.core.classifier import Size
from advlab.models.networks import registry


def _papernot(classes: int, size: Size) -> nn.Sequential:
    channels, height, width = size
    # Each convolution takes one row and column, each pooling half of what is left.
    down, across = (((side - 1) // 2 - 1) // 2 for side in (height, width))
    return nn.Sequential(
        nn.Conv2d(channels, 32, 2),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Conv2d(32, 64, 2),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(64 * down * across, 200),
        nn.ReLU(),
        nn.Linear(200, 200),
        nn.ReLU(),
        nn.Linear(200, classes),
    )


registry.register("papernot_cnn", _papernot)
