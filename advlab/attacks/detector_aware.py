"""Against a model with a detector: a class to reach, and a score to stay below."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from advlab.attacks import register
from advlab.core import losses, norms
from advlab.core.attack import Access, Objective, State, StepwiseAttack, Widget, param
from advlab.core.goals import Goal
from advlab.core.norms import Norm
from advlab.core.oracle import GradientOracle


@dataclass(frozen=True)
class DetectorAwareState(State):
    """The iterate, and how much the detector counts against the class."""

    x: Tensor  # [n, C, H, W]
    weight: Tensor  # [n]


@register
class DetectorAware(StepwiseAttack):
    """PGD up the class loss and the detector's acceptance together, in rounds that search their weight.

    A round that ends at the wanted class and is rejected makes the detector count four times as much, one that ends
    short of the class a quarter. Or orthogonally: each step climbs what is still missing, and only as far as the
    other does not mind. Without a detector it is PGD with several starts.

    Reference: Carlini, Wagner: Adversarial examples are not easily detected: bypassing ten detection methods, AISec
    2017, arXiv 1705.07263; Bryniarski et al.: Evading adversarial example detection defenses with orthogonal
    projected gradient descent, ICLR 2022, arXiv 2106.15023.
    """

    name: ClassVar[str] = "detector_aware"
    title: ClassVar[str] = "Detector-aware PGD"
    access: ClassVar[Access] = Access.GRADIENT
    norms: ClassVar[tuple[Norm, ...]] = (Norm.LINF, Norm.L2)
    objective: ClassVar[Objective] = Objective.RADIUS
    for_detectors: ClassVar[bool] = True

    steps: int = param(40, "Steps", "Of each round; each takes two gradients.", ge=1, le=10_000, widget=Widget(1, 200))
    rounds: int = param(5, "Rounds", "Of the search for the detector's weight.", ge=1, le=100, widget=Widget(1, 20))
    orthogonal: bool = param(False, "Orthogonal", "Climb what is missing, at right angles to the other.")

    def init(self, o: GradientOracle) -> DetectorAwareState:
        return DetectorAwareState(step=o.rows * 0, x=self._start(o, 0), weight=torch.ones_like(o.eps))

    def _start(self, o: GradientOracle, number: int) -> Tensor:
        return norms.random_start(o.noise.at(number), o.x, o.norm, o.eps)

    def step(self, o: GradientOracle, s: DetectorAwareState) -> DetectorAwareState:
        reply = o.gradient(s.x, loss=losses.cross_entropy)
        direction = reply.gradient
        if o.rejects:
            missing = o.goal.margin(reply.logits) <= 0
            rejected = reply.accepted[:, 0] <= 0
            quiet = o.joint_gradient(s.x, loss=_acceptance).gradient
            direction = self._together(direction, quiet, missing, rejected, s.weight)
        size = norms.per_image(2.5 * o.eps / self.steps, s.x)
        x = norms.project(s.x + size * norms.steepest(direction, o.norm), o.x, o.norm, o.eps)
        number = int(s.step[0]) + 1
        if number % self.steps:
            return DetectorAwareState(step=s.step + 1, x=x, weight=s.weight)
        last = o.joint_gradient(x, loss=_acceptance) if o.rejects else None
        weight = s.weight
        if last is not None:
            weight = weight * torch.where(o.goal.margin(last.logits) > 0, 4.0, 0.25).to(weight)
        else:
            o.logits(x)
        return DetectorAwareState(step=s.step + 1, x=self._start(o, number // self.steps), weight=weight)

    def _together(self, loud: Tensor, quiet: Tensor, missing: Tensor, rejected: Tensor, weight: Tensor) -> Tensor:
        loud, quiet = _unit(loud), _unit(quiet)
        if not self.orthogonal:
            return loud + norms.per_image(weight * rejected, quiet) * quiet
        shared = norms.per_image((loud * quiet).flatten(1).sum(1), loud)
        away_first = norms.per_image(missing | ~rejected, loud)
        return torch.where(away_first, loud - shared * quiet, quiet - shared * loud)

    def done(self, s: DetectorAwareState) -> Tensor:
        return s.step >= self.steps * self.rounds

    def cost(self, budget: int | None) -> tuple[int, int]:
        queries = self.rounds * (2 * self.steps + 1)
        return min(queries, budget or queries), min(queries, budget or queries)


def _acceptance(logits: Tensor, accepted: Tensor, goal: Goal) -> Tensor:  # noqa: ARG001 - a joint loss
    return accepted


def _unit(direction: Tensor) -> Tensor:
    length = direction.flatten(1).norm(dim=1).clamp_min(1e-30)
    return direction / norms.per_image(length, direction)
