"""Two wide strides and two dense layers: learns from a thousand pictures in seconds.

For substitutes of networks that can only be asked. Compared with the network of the paper on substitutes
(`papernot_cnn`), its 5 × 5 convolutions have smoother gradients, so that attacks on it transfer better.
"""

from torch import nn

from advlab.core.classifier import Size
from advlab.models.networks import registry


def _striding(classes: int, size: Size) -> nn.Sequential:
    channels, height, width = size
    left = -(-height // 4) * -(-width // 4)
    return nn.Sequential(
        nn.Conv2d(channels, 16, 5, 2, 2),
        nn.ReLU(),
        nn.Conv2d(16, 32, 5, 2, 2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(32 * left, 100),
        nn.ReLU(),
        nn.Linear(100, classes),
    )


registry.register("striding_cnn", _striding)
