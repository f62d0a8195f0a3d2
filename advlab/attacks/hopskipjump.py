"""HopSkipJump: walks along the decision boundary, seeing labels only."""

import math
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from advlab.attacks import register
from advlab.core import beginnings, norms, probes
from advlab.core.attack import Widget, param
from advlab.core.boundary import bisect
from advlab.core.decisions import DecisionAttack, DecisionState
from advlab.core.norms import Norm
from advlab.core.oracle import DecisionOracle

# Probes are at least this many times as long as what float32 resolves. On photos of 224 px factors of 100 and
# 1000 gave the same distances within what seeds differ by; 10 and the paper's rule gave slightly larger ones.
_FLOOR = 100

# Probes leave the queries that the step and the bisection of their round mostly take: else they were in vain.
_RESERVE = 20


@dataclass(frozen=True)
class HopSkipJumpState(DecisionState):
    """A point on the boundary, on the side of the goal."""

    distance: Tensor  # [n], from the clean image before the last bisection: sets the probes' length


@register
class HopSkipJump(DecisionAttack):
    """Estimates the boundary's normal from labels of random probes, steps along it, and bisects back.

    Where it begins is said in `advlab.core.beginnings`.

    Reference: Chen, Jordan, Wainwright: HopSkipJumpAttack, IEEE S&P 2020, arXiv 1904.02144. Departures:
    (1) neither bisection nor probes go below what float32 resolves, which the paper's rules do beyond some
    10,000 dimensions; (2) before the first bisection the way to the beginning is looked at on nine scales.
    Each image has its own number of probes, step and budget.
    """

    name: ClassVar[str] = "hopskipjump"
    title: ClassVar[str] = "HopSkipJump · labels only"
    norms: ClassVar[tuple[Norm, ...]] = (Norm.L2, Norm.LINF)

    steps: int = param(
        64, "Steps", "Most rounds of estimate, step and bisection.", ge=1, le=10_000, widget=Widget(1, 100, initial=10)
    )
    first_probes: int = param(
        100, "First probes", "Probes of the first round; round t takes √t times as many.", ge=1, le=100_000,
        widget=Widget(10, 500, 10, initial=50),
    )  # fmt: skip
    most_probes: int = param(10_000, "Maximum probes", "Limit for the probes of a round.", ge=1, le=1_000_000)

    def init(self, o: DecisionOracle) -> HopSkipJumpState:
        x, found = beginnings.begin(o)
        rows = found.nonzero().squeeze(1)
        distance = norms.size(x - o.x, o.norm)
        x = self._to_boundary(o, x, rows, self._tolerance(o, distance, o.rows * 0 + 1)[rows])
        return HopSkipJumpState(step=o.rows * 0, x=x, distance=distance, lost=~found)

    def _to_boundary(self, o: DecisionOracle, x: Tensor, rows: Tensor, tolerance: Tensor) -> Tensor:
        x = x.clone()
        x[rows] = bisect(o, x[rows], tolerance, rows)
        return x

    def step(self, o: DecisionOracle, s: HopSkipJumpState) -> HopSkipJumpState:
        t = s.step + 1
        length = self._probe_length(s.x, s.distance, t)
        direction = self._normal(o, s, t, length)
        x, distance = self._advance(o, s, t, direction)
        rows = torch.arange(len(x), device=x.device)
        tolerance = self._tolerance(o, distance, t + 1)
        return HopSkipJumpState(step=t, x=self._to_boundary(o, x, rows, tolerance), distance=distance, lost=s.lost)

    def _probe_length(self, x: Tensor, distance: Tensor, t: Tensor) -> Tensor:
        """How far from the boundary the probes of round `t` are set."""
        dimensions = x[0].numel()
        floor = _FLOOR * _resolution(x) * math.sqrt(dimensions)
        return torch.where(t == 1, 0.1, (distance / dimensions).clamp_min(floor)).to(x.dtype)

    def _tolerance(self, o: DecisionOracle, distance: Tensor, t: Tensor) -> Tensor:
        """Where the bisection before round `t` stops, as a share of the way.

        Of a probe only its part along the normal decides, its length over √d. A gap larger than that
        and all probes agree: they would tell nothing. For probes of the paper's length this is its rule.
        """
        dimensions = o.x[0].numel()
        parts = math.sqrt(dimensions) if o.norm is Norm.L2 else dimensions
        share = self._probe_length(o.x, distance, t) / (parts * distance.clamp_min(1e-12))
        return share.clamp(_resolution(o.x), 1e-3)

    def _normal(self, o: DecisionOracle, s: HopSkipJumpState, t: Tensor, length: Tensor) -> Tensor:
        """The estimated direction into the goal's region, of size 1 in the norm (a Monte Carlo mean)."""
        counts = (self.first_probes * t.double().sqrt()).long().clamp_max(self.most_probes)
        counts = counts.minimum((o.remaining - _RESERVE).clamp_min(0))
        noise = o.noise.at(t)

        def draw(rows: Tensor, number: Tensor) -> Tensor:
            if o.norm is Norm.L2:
                probe = noise.take(rows).normal(s.x.shape[1:], number)
            else:
                probe = noise.take(rows).uniform(s.x.shape[1:], number).mul_(2).sub_(1)
            probe = probe.to(s.x.dtype)
            scale = length[rows] / norms.size(probe, Norm.L2).clamp_min(1e-12)
            return probe.mul_(norms.per_image(scale, probe)).add_(s.x[rows]).clamp_(0, 1)

        return norms.steepest(probes.normal(o, s.x, counts, draw), o.norm)

    def _advance(self, o: DecisionOracle, s: HopSkipJumpState, t: Tensor, direction: Tensor) -> tuple[Tensor, Tensor]:
        """The longest of the steps distance / √t / 2^k that stays beyond the goal."""
        stride = norms.size(s.x - o.x, o.norm) / t.to(s.x.dtype).sqrt()
        x = s.x.clone()
        rows = torch.arange(len(x), device=x.device)
        for _ in range(30):
            point = (s.x[rows] + norms.per_image(stride[rows], s.x) * direction[rows]).clamp_(0, 1)
            answer = o.decisions(point, rows)
            x[rows[answer.reached]] = point[answer.reached]
            rows = rows[answer.granted & ~answer.reached]
            if len(rows) == 0:
                break
            stride = stride / 2
        return x, norms.size(x - o.x, o.norm)

    def done(self, s: HopSkipJumpState) -> Tensor:
        return (s.step >= self.steps) | s.lost

    def cost(self, budget: int | None) -> tuple[int, int]:
        probes = sum(min(self.most_probes, int(self.first_probes * math.sqrt(t + 1))) for t in range(self.steps))
        # A beginning and a first bisection; then up to 30 strides and 40 halvings a step.
        queries = beginnings.QUERIES + 10 + probes + (30 + 40) * self.steps
        return min(queries, budget or queries), 0


def _resolution(x: Tensor) -> float:
    """Spacing of numbers just below 1: no pixel moves by less."""
    return torch.finfo(x.dtype).eps
