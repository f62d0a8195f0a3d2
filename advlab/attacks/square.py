"""Square attack: random search with squares, on scores only."""

import math
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from advlab.attacks import register
from advlab.core import losses, norms
from advlab.core.attack import Access, Attack, Objective, State, Widget, param
from advlab.core.norms import Norm
from advlab.core.oracle import ScoreOracle
from advlab.core.randomness import Noise

# The share of pixels in a square is halved at these shares of the budget (of 10,000 in the paper).
_HALVINGS = (0.001, 0.005, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8)


@dataclass(frozen=True)
class SquareState(State):
    """The best point so far and its gain."""

    x: Tensor  # [n, C, H, W]
    gain: Tensor  # [n]


@register
class Square(Attack):
    """Changes one random square at a time and keeps what raises the loss.

    The loss is the margin, and with a target the cross-entropy, as in the paper.

    Reference: Andriushchenko, Croce, Flammarion, Hein: Square attack, ECCV 2020, arXiv 1912.00049.
    Departure: windows may touch the last row and column, which the authors' code never reaches.
    """

    name: ClassVar[str] = "square"
    title: ClassVar[str] = "Square · random search"
    access: ClassVar[Access] = Access.SCORES
    norms: ClassVar[tuple[Norm, ...]] = (Norm.LINF, Norm.L2)
    objective: ClassVar[Objective] = Objective.RADIUS
    scale_free: ClassVar[bool] = False

    steps: int = param(
        5000,
        "Steps",
        "Squares tried; each is one query.",
        ge=1,
        le=1_000_000,
        widget=Widget(100, 10_000, 100, initial=500),
    )
    share: float = param(
        0.05,
        "First share",
        "Share of the pixels in the first squares: 0.05 for photos, 0.8 for small robust networks.",
        gt=0,
        le=1,
        widget=Widget(0.01, 1, 0.01),
    )

    def init(self, o: ScoreOracle) -> SquareState:
        start = self._stripes(o) if o.norm is Norm.LINF else self._tiles(o)
        gain = self._gain(o, start)
        return SquareState(step=o.rows * 0, x=start, gain=gain)

    def step(self, o: ScoreOracle, s: SquareState) -> SquareState:
        step = int(s.step[0])  # all rows are at the same step: they started together
        total = self.steps if o.max_queries is None else min(self.steps, o.max_queries - 1)
        share = self.share / 2 ** sum(step / max(total, 1) > limit for limit in _HALVINGS)
        noise = o.noise.at(step + 1)
        change = self._square if o.norm is Norm.LINF else self._two_squares
        candidate = change(o, s.x, share, noise)
        gain = self._gain(o, candidate)
        better = gain > s.gain  # false where the budget was used up: NaN
        return SquareState(
            step=s.step + 1,
            x=torch.where(norms.per_image(better, s.x), candidate, s.x),
            gain=torch.where(better, gain, s.gain),
        )

    def _gain(self, o: ScoreOracle, x: Tensor) -> Tensor:
        reply = o.logits(x)
        loss = losses.cross_entropy if o.goal.targeted else losses.margin
        return torch.where(reply.granted, loss(reply.logits, o.goal), torch.nan)

    def _stripes(self, o: ScoreOracle) -> Tensor:
        """Vertical stripes of plus or minus the radius."""
        channels, _, width = o.x.shape[1:]
        return _clamped(o, o.x + _signs(o.noise, (channels, 1, width), o.x) * norms.per_image(o.eps, o.x))

    def _square(self, o: ScoreOracle, x: Tensor, share: float, noise: Noise) -> Tensor:
        """One square of plus or minus the radius in each channel."""
        channels, height, width = x.shape[1:]
        side = _side(share, height, width)
        inside = _window(noise, side, height, width, draw=0)
        color = _signs(noise, (channels, 1, 1), x, draw=2) * norms.per_image(o.eps, x)
        return torch.where(inside, _clamped(o, o.x + color), x)

    def _tiles(self, o: ScoreOracle) -> Tensor:
        """A mosaic of bumps of random sign, of the radius's length."""
        channels, height, width = o.x.shape[1:]
        side = max(1, min(height, width) // 5)
        rows, columns = height // side, width // side
        signs = _signs(o.noise, (channels, rows, columns), o.x)
        turned = o.noise.uniform((1, rows, columns), draw=1) > 0.5
        bump = _bump(side, o.x)
        tile = torch.where(turned[..., None, None], bump.T, bump) * signs[..., None, None]
        mosaic = tile.transpose(3, 4).reshape(len(o.x), channels, rows * side, columns * side)
        delta = torch.zeros_like(o.x)
        top, left = (height - rows * side) // 2, (width - columns * side) // 2
        delta[..., top : top + rows * side, left : left + columns * side] = mosaic
        return self._scaled(o, delta)

    def _two_squares(self, o: ScoreOracle, x: Tensor, share: float, noise: Noise) -> Tensor:
        """Take the energy of one window away and add it to a bump in another."""
        channels, height, width = x.shape[1:]
        side = max(_side(share, height, width), min(3, height, width))
        side = min(side + 1 - side % 2, height, width)
        delta = x - o.x
        gaining = _window(noise, side, height, width, draw=0)
        losing = _window(noise, side, height, width, draw=2)
        energy = delta.square()
        free = (o.eps.square() - energy.flatten(1).sum(1)).clamp_min(0) / channels
        freed = (energy * (gaining | losing)).sum((2, 3))
        old_length = (energy * gaining).sum((2, 3)).sqrt()

        bump = _bump(side, x)
        turned = noise.uniform((1, 1, 1), draw=4) > 0.5
        signed = torch.where(turned, bump.T, bump) * _signs(noise, (channels, 1, 1), x, draw=5)
        place = gaining.expand_as(x)  # masks are scanned row by row, as the window is laid out
        old = delta[place].reshape(len(x), channels, side, side)
        new = signed + old / (old_length[..., None, None] + 1e-12)
        new = new / (new.square().sum((2, 3), keepdim=True).sqrt() + 1e-12)
        new = new * (free.unsqueeze(1) + freed).sqrt()[..., None, None]
        delta = delta.masked_fill(losing, 0).masked_scatter(place, new.to(x.dtype))
        return self._scaled(o, delta)

    def _scaled(self, o: ScoreOracle, delta: Tensor) -> Tensor:
        length = norms.size(delta, Norm.L2).clamp_min(1e-12)
        return _clamped(o, o.x + delta * norms.per_image(o.eps / length, delta))

    def done(self, s: SquareState) -> Tensor:
        return s.step >= self.steps

    def cost(self, budget: int | None) -> tuple[int, int]:
        return min(self.steps + 1, budget or self.steps + 1), 0


def _clamped(o: ScoreOracle, x: Tensor) -> Tensor:
    return norms.project(x, o.x, o.norm, o.eps)


def _signs(noise: Noise, shape: tuple[int, ...], like: Tensor, draw: int = 0) -> Tensor:
    return (noise.uniform(shape, draw=draw) < 0.5).to(like.dtype) * 2 - 1


def _side(share: float, height: int, width: int) -> int:
    """Side of a square that holds this share of the pixels."""
    return min(max(round(math.sqrt(share * height * width)), 1), height, width)


def _window(noise: Noise, side: int, height: int, width: int, draw: int) -> Tensor:
    """A mask `[n, 1, H, W]` that is true in one square of each row, anywhere in the image."""
    top = noise.integers(noise.keys * 0 + height - side + 1, draw=draw).reshape(-1, 1, 1, 1)
    left = noise.integers(noise.keys * 0 + width - side + 1, draw=draw + 1).reshape(-1, 1, 1, 1)
    row = torch.arange(height, device=top.device).reshape(1, 1, -1, 1)
    column = torch.arange(width, device=top.device).reshape(1, 1, 1, -1)
    return (row >= top) & (row < top + side) & (column >= left) & (column < left + side)


def _bump(side: int, like: Tensor) -> Tensor:
    """Two opposite pyramids `[side, side]`, of length 1 (the paper's eta)."""
    upper = _pyramid(side // 2, side, like)
    lower = _pyramid(side - side // 2, side, like)
    bump = torch.cat((upper, -lower))
    return bump / bump.square().sum().sqrt()


def _pyramid(height: int, width: int, like: Tensor) -> Tensor:
    """Nested rectangles around the middle, the k-th adding 1 / k², of length 1."""
    delta = torch.zeros(height, width, dtype=like.dtype, device=like.device)
    if height == 0:
        return delta
    top, left = height // 2, width // 2
    for k in range(max(top, left) + 1):
        delta[max(top - k, 0) : top + k + 1, max(left - k, 0) : left + k + 1] += 1 / (k + 1) ** 2
    return delta / delta.square().sum().sqrt()
