"""Boundary attack: a random walk along the decision boundary, seeing labels only."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from advlab.attacks import register
from advlab.core import beginnings, norms
from advlab.core.attack import Widget, param
from advlab.core.boundary import bisect
from advlab.core.decisions import DecisionAttack, DecisionState
from advlab.core.norms import Norm
from advlab.core.oracle import DecisionOracle

# Of a step on the sphere half should stay beyond the goal, as if the boundary were flat; of the whole step a quarter.
_ON_SPHERE, _NEARER = 0.5, 0.25
# How much one answer moves a step's length: some ten answers decide.
_PACE = 0.1
_LONGEST, _SHORTEST = 1.0, 1e-7


@dataclass(frozen=True)
class BoundaryState(DecisionState):
    """The nearest point so far, and the lengths of the next step as shares of the distance."""

    sideways: Tensor  # [n]
    nearer: Tensor  # [n]


@register
class Boundary(DecisionAttack):
    """Takes random steps around the clean image, a little nearer each time, and keeps those that still fool.

    A step is one random direction on the sphere around the clean image and then one towards it. How long both are
    is learned from how often they succeed. Where it begins is said in `advlab.core.beginnings`.

    Reference: Brendel, Rauber, Bethge: Decision-based adversarial attacks: reliable attacks against black-box machine
    learning models, ICLR 2018, arXiv 1712.04248. Departures: (1) the lengths are adapted a little after each answer,
    not by a factor after a hundred; (2) the point on the sphere alone is asked about in some steps only, since its
    answer serves the adaptation and nothing else; (3) the beginning is first brought to the boundary.
    """

    name: ClassVar[str] = "boundary"
    title: ClassVar[str] = "Boundary · random walk"
    norms: ClassVar[tuple[Norm, ...]] = (Norm.L2,)

    steps: int = param(
        25_000, "Steps", "Random steps, little more than a query each.", ge=1, le=10_000_000,
        widget=Widget(100, 50_000, 100, initial=1000),
    )  # fmt: skip
    sphere_step: float = param(
        0.1, "First step on the sphere", "As a share of the distance.", gt=0, le=1, widget=Widget(0.01, 1, 0.01)
    )
    source_step: float = param(
        0.01, "First step to the clean image", "As a share of the distance.", gt=0, lt=1,
        widget=Widget(0.001, 0.5, 0.001),
    )  # fmt: skip
    check_every: int = param(
        10, "Look at the sphere every", "Steps between two looks at the point on the sphere alone.", ge=1, le=1000
    )

    def init(self, o: DecisionOracle) -> BoundaryState:
        x, found = beginnings.begin(o)
        rows = found.nonzero().squeeze(1)
        x[rows] = bisect(o, x[rows], o.eps.new_full((len(rows),), 1e-3), rows)
        one = torch.ones_like(o.eps)
        return BoundaryState(
            step=o.rows * 0, x=x, lost=~found, sideways=one * self.sphere_step, nearer=one * self.source_step
        )

    def step(self, o: DecisionOracle, s: BoundaryState) -> BoundaryState:
        away = s.x - o.x
        distance = norms.size(away, Norm.L2)
        sphere = self._sideways(o, s, away, distance)
        left = sphere - o.x
        wanted = distance * (1 - s.nearer) / norms.size(left, Norm.L2).clamp_min(1e-12)
        point = (o.x + left * norms.per_image(wanted.clamp_max(1), left)).clamp_(0, 1)

        looking = (s.step % self.check_every == 0).nonzero().squeeze(1)
        row = torch.arange(len(point), device=point.device)
        answer = o.decisions(torch.cat((point, sphere[looking])), torch.cat((row, looking)))
        reached, granted = answer.reached[: len(row)], answer.granted[: len(row)]
        sideways = s.sideways.clone()
        flat = answer.reached[len(row) :].to(sideways.dtype) - _ON_SPHERE
        sideways[looking] *= torch.exp(_PACE * flat * answer.granted[len(row) :])
        closer = reached & (norms.size(point - o.x, Norm.L2) < distance)
        nearer = s.nearer * torch.exp(_PACE * (closer.to(s.nearer.dtype) - _NEARER) * granted)
        return BoundaryState(
            step=s.step + 1,
            x=torch.where(norms.per_image(closer, s.x), point, s.x),
            lost=s.lost,
            sideways=sideways.clamp(_SHORTEST, _LONGEST),
            nearer=nearer.clamp(_SHORTEST, 0.5),
        )

    def _sideways(self, o: DecisionOracle, s: BoundaryState, away: Tensor, distance: Tensor) -> Tensor:
        """A point at the same distance from the clean image, in a random direction from the current one."""
        drawn = o.noise.at(s.step + 1).normal(s.x.shape[1:]).to(s.x.dtype)
        along = (drawn * away).flatten(1).sum(1) / distance.square().clamp_min(1e-24)
        drawn -= norms.per_image(along, away) * away
        length = distance * s.sideways / norms.size(drawn, Norm.L2).clamp_min(1e-12)
        moved = away + drawn * norms.per_image(length, drawn)
        moved *= norms.per_image(distance / norms.size(moved, Norm.L2).clamp_min(1e-12), moved)
        return (o.x + moved).clamp_(0, 1)

    def done(self, s: BoundaryState) -> Tensor:
        return (s.step >= self.steps) | s.lost

    def cost(self, budget: int | None) -> tuple[int, int]:
        queries = beginnings.QUERIES + 10 + self.steps + -(-self.steps // self.check_every)
        return min(queries, budget or queries), 0
