"""Random noise within the radius: the baseline that no attack may lose against."""

from enum import StrEnum
from typing import ClassVar

import torch
from torch import Tensor

from advlab.attacks import register
from advlab.core import noises, norms, regions
from advlab.core.attack import Access, Objective, State, StepwiseAttack, Widget, param
from advlab.core.norms import Norm
from advlab.core.oracle import DecisionOracle
from advlab.core.randomness import Noise


class Place(StrEnum):
    """How large the noise is."""

    SPHERE = "sphere"
    BALL = "ball"


@register
class RandomNoise(StepwiseAttack):
    """Draws noise of the allowed size again and again, and knows nothing of the model but whether it was fooled.

    In L∞ values are uniform, in L2 normal, in L1 exponential with random signs, and in L0 random pixels get random
    colors. On the sphere noise is as long as the radius after the picture's limits cut it, in the ball it is uniform
    within the radius and then cut.

    Reference: Rauber, Brendel, Bethge: Foolbox: a Python toolbox to benchmark the robustness of machine learning
    models, ICML workshop 2017, arXiv 1707.04131.
    """

    name: ClassVar[str] = "random_noise"
    title: ClassVar[str] = "Baseline · random noise within ε"
    access: ClassVar[Access] = Access.LABEL
    norms: ClassVar[tuple[Norm, ...]] = (Norm.LINF, Norm.L2, Norm.L1, Norm.L0)
    objective: ClassVar[Objective] = Objective.RADIUS
    baseline: ClassVar[bool] = True

    steps: int = param(100, "Draws", "Each is one query.", ge=1, le=100_000, widget=Widget(1, 1000))
    place: Place = param(Place.SPHERE, "Size", "As large as ε allows, or uniform in the ball.")

    def init(self, o: DecisionOracle) -> State:
        return State(step=o.rows * 0)

    def step(self, o: DecisionOracle, s: State) -> State:
        o.decisions(self._drawn(o, o.noise.at(int(s.step[0]) + 1)))  # all rows are at the same step
        return State(step=s.step + 1)

    def _drawn(self, o: DecisionOracle, noise: Noise) -> Tensor:
        if o.norm is Norm.L0:
            somewhere = regions.chosen(noise, torch.ones_like(o.x[:, :1]).bool(), o.eps.floor().long())
            return torch.where(somewhere, noise.uniform(o.x.shape[1:], draw=1).to(o.x.dtype), o.x)
        delta = norms.random_in_ball(noise, o.x, o.norm, o.eps)
        if self.place == Place.SPHERE:
            return noises.at_radius(o.x, delta, o.norm, o.eps)
        return norms.project(o.x + delta, o.x, o.norm, o.eps)

    def done(self, s: State) -> Tensor:
        return s.step >= self.steps

    def cost(self, budget: int | None) -> tuple[int, int]:
        return min(self.steps, budget or self.steps), 0
