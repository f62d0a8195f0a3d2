"""Carlini and Wagner's L2 attack: the smallest perturbation, by searching the price of failing."""

from dataclasses import dataclass, replace
from typing import ClassVar

import torch
from torch import Tensor

from advlab.attacks import register
from advlab.core import adam, losses, norms
from advlab.core.attack import Access, Objective, State, StepwiseAttack, Widget, param
from advlab.core.boundary import shrink
from advlab.core.goals import Goal
from advlab.core.norms import Norm
from advlab.core.oracle import GradientOracle
from advlab.core.prices import Prices, next_prices

_CLOSING_QUERIES = 14


@dataclass(frozen=True)
class CWState(State):
    """Adam's iterate and moments, and each image's own place in the search for its constant."""

    x: Tensor  # [n, C, H, W]
    first: Tensor  # [n, C, H, W], moments of Adam
    second: Tensor
    round: Tensor  # [n], rounds of the search done
    const: Tensor  # [n], the price c
    low: Tensor  # [n], largest price that failed
    high: Tensor  # [n], smallest price that succeeded; infinite before there is one
    hit: Tensor  # [n], whether the goal was reached since the last check for progress
    plateau: Tensor  # [n], the objective at the last check for progress


@register
class CW(StepwiseAttack):
    """Minimises `|delta|² + c · max(confidence - margin, 0)` by Adam, and searches c for each image.

    Reference: Carlini, Wagner: Towards evaluating the robustness of neural networks, IEEE S&P 2017,
    arXiv 1608.04644. Departures: (1) Adam works on pixels and is projected onto [0, 1] (the paper's
    first way, section V-B) instead of the tanh substitution, which cannot move pixels that are exactly
    0 or 1, most of a drawing; (2) the rate falls linearly within a round, so that the result is not
    rougher than a step; (3) the search ends with a bisection on the line to the clean image. Each
    image stops, fails and searches by itself; the paper's 10,000 steps are offered, not the default.
    """

    name: ClassVar[str] = "cw"
    title: ClassVar[str] = "C&W · smallest change"
    access: ClassVar[Access] = Access.GRADIENT
    norms: ClassVar[tuple[Norm, ...]] = (Norm.L2,)
    objective: ClassVar[Objective] = Objective.MINIMAL

    steps: int = param(
        1000, "Steps", "Most steps of Adam for one constant.", ge=1, le=100_000, widget=Widget(10, 1000, 10, initial=50)
    )
    search_steps: int = param(
        9, "Search steps", "Constants tried, each by bisection.", ge=1, le=20, widget=Widget(1, 10, initial=4)
    )
    step_size: float = param(0.01, "Step size", "Learning rate of Adam.", gt=0, le=1, widget=Widget(0.001, 0.1, 0.001))
    initial_const: float = param(
        1e-3,
        "First constant",
        "The price of failing that is tried first.",
        gt=0,
        le=1e10,
        widget=Widget(1e-3, 100, 1e-3, initial=1.0),
    )
    confidence: float = param(
        0.0, "Confidence", "Margin of the logits to reach.", ge=0, le=1000, widget=Widget(0, 20, 0.5)
    )
    abort_early: bool = param(True, "Abort early", "End a round that no longer gains.")

    def init(self, o: GradientOracle) -> CWState:
        zero, none = torch.zeros_like(o.x), torch.zeros_like(o.rows)
        real = none.to(o.x.dtype)
        return CWState(
            step=none, x=o.x, first=zero, second=zero, round=none, const=real + self.initial_const,
            low=real, high=real + torch.inf, hit=none.bool(), plateau=real + torch.inf,
        )  # fmt: skip

    def step(self, o: GradientOracle, s: CWState) -> CWState:
        closing = s.round >= self.search_steps
        if bool(closing.any()):
            return self._close(o, s, closing)

        def shortfall(logits: Tensor, goal: Goal) -> Tensor:
            return -(self.confidence - losses.margin(logits, goal)).clamp_min(0)

        reply = o.gradient(s.x, loss=shortfall)
        delta = s.x - o.x
        gradient = 2 * delta - norms.per_image(s.const, s.x) * reply.gradient
        objective = delta.flatten(1).square().sum(1) - s.const * reply.value
        taken = s.step + 1
        first, second, direction = adam.moments(s.first, s.second, gradient, taken)
        finest = (o.best_size / s.x[0].numel() ** 0.5).clamp_max(self.step_size)
        rate = finest * (1 - s.step / self.steps)
        moved = (s.x - norms.per_image(rate, s.x) * direction).clamp_(0, 1)

        hit = s.hit | (reply.granted & (reply.value >= 0) & (o.goal.margin(reply.logits) > 0))
        check = taken % max(1, self.steps // 10) == 0
        stuck = check & (objective > s.plateau * 0.9999) & self.abort_early
        over = (taken >= self.steps) | stuck
        plateau = torch.where(check, objective, s.plateau)
        s = CWState(taken, moved, first, second, s.round, s.const, s.low, s.high, hit, plateau)
        if bool(over.any()):
            s = self._next_round(o, s, over)
        return replace(s, hit=s.hit & ~check)

    def _next_round(self, o: GradientOracle, s: CWState, over: Tensor) -> CWState:
        """Where a round is over: choose the next constant and start again from the clean image."""
        prices = next_prices(Prices(s.const, s.low, s.high), s.hit, over)
        wide = norms.per_image(over, s.x)
        return CWState(
            step=torch.where(over, 0, s.step),
            x=torch.where(wide, o.x, s.x),
            first=torch.where(wide, 0, s.first),
            second=torch.where(wide, 0, s.second),
            round=s.round + over,
            const=prices.const,
            low=prices.low,
            high=prices.high,
            hit=s.hit & ~over,
            plateau=torch.where(over, torch.inf, s.plateau),
        )

    def _close(self, o: GradientOracle, s: CWState, closing: Tensor) -> CWState:
        """The last step of finished rows: to the boundary on the line from the clean image."""
        if self.confidence == 0:
            shrink(o, closing.nonzero().squeeze(1), _CLOSING_QUERIES)
        return replace(s, round=s.round + closing)

    @property
    def wanted_margin(self) -> float:
        return self.confidence

    def done(self, s: CWState) -> Tensor:
        return s.round > self.search_steps

    def cost(self, budget: int | None) -> tuple[int, int]:
        gradients = self.steps * self.search_steps
        queries = gradients + _CLOSING_QUERIES
        return min(queries, budget or queries), min(gradients, budget or gradients)
