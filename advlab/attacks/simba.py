"""SimBA: steps of one length along the directions of an orthonormal basis, each kept if the scores like it."""

import math
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import ClassVar

import torch
from torch import Tensor

from advlab.attacks import register
from advlab.core import losses, norms
from advlab.core.attack import Access, State, Widget, param
from advlab.core.minimal import CLOSING_QUERIES, MinimalAttack
from advlab.core.norms import Norm
from advlab.core.oracle import ScoreOracle
from advlab.core.randomness import Noise


class Basis(StrEnum):
    """What a direction is."""

    PIXEL = "pixel"
    DCT = "dct"


@dataclass(frozen=True)
class SimBAState(State):
    """The best point so far, and which direction is tried next, on which side."""

    x: Tensor  # [n, C, H, W]
    gain: Tensor  # [n]
    order: Tensor  # [n, C * H * W], the directions of this round
    tried: Tensor  # [n], directions that are done with
    back: Tensor  # [n], whether the next try is on the second side


@register
class SimBA(MinimalAttack):
    """Takes one value, or one wave, after the other in random order: adds a step, else takes it away, keeps what helps.

    Waves go from coarse to fine: first those of the lowest frequencies, in random order, then the next ones.

    Reference: Guo, Gardner, You, Wilson, Weinberger: Simple black-box adversarial attacks, ICML 2019, arXiv 1905.07121.
    Departures: (1) what is to rise are the odds of other classes, which rank as the paper's probability does and are
    not rounded to nothing where the network is sure; (2) a step that the box would undo wholly is not asked; (3) the
    search goes on with another order when all directions have been tried, and ends with a bisection on the line to
    the clean image.
    """

    name: ClassVar[str] = "simba"
    title: ClassVar[str] = "SimBA · one direction after the other"
    access: ClassVar[Access] = Access.SCORES
    norms: ClassVar[tuple[Norm, ...]] = (Norm.L2,)
    scale_free: ClassVar[tuple[bool, bool]] = False, False

    steps: int = param(
        10_000, "Steps", "Most points tried; each is one query.", ge=1, le=1_000_000,
        widget=Widget(100, 10_000, 100, initial=500),
    )  # fmt: skip
    step_size: float = param(0.2, "Step size", "Length of a step.", gt=0, le=100, widget=Widget(0.05, 2, 0.05))
    basis: Basis = param(Basis.DCT, "Basis", "Single values, or waves of the whole picture (a cosine transform).")
    frequencies: float = param(
        0.125, "Frequencies", "Waves: the share of the frequencies of each axis that is tried first, and then next.",
        gt=0, le=1, widget=Widget(0.05, 1, 0.05),
    )  # fmt: skip

    def init(self, o: ScoreOracle) -> SimBAState:
        gain = torch.full_like(o.eps, -torch.inf)
        return SimBAState(
            step=o.rows * 0, x=o.x, gain=gain, order=self._order(o.noise, o.x), tried=o.rows * 0, back=o.rows < 0
        )

    def move(self, o: ScoreOracle, s: SimBAState) -> SimBAState:
        known = s.step > 0  # the first question is about the clean image: what is there to gain
        side = torch.where(s.back, -self.step_size, self.step_size) * known
        count = s.order.shape[1]
        place = s.order.gather(1, (s.tried % count).unsqueeze(1)).squeeze(1)
        moved = s.x + norms.per_image(side.to(s.x.dtype), s.x) * self._directions(place, s.x)
        moved = moved.clamp(0, 1)
        row = (~known | (moved != s.x).flatten(1).any(1)).nonzero().squeeze(1)
        gain, reached = torch.full_like(s.gain, torch.nan), torch.zeros_like(s.back)
        if len(row):
            reply, goal = o.logits(moved[row], row), o.goal.take(row)
            gain[row] = torch.where(reply.granted, losses.log_odds(reply.logits, goal), torch.nan)
            reached[row] = losses.margin(reply.logits, goal) > 0
        better = (gain > s.gain) | reached
        over = known & (better | s.back)
        tried = s.tried + over
        s = SimBAState(
            step=s.step + 1,
            x=torch.where(norms.per_image(better, s.x), moved, s.x),
            gain=torch.where(better, gain, s.gain),
            order=self._next(o, s.order, tried, over),
            tried=tried,
            back=known & ~over,
        )
        return replace(s, step=self.finish(s, reached))

    def _next(self, o: ScoreOracle, order: Tensor, tried: Tensor, over: Tensor) -> Tensor:
        """A new order for rows that have just tried all directions."""
        count = order.shape[1]
        row = (over & (tried % count == 0)).nonzero().squeeze(1)
        if len(row) == 0:
            return order
        order = order.clone()
        order[row] = self._order(o.noise.take(row).at(tried[row] // count), o.x[row])
        return order

    def _order(self, noise: Noise, x: Tensor) -> Tensor:
        """All directions `[n, C * H * W]` in random order; of waves those of a band before those of the next."""
        shape = x.shape[1:]
        key = noise.uniform(shape)
        if self.basis == Basis.DCT:
            down, across = (
                torch.arange(length, device=x.device) // math.ceil(self.frequencies * length) for length in shape[1:]
            )
            key = key + torch.maximum(down.unsqueeze(1), across)
        return key.flatten(1).argsort(1)

    def _directions(self, place: Tensor, x: Tensor) -> Tensor:
        """Unit vectors `[n, C, H, W]`: the ones at these places `[n]` of the basis."""
        channels, height, width = x.shape[1:]
        one = torch.zeros(len(x), channels, height, width, dtype=x.dtype, device=x.device)
        row = torch.arange(len(x), device=x.device)
        channel, down, across = place // (height * width), place // width % height, place % width
        if self.basis == Basis.PIXEL:
            one[row, channel, down, across] = 1
        else:
            one[row, channel] = _waves(down, height, x).unsqueeze(2) * _waves(across, width, x).unsqueeze(1)
        return one

    @property
    def closing_queries(self) -> int:
        return CLOSING_QUERIES


def _waves(frequency: Tensor, length: int, like: Tensor) -> Tensor:
    """Cosines `[n, length]` of these frequencies `[n]`, of length 1: columns of the orthonormal DCT-II."""
    point = torch.arange(length, device=like.device, dtype=torch.float64) + 0.5
    wave = torch.cos(math.pi / length * frequency.unsqueeze(1).double() * point)
    return (wave / wave.square().sum(1, keepdim=True).sqrt()).to(like.dtype)
