"""GeoDA: the nearest point of an estimated plane, seeing labels only."""

import math
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from advlab.attacks import register
from advlab.core import beginnings, frequencies, norms, planes, probes
from advlab.core.attack import Widget, param
from advlab.core.boundary import approach, bisect
from advlab.core.decisions import DecisionAttack, DecisionState
from advlab.core.norms import Norm
from advlab.core.oracle import DecisionOracle

# Each round has so many times the probes of the one before: the paper's λ to the power of -2/3, for λ = 0.6.
_GROWTH = 0.6 ** (-2 / 3)
_FIRST_ROUND = 65
# Other queries of a round, kept back from a budget: the search on the way to the plane.
_SEARCH = 25
_FIRST_BISECTION = 24
_STRIDE = 0.02
# Where the estimated plane should be reached, and beyond it where it is not yet.
_FARTHER = (1.0, 1.05, 1.2, 1.5, 2.0, 4.0, 8.0, 16.0, 32.0)


@dataclass(frozen=True)
class GeoDAState(DecisionState):
    """A point on the boundary, what is known of its normal, and how many rounds and probes there are."""

    normal: Tensor  # [n, C, H, W], the sum of all rounds' estimates
    rounds: Tensor  # [n]
    probes: Tensor  # [n], of all rounds


@register
class GeoDA(DecisionAttack):
    """Takes the boundary for a plane, estimates its slope from labels of random probes, and goes to its nearest point.

    Later rounds have more probes, since their point is the result. The nearest point is that in the norm and in the
    box. Where it begins is said in `advlab.core.beginnings`.

    Reference: Rahmati, Moosavi-Dezfooli, Frossard, Dai: GeoDA: a geometric framework for black-box adversarial
    attacks, CVPR 2020, arXiv 2003.06468. Departures: (1) probes of all rounds make up the slope, as in the authors'
    code; (2) the point to which a round leads is kept only if it is nearer; (3) the walls of the box count in
    all norms, and in L1 the steepest values go to their walls one after the other.
    """

    name: ClassVar[str] = "geoda"
    title: ClassVar[str] = "GeoDA · nearest point of an estimated plane"
    norms: ClassVar[tuple[Norm, ...]] = (Norm.L2, Norm.LINF, Norm.L1)

    samples: int = param(
        4000, "Probes", "Of all rounds together; fewer where the budget is smaller.", ge=1, le=1_000_000,
        widget=Widget(100, 20_000, 100, initial=500),
    )  # fmt: skip
    spread: float = param(
        0.0002, "Probe length", "Standard deviation of a probe's values.", gt=0, le=1,
        widget=Widget(1e-5, 0.1, 1e-5, log=True),
    )  # fmt: skip
    most_frequencies: int = param(
        75, "Frequencies", "The lowest ones along each side, from which probes are drawn.", ge=1, le=10_000,
        widget=Widget(1, 224),
    )  # fmt: skip

    def init(self, o: DecisionOracle) -> GeoDAState:
        x, found = beginnings.begin(o)
        rows = found.nonzero().squeeze(1)
        size = norms.size(x - o.x, o.norm).clamp_min(1e-12)
        resolution = torch.finfo(x.dtype).eps
        x[rows] = bisect(o, x[rows], self._tolerance(x, size).clamp(resolution, 1e-3)[rows], rows, _FIRST_BISECTION)
        most = (o.remaining - _SEARCH).clamp(1, self.samples)
        rounds = self._rounds(most)
        most = torch.minimum(most, (o.remaining - _SEARCH * rounds).clamp_min(1))
        return GeoDAState(step=o.rows * 0, x=x, lost=~found, normal=torch.zeros_like(x), rounds=rounds, probes=most)

    def _tolerance(self, x: Tensor, size: Tensor) -> Tensor:
        """Shares of the distance `size`: much less than a probe moves along the normal."""
        return 0.25 * self.spread / (size * math.sqrt(x[0].numel())).clamp_min(1e-12)

    def _rounds(self, most: Tensor) -> Tensor:
        """How many rounds so many probes are for."""
        rounds = torch.log1p(most.double() * (_GROWTH - 1) / _FIRST_ROUND) / math.log(_GROWTH)
        return rounds.round().long().clamp_min(1)

    def _counts(self, s: GeoDAState) -> Tensor:
        """Probes of this round: they grow by the same factor and add up to all."""
        growth = torch.full_like(s.step, 1, dtype=torch.float64) * _GROWTH
        share = growth.pow(s.step) * (_GROWTH - 1) / (growth.pow(s.rounds) - 1)
        counts: Tensor = (s.probes * share).ceil().long().clamp_min(1)
        return counts

    def step(self, o: DecisionOracle, s: GeoDAState) -> GeoDAState:
        noise = o.noise.at(s.step + 1)

        def draw(rows: Tensor, number: Tensor) -> Tensor:
            drawn = frequencies.noise(noise.take(rows), self.most_frequencies, s.x, number)
            return drawn.mul_(self.spread).add_(s.x[rows]).clamp_(0, 1)

        estimate = s.normal + probes.normal(o, s.x, self._counts(s), draw)
        x = self._nearest_of_plane(o, s.x, norms.steepest(estimate, Norm.L2))
        closer = norms.size(x - o.x, o.norm) < norms.size(s.x - o.x, o.norm)
        x = torch.where(norms.per_image(closer, x), x, s.x)
        return GeoDAState(
            step=s.step + 1, x=x, lost=s.lost, normal=estimate, rounds=s.rounds, probes=s.probes
        )  # fmt: skip

    def _nearest_of_plane(self, o: DecisionOracle, x: Tensor, slope: Tensor) -> Tensor:
        """Where the shortest way to a plane with this slope crosses the boundary; `x` where it does not."""
        away = x - o.x
        # Far from the clean image an estimate says little about how far the plane is: then from the nearest it may be.
        least = norms.size(away, Norm.L2) / math.sqrt(x[0].numel())
        gap = (slope * away).flatten(1).sum(1).maximum(least)

        def point(rows: Tensor, lead: Tensor) -> Tensor:
            return (o.x[rows] + planes.towards(o.x[rows], slope[rows], lead, o.norm)).clamp_(0, 1)

        rows = torch.arange(len(x), device=x.device)
        found, place, known = x.clone(), torch.zeros_like(gap), torch.zeros_like(gap)
        for factor in _FARTHER:
            if len(rows) == 0:
                break
            asked = point(rows, gap[rows] * factor)
            reached = o.decisions(asked, rows).reached
            good = rows[reached]
            found[good], place[good] = asked[reached], gap[good] * factor
            rows = rows[~reached]
            known[rows] = gap[rows] * factor
        rows = (place > 0).nonzero().squeeze(1)
        size = norms.size(found - o.x, o.norm)
        tolerance = (self._tolerance(x, size).clamp(torch.finfo(x.dtype).eps, 1e-3) * place)[rows]
        span = (place - known)[rows]
        found[rows] = approach(
            o, lambda where, lead: point(rows[where], known[rows[where]] + lead), found[rows], span,
            first=_STRIDE, tolerance=tolerance, rows=rows,
        )[0]  # fmt: skip
        return found

    def done(self, s: GeoDAState) -> Tensor:
        return (s.step >= s.rounds) | s.lost

    def cost(self, budget: int | None) -> tuple[int, int]:
        rounds = int(self._rounds(torch.tensor(self.samples)))
        a_round = len(_FARTHER) + 7 + 40 + 1
        queries = beginnings.QUERIES + _FIRST_BISECTION + self.samples + rounds * a_round
        return min(queries, budget or queries), 0
