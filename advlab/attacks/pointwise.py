"""Pointwise: sets changed pixels back one after the other, seeing labels only."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from advlab.attacks import register
from advlab.core import beginnings, norms
from advlab.core.attack import Widget, param
from advlab.core.decisions import DecisionAttack, DecisionState
from advlab.core.norms import Norm
from advlab.core.oracle import DecisionOracle

# The first group is this share of the changed pixels.
_FIRST_GROUP = 8


@dataclass(frozen=True)
class PointwiseState(DecisionState):
    """The image so far, the order in which its pixels are tried, and where in it we are."""

    order: Tensor  # [n, H·W]
    place: Tensor  # [n]
    group: Tensor  # [n], how many pixels are set back at once
    round: Tensor  # [n], how often all pixels have been tried
    gained: Tensor  # [n], whether a pixel was set back in this round
    over: Tensor  # [n]


@register
class Pointwise(DecisionAttack):
    """Begins with black and white noise and sets pixels back to what they were, as long as it still fools.

    Pixels are tried in random order, and again from the first as long as any could be set back. Where it begins is
    said in `advlab.core.beginnings`.

    Reference: Schott, Rauber, Bethge, Brendel: Towards the first adversarially robust neural network model on MNIST,
    ICLR 2019, arXiv 1805.09190. Departures: (1) a pixel is set back in all channels, since L0 counts pixels; (2) they
    are set back in groups, which double where that succeeds and halve where it does not, down to one pixel.
    """

    name: ClassVar[str] = "pointwise"
    title: ClassVar[str] = "Pointwise · sets pixels back"
    norms: ClassVar[tuple[Norm, ...]] = (Norm.L0,)

    steps: int = param(
        10_000, "Steps", "Groups of pixels tried; each is one query.", ge=1, le=10_000_000,
        widget=Widget(100, 20_000, 100, initial=1000),
    )  # fmt: skip

    def init(self, o: DecisionOracle) -> PointwiseState:
        x, found = beginnings.begin(o)
        count = norms.size(x - o.x, Norm.L0).long()
        return PointwiseState(
            step=o.rows * 0, x=x, lost=~found, order=self._order(o, o.rows * 0), place=o.rows * 0,
            group=(count // _FIRST_GROUP).clamp_min(1), round=o.rows * 0, gained=torch.zeros_like(found),
            over=torch.zeros_like(found),
        )  # fmt: skip

    def _order(self, o: DecisionOracle, number: Tensor) -> Tensor:
        """A permutation of the pixels for each row, another in each round."""
        return o.noise.at(number + 1).uniform(o.x.shape[2:], draw=1).flatten(1).argsort(dim=1, stable=True)

    def step(self, o: DecisionOracle, s: PointwiseState) -> PointwiseState:
        changed = (s.x != o.x).any(1).flatten(1).gather(1, s.order)
        waiting = changed & (torch.arange(changed.shape[1], device=s.x.device) >= s.place.unsqueeze(1))
        number = waiting.cumsum(1)
        chosen = waiting & (number <= s.group.unsqueeze(1))
        back = torch.zeros_like(chosen).scatter_(1, s.order, chosen).reshape(-1, 1, *s.x.shape[2:])
        asking = chosen.any(1)
        rows = asking.nonzero().squeeze(1)
        point = torch.where(back, o.x, s.x)
        good = torch.zeros_like(asking)
        good[rows] = o.decisions(point[rows], rows).reached

        # Past the group where it was set back, and past a single pixel that must stay.
        behind = chosen.long().mul_(torch.arange(1, chosen.shape[1] + 1, device=s.x.device)).amax(1)
        place = torch.where(good | (s.group == 1), torch.maximum(behind, s.place), s.place)
        group = torch.where(good, s.group * 2, s.group // 2).clamp_min(1).minimum(number[:, -1].clamp_min(1))
        gained = s.gained | good
        ended = ~asking
        order = s.order
        again = ended & gained
        if bool(again.any()):
            order = torch.where(again.unsqueeze(1), self._order(o, s.round + 1), order)
        return PointwiseState(
            step=s.step + asking, x=torch.where(norms.per_image(good, point), point, s.x), lost=s.lost,
            order=order, place=torch.where(ended, 0, place), group=torch.where(asking, group, 1),
            round=s.round + ended, gained=gained & ~ended, over=s.over | (ended & ~gained),
        )  # fmt: skip

    def done(self, s: PointwiseState) -> Tensor:
        return (s.step >= self.steps) | s.lost | s.over

    def cost(self, budget: int | None) -> tuple[int, int]:
        queries = beginnings.QUERIES + self.steps
        return min(queries, budget or queries), 0
