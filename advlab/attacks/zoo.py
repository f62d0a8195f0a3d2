"""ZOO: Carlini and Wagner's attack with slopes that are estimated from scores, a few values at a time."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from advlab.attacks import register
from advlab.core import adam, losses, norms
from advlab.core.attack import Access, State, Widget, param
from advlab.core.estimation import estimate
from advlab.core.goals import Goal
from advlab.core.minimal import MinimalAttack
from advlab.core.norms import Norm
from advlab.core.oracle import ScoreOracle
from advlab.core.prices import Prices, next_prices


@dataclass(frozen=True)
class ZOOState(State):
    """Adam's iterate and moments, and each image's own place in the search for its price."""

    x: Tensor  # [n, C, H, W]
    first: Tensor  # [n, C, H, W], moments of Adam
    second: Tensor
    taken: Tensor  # [n, C, H, W], how often each value was moved
    const: Tensor  # [n], the price c
    low: Tensor  # [n], largest price that failed
    high: Tensor  # [n], smallest price that succeeded; infinite before there is one
    hit: Tensor  # [n], whether the goal was reached at this price


@register
class ZOO(MinimalAttack):
    """Minimises `|delta|² + c · max(-margin, 0)`: asks on both sides of some values, and moves these by Adam.

    Reference: Chen, Zhang, Sharma, Yi, Hsieh: ZOO: zeroth order optimization based black-box attacks to deep neural
    networks without training substitute models, AISec 2017, arXiv 1708.03999. Departures: (1) Adam works on pixels
    that are projected onto [0, 1], as theirs does for ImageNet: a tanh cannot move values of exactly 0 or 1; (2) which
    values are next is drawn evenly, without their hierarchy of sizes; (3) the search ends with a bisection on the line
    to the clean image.
    """

    name: ClassVar[str] = "zoo"
    title: ClassVar[str] = "ZOO · value by value"
    access: ClassVar[Access] = Access.SCORES
    norms: ClassVar[tuple[Norm, ...]] = (Norm.L2,)
    scale_free: ClassVar[tuple[bool, bool]] = False, False

    steps: int = param(
        1000, "Steps", "Steps of Adam for one constant.", ge=1, le=100_000, widget=Widget(10, 1000, 10, initial=20)
    )
    search_steps: int = param(
        9, "Search steps", "Constants tried, each by bisection.", ge=1, le=20, widget=Widget(1, 10, initial=1)
    )
    step_size: float = param(0.01, "Step size", "Learning rate of Adam.", gt=0, le=1, widget=Widget(0.001, 0.5, 0.001))
    coordinates: int = param(
        128, "Values at once", "How many values are asked about, twice each, and moved in a step.", ge=1, le=100_000,
        widget=Widget(16, 512, 16),
    )  # fmt: skip
    h: float = param(
        1e-4, "Difference", "How far a value is moved to ask.", gt=0, le=0.5, widget=Widget(1e-4, 0.1, 1e-4, log=True)
    )
    initial_const: float = param(
        0.01, "First constant", "The price of failing that is tried first.", gt=0, le=1e10,
        widget=Widget(0.01, 100, 0.01, initial=10.0),
    )  # fmt: skip

    def init(self, o: ScoreOracle) -> ZOOState:
        zero, none = torch.zeros_like(o.x), torch.zeros_like(o.eps)
        return ZOOState(
            step=o.rows * 0, x=o.x, first=zero, second=zero, taken=zero.long(), const=none + self.initial_const,
            low=none, high=none + torch.inf, hit=none > 0,
        )  # fmt: skip

    def move(self, o: ScoreOracle, s: ZOOState) -> ZOOState:
        number = int(s.step[0])  # all rows are at the same step: they started together
        count = min(self.coordinates, s.x[0].numel())
        chosen = o.noise.at(number).uniform((s.x[0].numel(),)).topk(count, dim=1).indices

        def draw(begin: int, many: int) -> Tensor:
            part = chosen[:, begin : begin + many]
            one = s.x.new_zeros(*part.shape, s.x[0].numel()).scatter_(2, part.unsqueeze(2), 1)
            return one.reshape(*part.shape, *s.x.shape[1:])

        found = estimate(o, s.x, draw, pairs=count, length=self.h, loss=_shortfall)
        gradient = 2 * (s.x - o.x) - norms.per_image(s.const, s.x) * found.gradient
        among = torch.zeros_like(s.x, dtype=torch.bool).flatten(1).scatter_(1, chosen, value=True).reshape_as(s.x)
        taken = s.taken + among
        first, second, direction = adam.moments(s.first, s.second, gradient, taken.clamp_min(1))
        s = ZOOState(
            step=s.step + 1,
            x=torch.where(among, (s.x - self.step_size * direction).clamp(0, 1), s.x),
            first=torch.where(among, first, s.first),
            second=torch.where(among, second, s.second),
            taken=taken,
            const=s.const,
            low=s.low,
            high=s.high,
            hit=s.hit | (found.value == 0),
        )
        return self._next_round(o, s) if (number + 1) % self.steps == 0 else s

    def _next_round(self, o: ScoreOracle, s: ZOOState) -> ZOOState:
        """The next price, from the clean image."""
        prices = next_prices(Prices(s.const, s.low, s.high), s.hit, torch.ones_like(s.hit))
        zero = torch.zeros_like(s.x)
        return ZOOState(
            step=s.step, x=o.x, first=zero, second=zero, taken=zero.long(), const=prices.const, low=prices.low,
            high=prices.high, hit=torch.zeros_like(s.hit),
        )  # fmt: skip

    @property
    def queries_a_step(self) -> int:
        return 1 + 2 * self.coordinates

    @property
    def all_steps(self) -> int:
        return self.steps * self.search_steps


def _shortfall(logits: Tensor, goal: Goal) -> Tensor:
    return losses.margin(logits, goal).clamp_max(0)
