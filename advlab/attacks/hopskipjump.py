"""HopSkipJump: walks along the decision boundary, seeing labels only."""

import math
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from advlab.attacks import register
from advlab.core import norms
from advlab.core.attack import Access, Attack, Objective, State, Widget, param
from advlab.core.boundary import between, bisect
from advlab.core.norms import Norm
from advlab.core.oracle import DecisionOracle
from advlab.core.parts import in_cache
from advlab.core.randomness import Noise

_START_TRIES = 100
_HALVINGS = 9
# Probes are at least this many times as long as what float32 resolves. On photos of 224 px factors of 100 and
# 1000 gave the same distances within what seeds differ by; 10 and the paper's rule gave slightly larger ones.
_FLOOR = 100
# How many numbers of probes are held in memory at once.
_PROBE_VALUES = 2**25


@dataclass(frozen=True)
class HopSkipJumpState(State):
    """A point on the boundary, on the side of the goal."""

    x: Tensor  # [n, C, H, W]
    distance: Tensor  # [n], from the clean image before the last bisection: sets the probes' length
    lost: Tensor  # [n], no starting point was found


@register
class HopSkipJump(Attack):
    """Estimates the boundary's normal from labels of random probes, steps along it, and bisects back.

    An untargeted search starts from uniform noise that the model calls something else; a targeted one
    from `start`, a picture of the target (see `advlab.core.starts` for what happens without one).

    Reference: Chen, Jordan, Wainwright: HopSkipJumpAttack, IEEE S&P 2020, arXiv 1904.02144. Departures:
    (1) neither bisection nor probes go below what float32 resolves, which the paper's rules do beyond some
    10,000 dimensions; (2) before the first bisection the way to the start is looked at on nine scales: it
    may cross many classes, and bisection alone ends at any of the crossings, often fifty times as far as
    the nearest. Each image has its own number of probes, step and budget.
    """

    name: ClassVar[str] = "hopskipjump"
    title: ClassVar[str] = "HopSkipJump · labels only"
    access: ClassVar[Access] = Access.LABEL
    norms: ClassVar[tuple[Norm, ...]] = (Norm.L2, Norm.LINF)
    objective: ClassVar[Objective] = Objective.MINIMAL
    needs_start: ClassVar[bool] = True

    steps: int = param(
        64, "Steps", "Most rounds of estimate, step and bisection.", ge=1, le=10_000, widget=Widget(1, 100, initial=10)
    )
    first_probes: int = param(
        100, "First probes", "Probes of the first round; round t takes √t times as many.", ge=1, le=100_000,
        widget=Widget(10, 500, 10, initial=50),
    )  # fmt: skip
    most_probes: int = param(10_000, "Maximum probes", "Limit for the probes of a round.", ge=1, le=1_000_000)

    def init(self, o: DecisionOracle) -> HopSkipJumpState:
        x, found = self._start(o)
        rows = found.nonzero().squeeze(1)
        x = self._nearest(o, x, rows)
        distance = norms.size(x - o.x, o.norm)
        x = self._to_boundary(o, x, rows, self._tolerance(o, distance, o.rows * 0 + 1)[rows])
        return HopSkipJumpState(step=o.rows * 0, x=x, distance=distance, lost=~found)

    def _start(self, o: DecisionOracle) -> tuple[Tensor, Tensor]:
        """A point beyond the goal for each row, and whether there is one."""
        x = o.x.clone()
        found = torch.zeros_like(o.rows, dtype=torch.bool)
        if o.start is not None:
            found = o.decisions(o.start).reached
            x = torch.where(norms.per_image(found, x), o.start, x)
        for attempt in range(_START_TRIES):
            rows = (~found & (o.remaining > 0)).nonzero().squeeze(1)
            if len(rows) == 0:
                break
            noise = o.noise.take(rows).uniform(x.shape[1:], draw=attempt).to(x.dtype)
            good = o.decisions(noise, rows).reached
            x[rows[good]] = noise[good]
            found[rows[good]] = True
        return x, found

    def _nearest(self, o: DecisionOracle, x: Tensor, rows: Tensor) -> Tensor:
        """Of the points at 1/2, 1/4, ... of the way from the clean image, the nearest beyond the goal."""
        halvings = torch.arange(1, _HALVINGS + 1, device=x.device)
        row = rows.repeat_interleave(_HALVINGS)
        share = (0.5**halvings).to(x.dtype).repeat(len(rows))
        point = between(o.x[row], x[row], share, o.norm)
        reached = o.decisions(point, row).reached.reshape(len(rows), _HALVINGS)
        last = torch.where(reached, halvings, 0).amax(1)
        closer = last > 0
        x = x.clone()
        x[rows[closer]] = point.reshape(len(rows), _HALVINGS, *x.shape[1:])[closer, last[closer] - 1]
        return x

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
        n, values = len(t), s.x[0].numel()
        counts = (self.first_probes * t.double().sqrt()).long().clamp_max(self.most_probes)
        at_once = min(o.at_once, max(1, _PROBE_VALUES // values))
        queue = torch.repeat_interleave(torch.arange(n, device=t.device), counts)
        begins = torch.repeat_interleave(counts.cumsum(0) - counts, counts)
        draws = torch.arange(len(queue), device=t.device) - begins
        noise = o.noise.at(t)
        # Sums of the probes that stay outside, then of those that reach the goal, and their numbers.
        sums = torch.cat((torch.zeros_like(s.x), torch.zeros_like(s.x)))
        numbers = length.new_zeros(2 * n)
        for begin in range(0, len(queue), at_once):
            row, draw = queue[begin : begin + at_once], draws[begin : begin + at_once]
            point = self._probes(o, s.x, noise, row, draw, length=length)
            answer = o.decisions(point, row)
            place = row + n * answer.reached
            numbers.index_add_(0, place, answer.granted.to(length.dtype))
            for part in in_cache(len(row), values, row.device):
                left = point[part] - s.x[row[part]]  # what the box left of the probe
                sums.index_add_(0, place[part], left * norms.per_image(answer.granted[part], left))
        missed, reached, misses, hits = sums[:n], sums[n:], numbers[:n], numbers[n:]
        mean = (hits - misses) / (hits + misses).clamp_min(1)
        # A baseline halves the variance; without it where all probes agree.
        weight = norms.per_image(torch.where(mean.abs() == 1, 0.0, mean), s.x)
        return norms.steepest((1 - weight) * reached - (1 + weight) * missed, o.norm)

    def _probes(
        self, o: DecisionOracle, x: Tensor, noise: Noise, row: Tensor, draw: Tensor, *, length: Tensor
    ) -> Tensor:
        """Points in random directions at `length` from `x[row]`, cut to the box."""
        points = x.new_empty(len(row), *x.shape[1:])
        for part in in_cache(len(row), x[0].numel(), x.device):
            rows = row[part]
            if o.norm is Norm.L2:
                probe = noise.take(rows).normal(x.shape[1:], draw[part])
            else:
                probe = noise.take(rows).uniform(x.shape[1:], draw[part]).mul_(2).sub_(1)
            probe = probe.to(x.dtype)
            scale = length[rows] / norms.size(probe, Norm.L2).clamp_min(1e-12)
            points[part] = probe.mul_(norms.per_image(scale, probe)).add_(x[rows]).clamp_(0, 1)
        return points

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
        # A given start, tries of noise, halvings and a first bisection; then up to 30 strides and 40 halvings a step.
        queries = 1 + _START_TRIES + _HALVINGS + 10 + probes + (30 + 40) * self.steps
        return min(queries, budget or queries), 0


def _resolution(x: Tensor) -> float:
    """Spacing of numbers just below 1: no pixel moves by less."""
    return torch.finfo(x.dtype).eps
