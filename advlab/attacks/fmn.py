"""Fast minimum-norm attack: steps up the margin, inside a ball that follows the boundary."""

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

# What the step size and the ball's change fall to, as a share of the first step and as it is.
_LAST_STEP, _LAST_GAMMA = 0.01, 0.001
# The norm in which a gradient says how far the boundary is.
_DUAL = {Norm.LINF: Norm.L1, Norm.L2: Norm.L2, Norm.L1: Norm.LINF}


@dataclass(frozen=True)
class FMNState(State):
    """The iterate, and the radius of the ball that it is kept in."""

    x: Tensor  # [n, C, H, W]
    radius: Tensor  # [n], in the run's norm


@register
class FMN(MinimalAttack):
    """Climbs the margin in steps of unit gradients, projected into a ball that shrinks on success and grows on failure.

    Until the first success the ball reaches as far as the gradient says that the boundary is. In L0 it grows and
    shrinks by whole pixels.

    Reference: Pintor, Roli, Brendel, Biggio: Fast minimum-norm adversarial attacks through adaptive norm constraints,
    NeurIPS 2021, arXiv 2102.12827. Departures: (1) the search ends with a bisection on the line to the clean image, in
    L0 and L1 with the least change by the gradient too; (2) L0 counts pixels, not values; (3) in L1 the projection is
    onto ball and box at once, so that the radius is not spent on values that are at their wall; (4) until the first
    success the ball grows by as much as after it, at least: exactly at the boundary there is no success, and where
    values are at their wall the boundary is farther than the gradient says; (5) until then the iterate is on the ball's
    surface, since steps of a given length get nowhere where the gradient is masked, and in L0 at its pixels' walls.
    """

    name: ClassVar[str] = "fmn"
    title: ClassVar[str] = "FMN · fast minimum norm"
    access: ClassVar[Access] = Access.GRADIENT
    norms: ClassVar[tuple[Norm, ...]] = (Norm.LINF, Norm.L2, Norm.L1, Norm.L0)

    steps: int = param(100, "Steps", "Gradient steps.", ge=1, le=100_000, widget=Widget(10, 1000, 10))
    step_size: float = param(
        1.0,
        "Step size",
        "Length of the first step in L2; the last one is a hundredth of it.",
        gt=0,
        le=1000,
        widget=Widget(0.1, 10, 0.1),
    )
    gamma: float = param(
        0.05,
        "Ball's change",
        "By which share the ball shrinks or grows in the first step, falling to 0.001.",
        gt=0,
        lt=1,
        widget=Widget(0.01, 0.5, 0.01),
    )

    def init(self, o: GradientOracle) -> FMNState:
        return FMNState(step=o.rows * 0, x=o.x, radius=torch.full_like(o.eps, float(o.norm is Norm.L0)))

    def move(self, o: GradientOracle, s: FMNState) -> FMNState:
        reply = o.gradient(s.x, loss=losses.margin)
        gamma = cosine(self.gamma, min(_LAST_GAMMA, self.gamma), s.step, self.steps).to(s.radius)
        length = cosine(self.step_size, self.step_size * _LAST_STEP, s.step, self.steps).to(s.radius)
        there = reached(o, reply)
        if o.norm is Norm.L0:
            radius = self._count(o, s, there, gamma)
        else:
            slope = norms.size(reply.gradient, _DUAL[o.norm])
            boundary = norms.size(s.x - o.x, o.norm) + reply.value.abs() / slope.clamp_min(1e-12)
            larger = s.radius * (1 + gamma)
            outside = torch.where(o.best_size.isfinite(), larger, torch.maximum(larger, boundary))
            radius = torch.where(there, torch.minimum(s.radius * (1 - gamma), o.best_size), outside)
        step = norms.per_image(length, s.x) * norms.steepest(reply.gradient, Norm.L2)
        x = norms.project(s.x + step, o.x, o.norm, radius)
        lost = o.best_size.isinf()
        if bool(lost.any()):
            x = torch.where(norms.per_image(lost, x), _outwards(x, o.x, o.norm, radius), x)
        return FMNState(step=s.step + 1, x=x, radius=radius)

    def _count(self, o: GradientOracle, s: FMNState, there: Tensor, gamma: Tensor) -> Tensor:
        """How many pixels `[n]` may change next: at least one more or one fewer than now."""
        fewer = torch.minimum(s.radius - 1, (s.radius * (1 - gamma)).floor())
        more = torch.maximum(s.radius + 1, (s.radius * (1 + gamma)).floor())
        most = o.x[0, 0].numel()
        return torch.where(there, torch.minimum(fewer, o.best_size), more).clamp(1, most)


def _outwards(x: Tensor, clean: Tensor, norm: Norm, radius: Tensor) -> Tensor:
    """The images `[n, C, H, W]` moved along their lines to their balls' surfaces; in L0 their pixels to the walls."""
    change = x - clean
    if norm is Norm.L0:
        return (clean + change.sign()).clamp_(0, 1)
    longer = (radius / norms.size(change, norm).clamp_min(1e-12)).clamp_min(1)
    return norms.project(clean + norms.per_image(longer, x) * change, clean, norm, radius)
