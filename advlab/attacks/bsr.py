"""Block shuffle and rotation: the mean gradient over pictures whose parts change places."""

import math
from dataclasses import dataclass
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor

from advlab.attacks import register
from advlab.core.ascent import Momentum
from advlab.core.attack import Widget, param
from advlab.core.norms import Norm, per_image
from advlab.core.randomness import Noise


@register
class BSR(Momentum):
    """Momentum along the mean gradient of copies that are cut into blocks, shuffled, and turned a little each.

    Copies are cut into strips of random widths, the strips change places, and within each strip its blocks; strips
    lie across in every other copy. What a block's turn uncovers is black.

    Reference: Wang, Zhang, Yan, Yang, Li, He: Boosting adversarial transferability by block shuffle and rotation,
    CVPR 2024, arXiv 2308.10299. Departures: the first copy is the picture as it is, without which networks that know
    where things are cannot be climbed; no block is empty, and small pictures have as many as they have pixels.
    """

    name: ClassVar[str] = "bsr"
    title: ClassVar[str] = "BSR · block shuffle and rotation"
    norms: ClassVar[tuple[Norm, ...]] = (Norm.LINF,)

    samples: int = param(20, "Copies", "Shuffled copies at each step.", ge=1, le=1000, widget=Widget(1, 40))
    blocks: int = param(2, "Blocks", "To a side.", ge=1, le=16, widget=Widget(1, 5))
    degrees: float = param(
        24.0, "Turn", "Of a block at most, to either side, in degrees.", ge=0, le=180, widget=Widget(0, 90)
    )

    @property
    def copies(self) -> int:
        return self.samples

    def changed(self, x: Tensor, noise: Noise, number: Tensor) -> Tensor:
        height, width = x.shape[2:]
        down, across, kept = self._places(height, width, noise, x)
        other_across, other_down, other_kept = (t.mT for t in self._places(width, height, noise, x))
        upright = (number % 2 == 1).reshape(-1, 1, 1)
        down, across = torch.where(upright, down, other_down), torch.where(upright, across, other_across)
        grid = torch.stack(((2 * across + 1) / width - 1, (2 * down + 1) / height - 1), 3)
        drawn = F.grid_sample(x, grid, padding_mode="border", align_corners=False)
        drawn = drawn * torch.where(upright, kept, other_kept).unsqueeze(1)
        return torch.where(per_image(number > 0, x), drawn, x)

    def _places(self, length: int, breadth: int, noise: Noise, like: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Where each pixel comes from along the two axes, `[Q, length, breadth]`, and whether from its own block."""
        strips, parts = min(self.blocks, length), min(self.blocks, breadth)

        def drawn(*shape: int, draw: int) -> Tensor:
            return noise.uniform(shape, draw=draw).to(like.dtype)

        major = _Axis.drawn(length, drawn(strips, draw=0), drawn(strips, draw=1))
        minor = _Axis.drawn(breadth, drawn(strips, parts, draw=2), drawn(strips, parts, draw=3))
        own = major.block.unsqueeze(2)  # [Q, length, 1]: the strip that each pixel is from
        minor = minor.of(own.expand(-1, -1, breadth))
        turn = (2 * drawn(strips, parts, draw=4) - 1) * math.radians(self.degrees)
        turn = turn.gather(1, own.expand(-1, -1, parts)).gather(2, minor.block)
        first, second = major.offset.unsqueeze(2), minor.offset
        turned = turn.cos() * first + turn.sin() * second, turn.cos() * second - turn.sin() * first
        kept = (turned[0].abs() <= major.half.unsqueeze(2)) & (turned[1].abs() <= minor.half)
        return major.middle.unsqueeze(2) + turned[0], minor.middle + turned[1], kept


@dataclass(frozen=True)
class _Axis:
    """For each pixel along an axis of shuffled blocks, `[..., length]`: where it comes from."""

    block: Tensor
    middle: Tensor  # of the block
    half: Tensor  # the block's length, halved
    offset: Tensor  # from the middle

    @classmethod
    def drawn(cls, length: int, widths: Tensor, order: Tensor) -> "_Axis":
        """Blocks `[..., k]` of random widths, at least a pixel each, in the order of other random numbers."""
        count = widths.shape[-1]
        share = widths.cumsum(-1) / widths.sum(-1, keepdim=True).clamp_min(1e-12)
        more = torch.arange(1, count + 1, device=widths.device)
        ends = (share * (length - count)).round().long() + more
        sizes = ends.diff(dim=-1, prepend=torch.zeros_like(ends[..., :1]))
        order = order.argsort(dim=-1, stable=True)
        moved = sizes.gather(-1, order)
        moved_ends = moved.cumsum(-1)
        pixel = torch.arange(length, device=widths.device)
        slot = (pixel >= moved_ends.unsqueeze(-1)).sum(-2)
        block = order.gather(-1, slot)
        size = sizes.gather(-1, block)
        offset = pixel - (moved_ends - moved).gather(-1, slot) - (size - 1).to(widths.dtype) / 2
        middle = ends.gather(-1, block) - (size + 1).to(widths.dtype) / 2
        return cls(block, middle, size.to(widths.dtype) / 2, offset)

    def of(self, strip: Tensor) -> "_Axis":
        """Of axes that differ by strip: that of the strip `[Q, length, breadth]` of each pixel."""
        return _Axis(*(t.gather(1, strip) for t in (self.block, self.middle, self.half, self.offset)))
