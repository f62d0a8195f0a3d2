"""SPSA: Adam with a gradient that is estimated from scores."""

from dataclasses import dataclass, replace
from typing import ClassVar

import torch
from torch import Tensor

from advlab.attacks import register
from advlab.core import adam, losses, norms
from advlab.core.attack import Access, Objective, State, StepwiseAttack, Widget, param
from advlab.core.estimation import estimate, signs
from advlab.core.norms import Norm
from advlab.core.oracle import ScoreOracle


@dataclass(frozen=True)
class SPSAState(State):
    """The iterate and Adam's moments."""

    x: Tensor  # [n, C, H, W]
    first: Tensor  # [n, C, H, W], moments of Adam
    second: Tensor


@register
class SPSA(StepwiseAttack):
    """Moves all values up or down at random, by the same amount and back; Adam climbs what the scores then say.

    Reference: Uesato, O'Donoghue, van den Oord, Kohli: Adversarial risk and the dangers of evaluating against weak
    attacks, ICML 2018, arXiv 1802.05666. Departure: probes are cut to [0, 1]: no API takes other pictures.
    """

    name: ClassVar[str] = "spsa"
    title: ClassVar[str] = "SPSA · estimated gradient, Adam"
    access: ClassVar[Access] = Access.SCORES
    norms: ClassVar[tuple[Norm, ...]] = (Norm.LINF,)
    objective: ClassVar[Objective] = Objective.RADIUS

    steps: int = param(100, "Steps", "Steps of Adam.", ge=1, le=100_000, widget=Widget(1, 500, initial=20))
    samples: int = param(
        128, "Samples", "Probes for one step, in pairs; the paper goes up to 8,192.", ge=2, le=100_000,
        widget=Widget(16, 8192, 16, initial=32),
    )  # fmt: skip
    delta: float = param(
        0.01, "Delta", "How far each value is moved to ask.", gt=0, le=1, widget=Widget(0.001, 0.1, 0.001)
    )
    step_size: float = param(0.01, "Step size", "Learning rate of Adam.", gt=0, le=1, widget=Widget(0.001, 0.1, 0.001))

    def init(self, o: ScoreOracle) -> SPSAState:
        zero = torch.zeros_like(o.x)
        return SPSAState(step=o.rows * 0, x=o.x, first=zero, second=zero)

    def step(self, o: ScoreOracle, s: SPSAState) -> SPSAState:
        number = int(s.step[0])  # all rows are at the same step: they started together
        if number == self.steps:
            o.logits(s.x)
            return replace(s, step=s.step + 1)
        draw = signs(o.noise.at(number + 1), o.x.shape[1:])
        found = estimate(o, s.x, draw, pairs=self._pairs, length=self.delta, loss=losses.margin)
        first, second, direction = adam.moments(s.first, s.second, found.gradient / self._pairs, s.step + 1)
        x = norms.project(s.x + self.step_size * direction, o.x, o.norm, o.eps)
        return SPSAState(step=s.step + 1, x=x, first=first, second=second)

    @property
    def _pairs(self) -> int:
        return self.samples // 2

    def done(self, s: SPSAState) -> Tensor:
        return s.step > self.steps

    def cost(self, budget: int | None) -> tuple[int, int]:
        queries = self.steps * (1 + 2 * self._pairs) + 1
        return min(queries, budget or queries), 0
