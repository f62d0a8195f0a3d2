"""Projected gradient descent: the standard first-order attack."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from advlab.attacks import register
from advlab.core import losses, norms
from advlab.core.attack import Access, Objective, State, StepwiseAttack, Widget, param
from advlab.core.norms import Norm
from advlab.core.oracle import GradientOracle

# In L1: how many values the first step changes, as a share of all, and the last one, for each unit of ε. Chosen, like
# the numbers below, on three of our networks for signs and digits at 20 and 40 steps.
_VALUES_FIRST, _VALUES_LAST = 0.2, 0.5
# The length of the first and of the last step in L1, in ε.
_LENGTH_FIRST, _LENGTH_LAST = 1.0, 0.1
# From which to which share of the steps the ball in L1 is how many times as large. Not in the first of them: what
# is easily fooled then need not take the way round.
_LARGER = ((0.05, 0.35, 3.0), (0.35, 0.6, 2.0))


@dataclass(frozen=True)
class PGDState(State):
    """The iterate."""

    x: Tensor  # [n, C, H, W]


@register
class PGD(StepwiseAttack):
    """Many small steps up the cross-entropy, each projected back into the ball.

    Reference: Madry, Makelov, Schmidt, Tsipras, Vladu: Towards deep learning models resistant to
    adversarial attacks, ICLR 2018, arXiv 1706.06083. The last iterate is judged like the others, so
    `steps` gradients cost `steps + 1` queries, for each restart. In L2 each radius of the start is as likely as any
    other: what is uniform in a ball of many dimensions is on its surface, where noise has used up what the steps may.

    In L1 a step changes a few values only, all by the same amount: Tramèr, Boneh: Adversarial training and
    robustness for multiple perturbations, NeurIPS 2019, arXiv 1904.13000. How many is theirs to choose, 1% there; here
    it goes from a fifth of all down to one for every two units of ε, in ever shorter steps, and half of them are in
    balls of 3 ε and 2 ε. So it is in Croce, Hein: Mind the box: l1-APGD for sparse adversarial attacks on image
    classifiers, ICML 2021, arXiv 2103.01208, which adapts to each picture what is a fixed schedule here. Without the
    larger balls a network for digits that masks its gradients passes for robust: 90 of 100 pictures at ε = 10
    and 40 steps, with them 41.
    """

    name: ClassVar[str] = "pgd"
    title: ClassVar[str] = "PGD · projected gradient descent"
    access: ClassVar[Access] = Access.GRADIENT
    norms: ClassVar[tuple[Norm, ...]] = (Norm.LINF, Norm.L2, Norm.L1)
    objective: ClassVar[Objective] = Objective.RADIUS

    steps: int = param(20, "Steps", "Gradient steps.", ge=1, le=10_000, widget=Widget(1, 200))
    step_size: float | None = param(
        None,
        "Step size",
        "Length of a step in the attack's norm. Empty: 2.5 × ε / steps, as in the paper's evaluation; in L1 from ε "
        "down to ε / 10.",
        gt=0,
    )
    random_start: bool = param(True, "Random start", "Start at a random point of the ball.")
    restarts: int = param(1, "Restarts", "How often to begin anew, each time at another point.", ge=1, le=1000)
    loss: losses.Climb = param(
        losses.Climb.CROSS_ENTROPY,
        "Loss",
        "What is climbed. The margin and DLR never saturate, however sure the network is; the textbook's "
        "cross-entropy does, as in other libraries: to see what gradient masking does to it.",
    )

    def init(self, o: GradientOracle) -> PGDState:
        return PGDState(step=o.rows * 0, x=self._start(o, 0))

    def _start(self, o: GradientOracle, number: int) -> Tensor:
        if not self.random_start:
            return o.x
        return norms.random_start(o.noise.at(number), o.x, o.norm, o.eps)

    def step(self, o: GradientOracle, s: PGDState) -> PGDState:
        gradient = o.gradient(s.x, loss=losses.Climb(self.loss).function).gradient
        if o.norm is Norm.L1:
            size, direction, radius = self._sparse(o, s, gradient)
        else:
            size, direction, radius = 2.5 * o.eps / self.steps, norms.steepest(gradient, o.norm), o.eps
        if self.step_size is not None:
            size = torch.full_like(o.eps, self.step_size)
        x = norms.project(s.x + norms.per_image(size, s.x) * direction, o.x, o.norm, radius)
        taken = int(s.step[0]) + 1  # all rows are at the same step: they started together
        if taken % self.steps == 0:
            o.logits(x)
            x = self._start(o, taken // self.steps)
        return PGDState(step=s.step + 1, x=x)

    def _sparse(self, o: GradientOracle, s: PGDState, gradient: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """In L1: the length of the step `[n]`, its direction, and the radius afterwards `[n]`."""
        step = s.step % self.steps
        done = step / max(1, self.steps - 1)
        radius = o.eps
        for begin, end, times in _LARGER:
            there = (step >= begin * self.steps) & (step < end * self.steps) & (step + 1 < self.steps)
            radius = torch.where(there, times * o.eps, radius)
        first = _VALUES_FIRST * gradient[0].numel()
        values = first * (_VALUES_LAST * o.eps / first) ** done
        values = values.round().clamp(1, gradient[0].numel()).long()
        walled = torch.where(gradient > 0, s.x >= 1, s.x <= 0)
        direction = norms.steepest(gradient.masked_fill(walled, 0), o.norm, values)
        return radius * _LENGTH_FIRST * (_LENGTH_LAST / _LENGTH_FIRST) ** done, direction, radius

    def done(self, s: PGDState) -> Tensor:
        return s.step >= self.steps * self.restarts

    def cost(self, budget: int | None) -> tuple[int, int]:
        queries = (self.steps + 1) * self.restarts
        gradients = self.steps * self.restarts
        return min(queries, budget or queries), min(gradients, budget or gradients)
