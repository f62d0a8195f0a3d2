"""What the iterative attacks with a sign in them share: steps of one length up a gradient that is remembered.

An attack of this family says where it looks (`looks_ahead`), at which changed copies of the picture (`copies`,
`changed`), and what it does to the gradient before it is remembered (`smooth`). All of these are shown to the model
through the oracle's `through`, so each is a query, and none of them is a candidate: only the iterates are.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import torch
from torch import Tensor

from advlab.core import losses, norms
from advlab.core.attack import Access, Objective, State, StepwiseAttack, Widget, param
from advlab.core.norms import Norm
from advlab.core.oracle import GradientOracle
from advlab.core.randomness import Noise

# Copies of a picture in one question: as many as the network's time for a picture gains from, and no more, because all
# of them are held at once. A number of its own, not what fits: a question's number decides a random model's noise.
_TOGETHER = 5
# Tells the way out of a standstill apart from what copies draw.
_WAY_OUT = 99

# Of images [Q, C, H, W], their rows [Q] and which copy of the row each is [Q]: what the model is shown.
Copy = Callable[[Tensor, Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class AscentState(State):
    """The iterate, and the direction that was gathered."""

    x: Tensor  # [n, C, H, W]
    momentum: Tensor  # [n, C, H, W]


class Ascent(StepwiseAttack):
    """Steps up the cross-entropy, from the picture itself, each projected back into the ball."""

    access: ClassVar[Access] = Access.GRADIENT
    norms: ClassVar[tuple[Norm, ...]] = (Norm.LINF, Norm.L2)
    objective: ClassVar[Objective] = Objective.RADIUS
    # Whether the gradient is taken where the momentum would carry the iterate.
    looks_ahead: ClassVar[bool] = False

    steps: int = param(10, "Steps", "Steps up the gradient.", ge=1, le=10_000, widget=Widget(1, 100))
    step_size: float | None = param(
        None, "Step size", "Length of a step in the attack's norm. Empty: ε / steps, as in the paper.", gt=0
    )

    @property
    def memory(self) -> float:
        """What share of the gathered direction is kept at each step."""
        return 0.0

    @property
    def copies(self) -> int:
        """At how many changed copies of the iterate the gradient is taken; 0 for the iterate itself."""
        return 0

    def changed(self, x: Tensor, noise: Noise, number: Tensor) -> Tensor:  # noqa: ARG002 - for families that change it
        """The copies of number `number` `[Q]` of images `[Q, C, H, W]`, differentiably; one stream a copy."""
        return x

    def smooth(self, gradient: Tensor) -> Tensor:
        """What is remembered of a gradient `[n, C, H, W]`."""
        return gradient

    def slope(self, o: GradientOracle, s: Any) -> tuple[Tensor, Any]:  # noqa: ANN401 - some have a state of their own
        """The gradient `[n, C, H, W]` that this step follows, and the state without the step."""
        return self.look(o, s), s

    def look(self, o: GradientOracle, s: AscentState) -> Tensor:
        """The gradient at the copies of the iterate, or of the place ahead of it."""
        if self._plain:
            return o.gradient(s.x, loss=losses.cross_entropy).gradient
        ahead = norms.per_image(self.memory * self.length(o), s.x) * s.momentum if self.looks_ahead else None
        count = max(1, self.copies)
        streams = o.noise.at(s.step).repeated(count)

        def shown(x: Tensor, row: Tensor, number: Tensor) -> Tensor:
            x = x if ahead is None else x + ahead[row]
            return self.changed(x, streams.take(row * count + number), number)

        return mean_gradient(o, s.x, count, shown)

    @property
    def _plain(self) -> bool:
        """Whether the gradient's own query is the iterate, which then needs no other one to be judged by."""
        return self.copies == 0 and not self.looks_ahead

    def length(self, o: GradientOracle) -> Tensor:
        """The length `[n]` of a step."""
        return o.eps / self.steps if self.step_size is None else torch.full_like(o.eps, self.step_size)

    def init(self, o: GradientOracle) -> AscentState:
        """Start at the picture itself."""
        return AscentState(step=o.rows * 0, x=o.x, momentum=torch.zeros_like(o.x))

    def step(self, o: GradientOracle, s: Any) -> Any:  # noqa: ANN401
        """Look, remember, and go one step; where nothing else judges the new iterate, ask about it."""
        gradient, s = self.slope(o, s)
        momentum = self.memory * s.momentum + unit(self.smooth(gradient), o.norm)
        moved = s.x + norms.per_image(self.length(o), s.x) * _direction(momentum, o.noise.at(s.step), o.norm)
        x = norms.project(moved, o.x, o.norm, o.eps)
        if not self._plain or int(s.step[0]) + 1 == self.steps:  # all rows are at the same step
            o.logits(x)
        return replace(s, step=s.step + 1, x=x, momentum=momentum)

    def done(self, s: AscentState) -> Tensor:
        """After `steps`."""
        return s.step >= self.steps

    def gradients(self) -> int:
        """How many gradients a picture takes."""
        return self.steps * max(1, self.copies)

    def cost(self, budget: int | None) -> tuple[int, int]:
        """All gradients, and the queries by which iterates are judged."""
        gradients = self.gradients()
        queries = gradients + (1 if self._plain else self.steps)
        return min(queries, budget or queries), min(gradients, budget or gradients)


