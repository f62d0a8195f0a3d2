"""SurFree: turns the perturbation through random planes, seeing labels only."""

import math
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from advlab.attacks import register
from advlab.core import beginnings, frequencies, norms
from advlab.core.attack import Widget, param
from advlab.core.boundary import Path, bisect, bisect_along
from advlab.core.decisions import DecisionAttack, DecisionState
from advlab.core.norms import Norm
from advlab.core.oracle import DecisionOracle

# Angles tried on either side, as shares of the widest (the paper's T = 3), and how it changes by success.
_SHARES = (1.0, 2 / 3, 1 / 3)
_PACE = 0.98
_FIRST, _LEAST = math.pi / 6, 1e-4
# At most so many numbers are remembered as former directions of an image: 16 MB.
_MEMORY = 2**22
# From the least angle to a right one.
_DOUBLINGS = 15


@dataclass(frozen=True)
class SurFreeState(DecisionState):
    """A point on the boundary, the widest angle to try, and the directions of the last planes."""

    angle: Tensor  # [n]
    former: Tensor  # [n, M, D], of length 1 or zero


@register
class SurFree(DecisionAttack):
    """Turns the perturbation in a random plane as far as it still fools, which makes it shorter; then in another.

    On the circle through the clean image and the current point, the perturbation at angle θ is cos θ as long. Small
    angles to both sides are tried, and bisection finds the largest. No slope is estimated. Where it begins is said in
    `advlab.core.beginnings`.

    Reference: Maho, Furon, Le Merrer: SurFree: a fast surrogate-free black-box attack, CVPR 2021, arXiv 2011.12807.
    Departures: (1) directions have the lowest frequencies of the whole image, not of blocks of 8 × 8; (2) where the
    widest angle succeeds, wider ones are tried, each twice the one before; (3) of images with many pixels fewer
    former directions are remembered than the paper's hundred.
    """

    name: ClassVar[str] = "surfree"
    title: ClassVar[str] = "SurFree · turns in random planes"
    norms: ClassVar[tuple[Norm, ...]] = (Norm.L2,)

    steps: int = param(
        1000, "Steps", "Planes, some ten queries each.", ge=1, le=1_000_000, widget=Widget(10, 2000, 10, initial=100)
    )
    most_frequencies: int = param(
        75, "Frequencies", "The lowest ones along each side, from which directions are drawn.", ge=1, le=10_000,
        widget=Widget(1, 224),
    )  # fmt: skip
    halvings: int = param(6, "Halvings", "How often the largest angle is halved in.", ge=1, le=30, widget=Widget(1, 12))
    memory: int = param(100, "Memory", "Former directions that a new one is at right angles to.", ge=0, le=1000)

    def init(self, o: DecisionOracle) -> SurFreeState:
        x, found = beginnings.begin(o)
        rows = found.nonzero().squeeze(1)
        x[rows] = bisect(o, x[rows], o.eps.new_full((len(rows),), 1e-3), rows)
        values = x[0].numel()
        former = x.new_zeros(len(x), min(self.memory, _MEMORY // values, values // 2), values)
        return SurFreeState(step=o.rows * 0, x=x, lost=~found, angle=torch.full_like(o.eps, _FIRST), former=former)

    def step(self, o: DecisionOracle, s: SurFreeState) -> SurFreeState:
        away = s.x - o.x
        direction, former = self._direction(o, s, away)
        side = direction * norms.per_image(norms.size(away, Norm.L2), away)

        def turned(rows: Tensor, angle: Tensor) -> Tensor:
            cos, sin = norms.per_image(angle.cos(), away), norms.per_image(angle.sin(), away)
            return (o.x[rows] + cos * (cos * away[rows] + sin * side[rows])).clamp_(0, 1)

        point, angle, beyond, rows = self._first(o, s, turned)
        x = s.x.clone()
        x[rows] = bisect_along(
            o, lambda where, place: turned(rows[where], place), point, beyond, angle, rows=rows,
            tolerance=(beyond - angle).abs() / 2 ** (self.halvings - 0.5),
        )[0]  # fmt: skip
        hit = torch.zeros_like(s.lost)
        hit[rows] = True
        widest = torch.where(hit, s.angle / _PACE, s.angle * _PACE).clamp(_LEAST, math.pi / 4)
        return SurFreeState(step=s.step + 1, x=x, lost=s.lost, angle=widest, former=former)

    def _direction(self, o: DecisionOracle, s: SurFreeState, away: Tensor) -> tuple[Tensor, Tensor]:
        """A random direction at right angles to the perturbation and to the former ones; and those with it."""
        drawn = frequencies.noise(o.noise.at(s.step + 1), self.most_frequencies, s.x)
        flat, unit = drawn.flatten(1), norms.steepest(away, Norm.L2).flatten(1)
        if s.former.shape[1]:
            flat = flat - torch.bmm(torch.bmm(flat.unsqueeze(1), s.former.mT), s.former).squeeze(1)
        flat = flat - (flat * unit).sum(1, keepdim=True) * unit
        direction = norms.steepest(flat.reshape(s.x.shape), Norm.L2)
        former = s.former
        if former.shape[1]:
            place = (s.step % former.shape[1]).reshape(-1, 1, 1).expand(-1, 1, former.shape[2])
            former = former.scatter(1, place, direction.flatten(1).unsqueeze(1))
        return direction, former

    def _first(self, o: DecisionOracle, s: SurFreeState, turned: Path) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Points beyond the goal on the circle, their angles, angles that are too wide, and the rows that have them."""
        point, angle, beyond = s.x.clone(), torch.zeros_like(s.angle), torch.zeros_like(s.angle)
        found = torch.zeros_like(s.lost)
        for number, share in enumerate(_SHARES):
            for sign in (1, -1):
                rows = (~found).nonzero().squeeze(1)
                if len(rows) == 0:
                    break
                tried = sign * share * s.angle[rows]
                asked = turned(rows, tried)
                reached = o.decisions(asked, rows).reached
                good = rows[reached]
                point[good], angle[good], found[good] = asked[reached], tried[reached], True
                beyond[good] = tried[reached] * (_SHARES[number - 1] / share if number else torch.inf)
        wider = (found & beyond.isinf()).nonzero().squeeze(1)
        for _ in range(_DOUBLINGS):
            if len(wider) == 0:
                break
            tried = 2 * angle[wider]
            end = tried.abs() >= math.pi / 2  # there the clean image is
            beyond[wider[end]] = tried[end].sign() * math.pi / 2
            wider, tried = wider[~end], tried[~end]
            asked = turned(wider, tried)
            reached = o.decisions(asked, wider).reached
            beyond[wider[~reached]] = tried[~reached]
            wider = wider[reached]
            point[wider], angle[wider] = asked[reached], tried[reached]
        found &= beyond.isfinite()
        rows = found.nonzero().squeeze(1)
        return point[rows], angle[rows], beyond[rows], rows

    def done(self, s: SurFreeState) -> Tensor:
        return (s.step >= self.steps) | s.lost

    def cost(self, budget: int | None) -> tuple[int, int]:
        a_step = 2 * len(_SHARES) + _DOUBLINGS + self.halvings
        queries = beginnings.QUERIES + 10 + self.steps * a_step
        return min(queries, budget or queries), 0
