"""The fast adaptive boundary attack: along the decision boundary, ever closer to the clean image."""

from dataclasses import dataclass, replace
from typing import ClassVar

import torch
from torch import Tensor

from advlab.attacks import register
from advlab.core import norms, planes, rivals
from advlab.core.attack import Access, State, Widget, param
from advlab.core.minimal import MinimalAttack
from advlab.core.norms import Norm
from advlab.core.oracle import GradientOracle

# Where random starts lie while neither a radius nor an adversarial image is known: the radii of the paper's tests.
_UNKNOWN = {Norm.LINF: 0.3, Norm.L2: 1.0, Norm.L1: 5.0}


@dataclass(frozen=True)
class FABState(State):
    """The iterate, and the classes that are gone for: all at once, or one after the other."""

    x: Tensor  # [n, C, H, W]
    classes: Tensor  # [n, k] int64; [n, 0] for a goal with a target


@register
class FAB(MinimalAttack):
    """Projects onto the nearest boundary of the linearised network, from where it is and from the clean image.

    A step goes to a mixture of the two projections, `eta` times as far, with more weight for the clean image's the
    closer it is; from a point that is beyond the goal it goes back by `beta`. Starts after the first are random, at
    half of `min(ε, the best size)` at most. With `targets` it is FAB-T: one boundary at a time, of the most likely
    classes one after the other, one gradient a step. With a goal that has a target it is that one's boundary to the
    strongest of the others.

    Reference: Croce, Hein: Minimally distorted adversarial examples with a fast adaptive boundary attack, ICML 2020,
    arXiv 1907.02044; FAB-T: the same: Reliable evaluation of adversarial robustness with an ensemble of diverse
    parameter-free attacks, ICML 2020, arXiv 2003.01690. Departures: (1) the nearest boundary is the nearest one
    inside [0, 1], not by the norm of its gradient alone, which misjudges pictures with black and white in them;
    (2) of many classes only the `classes` most likely are looked at: each costs a backward pass; (3) the closing
    search, three steps of interpolation in the paper, is a bisection; (4) the best size that random starts keep to is
    that of all targets so far.
    """

    name: ClassVar[str] = "fab"
    title: ClassVar[str] = "FAB · along the boundary"
    access: ClassVar[Access] = Access.GRADIENT
    norms: ClassVar[tuple[Norm, ...]] = (Norm.LINF, Norm.L2, Norm.L1)

    steps: int = param(
        100, "Steps", "Of each start, and of each target.", ge=1, le=10_000, widget=Widget(1, 100, initial=20)
    )
    restarts: int = param(1, "Restarts", "How often to begin; each time but the first at random.", ge=1, le=1000)
    targets: int = param(
        0,
        "Targets",
        "0: the boundaries of all classes at once. Else FAB-T: of so many of the likeliest, one after the other.",
        ge=0,
        le=1000,
        widget=Widget(0, 9),
    )
    classes: int = param(
        10, "Classes", "How many classes to look at, the own one included.", ge=2, le=1000, widget=Widget(2, 10)
    )
    alpha_max: float = param(
        0.1, "Largest alpha", "Most weight for the clean image's projection.", ge=0, le=1, widget=Widget(0, 0.5, 0.05)
    )
    eta: float = param(
        1.05, "Overshoot", "How much further than the boundary to go.", ge=1, le=2, widget=Widget(1, 1.2, 0.01)
    )
    beta: float = param(
        0.9, "Way back", "Share of the way that is kept beyond the goal.", gt=0, le=1, widget=Widget(0.5, 1, 0.05)
    )

    @property
    def all_steps(self) -> int:
        return self.steps * self.restarts * max(1, self.targets)

    @property
    def queries_a_step(self) -> int:
        return 2

    @property
    def gradients_a_step(self) -> int:
        return 1 if self.targets else self.classes - 1

    @property
    def queries_besides(self) -> int:
        return 1  # which classes are the most likely

    def init(self, o: GradientOracle) -> FABState:
        if o.goal.targeted:
            classes = o.rows.new_empty(len(o.rows), 0)
        elif self.targets:
            classes = rivals.likeliest(o, self.targets)
        else:
            classes = rivals.among(o, self.classes - 1)
        return FABState(step=o.rows * 0, x=o.x, classes=classes)

    def move(self, o: GradientOracle, s: FABState) -> FABState:
        number = int(s.step[0])  # all rows are at the same step: none ends early
        start = s.x if number % self.steps else self._start(o, number // self.steps)
        target = number // (self.steps * self.restarts)
        classes = s.classes[:, target : target + 1] if self.targets else s.classes
        slope, gap = rivals.boundary(o, start, classes)
        ahead = planes.towards(start, slope, gap, o.norm)
        way_back = o.x - start
        away = planes.towards(o.x, slope, gap - (slope * way_back).flatten(1).sum(1), o.norm)
        here, there = (norms.size(change, o.norm).clamp_min(1e-8) for change in (ahead, away))
        alpha = norms.per_image((here / (here + there)).clamp_max(self.alpha_max), start)
        x = (start + self.eta * ahead).lerp(o.x + self.eta * away, alpha).clamp_(0, 1)
        beyond = norms.per_image(o.decisions(x).reached, x)
        x = torch.where(beyond, torch.lerp(o.x, x, self.beta), x)
        s = replace(s, step=s.step + 1, x=x)
        rounds = self.restarts * (s.classes.shape[1] if self.targets and not o.goal.targeted else 1)
        # There may be fewer classes than targets.
        return replace(s, step=self.finish(s, s.step >= self.steps * rounds))

    def _start(self, o: GradientOracle, number: int) -> Tensor:
        """The clean images at first, then random points around them."""
        if number % self.restarts == 0:
            return o.x
        known = torch.minimum(o.eps, o.best_size)
        radius = torch.where(known.isfinite(), known, _UNKNOWN[o.norm]) / 2
        return (o.x + norms.random_in_ball(o.noise.at(number), o.x, o.norm, radius)).clamp_(0, 1)
