"""Sparse-RS: random search over which pixels to change, and to what, on scores only."""

import math
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import ClassVar

import torch
from torch import Tensor

from advlab.attacks import register
from advlab.core import losses, regions
from advlab.core.attack import Access, Objective, State, StepwiseAttack, Widget, param
from advlab.core.norms import Norm, per_image
from advlab.core.oracle import ScoreOracle
from advlab.core.randomness import Noise
from advlab.errors import ParameterError

# From which share of the queries on the first share is divided by what: for scattered pixels, and for patches.
_PIXELS = ((0, 1), (0.0001, 2), (0.005, 4), (0.02, 5), (0.05, 6), (0.1, 8), (0.2, 10), (0.4, 12), (0.6, 15), (0.8, 20))
_PATCH = tuple((begin, 2**k) for k, begin in enumerate((0, 0.001, 0.005, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8)))
# One step in so many moves the patch, without and with a target.
_MOVES, _MOVES_TARGETED = 4, 10
# A first patch is painted with so many squares for each pixel of its side; the authors paint a thousand.
_SQUARES = 10


class Shape(StrEnum):
    """Which pixels may change together."""

    PIXELS = "pixels"
    PATCH = "patch"
    FRAME = "frame"

    @property
    def first_share(self) -> float:
        """What the paper begins with, without a target."""
        return {Shape.PIXELS: 0.3, Shape.PATCH: 0.4, Shape.FRAME: 0.5}[self]


@dataclass(frozen=True)
class SparseRSState(State):
    """Which pixels are covered, with what, and the gain; where a patch is, and how wide it or a frame."""

    covered: Tensor  # [n, 1, H, W]
    paint: Tensor  # [n, C, H, W]; only what is covered counts
    corner: Tensor  # [n, 2], top and left
    side: Tensor  # [n]
    gain: Tensor  # [n]

    def image(self, clean: Tensor) -> Tensor:
        """The picture with the paint on it."""
        return torch.where(self.covered, self.paint, clean)


