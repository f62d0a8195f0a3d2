"""The mean of each neighbourhood."""

from typing import ClassVar

import torch
from torch import Tensor

from advlab.core import windows
from advlab.core.attack import Widget, param
from advlab.core.classifier import Size
from advlab.core.randomness import Noise
from advlab.core.transformation import Transformation
from advlab.defenses import register


@register
class Mean(Transformation):
    """Each value becomes the mean of the window around it.

    Reference: the local smoothing of Xu, Evans, Qi: Feature squeezing, NDSS 2018, arXiv 1704.01155; as a defense:
    Li, Li: Adversarial examples detection in deep networks with convolutional filter statistics, ICCV 2017,
    arXiv 1612.07767.
    """

    name: ClassVar[str] = "mean"
    title: ClassVar[str] = "Mean filter"

    size: int = param(3, "Window", "Pixels of its side.", ge=2, le=31, widget=Widget(2, 7))

    def check(self, size: Size) -> None:
        """The window is smaller than the picture."""
        windows.check(self.size, size, self.title)

    def apply(self, x: Tensor, noise: Noise) -> Tensor:
        """Means."""
        return windows.convolved(x, torch.full((self.size,), 1 / self.size))
