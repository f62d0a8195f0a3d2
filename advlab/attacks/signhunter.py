"""SignHunter: which corner of the ball, one half, quarter, eighth of the picture after the other."""

import math
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from advlab.attacks import register
from advlab.core import losses, norms
from advlab.core.attack import Access, Objective, State, StepwiseAttack, Widget, param
from advlab.core.norms import Norm
from advlab.core.oracle import ScoreOracle


@dataclass(frozen=True)
class SignHunterState(State):
    """The best signs so far and their gain."""

    sign: Tensor  # [n, D], rows first and channels last, as neighbours of a pixel are flipped together
    gain: Tensor  # [n]


@register
class SignHunter(StepwiseAttack):
    """Adds the radius to every value or takes it away: flips signs of ever smaller parts, and keeps what does not harm.

    There is nothing to choose but how many queries.

    Reference: Al-Dujaili, O'Reilly: Sign bits are all you need for black-box attacks, ICLR 2020, arXiv 1902.06894.
    Departure: when even single values have been flipped, the search begins again with all of them from the signs that
    it has found; theirs moves the middle of the ball there, and so gives half of it up.
    """

    name: ClassVar[str] = "signhunter"
    title: ClassVar[str] = "SignHunter · flips signs"
    access: ClassVar[Access] = Access.SCORES
    norms: ClassVar[tuple[Norm, ...]] = (Norm.LINF,)
    objective: ClassVar[Objective] = Objective.RADIUS

    steps: int = param(
        10_000, "Steps", "Flips tried; each is one query.", ge=1, le=1_000_000,
        widget=Widget(100, 10_000, 100, initial=500),
    )  # fmt: skip

    def init(self, o: ScoreOracle) -> SignHunterState:
        sign = torch.ones_like(o.x).flatten(1)
        return SignHunterState(step=o.rows * 0, sign=sign, gain=self._gain(o, sign))

    def step(self, o: ScoreOracle, s: SignHunterState) -> SignHunterState:
        part = _part(int(s.step[0]), s.sign.shape[1])  # all rows are at the same step: they started together
        flipped = s.sign.clone()
        flipped[:, part] *= -1
        gain = self._gain(o, flipped)
        kept = gain >= s.gain  # false where the budget was used up: NaN
        return SignHunterState(
            step=s.step + 1,
            sign=torch.where(kept.unsqueeze(1), flipped, s.sign),
            gain=torch.where(kept, gain, s.gain),
        )

    def _gain(self, o: ScoreOracle, sign: Tensor) -> Tensor:
        channels, height, width = o.x.shape[1:]
        change = sign.reshape(-1, height, width, channels).permute(0, 3, 1, 2) * norms.per_image(o.eps, o.x)
        reply = o.logits(norms.project(o.x + change, o.x, o.norm, o.eps))
        return torch.where(reply.granted, losses.margin(reply.logits, o.goal), torch.nan)

    def done(self, s: SignHunterState) -> Tensor:
        return s.step >= self.steps

    def cost(self, budget: int | None) -> tuple[int, int]:
        return min(self.steps + 1, budget or self.steps + 1), 0


def _part(number: int, values: int) -> slice:
    """What is flipped in this step: all, halves, quarters, ... down to single values, and from the start again."""
    lengths = [math.ceil(values / 2**level) for level in range((values - 1).bit_length() + 1)]
    counts = [math.ceil(values / length) for length in lengths]
    number, level = number % sum(counts), 0
    while number >= counts[level]:
        number, level = number - counts[level], level + 1
    return slice(number * lengths[level], (number + 1) * lengths[level])
