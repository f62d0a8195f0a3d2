"""Carlini and Wagner's L∞ attack: a bound on every value that is lowered as long as it can be kept."""

import math
from dataclasses import dataclass, replace
from typing import ClassVar

import torch
from torch import Tensor

from advlab.attacks import register
from advlab.core import adam, losses, norms
from advlab.core.attack import Access, State, Widget, param
from advlab.core.minimal import MinimalAttack, reached
from advlab.core.norms import Norm
from advlab.core.oracle import GradientOracle

# Where the search ends: a bound below which there is no grey level to gain, and the highest price.
_LOWEST, _HIGHEST = 0.5 / 255, 20.0
# No step of Adam is longer than this share of the bound.
_FINEST = 0.1


@dataclass(frozen=True)
class CWLinfState(State):
    """Adam's iterate and moments, and each image's bound and price."""

    x: Tensor  # [n, C, H, W]
    first: Tensor  # [n, C, H, W], moments of Adam
    second: Tensor
    taken: Tensor  # [n], steps since the bound or the price changed
    bound: Tensor  # [n], tau
    const: Tensor  # [n], the price c


@register
class CWLinf(MinimalAttack):
    """Minimises `c · max(-margin, 0)` plus what values change beyond a bound, by Adam; then lowers the bound.

    Where the goal is reached inside the bound, the bound becomes nine tenths of the largest change, and the search goes
    on from there. Where the steps for one price run out, the price doubles, up to 20.

    Reference: Carlini, Wagner: Towards evaluating the robustness of neural networks, IEEE S&P 2017, arXiv 1608.04644,
    section VI-C. Departures: (1) Adam works on pixels and is projected onto [0, 1], as in our L2 attack; (2) its rate
    falls within a price's steps and is at most a tenth of the bound, or the result is as rough as a step; (3) a dearer
    try goes on from the cheaper one's end; (4) the search ends with a bisection on the line to the clean image. The
    paper's 1000 steps are offered, not the default.
    """

    name: ClassVar[str] = "cw_linf"
    title: ClassVar[str] = "C&W · smallest largest change"
    access: ClassVar[Access] = Access.GRADIENT
    norms: ClassVar[tuple[Norm, ...]] = (Norm.LINF,)

    steps: int = param(
        100, "Steps", "Most steps of Adam for one bound and price.", ge=1, le=100_000,
        widget=Widget(10, 1000, 10, initial=20),
    )  # fmt: skip
    step_size: float = param(5e-3, "Step size", "Learning rate of Adam.", gt=0, le=1, widget=Widget(0.001, 0.1, 0.001))
    initial_const: float = param(
        1e-5, "First constant", "The price of failing that is tried first.", gt=0, le=_HIGHEST,
        widget=Widget(1e-5, 20, 1e-5, initial=1.0),
    )  # fmt: skip
    tightening: float = param(
        0.9, "Tightening", "What is left of the largest change in the next bound.", gt=0, lt=1,
        widget=Widget(0.5, 0.99, 0.01),
    )  # fmt: skip

    def init(self, o: GradientOracle) -> CWLinfState:
        zero = torch.zeros_like(o.x)
        return CWLinfState(
            step=o.rows * 0, x=o.x, first=zero, second=zero, taken=o.rows * 0, bound=torch.ones_like(o.eps),
            const=torch.full_like(o.eps, self.initial_const),
        )  # fmt: skip

    def move(self, o: GradientOracle, s: CWLinfState) -> CWLinfState:
        reply = o.gradient(s.x, loss=losses.margin)
        there, delta = reached(o, reply), s.x - o.x
        largest = norms.size(delta, Norm.LINF)
        solved = there & (largest <= s.bound)
        price = norms.per_image(torch.where(there, 0, s.const), delta)
        gradient = delta.sign() * (delta.abs() > norms.per_image(s.bound, delta)) - price * reply.gradient
        taken = s.taken + 1
        first, second, direction = adam.moments(s.first, s.second, gradient, taken)
        rate = (s.bound * _FINEST).clamp_max(self.step_size) * (1 - s.taken / self.steps)
        moved = (s.x - norms.per_image(rate, delta) * direction).clamp_(0, 1)

        dearer = (taken >= self.steps) & ~solved
        bound = torch.where(solved, largest * self.tightening, s.bound)
        const = torch.where(dearer, s.const * 2, s.const)
        afresh = norms.per_image(solved | dearer, delta)
        state = CWLinfState(
            step=s.step + 1, x=torch.where(norms.per_image(solved, delta), s.x, moved),
            first=first.masked_fill(afresh, 0), second=second.masked_fill(afresh, 0),
            taken=taken.masked_fill(solved | dearer, 0), bound=bound, const=const,
        )  # fmt: skip
        return replace(state, step=self.finish(state, (const > _HIGHEST) | (bound < _LOWEST)))

    @property
    def all_steps(self) -> int:
        bounds = math.ceil(math.log(_LOWEST) / math.log(self.tightening))
        prices = math.ceil(math.log2(_HIGHEST / self.initial_const)) + 1
        return self.steps * (bounds + prices)