@register
class SparseRS(StepwiseAttack):
    """Changes a few pixels to black, white or pure colors, and tries other pixels and other colors at random.

    Scattered pixels, a square patch whose place is searched as well, or a frame along the border: at most ε pixels.
    What raises the margin is kept, with a target what lowers the cross-entropy; changes become smaller with time, and
    the last ones of patches and frames are single channels of single pixels.

    Reference: Croce, Andriushchenko, Singh, Flammarion, Hein: Sparse-RS: a versatile framework for query-efficient
    sparse black-box adversarial attacks, AAAI 2022, arXiv 2006.12834. Departures: (1) the patch is the largest
    square that fits into ε pixels, theirs the smallest that holds as many; (2) each picture draws pixels of its own,
    theirs share them in a batch; (3) a single pixel that is drawn its own color gets the opposite one, theirs another.
    """

    name: ClassVar[str] = "sparse_rs"
    title: ClassVar[str] = "Sparse-RS · few pixels, patches, frames"
    access: ClassVar[Access] = Access.SCORES
    norms: ClassVar[tuple[Norm, ...]] = (Norm.L0,)
    objective: ClassVar[Objective] = Objective.RADIUS
    scale_free: ClassVar[tuple[bool, bool]] = True, False

    steps: int = param(
        10_000,
        "Steps",
        "Changes tried; each is one query.",
        ge=1,
        le=1_000_000,
        widget=Widget(100, 10_000, 100, initial=500),
    )
    shape: Shape = param(
        Shape.PIXELS,
        "Shape",
        "Scattered pixels; the largest square patch of ε pixels, anywhere; or the widest frame of ε pixels.",
    )
    share: float | None = param(
        None,
        "First share",
        "How much of the pixels the first steps change. Empty: the paper's 0.3 for pixels, 0.4 for a patch, 0.5 for a "
        "frame; with a target 0.1 is better where there are 100,000 steps.",
        gt=0,
        le=1,
    )

    def init(self, o: ScoreOracle) -> SparseRSState:
        count = o.eps.clamp(max=o.x[0, 0].numel()).floor().long()
        nowhere, paint = count.new_zeros(len(count), 2), regions.corners(o.noise, o.x.shape[1:], o.x, draw=2)
        s = SparseRSState(o.rows * 0, torch.zeros_like(o.x[:, :1]).bool(), paint, nowhere, count, o.eps)
        match Shape(self.shape):
            case Shape.PIXELS:
                s = replace(s, covered=regions.chosen(o.noise, ~s.covered, count))
            case Shape.PATCH:
                s = _first_patch(o, s)
            case Shape.FRAME:
                s = _first_frame(o, s)
        # Where not one pixel fits there is nothing to search.
        return replace(s, gain=self._gain(o, s.image(o.x)), step=torch.where(count > 0, 0, self.steps))

    def step(self, o: ScoreOracle, s: SparseRSState) -> SparseRSState:
        number = int(s.step[0]) + 1  # all rows are at the same step: they started together
        total = self.steps if o.max_queries is None else min(self.steps, o.max_queries - 1)
        tried = self._changed(o, s, number, number / (max(total, 1) + 1))
        gain = self._gain(o, tried.image(o.x))
        better = gain > s.gain  # false where the budget was used up: NaN
        return SparseRSState(
            step=s.step + 1,
            covered=torch.where(per_image(better, o.x), tried.covered, s.covered),
            paint=torch.where(per_image(better, o.x), tried.paint, s.paint),
            corner=torch.where(better.unsqueeze(1), tried.corner, s.corner),
            side=s.side,
            gain=torch.where(better, gain, s.gain),
        )

    def _gain(self, o: ScoreOracle, x: Tensor) -> Tensor:
        reply = o.logits(x)
        loss = losses.cross_entropy if o.goal.targeted else losses.margin
        return torch.where(reply.granted, loss(reply.logits, o.goal), torch.nan)

    def _changed(self, o: ScoreOracle, s: SparseRSState, number: int, done: float) -> SparseRSState:
        """The next try, at `done` of the way."""
        noise, first = o.noise.at(number), self.share or Shape(self.shape).first_share
        match Shape(self.shape):
            case Shape.PIXELS:
                return _exchanged(o, s, noise, first / _divisor(_PIXELS, done))
            case Shape.FRAME:
                size = (3 * (max(0.0, 0.5 - done) * first * s.side**2).ceil()).long().clamp_min(1)
                return _painted(
                    s,
                    noise,
                    regions.beside(noise, s.covered, size),
                    size,
                    done >= _halfway(torch.full_like(s.gain, 0.5)),
                )
            case Shape.PATCH:
                if number % (_MOVES_TARGETED if o.goal.targeted else _MOVES) == 0:
                    return _moved(s, noise, 0.75 * (1 - done))
                size = _side(first / _divisor(_PATCH, done), s.side)
                corner = regions.corner_within(noise, s.corner, (s.side - size).unsqueeze(1).expand(-1, 2))
                late = done >= _halfway(_single_from(first, s.side))
                return _painted(s, noise, regions.square(corner, size, o.x), size, late)

    def done(self, s: SparseRSState) -> Tensor:
        return s.step >= self.steps

    def cost(self, budget: int | None) -> tuple[int, int]:
        return min(self.steps + 1, budget or self.steps + 1), 0


def _divisor(schedule: tuple[tuple[float, int], ...], done: float) -> int:
    return max(by for begin, by in schedule if done >= begin)


def _side(share: float, side: Tensor) -> Tensor:
    """Of squares that are this share of a patch, at least a pixel."""
    return (math.sqrt(share) * side).long().clamp_min(1)


def _single_from(first: float, side: Tensor) -> Tensor:
    """From which share of the steps on `[n]` squares in a patch are single pixels."""
    begins = torch.tensor([begin for begin, _ in _PATCH], device=side.device)
    lone = torch.stack([_side(first / by, side) == 1 for _, by in _PATCH], 1)
    return torch.where(lone.any(1), begins[lone.int().argmax(1)], 1.0)


def _halfway(begin: Tensor) -> Tensor:
    """Between there `[n]` and the end: from here on single channels change."""
    return (1 + begin) / 2


