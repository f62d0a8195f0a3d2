"""Residual networks with pre-activation, narrow enough for a processor and for a repository.

References: He, Zhang, Ren, Sun: Identity mappings in deep residual networks, ECCV 2016, arXiv 1603.05027;
Zagoruyko, Komodakis: Wide residual networks, BMVC 2016, arXiv 1605.07146. With SiLU in place of ReLU adversarial
training ends more robust (Gowal et al.: Uncovering the limits of adversarial training, 2020, arXiv 2010.03593).
"""

from collections.abc import Callable
from functools import partial

import torch.nn.functional as F
from torch import Tensor, nn

from advlab.core.classifier import Size
from advlab.models.networks import registry

Activation = Callable[[Tensor], Tensor]


class PreActBlock(nn.Module):
    """Two 3 × 3 convolutions, each after normalisation and activation; the shortcut is the identity where it can be."""

    def __init__(self, channels: int, width: int, stride: int, activation: Activation) -> None:
        super().__init__()
        self.activation = activation
        self.norm1 = nn.BatchNorm2d(channels)
        self.conv1 = nn.Conv2d(channels, width, 3, stride, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        changes = stride > 1 or channels != width
        self.shortcut = nn.Conv2d(channels, width, 1, stride, bias=False) if changes else None

    def forward(self, x: Tensor) -> Tensor:
        """From `[N, channels, H, W]` to `[N, width, H / stride, W / stride]`."""
        active = self.activation(self.norm1(x))
        kept = x if self.shortcut is None else self.shortcut(active)
        out: Tensor = self.conv2(self.activation(self.norm2(self.conv1(active)))) + kept
        return out


class PreActResNet(nn.Module):
    """A stem, stages of blocks that halve the picture and widen it, and the mean over what is left.

    Args:
        classes: how many logits.
        channels: of the input.
        stem: width of the first convolution.
        widths: of the stages.
        blocks: in each stage.
        pool: halve the picture after the stem: four times faster, for pictures without fine detail.
        activation: of every layer.
    """

    def __init__(
        self,
        classes: int,
        channels: int,
        *,
        stem: int,
        widths: tuple[int, ...],
        blocks: int,
        pool: bool,
        activation: Activation = F.relu,
    ) -> None:
        super().__init__()
        self.activation = activation
        self.stem = nn.Conv2d(channels, stem, 3, 1, 1, bias=False)
        self.pool = nn.MaxPool2d(2) if pool else nn.Identity()
        stages: list[nn.Module] = []
        before = stem
        for stage, width in enumerate(widths):
            for block in range(blocks):
                stages.append(PreActBlock(before, width, 2 if stage > 0 and block == 0 else 1, activation))
                before = width
        self.stages = nn.Sequential(*stages)
        self.norm = nn.BatchNorm2d(before)
        self.head = nn.Linear(before, classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, x: Tensor) -> Tensor:
        """Logits `[N, classes]`."""
        features = self.activation(self.norm(self.stages(self.pool(self.stem(x)))))
        logits: Tensor = self.head(features.mean((2, 3)))
        return logits


def _pooled(width: int, blocks: int, classes: int, size: Size) -> PreActResNet:
    """Three stages after a stem that halves the picture."""
    widths = (width, 2 * width, 4 * width)
    return PreActResNet(classes, size[0], stem=max(16, width // 2), widths=widths, blocks=blocks, pool=True)


def _eighteen(classes: int, size: Size) -> PreActResNet:
    """The usual one for CIFAR-10, 11 million parameters."""
    return PreActResNet(classes, size[0], stem=64, widths=(64, 128, 256, 512), blocks=2, pool=False)


def _wide(depth: int, factor: int, activation: Activation, classes: int, size: Size) -> PreActResNet:
    """WRN-depth-factor of Zagoruyko and Komodakis, without dropout."""
    widths, blocks = (16 * factor, 32 * factor, 64 * factor), (depth - 4) // 6
    return PreActResNet(classes, size[0], stem=16, widths=widths, blocks=blocks, pool=False, activation=activation)


for _blocks in (1, 2):
    for _width in (16, 32, 48, 64, 96):
        # Depth as it is counted in the field: two convolutions a block, the stem and the head.
        registry.register(f"preact_resnet{6 * _blocks + 2}_w{_width}", partial(_pooled, _width, _blocks))
registry.register("preact_resnet18", _eighteen)
for _depth, _factor in ((10, 1), (10, 2), (16, 2), (16, 4), (28, 4), (28, 10), (34, 10)):
    registry.register(f"wide_resnet{_depth}_{_factor}", partial(_wide, _depth, _factor, F.relu))
    registry.register(f"wide_resnet{_depth}_{_factor}_silu", partial(_wide, _depth, _factor, F.silu))
