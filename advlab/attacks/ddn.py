"""Decoupled direction and norm: steps of any length, rescaled to a sphere that follows the boundary."""

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
from advlab.core.schedules import cosine

_FIRST_STEP, _LAST_STEP = 1.0, 0.01


@dataclass(frozen=True)
class DDNState(State):
    """The iterate, and the radius of the sphere that it is on."""

    x: Tensor  # [n, C, H, W]
    radius: Tensor  # [n], in L2


@register
class DDN(MinimalAttack):
    """Climbs in unit steps, and puts each point on a sphere that shrinks on success and grows on failure.

    Reference: Rony, Hafemann, Oliveira, Ben Ayed, Sabourin, Granger: Decoupling direction and norm for efficient
    gradient-based L2 adversarial attacks and defenses, CVPR 2019, arXiv 1811.09600. Departures: (1) rounding to grey
    levels is a choice, as pictures are rounded and judged again when they are given out; (2) without it the search
    ends with a bisection on the line to the clean image.
    """

    name: ClassVar[str] = "ddn"
    title: ClassVar[str] = "DDN · decoupled direction and norm"
    access: ClassVar[Access] = Access.GRADIENT
    norms: ClassVar[tuple[Norm, ...]] = (Norm.L2,)

    steps: int = param(100, "Steps", "Gradient steps.", ge=1, le=100_000, widget=Widget(10, 1000, 10))
    gamma: float = param(
        0.05,
        "Sphere's change",
        "By which share the sphere shrinks or grows.",
        gt=0,
        lt=1,
        widget=Widget(0.01, 0.5, 0.01),
    )
    radius: float = param(1.0, "First radius", "Of the sphere, in L2.", gt=0, le=1000, widget=Widget(0.1, 10, 0.1))
    loss: losses.Climb = param(losses.Climb.CROSS_ENTROPY, "Loss", "What is climbed.")
    levels: int | None = param(
        None, "Grey levels", "Round every point to this many: 256 for pictures of 8 bits. Empty: none.", ge=2, le=65_536
    )

    def init(self, o: GradientOracle) -> DDNState:
        return DDNState(step=o.rows * 0, x=o.x, radius=torch.full_like(o.eps, self.radius))

    def move(self, o: GradientOracle, s: DDNState) -> DDNState:
        reply = o.gradient(s.x, loss=losses.Climb(self.loss).function)
        length = cosine(_FIRST_STEP, _LAST_STEP, s.step, self.steps).to(s.radius)
        radius = torch.where(reached(o, reply), s.radius * (1 - self.gamma), s.radius * (1 + self.gamma))
        delta = s.x - o.x + norms.per_image(length, s.x) * norms.steepest(reply.gradient, Norm.L2)
        scale = radius / norms.size(delta, Norm.L2).clamp_min(1e-12)
        x = (o.x + norms.per_image(scale, s.x) * delta).clamp_(0, 1)
        if self.levels is not None:
            x = (x * (self.levels - 1)).round_() / (self.levels - 1)
        return DDNState(step=s.step + 1, x=x, radius=radius)

    def close(self, o: GradientOracle, rows: Tensor) -> None:
        if self.levels is None:  # points between two levels are not on one
            super().close(o, rows)