def _first_patch(o: ScoreOracle, s: SparseRSState) -> SparseRSState:
    """The largest square that fits, somewhere, with small squares painted over each other."""
    height, width = o.x.shape[2:]
    side = s.side.double().sqrt().long().clamp(max=min(height, width))
    room = torch.stack((height - side, width - side), 1)
    corner = regions.corner_within(o.noise, s.corner, room, draw=3)
    paint = torch.zeros_like(o.x)
    largest = (side.double().sqrt().ceil().long() - 1).clamp_min(1)
    for number in range(_SQUARES * int(side.max())):
        noise = o.noise.at(-2 - number)
        size = noise.integers(largest) + 1
        place = regions.corner_within(noise, corner, (side - size).clamp_min(0).unsqueeze(1).expand(-1, 2), draw=1)
        inside = regions.square(place, size, o.x) & per_image(number < _SQUARES * side, o.x)
        paint = torch.where(inside, regions.corners(noise, (o.x.shape[1], 1, 1), o.x, draw=3), paint)
    return replace(s, covered=regions.square(corner, side, o.x), paint=paint, corner=corner, side=side)


def _first_frame(o: ScoreOracle, s: SparseRSState) -> SparseRSState:
    height, width = o.x.shape[2:]
    side = regions.widest_frame(s.side, height, width)
    if bool((side == 0).any()):
        least = height * width - max(height - 2, 0) * max(width - 2, 0)
        raise ParameterError(f"A frame of {height} × {width} pixels takes at least {least} of them: allow a larger ε.")
    return replace(s, covered=regions.frame(side, o.x), side=side)


def _exchanged(o: ScoreOracle, s: SparseRSState, noise: Noise, share: float) -> SparseRSState:
    """Some of the pixels as they were, and as many others in random colors; the same ones where there are no others."""
    number = (share * s.side).long().clamp_min(1)
    left = o.x[0, 0].numel() - s.side
    number = torch.where(left > 0, torch.minimum(number, left), number)
    out = regions.chosen(noise, s.covered, number)
    into = torch.where(per_image(left > 0, o.x), regions.chosen(noise, ~s.covered, number, draw=1), out)
    before = s.image(o.x)
    color = regions.corners(noise, o.x.shape[1:], o.x, draw=2)
    same = (color == before).all(1, keepdim=True) & per_image(number == 1, o.x)
    color = torch.where(same, 1 - color, color)
    return replace(s, covered=(s.covered & ~out) | into, paint=torch.where(into, color, s.paint))


def _painted(s: SparseRSState, noise: Noise, inside: Tensor, size: Tensor, late: Tensor) -> SparseRSState:
    """One square in another color; of a single pixel never its own, and `late` only one channel the other way."""
    channels = s.paint.shape[1]
    lone = per_image(size == 1, s.paint)
    color = regions.corners(noise, (channels, 1, 1), s.paint, draw=4).expand_as(s.paint)
    color = torch.where(lone & (color == s.paint).all(1, keepdim=True), 1 - color, color)
    channel = torch.arange(channels, device=size.device).reshape(1, -1, 1, 1)
    turned = channel == per_image(noise.integers(channels, draw=5), s.paint)
    late = per_image((size == 1) & late, s.paint)
    color = torch.where(late, torch.where(turned, 1 - s.paint, s.paint), color)
    return replace(s, paint=torch.where(inside, color, s.paint))


def _moved(s: SparseRSState, noise: Noise, reach: float) -> SparseRSState:
    """The patch up to this share of the picture away, along each side."""
    height, width = s.paint.shape[2:]
    most = torch.tensor([int(reach * height), int(reach * width)], device=s.side.device)
    corner = regions.corner_within(noise, s.corner - most, (2 * most).expand_as(s.corner))
    room = torch.stack((height - s.side, width - s.side), 1)
    corner = torch.minimum(corner.clamp_min(0), room)
    paint = regions.shifted(s.paint, corner - s.corner)
    return replace(s, covered=regions.square(corner, s.side, s.paint), paint=paint, corner=corner)
