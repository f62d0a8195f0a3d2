"""PGD towards one class after the other, from starts that spread over the answers."""

from dataclasses import dataclass, replace
from typing import ClassVar

import torch
from torch import Tensor

from advlab.attacks import register
from advlab.core import losses, norms
from advlab.core.attack import Access, Objective, State, StepwiseAttack, Widget, param
from advlab.core.goals import Aimed, Along
from advlab.core.norms import Norm
from advlab.core.oracle import GradientOracle


@dataclass(frozen=True)
class MultiTargetedState(State):
    """The iterate, and what the network says to the clean images."""

    x: Tensor  # [n, C, H, W]
    order: Tensor  # [n, K], the classes, the likeliest first
    targets: Tensor  # [n, t], those to climb towards, one a start


@register
class MultiTargeted(StepwiseAttack):
    """PGD up the margin of one class over the own, of the likeliest classes one after the other.

    Each start first climbs a random direction of the logits for a few steps, so that starts differ in what the
    network says and not only in pixels (output-diversified initialisation).

    Reference: Gowal, Uesato, Qin, Huang, Mann, Kohli: An alternative surrogate loss for PGD-based adversarial testing,
    2019, arXiv 1910.09338; the starts: Tashiro, Song, Ermon: Diversity can be transferred: output diversification for
    white- and black-box attacks, NeurIPS 2020, arXiv 2003.06878. Departure: steps have 2.5 ε / steps, falling
    linearly to nothing, in place of a schedule for each network.
    """

    name: ClassVar[str] = "multi_targeted"
    title: ClassVar[str] = "MultiTargeted · diverse starts"
    access: ClassVar[Access] = Access.GRADIENT
    norms: ClassVar[tuple[Norm, ...]] = (Norm.LINF, Norm.L2)
    objective: ClassVar[Objective] = Objective.RADIUS

    steps: int = param(20, "Steps", "Gradient steps of one start.", ge=1, le=10_000, widget=Widget(5, 200))
    targets: int = param(
        9, "Classes", "How many classes to try, the likeliest first.", ge=1, le=999, widget=Widget(1, 20, initial=3)
    )
    restarts: int = param(1, "Restarts", "Starts for each class.", ge=1, le=1000, widget=Widget(1, 20))
    diverse_steps: int = param(
        5, "Diverse steps", "Of the beginning of a start, along a random direction of the logits.", ge=0, le=1000,
        widget=Widget(0, 20),
    )  # fmt: skip

    def init(self, o: GradientOracle) -> MultiTargetedState:
        order = o.logits(o.x).logits.argsort(dim=1, descending=True, stable=True)
        own = o.goal.index.unsqueeze(1)
        targets = own if o.goal.targeted else order[order != own].reshape(len(order), -1)[:, : self.targets]
        return MultiTargetedState(step=o.rows * 0, x=self._start(o, 0), order=order, targets=targets)

    @property
    def _each(self) -> int:
        return self.diverse_steps + self.steps

    def _start(self, o: GradientOracle, place: int) -> Tensor:
        return norms.random_start(o.noise.at(place), o.x, o.norm, o.eps)

    def step(self, o: GradientOracle, s: MultiTargetedState) -> MultiTargetedState:
        # All rows are at the same step: they started together.
        number, within = divmod(int(s.step[0]), self._each)
        climbing = within - self.diverse_steps
        if climbing < 0:
            draws = 2 * o.noise.at(number * self._each).uniform((o.num_classes,), draw=3) - 1
            # By rank, so that it does not matter how classes are numbered.
            weights = torch.zeros_like(draws).scatter_(1, s.order, draws).to(s.x.dtype)
            aim: Aimed | Along = Along(o.goal.index, weights=weights)
            size = o.eps
        else:
            aim = Aimed(s.targets[:, number % s.targets.shape[1]], o.goal.index)
            size = 2.5 * o.eps / self.steps * 2 * (1 - climbing / self.steps)
        reply = o.gradient(s.x, loss=losses.margin, aim=None if o.goal.targeted and climbing >= 0 else aim)
        moved = s.x + norms.per_image(size, s.x) * norms.steepest(reply.gradient, o.norm)
        x = norms.project(moved, o.x, o.norm, o.eps)
        if within + 1 == self._each:
            o.logits(x)
            x = self._start(o, (number + 1) * self._each)
        return replace(s, step=s.step + 1, x=x)

    def done(self, s: MultiTargetedState) -> Tensor:
        return s.step >= self._each * self.restarts * s.targets.shape[1]

    def cost(self, budget: int | None) -> tuple[int, int]:
        starts = self.restarts * self.targets
        queries, gradients = starts * (self._each + 1) + 1, starts * self._each
        return min(queries, budget or queries), min(gradients, budget or gradients)
