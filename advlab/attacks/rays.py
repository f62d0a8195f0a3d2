"""RayS: flips the signs of a perturbation block by block, seeing labels only."""

from dataclasses import dataclass, replace
from typing import ClassVar

import torch
from torch import Tensor

from advlab.attacks import register
from advlab.core import beginnings, norms
from advlab.core.attack import Widget, param
from advlab.core.boundary import approach, between
from advlab.core.decisions import DecisionAttack, DecisionState
from advlab.core.norms import Norm
from advlab.core.oracle import DecisionOracle

# The first stride of a search along a new direction, which is seldom much better than the last.
_STRIDE = 0.02
# Strides that double from there to the clean image, and halvings of what they leave.
_SEARCH = 6


@dataclass(frozen=True)
class RaySState(DecisionState):
    """Where the direction leads to, how far along it the boundary is, and which block comes next."""

    end: Tensor  # [n, C, H, W], in the box
    level: Tensor  # [n], there are 2 to the power of it blocks
    block: Tensor  # [n]


@register
class RayS(DecisionAttack):
    """Walks in directions of plus and minus one, and flips the sign of a block of pixels where that is nearer.

    Blocks are halves of the image, then quarters, down to single values. One question says whether a flip brings the
    boundary nearer than it was; only then it is looked for.

    Reference: Chen, Gu: RayS: a ray searching method for hard-label adversarial attack, KDD 2020, arXiv 2006.12792.
    Departures: (1) the boundary is found to a share of its distance that shrinks with the blocks, not to 0.001;
    (2) where a white image does not reach the goal, the first direction is that to another beginning (see
    `advlab.core.beginnings`); (3) with a target it is that to `start`, by values and not by signs only, since the
    corner of the box in its direction is no picture of the target; a flipped block goes to its walls.
    """

    name: ClassVar[str] = "rays"
    title: ClassVar[str] = "RayS · flips signs block by block"
    norms: ClassVar[tuple[Norm, ...]] = (Norm.LINF,)

    steps: int = param(
        10_000, "Steps", "Flips tried: a query each, and some more for one that helps.", ge=1, le=10_000_000,
        widget=Widget(100, 20_000, 100, initial=500),
    )  # fmt: skip
    tolerance: float = param(
        0.01, "Tolerance", "How exactly the boundary is found, as a share of its distance.", gt=0, lt=1,
        widget=Widget(0.001, 0.1, 0.001),
    )  # fmt: skip

    def init(self, o: DecisionOracle) -> RaySState:
        guess = torch.ones_like(o.x)
        x, found = beginnings.begin(o, guess)
        # From the corner of the box in this direction, unless it is not beyond the goal.
        rows = found.nonzero().squeeze(1)
        corner = _walls(o.x, x - o.x)
        limit = norms.size(x - o.x, Norm.LINF)
        clipped = between(o.x, corner, limit / norms.size(corner - o.x, Norm.LINF).clamp_min(1e-12), Norm.LINF)
        straight = torch.zeros_like(found)
        if o.start is None:
            straight[rows] = o.decisions(clipped[rows], rows).reached
        end = torch.where(norms.per_image(straight, x), corner, x)
        x = torch.where(norms.per_image(straight, x), clipped, x)
        s = RaySState(step=o.rows * 0, x=x, lost=~found, end=end, level=o.rows * 0, block=o.rows * 0)
        x[rows] = self._nearest(o, s, end, rows, first=0.5)
        return s

    def step(self, o: DecisionOracle, s: RaySState) -> RaySState:
        size = norms.size(s.x - o.x, Norm.LINF)
        inside, level, block = self._next_block(s)
        end = torch.where(inside, _walls(o.x, o.x - s.end), s.end)
        point = between(o.x, end, size / norms.size(end - o.x, Norm.LINF).clamp_min(1e-12), Norm.LINF)
        better = o.decisions(point).reached
        rows = better.nonzero().squeeze(1)
        x = torch.where(norms.per_image(better, point), point, s.x)
        x[rows] = self._nearest(o, replace(s, x=x), end, rows, first=_STRIDE)
        end = torch.where(norms.per_image(better, end), end, s.end)
        return RaySState(step=s.step + 1, x=x, lost=s.lost, end=end, level=level, block=block)

    def _nearest(self, o: DecisionOracle, s: RaySState, end: Tensor, rows: Tensor, first: float) -> Tensor:
        """The boundary on the way from the clean images to `end`, from the points on it, of these rows."""
        if len(rows) == 0:
            return s.x[rows]
        clean, end = o.x[rows], end[rows]
        # A flip changes its block's share of the image: a gap of less than that cannot hide a wrong one.
        share = _length(s)[rows].to(clean.dtype) / clean[0].numel()
        tolerance = (share / 4).clamp_max(self.tolerance)
        longest = norms.size(end - clean, Norm.LINF).clamp_min(1e-12)
        place = norms.size(s.x[rows] - clean, Norm.LINF) / longest
        return approach(
            o, lambda where, share: between(clean[where], end[where], share, Norm.LINF), s.x[rows], place,
            first=first, tolerance=tolerance * place, rows=rows,
        )[0]  # fmt: skip

    def _next_block(self, s: RaySState) -> tuple[Tensor, Tensor, Tensor]:
        """A mask of the block whose turn it is, and level and number of the one after it."""
        values = s.x[0].numel()
        length = _length(s)
        place = torch.arange(values, device=s.x.device)
        first = (s.block * length).unsqueeze(1)
        inside = (place >= first) & (place < first + length.unsqueeze(1))
        over = (s.block + 1) * length >= values
        finest = length == 1
        return (
            inside.reshape(s.x.shape),
            torch.where(over & ~finest, s.level + 1, s.level),
            torch.where(over, 0, s.block + 1),
        )

    def done(self, s: RaySState) -> Tensor:
        return (s.step >= self.steps) | s.lost

    def cost(self, budget: int | None) -> tuple[int, int]:
        search = 8 + 40
        queries = beginnings.QUERIES + 2 + search + self.steps * (1 + search)
        return min(queries, budget or queries), 0


def _length(s: RaySState) -> Tensor:
    """How many values `[n]` a block has."""
    return -(-s.x[0].numel() // 2**s.level)


def _walls(clean: Tensor, direction: Tensor) -> Tensor:
    """The corner of the box in a direction."""
    return torch.where(direction == 0, (clean < 0.5).to(clean.dtype), (direction > 0).to(clean.dtype))