class Momentum(Ascent):
    """Ascent along a decaying sum of all gradients so far, each at the same scale."""

    decay: float = param(
        1.0, "Decay", "Share of the gathered direction that is kept at each step.", ge=0, le=10,
        widget=Widget(0, 2, 0.1),
    )  # fmt: skip

    @property
    def memory(self) -> float:
        """The decay."""
        return self.decay


def mean_gradient(o: GradientOracle, x: Tensor, copies: int, shown: Copy) -> Tensor:
    """The mean `[n, C, H, W]` of the gradients at `copies` changed copies of each of the images `[n, C, H, W]`.

    Copies are asked about a few at a time, the first ones first, so a budget cuts off the last.
    """
    total = torch.zeros_like(x)
    for first in range(0, copies, _TOGETHER):
        here = min(_TOGETHER, copies - first)
        row = torch.arange(len(x), device=x.device).repeat_interleave(here)
        number = first + torch.arange(here, device=x.device).repeat(len(x))

        def through(part: Tensor, places: Tensor, row: Tensor = row, number: Tensor = number) -> Tensor:
            return shown(part, row[places], number[places])

        reply = o.gradient(x[row], row, loss=losses.cross_entropy, through=through)
        total += reply.gradient.reshape(len(x), here, *x.shape[1:]).sum(1)
    return total / copies


def unit(gradient: Tensor, norm: Norm) -> Tensor:
    """A gradient `[n, C, H, W]` at a scale that does not depend on the network's: what momentum adds up.

    In L∞ its mean absolute value is 1, in L2 its length. One that is exactly zero stays zero: a division of 0 by 0
    would make the sum NaN for good, and its sign, in most libraries, zero.
    """
    peak = norms.per_image(norms.size(gradient, Norm.LINF), gradient)
    gradient = gradient / torch.where(peak > 0, peak, 1)  # so that nothing vanishes in float32
    if norm is Norm.L2:
        return norms.steepest(gradient, norm)
    mean = norms.size(gradient, Norm.L1) / gradient[0].numel()
    return gradient / norms.per_image(torch.where(mean > 0, mean, 1), gradient)


def _direction(momentum: Tensor, noise: Noise, norm: Norm) -> Tensor:
    """The step's direction; a random one for a picture at which nothing but zeros was seen yet.

    Without it a network that is flat at the picture itself is asked about that one picture at every step.
    """
    still = norms.size(momentum, Norm.LINF) == 0
    if bool(still.any()):
        drawn = noise.normal(momentum.shape[1:], draw=_WAY_OUT).to(momentum.dtype)
        momentum = torch.where(norms.per_image(still, momentum), drawn, momentum)
    return norms.steepest(momentum, norm)
