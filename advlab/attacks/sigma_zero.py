"""Sigma-zero: descends a smooth count of changed pixels, and undoes the smallest changes."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from advlab.attacks import register
from advlab.core import adam, losses, norms
from advlab.core.attack import Access, State, Widget, param
from advlab.core.minimal import MinimalAttack, reached
from advlab.core.norms import Norm
from advlab.core.oracle import GradientOracle
from advlab.core.schedules import cosine

# The last step, as a share of the first.
_LAST_STEP = 0.1


@dataclass(frozen=True)
class SigmaZeroState(State):
    """The iterate, Adam's moments, and below which change a pixel is left as it was."""

    x: Tensor  # [n, C, H, W]
    first: Tensor  # [n, C, H, W], moments of Adam
    second: Tensor
    threshold: Tensor  # [n], in [0, 1]


@register
class SigmaZero(MinimalAttack):
    """Descends the lead of the class to leave, while there is one, plus a smooth count of changed pixels.

    A pixel that changed by `e`, squared and summed over its channels, counts `e / (e + sigma)`. After each step pixels
    that changed by less than a threshold go back; it rises on success and falls on failure.

    Reference: Cinà, Villani, Pintor, Schönherr, Biggio, Pelillo: σ-zero: gradient-based optimization of ℓ0-norm
    adversarial examples, ICLR 2025, arXiv 2402.01879. Departures: (1) what is counted, and put back, is a pixel with
    all its channels; (2) a target is the class whose lag is descended; (3) the steps are Adam's, as in the
    authors' code: plain ones end with more pixels; (4) the search ends with the fewest pixels by the gradient.
    """

    name: ClassVar[str] = "sigma_zero"
    title: ClassVar[str] = "σ-zero · fewest pixels"
    access: ClassVar[Access] = Access.GRADIENT
    norms: ClassVar[tuple[Norm, ...]] = (Norm.L0,)

    steps: int = param(100, "Steps", "Gradient steps.", ge=1, le=100_000, widget=Widget(10, 1000, 10))
    step_size: float = param(
        1.0,
        "Step size",
        "The largest change of a value in the first step; the last one is a tenth of it.",
        gt=0,
        le=10,
        widget=Widget(0.1, 1, 0.1),
    )
    sigma: float = param(
        1e-3, "Sigma", "Smoothness of the count.", gt=0, le=1, widget=Widget(1e-4, 0.1, 1e-4, log=True)
    )
    threshold: float = param(
        0.3, "First threshold", "Smaller changes are undone.", ge=0, le=1, widget=Widget(0, 1, 0.05)
    )
    adjustment: float = param(
        0.01,
        "Adjustment",
        "By how much the threshold rises or falls, as a share of the step size.",
        ge=0,
        le=1,
        widget=Widget(0, 0.1, 0.005),
    )

    def init(self, o: GradientOracle) -> SigmaZeroState:
        zero, threshold = torch.zeros_like(o.x), torch.full_like(o.eps, self.threshold)
        return SigmaZeroState(step=o.rows * 0, x=o.x, first=zero, second=zero, threshold=threshold)

    def move(self, o: GradientOracle, s: SigmaZeroState) -> SigmaZeroState:
        reply = o.gradient(s.x, loss=losses.margin)
        there = reached(o, reply)
        length = cosine(self.step_size, self.step_size * _LAST_STEP, s.step, self.steps).to(s.threshold)
        delta = s.x - o.x
        downhill = reply.gradient.masked_fill(norms.per_image(there, s.x), 0) - self._count_slope(delta)
        peak = norms.size(downhill, Norm.LINF)
        downhill = downhill / norms.per_image(torch.where(peak > 0, peak, 1), s.x)
        first, second, direction = adam.moments(s.first, s.second, downhill, s.step + 1)
        x = (s.x + norms.per_image(length, s.x) * direction).clamp_(0, 1)
        threshold = (s.threshold + self.adjustment * length * torch.where(there, 1, -1)).clamp(0, 1)
        small = (x - o.x).abs().amax(1, keepdim=True) < norms.per_image(threshold, x)
        x = torch.where(small, o.x, x)
        return SigmaZeroState(step=s.step + 1, x=x, first=first, second=second, threshold=threshold)

    def _count_slope(self, delta: Tensor) -> Tensor:
        """The gradient of the smooth count, as a share of all pixels."""
        changed = delta.square().sum(1, keepdim=True) + self.sigma
        return delta * (2 * self.sigma / delta[0, 0].numel()) / changed.square()
