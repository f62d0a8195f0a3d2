"""The network of the MNIST challenge: two convolutions, two dense layers, no normalisation.

Reference: Madry, Makelov, Schmidt, Tsipras, Vladu: Towards deep learning models resistant to adversarial
attacks, ICLR 2018, arXiv 1706.06083. Theirs has a dense layer of 1,024, which is `madry_cnn_1024` here; the
others are the same with a smaller one, because most of its weights are there. The largest of four values is taken
before the ReLU, not after it: the same function, for a quarter of the work.
"""

from functools import partial

from torch import nn

from advlab.core.classifier import Size
from advlab.models.networks import registry


def _madry(dense: int, classes: int, size: Size) -> nn.Sequential:
    channels, height, width = size
    return nn.Sequential(
        nn.Conv2d(channels, 32, 5, padding=2),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Conv2d(32, 64, 5, padding=2),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(64 * (height // 4) * (width // 4), dense),
        nn.ReLU(),
        nn.Linear(dense, classes),
    )


for _dense in (128, 256, 1024):
    registry.register(f"madry_cnn_{_dense}", partial(_madry, _dense))
