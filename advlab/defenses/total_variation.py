"""Pixels are dropped at random, and the flattest picture through the others is answered."""

from typing import ClassVar

import torch
from torch import Tensor

from advlab.core.attack import Widget, param
from advlab.core.randomness import Noise
from advlab.core.transformation import RandomTransformation
from advlab.defenses import register


@register
class TotalVariation(RandomTransformation):
    """The picture of least total variation among those near the pixels that were kept.

    It minimises ½ Σ m (z - x)² + λ TV(z) with m = 1 at kept pixels, TV the sum of the lengths of the gradient, by the
    primal-dual steps of Chambolle and Pock: A first-order primal-dual algorithm for convex problems with
    applications to imaging, JMIV 2011.

    Reference: Guo, Rana, Cissé, van der Maaten: Countering adversarial images using input transformations, ICLR
    2018, arXiv 1711.00117. Departure: another solver of the same problem.
    """

    name: ClassVar[str] = "total_variation"
    title: ClassVar[str] = "Total-variation minimisation"
    backward: ClassVar[str | None] = "the identity"

    kept: float = param(0.5, "Kept", "Share of the pixels.", gt=0, le=1, widget=Widget(0.1, 1, 0.05))
    weight: float = param(0.03, "Flatness", "λ.", gt=0, le=1, widget=Widget(0.005, 0.2, 0.005))
    steps: int = param(60, "Steps", "Of the solver.", ge=1, le=1000)

    def apply(self, x: Tensor, noise: Noise) -> Tensor:
        """The minimiser, after so many steps."""
        mask = (noise.uniform(x.shape[2:]) < self.kept).to(x).unsqueeze(1)
        step = 1 / 8**0.5  # the most that converges: the difference operator's norm is at most √8
        z = leaning = x * mask + (1 - mask) * x.mean((2, 3), keepdim=True)
        slope = x.new_zeros(2, *x.shape)
        for _ in range(self.steps):
            slope = slope + step * _differences(leaning)
            slope = slope / (slope.square().sum(0).sqrt() / self.weight).clamp_min(1)
            moved = z + step * _divergence(slope)
            before, z = z, (moved + step * mask * x) / (1 + step * mask)
            leaning = 2 * z - before
        return z.clamp(0, 1)


def _differences(z: Tensor) -> Tensor:
    """To the pixel below and to the right, `[2, N, C, H, W]`; zero at the edge."""
    out = z.new_zeros(2, *z.shape)
    out[0, :, :, :-1] = z[:, :, 1:] - z[:, :, :-1]
    out[1, :, :, :, :-1] = z[:, :, :, 1:] - z[:, :, :, :-1]
    return out


def _divergence(slope: Tensor) -> Tensor:
    """The negative transpose of `_differences`."""
    down, across = slope
    out = torch.zeros_like(down)
    out[:, :, :-1] += down[:, :, :-1]
    out[:, :, 1:] -= down[:, :, :-1]
    out[:, :, :, :-1] += across[:, :, :, :-1]
    out[:, :, :, 1:] -= across[:, :, :, :-1]
    return out
