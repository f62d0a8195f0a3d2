"""Fast gradient sign method: one step to the corner of the ball."""

from typing import ClassVar

from torch import Tensor

from advlab.attacks import register
from advlab.core import losses, norms
from advlab.core.attack import Access, Attack, Objective, State
from advlab.core.norms import Norm
from advlab.core.oracle import GradientOracle


@register
class FGSM(Attack):
    """One gradient at the clean image, one step of the full radius.

    In L2 the step goes along the gradient itself (the fast gradient method).

    Reference: Goodfellow, Shlens, Szegedy: Explaining and harnessing adversarial examples, ICLR 2015,
    arXiv 1412.6572.
    """

    name: ClassVar[str] = "fgsm"
    title: ClassVar[str] = "FGSM · one gradient step"
    access: ClassVar[Access] = Access.GRADIENT
    norms: ClassVar[tuple[Norm, ...]] = (Norm.LINF, Norm.L2)
    objective: ClassVar[Objective] = Objective.RADIUS

    def init(self, o: GradientOracle) -> State:
        return State(step=o.rows * 0)

    def step(self, o: GradientOracle, s: State) -> State:
        reply = o.gradient(o.x, loss=losses.cross_entropy)
        moved = o.x + norms.per_image(o.eps, o.x) * norms.steepest(reply.gradient, o.norm)
        o.logits(norms.project(moved, o.x, o.norm, o.eps))
        return State(step=s.step + 1)

    def done(self, s: State) -> Tensor:
        return s.step >= 1

    def cost(self, budget: int | None) -> tuple[int, int]:
        return min(2, budget or 2), 1
