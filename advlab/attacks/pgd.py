"""Projected gradient descent: the standard first-order attack."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from advlab.attacks import register
from advlab.core import losses, norms
from advlab.core.attack import Access, Attack, Objective, State, Widget, param
from advlab.core.norms import Norm
from advlab.core.oracle import GradientOracle


@dataclass(frozen=True)
class PGDState(State):
    """The iterate."""

    x: Tensor  # [n, C, H, W]


@register
class PGD(Attack):
    """Many small steps up the cross-entropy, each projected back into the ball.

    Reference: Madry, Makelov, Schmidt, Tsipras, Vladu: Towards deep learning models resistant to
    adversarial attacks, ICLR 2018, arXiv 1706.06083. The last iterate is judged like the others, so
    `steps` gradients cost `steps + 1` queries.
    """

    name: ClassVar[str] = "pgd"
    title: ClassVar[str] = "PGD · projected gradient descent"
    access: ClassVar[Access] = Access.GRADIENT
    norms: ClassVar[tuple[Norm, ...]] = (Norm.LINF, Norm.L2)
    objective: ClassVar[Objective] = Objective.RADIUS

    steps: int = param(20, "Steps", "Gradient steps.", ge=1, le=10_000, widget=Widget(1, 200))
    step_size: float | None = param(
        None,
        "Step size",
        "Length of a step in the attack's norm. Empty: 2.5 × ε / steps, as in the paper's evaluation.",
        gt=0,
    )
    random_start: bool = param(True, "Random start", "Start at a random point of the ball.")
    textbook: bool = param(
        False,
        "Textbook loss",
        "The cross-entropy as other libraries compute it, whose gradient vanishes where the network is sure: to see "
        "what gradient masking does to it.",
    )

    def init(self, o: GradientOracle) -> PGDState:
        x = o.x
        if self.random_start:
            x = norms.project(x + norms.random_in_ball(o.noise, x, o.norm, o.eps), x, o.norm, o.eps)
        return PGDState(step=o.rows * 0, x=x)

    def step(self, o: GradientOracle, s: PGDState) -> PGDState:
        loss = losses.textbook_cross_entropy if self.textbook else losses.cross_entropy
        gradient = o.gradient(s.x, loss=loss).gradient
        size = 2.5 * o.eps / self.steps if self.step_size is None else torch.full_like(o.eps, self.step_size)
        moved = s.x + norms.per_image(size, s.x) * norms.steepest(gradient, o.norm)
        x = norms.project(moved, o.x, o.norm, o.eps)
        last = (s.step + 1 >= self.steps).nonzero().squeeze(1)
        if len(last):
            o.logits(x[last], last)
        return PGDState(step=s.step + 1, x=x)

    def done(self, s: PGDState) -> Tensor:
        return s.step >= self.steps

    def cost(self, budget: int | None) -> tuple[int, int]:
        queries = self.steps + 1
        return min(queries, budget or queries), min(self.steps, budget or self.steps)
