"""Fast gradient sign method: one step to the corner of the ball."""

from typing import ClassVar

import torch
from torch import Tensor

from advlab.attacks import register
from advlab.core import losses, norms
from advlab.core.attack import Access, Objective, State, StepwiseAttack
from advlab.core.norms import Norm
from advlab.core.oracle import GradientOracle

# In L1: over which share of the values the radius is spread at least.
_SPREAD = 0.01


@register
class FGSM(StepwiseAttack):
    """One gradient at the clean image, one step of the full radius.

    In L2 the step goes along the gradient itself (the fast gradient method). In L1 the radius goes into the values with
    the largest slopes, each to its wall, which for a plane is optimal; but into one in a hundred at least, since a
    network is a plane for small changes only.

    Reference: Goodfellow, Shlens, Szegedy: Explaining and harnessing adversarial examples, ICLR 2015,
    arXiv 1412.6572.
    """

    name: ClassVar[str] = "fgsm"
    title: ClassVar[str] = "FGSM · one gradient step"
    access: ClassVar[Access] = Access.GRADIENT
    norms: ClassVar[tuple[Norm, ...]] = (Norm.LINF, Norm.L2, Norm.L1)
    objective: ClassVar[Objective] = Objective.RADIUS

    def init(self, o: GradientOracle) -> State:
        return State(step=o.rows * 0)

    def step(self, o: GradientOracle, s: State) -> State:
        reply = o.gradient(o.x, loss=losses.cross_entropy)
        if o.norm is Norm.L1:
            moved = _spent(reply.gradient, o.x, o.eps)
        else:
            moved = o.x + norms.per_image(o.eps, o.x) * norms.steepest(reply.gradient, o.norm)
        o.logits(norms.project(moved, o.x, o.norm, o.eps))
        return State(step=s.step + 1)

    def done(self, s: State) -> Tensor:
        return s.step >= 1

    def cost(self, budget: int | None) -> tuple[int, int]:
        return min(2, budget or 2), 1


def _spent(gradient: Tensor, x: Tensor, eps: Tensor) -> Tensor:
    """Where in L1's ball and [0, 1] a plane with this gradient rises most, if so many values share the radius."""
    slope, start = gradient.flatten(1), x.flatten(1)
    room = torch.where(slope > 0, 1 - start, start) * (slope != 0)
    room = torch.minimum(room, eps.unsqueeze(1) / max(1, _SPREAD * room.shape[1]))
    order = slope.abs().argsort(dim=1, descending=True, stable=True)
    room, slope = room.gather(1, order), slope.gather(1, order)
    before = room.cumsum(1) - room
    length = torch.minimum((eps.unsqueeze(1) - before).clamp_min(0), room)
    return start.scatter_add(1, order, length * slope.sign()).reshape(x.shape)
