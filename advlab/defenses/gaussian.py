"""A blur: what is fine is lost, of the attack and of the picture."""

import math
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
class Gaussian(Transformation):
    """Each value becomes the mean of its surroundings, weighted by a Gaussian out to three standard deviations.

    Reference: the local smoothing of Xu, Evans, Qi: Feature squeezing, NDSS 2018, arXiv 1704.01155.
    """

    name: ClassVar[str] = "gaussian"
    title: ClassVar[str] = "Gaussian blur"

    sigma: float = param(0.8, "Width", "Standard deviation, in pixels.", gt=0, le=20, widget=Widget(0.3, 3, 0.1))

    def check(self, size: Size) -> None:
        """The blur is smaller than the picture."""
        windows.check(len(self._kernel()), size, self.title)

    def apply(self, x: Tensor, noise: Noise) -> Tensor:
        """Blurred."""
        return windows.convolved(x, self._kernel())

    def _kernel(self) -> Tensor:
        reach = math.ceil(3 * self.sigma)
        weights = torch.exp(-0.5 * (torch.arange(-reach, reach + 1) / self.sigma) ** 2)
        return weights / weights.sum()
