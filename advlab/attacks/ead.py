"""Elastic-net attack: a sparse perturbation, by searching the price of failing."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from advlab.attacks import register
from advlab.core import losses, norms
from advlab.core.attack import Access, State, Widget, param
from advlab.core.minimal import MinimalAttack, reached
from advlab.core.norms import Norm
from advlab.core.oracle import GradientOracle
from advlab.core.prices import Prices, next_prices


@dataclass(frozen=True)
class EADState(State):
    """The iterate, the point ahead of it where the gradient is taken, and each image's search for its constant."""

    x: Tensor  # [n, C, H, W]
    ahead: Tensor  # [n, C, H, W]
    hit: Tensor  # [n], whether the goal was reached in this round
    const: Tensor  # [n], the price c
    low: Tensor  # [n], largest price that failed
    high: Tensor  # [n], smallest price that succeeded; infinite before there is one


@register
class EAD(MinimalAttack):
    """Minimises `|delta|_2² + beta · |delta|_1 + c · max(confidence - margin, 0)`, and searches c for each image.

    Each step follows the gradient of the smooth part, then moves every value towards the clean one by beta, and the
    next gradient is taken a little ahead (FISTA).

    Reference: Chen, Sharma, Zhang, Yi, Hsieh: EAD: elastic-net attacks to deep neural networks via adversarial
    examples, AAAI 2018, arXiv 1709.04114. Departures: (1) the candidates are the points where gradients are taken,
    clamped to the box, so that a step costs one pass and not two; (2) the search ends with a bisection on the line to
    the clean image, and with the least change by the gradient; (3) the paper's 1000 steps are offered, not the default.
    """

    name: ClassVar[str] = "ead"
    title: ClassVar[str] = "EAD · elastic net"
    access: ClassVar[Access] = Access.GRADIENT
    norms: ClassVar[tuple[Norm, ...]] = (Norm.L1,)

    steps: int = param(
        200, "Steps", "Steps for one constant.", ge=1, le=100_000, widget=Widget(10, 1000, 10, initial=50)
    )
    search_steps: int = param(
        9, "Search steps", "Constants tried, each by bisection.", ge=1, le=20, widget=Widget(1, 10, initial=4)
    )
    step_size: float = param(
        0.01,
        "Step size",
        "Rate of the first step; it falls to zero by its root.",
        gt=0,
        le=1,
        widget=Widget(0.001, 0.1, 0.001),
    )
    beta: float = param(
        1e-2, "Beta", "By how much a step moves every value back.", ge=0, le=1, widget=Widget(0.001, 0.1, 0.001)
    )
    initial_const: float = param(
        1e-3,
        "First constant",
        "The price of failing that is tried first.",
        gt=0,
        le=1e10,
        widget=Widget(1e-3, 100, 1e-3, initial=1.0),
    )
    confidence: float = param(
        0.0, "Confidence", "Margin of the logits to reach.", ge=0, le=1000, widget=Widget(0, 20, 0.5)
    )

    def init(self, o: GradientOracle) -> EADState:
        zero = torch.zeros_like(o.eps)
        return EADState(
            step=o.rows * 0, x=o.x, ahead=o.x, hit=zero.bool(), const=zero + self.initial_const, low=zero,
            high=zero + torch.inf,
        )  # fmt: skip

    def move(self, o: GradientOracle, s: EADState) -> EADState:
        number = s.step % self.steps
        reply = o.gradient(s.ahead, loss=losses.margin)
        short = reply.value < self.confidence
        price = norms.per_image(s.const * short, s.x)
        rate = self.step_size * (1 - number.to(s.const) / self.steps).sqrt()
        moved = s.ahead - norms.per_image(rate, s.x) * (2 * (s.ahead - o.x) - price * reply.gradient)
        x = (o.x + torch.nn.functional.softshrink(moved - o.x, self.beta)).clamp_(0, 1)
        momentum = norms.per_image((number / (number + 3)).to(s.const), x)
        ahead = (x + momentum * (x - s.x)).clamp_(0, 1)

        hit = s.hit | (reached(o, reply) & ~short)
        over = number + 1 == self.steps
        new = next_prices(Prices(s.const, s.low, s.high), hit, over)
        afresh = norms.per_image(over, x)
        return EADState(
            step=s.step + 1, x=torch.where(afresh, o.x, x), ahead=torch.where(afresh, o.x, ahead), hit=hit & ~over,
            const=new.const, low=new.low, high=new.high,
        )  # fmt: skip

    @property
    def all_steps(self) -> int:
        return self.steps * self.search_steps

    @property
    def wanted_margin(self) -> float:
        return self.confidence

    def close(self, o: GradientOracle, rows: Tensor) -> None:
        if self.confidence == 0:
            super().close(o, rows)
