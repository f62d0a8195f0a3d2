"""NES: projected gradient steps with a gradient that is estimated from scores."""

from dataclasses import dataclass, replace
from typing import ClassVar

import torch
from torch import Tensor

from advlab.attacks import register
from advlab.core import losses, norms
from advlab.core.attack import Access, Objective, State, StepwiseAttack, Widget, param
from advlab.core.estimation import estimate, normal
from advlab.core.norms import Norm
from advlab.core.oracle import ScoreOracle

# The first step, in radii; after so many steps that gained nothing it is halved.
_FIRST_STEP, _PATIENCE = 0.2, 5


@dataclass(frozen=True)
class NESState(State):
    """The iterate, the running mean of its gradients, and how the steps get on."""

    x: Tensor  # [n, C, H, W]
    mean: Tensor  # [n, C, H, W]
    size: Tensor  # [n], length of a step
    top: Tensor  # [n], the largest loss so far
    waited: Tensor  # [n], steps since then, or since the last halving


@register
class NES(StepwiseAttack):
    """Asks about pairs of opposite random changes, adds up which of each pair is better, and steps that way.

    The step is halved where five in a row gained nothing, as in the authors' code.

    Reference: Ilyas, Engstrom, Athalye, Lin: Black-box adversarial attacks with limited queries and information,
    ICML 2018, arXiv 1804.08598. Departures: (1) probes are cut to [0, 1]: no API takes other pictures; (2) what is
    climbed is the margin, not the probability of a class, which says nothing where the network is sure; the others can
    be chosen.
    """

    name: ClassVar[str] = "nes"
    title: ClassVar[str] = "NES · estimated gradient"
    access: ClassVar[Access] = Access.SCORES
    norms: ClassVar[tuple[Norm, ...]] = (Norm.LINF, Norm.L2)
    objective: ClassVar[Objective] = Objective.RADIUS

    steps: int = param(
        200, "Steps", "Steps, each with one estimate.", ge=1, le=100_000, widget=Widget(1, 500, initial=20)
    )
    samples: int = param(
        50, "Samples", "Probes for one estimate, in pairs.", ge=2, le=100_000, widget=Widget(10, 500, 10)
    )
    sigma: float = param(
        0.001, "Sigma", "Size of the random changes of each value.", gt=0, le=1, widget=Widget(0.001, 0.1, 0.001)
    )
    step_size: float | None = param(
        None, "Step size", "Length of the first step in the attack's norm. Empty: ε / 5, as in the paper.", gt=0
    )
    momentum: float = param(
        0.9, "Momentum", "What share of the last direction is kept.", ge=0, lt=1, widget=Widget(0, 0.99, 0.01)
    )
    loss: losses.Climb = param(losses.Climb.MARGIN, "Loss", "What is climbed.")

    def init(self, o: ScoreOracle) -> NESState:
        size = _FIRST_STEP * o.eps if self.step_size is None else torch.full_like(o.eps, self.step_size)
        return NESState(
            step=o.rows * 0, x=o.x, mean=torch.zeros_like(o.x), size=size, top=torch.full_like(o.eps, -torch.inf),
            waited=o.rows * 0,
        )  # fmt: skip

    def step(self, o: ScoreOracle, s: NESState) -> NESState:
        number = int(s.step[0])  # all rows are at the same step: they started together
        if number == self.steps:
            o.logits(s.x)
            return replace(s, step=s.step + 1)
        draw = normal(o.noise.at(number + 1), o.x.shape[1:])
        found = estimate(o, s.x, draw, pairs=self._pairs, length=self.sigma, loss=losses.Climb(self.loss).function)
        mean = self.momentum * s.mean + (1 - self.momentum) * found.gradient
        better = found.value > s.top
        waited = torch.where(better, 0, s.waited + 1)
        stuck = waited >= _PATIENCE
        size = torch.where(stuck, s.size / 2, s.size)
        moved = s.x + norms.per_image(size, s.x) * norms.steepest(mean, o.norm)
        return NESState(
            step=s.step + 1, x=norms.project(moved, o.x, o.norm, o.eps), mean=mean, size=size,
            top=torch.where(better, found.value, s.top), waited=waited.masked_fill(stuck, 0),
        )  # fmt: skip

    @property
    def _pairs(self) -> int:
        return self.samples // 2

    def done(self, s: NESState) -> Tensor:
        return s.step > self.steps

    def cost(self, budget: int | None) -> tuple[int, int]:
        queries = self.steps * (1 + 2 * self._pairs) + 1
        return min(queries, budget or queries), 0
