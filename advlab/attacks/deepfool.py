"""DeepFool: step by step to the nearest boundary of the linearised network."""

from dataclasses import dataclass, replace
from typing import ClassVar

import torch
from torch import Tensor

from advlab.attacks import register
from advlab.core import planes, rivals
from advlab.core.attack import Access, State, Widget, param
from advlab.core.minimal import MinimalAttack
from advlab.core.norms import Norm
from advlab.core.oracle import GradientOracle

# How far beyond a boundary each step goes, in parts of the first gap: so that it crosses where the box cuts it.
_BEYOND = 1e-3


@dataclass(frozen=True)
class DeepFoolState(State):
    """The sum of the steps, the image that they lead to with the overshoot, and the classes looked at."""

    total: Tensor  # [n, C, H, W]
    x: Tensor  # [n, C, H, W]
    classes: Tensor  # [n, k] int64; [n, 0] for a goal with a target
    lead: Tensor  # [n], the first gap


@register
class DeepFool(MinimalAttack):
    """Goes to the nearest boundary of the linearised network, linearises there again, until the image is fooled.

    With a target it is the target's boundary to the strongest of the other classes.

    Reference: Moosavi-Dezfooli, Fawzi, Frossard: DeepFool: a simple and accurate method to fool deep neural networks,
    CVPR 2016, arXiv 1511.04599. As in the authors' program, the network is linearised at the overshot point, and of
    many classes only the most likely are looked at. Departures: (1) the sum of the steps is cut to [0, 1] each time;
    the paper knows no box. What the box cuts off is made up for by further steps, in the other pixels. A step that is
    the shortest one inside the box would need fewer, but trusts one linearisation too far: its changes to digits are
    a tenth larger in L∞; (2) the nearest boundary is the nearest one inside [0, 1]; (3) each step goes a thousandth
    of the first gap further, or, where the box cuts half of it, it would halve the way for ever; the authors' program
    adds 1e-4, whatever the scale of the logits; (4) the search ends with a bisection on the line to the clean image,
    which takes back what was too much.
    """

    name: ClassVar[str] = "deepfool"
    title: ClassVar[str] = "DeepFool · nearest boundary"
    access: ClassVar[Access] = Access.GRADIENT
    norms: ClassVar[tuple[Norm, ...]] = (Norm.L2, Norm.LINF)

    steps: int = param(50, "Steps", "Most linearisations.", ge=1, le=10_000, widget=Widget(1, 100))
    overshoot: float = param(
        0.02, "Overshoot", "How much further than the boundary to go, as a share.", ge=0, le=1,
        widget=Widget(0, 0.2, 0.01),
    )  # fmt: skip
    classes: int = param(
        10, "Classes", "How many classes to look at, the own one included.", ge=2, le=1000, widget=Widget(2, 10)
    )

    @property
    def gradients_a_step(self) -> int:
        return self.classes - 1

    @property
    def queries_besides(self) -> int:
        return 2  # which classes are the most likely, and where the last step led

    def init(self, o: GradientOracle) -> DeepFoolState:
        none = o.rows.new_empty(len(o.rows), 0)
        classes = none if o.goal.targeted else rivals.among(o, self.classes - 1)
        return DeepFoolState(
            step=o.rows * 0, total=torch.zeros_like(o.x), x=o.x, classes=classes, lead=torch.zeros_like(o.eps)
        )

    def move(self, o: GradientOracle, s: DeepFoolState) -> DeepFoolState:
        slope, gap = rivals.boundary(o, s.x, s.classes)
        lead = torch.where(s.step == 0, gap, s.lead)
        total = s.total + planes.freely(slope, gap + _BEYOND * lead, o.norm)
        total = (o.x + total).clamp_(0, 1) - o.x
        x = (o.x + (1 + self.overshoot) * total).clamp_(0, 1)
        step = s.step + 1
        if int(step[0]) == self.steps:  # all rows are at the same step: whose search is over is closing in
            o.logits(x)
        s = DeepFoolState(step=step, total=total, x=x, classes=s.classes, lead=lead)
        return replace(s, step=self.finish(s, o.best_size.isfinite()))
